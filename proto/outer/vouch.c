#include "vouch.h"

void krv_vouch(const struct krv_key *author_server_shared, const struct krv_id *commit_id,
               uint8_t out[16]) {
  const struct krv_slice part = {commit_id->b, KRV_ID_LEN};
  krv_mac16(author_server_shared, KRV_DOMAIN_VOUCH, &part, 1, out);
}

bool krv_vouch_good(const struct krv_key *author_server_shared, const struct krv_id *commit_id,
                    const uint8_t mac[16]) {
  uint8_t expected[16];
  krv_vouch(author_server_shared, commit_id, expected);
  bool good = krv_secret_equal(expected, mac, sizeof expected);
  krv_wipe(expected, sizeof expected);
  return good;
}
