/* onpty: runs a program on a terminal of its own and answers what it asks, so that a test sees what
 * a person would see.
 *
 *   onpty [PROMPT ANSWER]... -- COMMAND WORD...
 *
 * Each ANSWER is typed once PROMPT has appeared after what was answered before. All that the
 * terminal shows goes to stdout; the exit status is the command's, or 125 when it did not ask. */
#define _DEFAULT_SOURCE

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SCREEN_MAX = 1 << 20, WAIT_MS = 60000, NOT_ASKED = 125 };

static char screen[SCREEN_MAX + 1];
static size_t shown, answered;

/* What the terminal shows next; 0 when the command has ended. */
static int look(int tty) {
  struct pollfd wait = {.fd = tty, .events = POLLIN};
  if (poll(&wait, 1, WAIT_MS) <= 0 || shown == SCREEN_MAX) return 0;
  ssize_t len = read(tty, screen + shown, SCREEN_MAX - shown);
  if (len <= 0) return 0; /* EIO: nobody has the other end open any more */
  shown += (size_t)len;
  return 1;
}

static int answer(int tty, const char *prompt, const char *text) {
  const char *at;
  while (!(at = strstr(screen + answered, prompt)))
    if (!look(tty)) return 0;
  answered = (size_t)(at - screen) + strlen(prompt);
  return dprintf(tty, "%s\n", text) > 0;
}

int main(int argc, char **argv) {
  int at = 1, tty, state;
  while (at < argc && strcmp(argv[at], "--") != 0) at += 2;
  if (at + 1 >= argc) {
    fprintf(stderr, "usage: onpty [PROMPT ANSWER]... -- COMMAND WORD...\n");
    return 2;
  }
  pid_t child = forkpty(&tty, NULL, NULL, NULL);
  if (child < 0) return 2;
  if (child == 0) {
    execv(argv[at + 1], argv + at + 1);
    _exit(127);
  }
  int asked = 1;
  for (int i = 1; asked && i < at; i += 2) asked = answer(tty, argv[i], argv[i + 1]);
  while (look(tty)) continue;
  fwrite(screen, 1, shown, stdout);
  close(tty);
  if (waitpid(child, &state, 0) != child) return 2;
  if (!asked) return NOT_ASKED;
  return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}
