#define _DEFAULT_SOURCE

#include "term.h"

#include <errno.h>
#include <fcntl.h>
#include <kerven/kerven.h>
#include <qrencode.h>
#include <stdarg.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { INTERRUPT = 3 }; /* ^C */

void krv_term_wipe(void *data, size_t len) {
  explicit_bzero(data, len);
}

/* ------------------------------------------------------------------- secrets */

/* ^C must not leave the terminal without echo: it is no signal here but an end of line, so that
 * the settings are put back before anything else happens. */
static void quiet(const struct termios *before, struct termios *now) {
  *now = *before;
  now->c_lflag &= ~(tcflag_t)(ECHO | ISIG);
  now->c_lflag |= ICANON;
  now->c_cc[VEOL] = INTERRUPT;
}

static int take_line(int tty, char *out, size_t cap) {
  ssize_t len;
  do len = read(tty, out, cap);
  while (len < 0 && errno == EINTR);
  if (len < 0) return KERVEN_EIO;
  if (len == 0 || memchr(out, INTERRUPT, (size_t)len)) return KERVEN_EINVALID;
  if (out[len - 1] != '\n') return (size_t)len == cap ? KERVEN_ETOO_LARGE : KERVEN_EINVALID;
  out[len - 1] = 0;
  return 0;
}

int krv_term_secret(const char *prompt, char *out, size_t cap) {
  int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (tty < 0) return KERVEN_EUSAGE;
  struct termios before, now;
  int status = KERVEN_EUSAGE;
  if (tcgetattr(tty, &before)) goto close_tty;
  quiet(&before, &now);
  if (tcsetattr(tty, TCSAFLUSH, &now)) goto close_tty;
  dprintf(tty, "%s", prompt);
  status = take_line(tty, out, cap);
  tcsetattr(tty, TCSAFLUSH, &before);
  dprintf(tty, "\n");
  if (status) krv_term_wipe(out, cap);
close_tty:
  close(tty);
  return status;
}

/* ------------------------------------------------------------------ progress */

void krv_term_progress(const char *format, ...) {
  if (!isatty(STDERR_FILENO)) return;
  va_list args;
  va_start(args, format);
  fputs("\r\033[K", stderr);
  vfprintf(stderr, format, args);
  va_end(args);
  fflush(stderr);
}

void krv_term_progress_end(void) {
  if (isatty(STDERR_FILENO)) fputs("\r\033[K", stderr);
}

/* ------------------------------------------------------------------------ QR */

enum { QUIET = 2 }; /* modules around the code */

static int is_light(const QRcode *code, int x, int y) {
  if (x < 0 || y < 0 || x >= code->width || y >= code->width) return 1;
  return !(code->data[y * code->width + x] & 1);
}

/* Two rows of modules a line, light on dark, with colours set so that it reads on any theme. */
int krv_term_qr(FILE *out, const char *text) {
  static const char *const blocks[2][2] = {{" ", "\u2584"}, {"\u2580", "\u2588"}};
  QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
  if (!code) return errno == ERANGE ? KERVEN_ETOO_LARGE : KERVEN_ENOMEM;
  for (int y = -QUIET; y < code->width + QUIET; y += 2) {
    fputs("\033[97;40m", out);
    for (int x = -QUIET; x < code->width + QUIET; x++)
      fputs(blocks[is_light(code, x, y)][is_light(code, x, y + 1)], out);
    fputs("\033[0m\n", out);
  }
  QRcode_free(code);
  return 0;
}
