/* id: 16-byte names, dots and tips (R1, R2). */
#ifndef KRV_ID_H
#define KRV_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KRV_ID_LEN = 16, KRV_ID_HEX_LEN = 33 };

struct krv_id {
  uint8_t b[KRV_ID_LEN];
};

extern const struct krv_id krv_id_zero;

/* Ids are public: not constant time. */
bool krv_id_equal(const struct krv_id *a, const struct krv_id *b);
int krv_id_compare(const struct krv_id *a, const struct krv_id *b);
bool krv_id_is_zero(const struct krv_id *id);
/* The lowest id above this one; false: there is none, and *out is zero. */
bool krv_id_next(const struct krv_id *id, struct krv_id *out);
void krv_id_hex(const struct krv_id *id, char out[KRV_ID_HEX_LEN]);
/* Exactly 32 lower or upper case digits; MALFORMED otherwise. */
int krv_id_parse(const char *hex, size_t len, struct krv_id *out);

/* A device and a group are named inside the programme by their place in the
 * roster, in order of entry: short on the wire, stable for ever (R5, R17). */
typedef uint32_t krv_device_ix;
typedef uint32_t krv_group_ix;

/* The newest commit of a line, or any other named commit. */
struct krv_tip {
  krv_device_ix device;
  uint64_t n;
  struct krv_id id;
};

#endif
