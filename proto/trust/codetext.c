/* codetext: bytes, a checksum, and Crockford's alphabet around them.
 *
 * What fails: a letter outside the alphabet, a length that does not fit, a wrong
 * sum, bits beyond the end (all INVITE_BAD); a version from later (NEWER). */
#include "codetext.h"

#include <assert.h>
#include <string.h>

#include "hash.h"

enum { TEXT_VERSION = 1, SUM_LEN = 4 };

/* ---- letters ---- */

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void put_base32(struct krv_slice bytes, struct krv_buf *out) {
  uint32_t pending = 0;
  unsigned bits = 0;
  for (size_t i = 0; i < bytes.len; i++) {
    pending = pending << 8 | bytes.data[i];
    for (bits += 8; bits >= 5; bits -= 5)
      krv_buf_u8(out, (uint8_t)alphabet[pending >> (bits - 5) & 31]);
    pending &= (1u << bits) - 1;
  }
  if (bits > 0) krv_buf_u8(out, (uint8_t)alphabet[pending << (5 - bits) & 31]);
}

static bool is_separator(uint8_t c) {
  return c == '-' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* 0 to 31, or -1. */
static int letter_value(uint8_t c) {
  if (c >= 'a' && c <= 'z') c = (uint8_t)(c - 'a' + 'A');
  if (c == 'O') c = '0';
  if (c == 'I' || c == 'L') c = '1';
  const char *at = c == 0 ? NULL : strchr(alphabet, c);
  return at ? (int)(at - alphabet) : -1;
}

/* Number of bytes, or 0 for text that is none. What is left over at the end are
 * fewer than five bits, all zero: each text has one reading and each change shows. */
static size_t get_base32(struct krv_slice text, uint8_t out[KRV_CODE_RAW_MAX]) {
  uint32_t pending = 0;
  unsigned bits = 0;
  size_t len = 0;
  if (text.len > KRV_CODE_TEXT_MAX) return 0;
  for (size_t i = 0; i < text.len; i++) {
    if (is_separator(text.data[i])) continue;
    int value = letter_value(text.data[i]);
    if (value < 0) return 0;
    pending = pending << 5 | (uint32_t)value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out[len++] = (uint8_t)(pending >> bits);
    pending &= (1u << bits) - 1;
  }
  return bits < 5 && pending == 0 ? len : 0;
}

static void put_sum(struct krv_slice bytes, uint8_t out[SUM_LEN]) {
  struct krv_hash h;
  krv_hash_init(&h, KRV_DOMAIN_INVITE_SUM);
  krv_hash_part(&h, bytes.data, bytes.len);
  krv_hash_final(&h, out, SUM_LEN);
}

void krv_codetext_finish(struct krv_buf *raw, struct krv_buf *out) {
  uint8_t sum[SUM_LEN];
  if (raw->status == 0) {
    put_sum(krv_buf_slice(raw), sum);
    krv_buf_append(raw, sum, sizeof sum);
  }
  if (raw->status == 0) put_base32(krv_buf_slice(raw), out);
  else if (out->status == 0) out->status = raw->status;
  krv_buf_wipe(raw);
}

void krv_codetext_begin(struct krv_buf *raw, const struct krv_env *env, enum krv_code_kind kind) {
  krv_buf_init(raw, env);
  krv_buf_u8(raw, (uint8_t)kind);
  krv_buf_u8(raw, TEXT_VERSION);
}

struct krv_in krv_codetext_open(struct krv_slice text, enum krv_code_kind kind,
                                uint8_t raw[KRV_CODE_RAW_MAX]) {
  uint8_t sum[SUM_LEN];
  struct krv_in in = krv_in(krv_slice(NULL, 0));
  size_t len = get_base32(text, raw);
  if (len < 2 + SUM_LEN) {
    krv_in_fail(&in, KRV_INVITE_BAD);
    return in;
  }
  struct krv_slice covered = krv_slice(raw, len - SUM_LEN);
  put_sum(covered, sum);
  in = krv_in(covered);
  if (memcmp(sum, raw + covered.len, SUM_LEN) != 0) krv_in_fail(&in, KRV_INVITE_BAD);
  if (krv_in_u8(&in) != (uint8_t)kind) krv_in_fail(&in, KRV_INVITE_BAD);
  if (krv_in_u8(&in) != TEXT_VERSION) krv_in_fail(&in, KRV_NEWER);
  return in;
}

/* Whatever failed after the sum held is still a bad code, to whoever typed it. */
int krv_codetext_close(struct krv_in *in, uint8_t raw[KRV_CODE_RAW_MAX]) {
  int status = krv_in_end(in);
  krv_wipe(raw, KRV_CODE_RAW_MAX);
  return status == 0 || status == KRV_NEWER ? status : KRV_INVITE_BAD;
}

/* It is shown, and it must not end early. */
void krv_code_address_get(struct krv_in *in, char out[KRV_ADDRESS_SIZE_MAX + 1]) {
  struct krv_slice address = krv_in_blob(in, KRV_ADDRESS_SIZE_MAX);
  for (size_t i = 0; i < address.len; i++)
    if (address.data[i] <= ' ' || address.data[i] == 0x7f) krv_in_fail(in, KRV_MALFORMED);
  if (address.len > 0) memcpy(out, address.data, address.len);
  out[address.len] = '\0';
}

void krv_code_address_put(struct krv_buf *raw, const char *address) {
  assert(memchr(address, '\0', KRV_ADDRESS_SIZE_MAX + 1) != NULL);
  krv_buf_blob(raw, krv_slice_str(address));
}
