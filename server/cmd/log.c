#define _POSIX_C_SOURCE 200809L
#include "log.h"

#include <stdio.h>
#include <time.h>

static const char *const events[] = {
    [KRV_LOG_OPEN] = "open",       [KRV_LOG_CLOSE] = "close",
    [KRV_LOG_REFUSED] = "refused", [KRV_LOG_ENROL] = "enrol",
    [KRV_LOG_FOUNDED] = "founded", [KRV_LOG_ROSTER] = "roster",
    [KRV_LOG_RESTART] = "restart", [KRV_LOG_STORE_FAILED] = "store_failed",
};

static void stamp(char out[32]) {
  struct tm now;
  time_t seconds = time(NULL);
  if (!gmtime_r(&seconds, &now) || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &now) == 0) out[0] = 0;
}

void krv_log_note(const char *event, const char *rest) {
  char when[32];
  stamp(when);
  fprintf(stderr, "time=%s event=%s%s%s\n", when, event, *rest ? " " : "", rest);
}

void krv_log_write(void *ctx, const struct krv_log_line *line) {
  (void)ctx;
  char when[32], device[24] = "";
  stamp(when);
  if (line->device != KRV_NO_INDEX)
    snprintf(device, sizeof device, " device=%u", (unsigned)line->device);
  fprintf(stderr, "time=%s event=%s conn=%llu%s status=%s", when, events[line->event],
          (unsigned long long)line->conn, device,
          line->status == 0 ? "ok" : krv_status_name(line->status));
  if (line->event == KRV_LOG_CLOSE)
    fprintf(stderr, " bytes_in=%llu bytes_out=%llu items_in=%llu slices_out=%llu",
            (unsigned long long)line->bytes_in, (unsigned long long)line->bytes_out,
            (unsigned long long)line->items_in, (unsigned long long)line->items_out);
  fputc('\n', stderr);
}
