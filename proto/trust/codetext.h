/* codetext: what all codes that people hand to each other have in common (R35):
 * Crockford base32 around a kind, a version, fields and a 4-byte checksum. Case
 * does not matter, O reads as 0, I and L as 1, dashes and spaces are ignored.
 *
 *   text = base32(kind u8, version u8, fields, first 4 bytes of H("invite sum"; all before))
 *
 * Writing: begin, fields into raw, finish. Reading: open, fields out of it, close. */
#ifndef KRV_CODETEXT_H
#define KRV_CODETEXT_H

#include "buf.h"
#include "bounds.h"

enum { KRV_CODE_TEXT_MAX = 1024, KRV_CODE_RAW_MAX = KRV_CODE_TEXT_MAX * 5 / 8 };
enum krv_code_kind {
  KRV_CODE_INVITATION = 'i',
  KRV_CODE_FOUNDING = 'f',
  KRV_CODE_SERVER = 's',
  KRV_CODE_SHARE = 'r'
};

/* raw gets kind and version; the fields follow. */
void krv_codetext_begin(struct krv_buf *raw, const struct krv_env *env, enum krv_code_kind kind);
/* Appends the text to out, NUL not included: one line of capitals and digits. Wipes raw. */
void krv_codetext_finish(struct krv_buf *raw, struct krv_buf *out);

/* Reads letters into raw, and stands behind kind and version, or has failed: INVITE_BAD (checksum,
 * length, letters, another kind), NEWER. */
struct krv_in krv_codetext_open(struct krv_slice text, enum krv_code_kind kind,
                                uint8_t raw[KRV_CODE_RAW_MAX]);
/* Wipes raw. 0, INVITE_BAD, NEWER. */
int krv_codetext_close(struct krv_in *in, uint8_t raw[KRV_CODE_RAW_MAX])
    __attribute__((warn_unused_result));

/* host:port, visible letters only: it is shown to people. */
void krv_code_address_put(struct krv_buf *raw, const char *address);
void krv_code_address_get(struct krv_in *in, char out[KRV_ADDRESS_SIZE_MAX + 1]);

#endif
