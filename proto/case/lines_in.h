/* lines_in: the inside of struct krv_lines, for lines*.c only. Commits are named
 * by their place, which holds until the next put. */
#ifndef KRV_LINES_IN_H
#define KRV_LINES_IN_H

#include "lines.h"

enum { KRV_LINE_NONE = UINT32_MAX };
enum { KRV_LINE_HAS_CHILD = 1, KRV_LINE_COVERED = 2 };

struct krv_line {
  struct krv_line_commit commit;
  uint8_t marks;
};

struct krv_lines {
  const struct krv_env *env;
  struct krv_line *items; /* ascending (device, n, id) */
  size_t count, cap;
  krv_device_ix *forked;  /* ascending: devices with a fork */
  size_t forked_count, forked_cap;
  uint32_t held;
};

/* The first place that is not below the tip; the tip's own place, or NONE. */
uint32_t krv_lines_place(const struct krv_lines *lines, const struct krv_tip *tip);
uint32_t krv_lines_index(const struct krv_lines *lines, const struct krv_tip *tip);
/* The place of the commit's prev; NONE at the end of the line, or where it is not here. */
uint32_t krv_lines_below(const struct krv_lines *lines, uint32_t i);
/* Is the commit at i that at top, or does it lie below it on its line? Both are delivered. */
bool krv_lines_on_line(const struct krv_lines *lines, uint32_t i, uint32_t top);

#endif
