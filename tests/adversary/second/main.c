/* second: commands, a line each on standard input; each answers with lines and then "ok".
 *
 *   join CODE            asks to be let in; says the six words
 *   sync                 one session: enrolment until let in, XK, then tickets
 *   watch                one session that stays until a receipt has come, or it is let in
 *   set CASE FIELD TEXT  writes a field of the flat record, by its number
 *   show CASE            what it says now
 *   want CASE DEVICE N   asks for a commit whole, and compares it with the one that is here
 *   members              the names of all devices
 *   forget               cursor and head as in the beginning: all comes again
 *   quit */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"

static void cmd_join(const char *code) {
  read_invitation(code);
  make_keys();
  session_join();
  say_words();
}

static void cmd_set(char *words) {
  char *kase = strtok(words, " "), *field = strtok(NULL, " "), *text = strtok(NULL, "");
  struct buf out = {0};
  CHECK(kase && field && text, "set CASE FIELD TEXT");
  case_set(case_named(kase), (uint32_t)strtoul(field, NULL, 10), text, &out);
  session_bring(M_COMMIT, slice(out.p, out.n));
}

/* 6.10, with zeros for the id. The whole form is kept only if it is what was here already. */
static void cmd_want(char *words) {
  char *id = strtok(words, " "), *device = strtok(NULL, " "), *n = strtok(NULL, " ");
  struct buf want = {0};
  CHECK(id && device && n, "want CASE DEVICE N");
  size_t before = case_named(id)->commit_count;
  put(&want, case_named(id)->id, 16);
  put_varint(&want, strtoul(device, NULL, 10));
  put_varint(&want, strtoul(n, NULL, 10));
  put_u(&want, 0, 8);
  session_want(slice(want.p, want.n));
  CHECK(case_named(id)->commit_count == before, "6.10: another commit than the one that is here");
  printf("wanted: the same\n");
  drop(&want);
}

static void cmd_members(void) {
  for (uint32_t i = 0; i < roster.device_count; i++) {
    struct buf name = {0};
    struct slice in = roster.devices[i].name;
    uint32_t epoch = (uint32_t)take_u(&in, 4);
    const struct group *everyone = &roster.groups[0];
    bool open = epoch < everyone->epoch_count && everyone->epochs[epoch].has_secret &&
                group_open(everyone->epochs[epoch].secret, 0, epoch, in, &name);
    printf("device %u roles %u: %.*s\n", i, roster.devices[i].roles, open ? (int)name.n : 1,
           open ? (const char *)name.p : "?");
    drop(&name);
  }
}

static void cmd_forget(void) {
  memset(&standing, 0, sizeof standing);
  case_count = 0;
}

static bool run(char *line) {
  char *rest = strchr(line, ' ');
  if (rest) *rest++ = '\0';
  if (strcmp(line, "quit") == 0) return false;
  if (strcmp(line, "join") == 0 && rest) cmd_join(rest);
  else if (strcmp(line, "sync") == 0) session(false);
  else if (strcmp(line, "watch") == 0) session(true);
  else if (strcmp(line, "set") == 0 && rest) cmd_set(rest);
  else if (strcmp(line, "show") == 0 && rest) case_show(case_named(rest));
  else if (strcmp(line, "want") == 0 && rest) cmd_want(rest);
  else if (strcmp(line, "members") == 0) cmd_members();
  else if (strcmp(line, "forget") == 0) cmd_forget();
  else fail("no such command: %s", line);
  return true;
}

int main(void) {
  static char line[8192];
  CHECK(sodium_init() >= 0, "libsodium");
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = '\0';
    if (!run(line)) break;
    printf("ok\n");
    fflush(stdout);
  }
  sodium_memzero(&own, sizeof own);
  sodium_memzero(&reader, sizeof reader);
  fflush(stdout);
  _Exit(0); /* what was read is kept to the end: nothing to free, no leak to be found */
}
