/* ahead: loaded before a program, it lets its calendar run KRV_AHEAD_S seconds ahead. The clock
 * that measures intervals stays as it is. For tests of what time makes invalid. */
#define _GNU_SOURCE

#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *out) {
  const char *seconds = getenv("KRV_AHEAD_S");
  int status = (int)syscall(SYS_clock_gettime, clock, out);
  if (status == 0 && clock == CLOCK_REALTIME && seconds) out->tv_sec += atol(seconds);
  return status;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
  struct timespec now;
  (void)zone;
  int status = clock_gettime(CLOCK_REALTIME, &now);
  *out = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
  return status;
}
