/* zip: zstd (RFC 8878) with a versioned dictionary trained on synthetic text.
 *
 * Packed form: byte 0 the dictionary version (0: raw), then the raw bytes, or a
 * zstd frame without its magic, checksum and dictionary id but with its content
 * size, so that output is capped before it is made, and the frame delimits
 * itself. A raw body is self-delimiting by what it holds. */
#ifndef KRV_ZIP_H
#define KRV_ZIP_H

#include "buf.h"

enum { KRV_ZIP_RAW = 0, KRV_ZIP_DICT_1 = 1 };

struct krv_zip; /* compression and decompression contexts; one thread at a time */

/* level: 1 to 19; 0 takes the default (11). */
int krv_zip_new(const struct krv_env *env, int level, struct krv_zip **out);
void krv_zip_free(struct krv_zip *zip);

/* Appends the packed form of raw, the smaller of both. */
int krv_zip_pack(struct krv_zip *zip, struct krv_slice raw, struct krv_buf *out)
    __attribute__((warn_unused_result));
/* Unpacks the start of packed (zeros may follow: padding) and appends to out, at
 * most KRV_BODY_RAW_MAX bytes. For RAW the whole rest is appended, zeros
 * included. NEWER for an unknown dictionary, TOO_LARGE, MALFORMED. After a zstd
 * frame only zeros may follow. */
int krv_zip_unpack(struct krv_zip *zip, struct krv_slice packed, struct krv_buf *out)
    __attribute__((warn_unused_result));

#endif
