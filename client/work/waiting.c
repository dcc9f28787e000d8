#include "waiting.h"

void krv_waiting_add(struct krv_waiting *waiting, const struct krv_waiting_row *row) {
  if (waiting->count < KRV_REQUESTS_MAX) waiting->rows[waiting->count++] = *row;
}

static uint32_t count_of(const struct krv_waiting *waiting, krv_group_ix member) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < waiting->count; i++) count += waiting->rows[i].member == member;
  return count;
}

static const struct krv_waiting_row *oldest_refused(const struct krv_waiting *waiting,
                                                    krv_group_ix member, bool anybodys) {
  for (uint32_t i = 0; i < waiting->count; i++) {
    const struct krv_waiting_row *row = &waiting->rows[i];
    if (row->refused && (anybodys || row->member == member)) return row;
  }
  return NULL;
}

/* The oldest of the member who has most, if that is more than so many. */
static const struct krv_waiting_row *of_the_crowd(const struct krv_waiting *waiting,
                                                  uint32_t more_than) {
  const struct krv_waiting_row *found = NULL;
  for (uint32_t i = 0; i < waiting->count; i++) {
    if (waiting->rows[i].fixed) continue;
    uint32_t count = count_of(waiting, waiting->rows[i].member);
    if (count <= more_than) continue;
    more_than = count;
    found = &waiting->rows[i];
  }
  return found;
}

bool krv_waiting_room(const struct krv_waiting *waiting, krv_group_ix member,
                      const struct krv_waiting_row **out) {
  uint32_t own = count_of(waiting, member);
  bool full = waiting->count >= KRV_REQUESTS_MAX;
  *out = NULL;
  if (!full && own < KRV_REQUESTS_OF_ONE_MAX) return true;
  *out = oldest_refused(waiting, member, own < KRV_REQUESTS_OF_ONE_MAX);
  if (!*out && own < KRV_REQUESTS_OF_ONE_MAX) *out = of_the_crowd(waiting, own);
  return *out != NULL;
}
