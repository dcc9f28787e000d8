/* hash: H, BLAKE2b-256 with the domain in its 16-byte personal field, each part
 * preceded by its length as u32 LE, a key as the first part (R33; RFC 7693).
 * H16 and H8 are its first 16 and 8 bytes. The list of domains stands here. */
#ifndef KRV_HASH_H
#define KRV_HASH_H

#include "buf.h"
#include "id.h"
#include "secret.h"

enum { KRV_HASH_LEN = 32 };

/* name, 16 bytes at most, padded with zeros */
#define KRV_DOMAIN_MAP(X)             \
  X(PROGRAMME, "krv programme")       \
  X(DEVICE, "krv device")             \
  X(CASE, "krv case")                 \
  X(COMMIT, "krv commit")             \
  X(COMMIT_KEY, "krv commit key")     \
  X(COMMIT_SIGN, "krv commit sign")   \
  X(SALT_KEY, "krv salt key")         \
  X(SALT, "krv salt")                 \
  X(KEY_COMMIT, "krv key commit")     \
  X(KEY_ID, "krv key id")             \
  X(ENVELOPE, "krv envelope")         \
  X(GROUP, "krv group")               \
  X(GROUP_SALT, "krv group salt")     \
  X(GROUP_KEY, "krv group key")       \
  X(ENTRY, "krv entry")               \
  X(ENTRY_SIGN, "krv entry sign")     \
  X(JOIN_SIGN, "krv join sign")       \
  X(JOIN_MAC, "krv join mac")         \
  X(INVITE_PSK, "krv invite psk")     \
  X(INVITE_SUM, "krv invite sum")     \
  X(WORDS, "krv words")               \
  X(SERVER_SIGN, "krv server sign")   \
  X(VOUCH, "krv vouch")               \
  X(RECEIPT, "krv receipt")           \
  X(CHAIN, "krv chain")               \
  X(ITEM, "krv item")                 \
  X(DOCUMENT, "krv document")         \
  X(TICKET_ID, "krv ticket id")       \
  X(TICKET_PSK, "krv ticket psk")     \
  X(EPHEMERAL, "krv ephemeral")       \
  X(RECOVERY, "krv recovery")         \
  X(SHARE, "krv share")               \
  X(VAULT_KEY, "krv vault key")       \
  X(VAULT_COMMIT, "krv vault slot")   \
  X(VAULT_LOOKUP, "krv vault lookup") \
  X(BACKUP, "krv backup")             \
  X(ROW, "krv row")                   \
  X(STATE, "krv state")               \
  X(CASE_MARK, "krv case mark")

enum krv_domain {
#define X(name, text) KRV_DOMAIN_##name,
  KRV_DOMAIN_MAP(X)
#undef X
      KRV_DOMAIN_COUNT
};

/* Incremental form: domain, then parts in order. Holds no memory; wiped by final. */
struct krv_hash {
  uint8_t state[384] __attribute__((aligned(64)));
};
void krv_hash_init(struct krv_hash *h, enum krv_domain domain);
void krv_hash_part(struct krv_hash *h, const void *data, size_t len);
/* A part whose bytes come in pieces: its length first, then the pieces raw. */
void krv_hash_part_begin(struct krv_hash *h, size_t len);
void krv_hash_raw(struct krv_hash *h, const void *data, size_t len);
/* The first out_len bytes of H, at most 32. */
void krv_hash_final(struct krv_hash *h, uint8_t *out, size_t out_len);

/* H over count parts; out_len 8, 16 or 32. */
void krv_h(enum krv_domain domain, const struct krv_slice *parts, size_t count, uint8_t *out,
           size_t out_len);

/* key_commit = H(key), key id = H16(key_commit): R8. */
void krv_key_commit(const struct krv_key *key, uint8_t out[KRV_HASH_LEN]);
void krv_key_id(const uint8_t key_commit[KRV_HASH_LEN], struct krv_id *out);

#endif
