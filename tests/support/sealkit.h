/* sealkit: an author, a case key and a zip, enough to seal and open commits in
 * tests. Same seed, same bytes. */
#ifndef KRV_SEALKIT_H
#define KRV_SEALKIT_H

#include "commit.h"
#include "testenv.h"

struct krv_sealkit {
  struct krv_testenv t;
  struct krv_zip *zip;
  struct krv_case_key key;
  struct krv_sign_pair author;
  struct krv_context_entry context[2];
  struct krv_buf ops, sealed;
  struct krv_commit commit;
};

/* 0 or NOMEM (when t is told to fail); release is right after both. */
int krv_sealkit_init(struct krv_sealkit *kit, uint64_t seed);
void krv_sealkit_release(struct krv_sealkit *kit);

/* A body that sets field 12 of record 0 to text, after two writers; borrows kit->ops. */
struct krv_body krv_sealkit_body(struct krv_sealkit *kit, const char *text);
/* Seals it into kit->commit (n = 1) and kit->sealed. */
int krv_sealkit_seal(struct krv_sealkit *kit, const struct krv_body *body);
/* Opens kit->commit and forgets what it held. */
int krv_sealkit_open(struct krv_sealkit *kit);

#endif
