/* forms: self-certifying names of cases and devices, and the shape of an access
 * list (R1, R9). */
#ifndef KRV_FORMS_H
#define KRV_FORMS_H

#include "bounds.h"
#include "head.h"

enum krv_access_mode { KRV_ACCESS_NONE = 0, KRV_ACCESS_READ = 1, KRV_ACCESS_WRITE = 2 };

struct krv_access_item {
  krv_group_ix group;
  uint8_t mode; /* enum krv_access_mode; never NONE in a genesis */
};
struct krv_access_list {
  struct krv_access_item items[KRV_ACCESS_LIST_MAX]; /* ascending groups */
  uint32_t count;
};

/* varint count, then (varint group, u8 mode) each, ascending. */
void krv_access_list_encode(const struct krv_access_list *list, struct krv_buf *out);
void krv_access_list_decode(struct krv_in *in, struct krv_access_list *out);
/* Mode of a group; NONE if it is not there. */
uint8_t krv_access_list_mode(const struct krv_access_list *list, krv_group_ix group);
/* Sets or (NONE) removes; TOO_LARGE. Keeps the order. */
int krv_access_list_set(struct krv_access_list *list, krv_group_ix group, uint8_t mode);

/* What a case's id certifies. */
struct krv_genesis {
  struct krv_id creator;                  /* device id */
  uint8_t key_commit[32];                 /* of the epoch 0 key */
  struct krv_access_list access;
};
/* H16(programme, creator, key_commit, encoded list). NOMEM. */
int krv_case_id(const struct krv_env *env, const struct krv_id *programme,
                const struct krv_genesis *genesis, struct krv_id *out);

/* H16(programme, sign pk, seal pk, session pk). */
struct krv_device_keys {
  struct krv_key sign_pk, seal_pk, session_pk;
};
void krv_device_id(const struct krv_id *programme, const struct krv_device_keys *keys,
                   struct krv_id *out);

#endif
