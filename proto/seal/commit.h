/* commit: sign, then seal; open, then doubt (R5-R8).
 *
 *   padded    = pad(zip(body))
 *   signature = Ed25519(H("commit sign"; AD, key_commit, padded))
 *   salt      = H16("salt"; H("salt key"; case key), AD, signature, padded)
 *   key       = H("commit key"; case key, AD, salt)
 *   out       = ChaCha20-Poly1305(key, nonce 0, AD, signature || padded)
 */
#ifndef KRV_COMMIT_H
#define KRV_COMMIT_H

#include "body.h"
#include "casekey.h"
#include "head.h"
#include "sign.h"
#include "zip.h"

/* head: programme, case, device, n and prev are given; suite, kind, epoch and
 * key id are filled in. Appends the ciphertext to out and points
 * commit->ciphertext into it (so out must not grow after). TOO_LARGE, NOMEM. */
int krv_commit_seal(struct krv_zip *zip, const struct krv_env *env, const struct krv_case_key *key,
                    const struct krv_sign_pair *author, const struct krv_body *body,
                    struct krv_commit *commit, struct krv_buf *out)
    __attribute__((warn_unused_result));

/* An opened commit. plain owns what body borrows. */
struct krv_opened {
  struct krv_buf plain;
  struct krv_context_entry *context;
  uint8_t signature[KRV_SIG_LEN];
  struct krv_body body;
};
void krv_opened_init(struct krv_opened *opened, const struct krv_env *env);
void krv_opened_release(struct krv_opened *opened); /* wipes the plaintext */

/* Checks everything that needs no other commit. 0; NO_KEY when the head names another key or
 * epoch; CRYPTO when AEAD, signature or salt fail; NEWER (dictionary, suite); MALFORMED (also for a
 * body beyond a cap); NOMEM. On failure opened is empty. It may be used again without release. */
int krv_commit_open(struct krv_zip *zip, const struct krv_case_key *key,
                    const struct krv_key *author_sign_pk, const struct krv_commit *commit,
                    struct krv_opened *opened) __attribute__((warn_unused_result));
/* The same for whoever has just sealed it: that the bytes open, to what was signed, is checked (the
 * salt covers the signature); that his own signature is one, is not computed again, which is more
 * work than all the rest. Never for what came from elsewhere. */
int krv_commit_reopen(struct krv_zip *zip, const struct krv_case_key *key,
                      const struct krv_commit *commit, struct krv_opened *opened)
    __attribute__((warn_unused_result));

#endif
