/* invitation: made offline, given by hand, used once (R13, R35); and the
 * founding code that the server prints. Both are text as in codetext.h. */
#ifndef KRV_INVITATION_H
#define KRV_INVITATION_H

#include "codetext.h"
#include "dh.h"
#include "entry.h"

enum { KRV_INVITE_SECRET_LEN = 16, KRV_INVITE_TEXT_MAX = KRV_CODE_TEXT_MAX,
       KRV_INVITE_TERMS_LEN = KRV_INVITE_ID_LEN + 4 + 1 + 4 };

/* What XKpsk3's message 1 shows the server, and what the psk is bound to. */
struct krv_invite_terms {
  uint8_t id[KRV_INVITE_ID_LEN];
  krv_device_ix inviter;
  uint8_t roles;
  uint32_t expires_s;         /* Unix seconds, the server's clock */
};

struct krv_invitation {
  struct krv_invite_terms terms;
  struct krv_key psk;
  uint8_t secret[KRV_INVITE_SECRET_LEN]; /* the server never learns it */
  struct krv_id programme;
  struct krv_key server_pk;
  uint32_t roster_height;
  uint8_t roster_head8[8];
  krv_group_ix member_group;  /* a further device of this member; KRV_NO_INDEX: a new member */
  krv_group_ix agency_group;  /* a known agency; KRV_NO_INDEX: none or a new one */
  bool new_agency;            /* its first device makes the agency's key */
  bool practice;
  char address[KRV_ADDRESS_SIZE_MAX + 1]; /* host:port */
};

struct krv_founding_code {
  struct krv_key server_pk, psk;
  char address[KRV_ADDRESS_SIZE_MAX + 1];
};

/* psk = H("invite psk"; DH(inviter's session key, server key), terms encoded). Both ends compute
 * it. CRYPTO (small-order key). */
int krv_invite_psk(const struct krv_dh_pair *own, const struct krv_key *other_pk,
                   const struct krv_invite_terms *terms, struct krv_key *out)
    __attribute__((warn_unused_result));

/* id 8, inviter u32, roles u8, expires u32: 17 bytes. Decoding: MALFORMED without a role or with an
 * unknown one. */
void krv_invite_terms_encode(const struct krv_invite_terms *terms, struct krv_buf *out);
void krv_invite_terms_decode(struct krv_in *in, struct krv_invite_terms *out);
void krv_invite_terms_bytes(const struct krv_invite_terms *terms,
                            uint8_t out[KRV_INVITE_TERMS_LEN]);

/* Appends text, NUL not included: one line of capitals and digits. Wipes what it used; out holds a
 * secret and is the caller's to wipe. */
void krv_invitation_format(const struct krv_invitation *invitation, struct krv_buf *out);
/* INVITE_BAD (checksum, length, letters, or the other kind of code), NEWER. */
int krv_invitation_parse(struct krv_slice text, struct krv_invitation *out)
    __attribute__((warn_unused_result));
void krv_founding_format(const struct krv_founding_code *code, struct krv_buf *out);
int krv_founding_parse(struct krv_slice text, struct krv_founding_code *out)
    __attribute__((warn_unused_result));

/* The joiner's request: his public keys and group keys, signed, and a MAC under the secret. */
struct krv_join {
  struct krv_invite_terms terms;
  struct krv_device_keys keys;
  struct krv_key member_pk, agency_pk;
  bool has_member_pk, has_agency_pk;
  uint8_t signature[KRV_SIG_LEN]; /* over programme, invite id, all keys */
  uint8_t mac[16]; /* H16("join mac"; secret, programme, terms, all keys): the server,
                                   * which carries the terms, cannot give other roles */
};
void krv_join_sign(struct krv_join *join, const struct krv_id *programme,
                   const struct krv_sign_pair *joiner, const uint8_t secret[KRV_INVITE_SECRET_LEN]);
/* The signature, against the programme; roster entries repeat it. */
int krv_join_verify(const struct krv_join *join, const struct krv_id *programme)
    __attribute__((warn_unused_result));
bool krv_join_mac_good(const struct krv_join *join, const struct krv_id *programme,
                       const uint8_t secret[KRV_INVITE_SECRET_LEN]);
/* Flags u8, three keys, member pk?, agency pk?, signature, mac; terms are not part (message 1), and
 * decoding leaves out's as they are. */
void krv_join_encode(const struct krv_join *join, struct krv_buf *out);
void krv_join_decode(struct krv_in *in, struct krv_join *out);

#endif
