#include "servercode.h"

#include <string.h>

enum { PARTS = 5 };

/* Numbers as they stand in the signature. */
struct numbers {
  uint8_t since[4], signer[4];
};

static void put_u32(uint8_t out[4], uint32_t v) {
  for (unsigned i = 0; i < 4; i++) out[i] = (uint8_t)(v >> (8 * i));
}

static void list_parts(const struct krv_server_code *code, struct numbers *numbers,
                       struct krv_slice parts[PARTS]) {
  put_u32(numbers->since, code->since);
  put_u32(numbers->signer, code->signer);
  parts[0] = krv_slice(code->programme.b, sizeof code->programme.b);
  parts[1] = krv_slice(code->server_pk.b, sizeof code->server_pk.b);
  parts[2] = krv_slice(numbers->since, sizeof numbers->since);
  parts[3] = krv_slice(numbers->signer, sizeof numbers->signer);
  parts[4] = krv_slice_str(code->address);
}

void krv_server_code_sign(struct krv_server_code *code, const struct krv_sign_pair *signer) {
  struct krv_slice parts[PARTS];
  struct numbers numbers;
  list_parts(code, &numbers, parts);
  krv_sign(signer, KRV_DOMAIN_SERVER_SIGN, parts, PARTS, code->signature);
}

int krv_server_code_verify(const struct krv_server_code *code, const struct krv_key *sign_pk) {
  struct krv_slice parts[PARTS];
  struct numbers numbers;
  list_parts(code, &numbers, parts);
  return krv_sign_verify(sign_pk, KRV_DOMAIN_SERVER_SIGN, parts, PARTS, code->signature);
}

void krv_server_code_format(const struct krv_server_code *code, struct krv_buf *out) {
  struct krv_buf raw;
  krv_codetext_begin(&raw, out->env, KRV_CODE_SERVER);
  krv_buf_append(&raw, code->programme.b, sizeof code->programme.b);
  krv_buf_append(&raw, code->server_pk.b, sizeof code->server_pk.b);
  krv_buf_u32(&raw, code->since);
  krv_buf_u32(&raw, code->signer);
  krv_code_address_put(&raw, code->address);
  krv_buf_append(&raw, code->signature, sizeof code->signature);
  krv_codetext_finish(&raw, out);
}

int krv_server_code_parse(struct krv_slice text, struct krv_server_code *out) {
  uint8_t raw[KRV_CODE_RAW_MAX];
  memset(out, 0, sizeof *out);
  struct krv_in in = krv_codetext_open(text, KRV_CODE_SERVER, raw);
  krv_in_copy(&in, out->programme.b, sizeof out->programme.b);
  krv_in_copy(&in, out->server_pk.b, sizeof out->server_pk.b);
  out->since = krv_in_u32(&in);
  out->signer = krv_in_u32(&in);
  krv_code_address_get(&in, out->address);
  krv_in_copy(&in, out->signature, sizeof out->signature);
  if (out->since > KRV_ROSTER_HEIGHT_MAX) krv_in_fail(&in, KRV_MALFORMED);
  int status = krv_codetext_close(&in, raw);
  if (status != 0) memset(out, 0, sizeof *out);
  return status;
}
