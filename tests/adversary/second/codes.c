/* codes: the invitation as text, the six words, the keys of this device and its request to join. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "member.h"

struct invitation invitation;
struct own own;

/* ---- codes (11) */

static int letter(int c) {
  static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  if (c >= 'a' && c <= 'z') c -= 'a' - 'A';
  if (c == 'O') c = '0';
  if (c == 'I' || c == 'L') c = '1';
  const char *at = c ? strchr(alphabet, c) : NULL;
  return at ? (int)(at - alphabet) : -1;
}

static struct slice base32(const char *text) {
  struct buf out = {0};
  uint32_t pending = 0;
  unsigned bits = 0;
  for (; *text; text++) {
    if (strchr("- \t\r\n", *text)) continue;
    CHECK(letter(*text) >= 0, "11.1: letter %c", *text);
    pending = pending << 5 | (uint32_t)letter(*text);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    put_u(&out, pending >> bits, 1);
    pending &= (1u << bits) - 1;
  }
  CHECK(pending == 0 && bits < 5, "11.1: bits are left over");
  return slice(out.p, out.n);
}

void read_invitation(const char *text) {
  uint8_t sum[4];
  struct slice all = base32(text);
  CHECK(all.n > 6, "11.1: too short");
  struct slice in = slice(all.p, all.n - 4);
  H(sum, 4, "krv invite sum", in);
  CHECK(same(sum, all.p + in.n, 4), "11.1: sum");
  CHECK(take_u(&in, 1) == 'i' && take_u(&in, 1) == 1, "11.2: no invitation");
  take_to(&in, invitation.terms, 17);
  take_to(&in, invitation.psk, 32);
  take_to(&in, invitation.secret, 16);
  take_to(&in, invitation.programme, 16);
  take_to(&in, invitation.server_pk, 32);
  invitation.height = take_varint(&in);
  take_to(&in, invitation.head8, 8);
  invitation.flags = (uint8_t)take_u(&in, 1);
  if (invitation.flags & 1) (void)take_index(&in);
  if (invitation.flags & 2) (void)take_index(&in);
  struct slice address = take(&in, (size_t)take_varint(&in));
  CHECK(address.n < sizeof invitation.address, "11.2: address");
  memcpy(invitation.address, address.p, address.n);
  take_end(&in);
}

void say_words(void) {
  uint8_t bytes[16];
  unsigned bit = 0;
  static const char *const letters[4] = {"bdgkmnst", "aiou", "bdfghklmnprstvyz", "aiou"};
  static const unsigned widths[4] = {3, 2, 4, 2};
  H(bytes, 16, "krv words", slice(invitation.programme, 16), slice(invitation.terms, 17),
    slice(own.sign_pk, 32), slice(own.seal.pk, 32), slice(own.session.pk, 32));
  printf("words");
  for (unsigned i = 0; i < 24; i++) {
    unsigned v = 0;
    for (unsigned w = 0; w < widths[i % 4]; w++, bit++)
      v = v << 1 | ((unsigned)bytes[bit / 8] >> (7 - bit % 8) & 1u);
    printf("%s%c", i % 4 == 0 ? " " : "", letters[i % 4][v]);
  }
  printf("\n");
}

/* ---- the request (8.3) */

void make_keys(void) {
  crypto_sign_keypair(own.sign_pk, own.sign_sk);
  own.seal = pair_random();
  own.session = pair_random();
  own.member = pair_random();
  own.agency = pair_random();
  memcpy(reader.sign_sk, own.sign_sk, 64);
  reader.seal = own.seal;
}

void put_join(struct buf *out) {
  bool member = !(invitation.flags & 1), agency = (invitation.flags & 4) != 0;
  struct slice parts[] = {
      slice(invitation.secret, 16), slice(invitation.programme, 16), slice(invitation.terms, 8),
      slice(own.sign_pk, 32), slice(own.seal.pk, 32), slice(own.session.pk, 32),
      slice(own.member.pk, member ? 32 : 0), slice(own.agency.pk, agency ? 32 : 0)};
  uint8_t digest[32], signature[64], mac[16];
  struct buf join = {0};
  hash(digest, 32, "krv join sign", parts + 1, 7);
  crypto_sign_detached(signature, NULL, digest, 32, own.sign_sk);
  parts[2] = slice(invitation.terms, 17); /* the MAC is over all terms, not the id alone */
  hash(mac, 16, "krv join mac", parts, 8);
  put_u(&join, 0, 1);
  put(&join, invitation.terms, 17);
  put_u(&join, (member ? 1u : 0u) | (agency ? 2u : 0u), 1);
  for (unsigned i = 3; i < 8; i++) put(&join, parts[i].p, parts[i].n);
  put(&join, signature, 64);
  put(&join, mac, 16);
  put_message(out, M_JOIN, slice(join.p, join.n));
  drop(&join);
}
