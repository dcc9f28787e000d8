#include "group.h"

#include <string.h>

void krv_group_key_id(const struct krv_key *group_pk, struct krv_id *out) {
  const struct krv_slice part = krv_slice(group_pk->b, sizeof group_pk->b);
  krv_h(KRV_DOMAIN_GROUP, &part, 1, out->b, sizeof out->b);
}

int krv_box_seal(const struct krv_dh_pair *giver_seal, const struct krv_key *receiver_seal_pk,
                 const struct krv_dh_pair *group, uint8_t out[KRV_ENVELOPE_LEN]) {
  struct krv_envelope_ends ends;
  struct krv_id key_id;
  int status = krv_envelope_give(&ends, giver_seal, receiver_seal_pk);
  if (status == 0) {
    krv_group_key_id(&group->pk, &key_id);
    krv_envelope_seal(&ends, KRV_PURPOSE_BOX, &key_id, &group->sk, out);
  } else {
    memset(out, 0, KRV_ENVELOPE_LEN);
  }
  krv_wipe(&ends, sizeof ends);
  return status;
}

int krv_box_open(const struct krv_dh_pair *receiver_seal, const struct krv_key *giver_seal_pk,
                 const struct krv_key *group_pk, const uint8_t box[KRV_ENVELOPE_LEN],
                 struct krv_dh_pair *group) {
  struct krv_envelope_ends ends;
  struct krv_id key_id;
  struct krv_key secret = {{0}};
  memset(group, 0, sizeof *group);
  krv_group_key_id(group_pk, &key_id);
  int status = krv_envelope_take(&ends, receiver_seal, giver_seal_pk);
  if (status == 0) status = krv_envelope_open(&ends, KRV_PURPOSE_BOX, &key_id, box, &secret);
  if (status == 0) status = krv_dh_pair_from_secret(&secret, group);
  /* whoever gave it: right if, and only if, it is the secret of the signed key */
  if (status == 0 && memcmp(group->pk.b, group_pk->b, KRV_KEY_LEN) != 0) status = KRV_CRYPTO;
  if (status != 0) krv_wipe(group, sizeof *group);
  krv_wipe(&secret, sizeof secret);
  krv_wipe(&ends, sizeof ends);
  return status;
}

int krv_back_chain_seal(const struct krv_dh_pair *newer, const struct krv_dh_pair *older,
                        uint8_t out[KRV_ENVELOPE_LEN]) {
  return krv_box_seal(newer, &newer->pk, older, out);
}

int krv_back_chain_open(const struct krv_dh_pair *newer, const struct krv_key *older_pk,
                        const uint8_t link[KRV_ENVELOPE_LEN], struct krv_dh_pair *older) {
  return krv_box_open(newer, &newer->pk, older_pk, link, older);
}
