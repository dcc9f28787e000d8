/* servercode: who carries a programme to another server tells everybody where it
 * is now (R17): the server's key and address, signed by an administrator or the
 * recovery key, as text like an invitation. It holds no secret, and nothing of
 * it counts but by the signature: the server's own word moves nobody. */
#ifndef KRV_SERVERCODE_H
#define KRV_SERVERCODE_H

#include "codetext.h"
#include "sign.h"

struct krv_server_code {
  struct krv_id programme;
  struct krv_key server_pk;
  uint32_t since;       /* height of the roster entry that names this key; 0: the founding */
  krv_device_ix signer; /* KRV_NO_INDEX: the recovery key */
  uint8_t signature[KRV_SIG_LEN];
  char address[KRV_ADDRESS_SIZE_MAX + 1]; /* host:port */
};

/* Signs all other fields. */
void krv_server_code_sign(struct krv_server_code *code, const struct krv_sign_pair *signer);
/* 0 or CRYPTO. Whether the signer may say so is the caller's to judge. */
int krv_server_code_verify(const struct krv_server_code *code, const struct krv_key *sign_pk)
    __attribute__((warn_unused_result));

/* Appends the text, NUL not included. */
void krv_server_code_format(const struct krv_server_code *code, struct krv_buf *out);
/* INVITE_BAD, NEWER. */
int krv_server_code_parse(struct krv_slice text, struct krv_server_code *out)
    __attribute__((warn_unused_result));

#endif
