/* second: a client written from docs/protocol.md, docs/cryptography.md and docs/merge.md alone, to
 * show that they say every byte. Nothing of kerven's is linked or included: libsodium, msgpack-c
 * and zstd only. Numbers in comments are the paragraphs of protocol.md, or c. and m. with the
 * heading of the other two pages.
 *
 * It joins, reads and writes; it lives in memory, for one programme. Whatever does not hold ends it
 * with a sentence (fail), since a test is what it is for. Left out: founding, approving, giving
 * receipts and grants, records beside the flat one, twin ids. */
#ifndef SECOND_H
#define SECOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- bytes.c */

struct slice {
  const uint8_t *p;
  size_t n;
};
struct buf {
  uint8_t *p;
  size_t n, cap;
};
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define CHECK(condition, ...) ((condition) ? (void)0 : fail(__VA_ARGS__))

struct slice slice(const void *p, size_t n);
bool same(const void *a, const void *b, size_t n);
void *more(void *items, size_t count, size_t size); /* room for one item more; zeroed */
void put(struct buf *buf, const void *p, size_t n);
void put_u(struct buf *buf, uint64_t v, unsigned bytes); /* little endian */
void put_varint(struct buf *buf, uint64_t v);
void drop(struct buf *buf); /* wiped, freed, empty */
struct slice copy(struct slice bytes);
/* Readers take from the front, and fail at the end (1.4). */
struct slice take(struct slice *in, size_t n);
void take_to(struct slice *in, void *out, size_t n);
uint64_t take_u(struct slice *in, unsigned bytes);
uint64_t take_varint(struct slice *in);
uint32_t take_index(struct slice *in);
void take_end(const struct slice *in);
void print_hex(const uint8_t *p, size_t n);

/* ---- crypt.c (c. Notation, Envelopes, Sealed to a group) */

struct pair {
  uint8_t sk[32], pk[32];
};
void hash(uint8_t *out, size_t len, const char *domain, const struct slice *parts, size_t count);
#define H(out, len, domain, ...)                                                                   \
  hash((out), (len), (domain), (struct slice[]){__VA_ARGS__},                                      \
       sizeof((struct slice[]){__VA_ARGS__}) / sizeof(struct slice))
struct pair pair_random(void);
struct pair pair_from(const uint8_t sk[32]);
void dh(const uint8_t sk[32], const uint8_t pk[32], uint8_t out[32]);
void seal(const uint8_t key[32], uint64_t n, struct slice ad, struct slice text, struct buf *out);
bool unseal(const uint8_t key[32], uint64_t n, struct slice ad, struct slice sealed,
            struct buf *out);
bool signature_good(const uint8_t pk[32], const char *domain, const struct slice *parts,
                    size_t count, const uint8_t signature[64]);
enum { GRANT_PURPOSE = 1, BOX_PURPOSE = 2 };
bool envelope_open(const struct pair *receiver, const uint8_t giver_pk[32], uint8_t purpose,
                   const uint8_t key_id[16], const uint8_t envelope[48], uint8_t key[32]);
void envelope_seal(const struct pair *giver, const uint8_t receiver_pk[32], uint8_t purpose,
                   const uint8_t key_id[16], const uint8_t key[32], struct buf *out);
bool group_open(const uint8_t secret[32], uint32_t group, uint32_t epoch, struct slice sealed,
                struct buf *out);

/* ---- noise.c (3) */

struct noise {
  uint8_t ck[32], h[32], k[32];
  bool has_key, psk_mode;
  uint64_t n;
  struct pair e;
  uint8_t re[32];
};
struct cipher {
  uint8_t k[32];
  uint64_t n;
};
void noise_start(struct noise *noise, const char *name, uint8_t first_kind);
void noise_hash(struct noise *noise, const void *p, size_t n);
void noise_dh(struct noise *noise, const uint8_t sk[32], const uint8_t pk[32]);
void noise_psk(struct noise *noise, const uint8_t psk[32]);
void noise_say_e(struct noise *noise, const struct pair *e, struct buf *out);
void noise_hear_e(struct noise *noise, struct slice *in);
void noise_encrypt(struct noise *noise, struct slice text, struct buf *out);
void noise_decrypt(struct noise *noise, struct slice text, struct buf *out);
void noise_split(const struct noise *noise, struct cipher *up, struct cipher *down);

/* ---- wire.c (2, 4, 5.1) */

enum { FIRST_MAX = 960, EARLY_MAX = 12288 }; /* what a handshake carries of the stream */
struct ticket {
  bool live;
  uint8_t id[16], psk[32];
};
struct link {
  int fd;
  struct cipher up, down;
  struct buf in; /* plaintext that was heard */
  size_t in_used;
  size_t bytes_up, bytes_down;
};
enum opening { OPEN_XK, OPEN_ENROL, OPEN_TICKET };
struct way {
  enum opening opening;
  const char *address;
  const uint8_t *server_pk;
  const struct pair *s;
  const uint8_t *psk; /* enrolment */
  struct slice terms; /* enrolment */
  struct ticket ticket;
};
/* Opens and says the first part of the stream; false if the server closes in silence. *next is the
 * ticket for the next session (4.1). */
bool link_open(struct link *link, const struct way *way, struct slice first, struct ticket *next);
void link_say(struct link *link, struct slice text);
/* The next message, good until the next call; false at the end of the connection. */
bool link_hear(struct link *link, uint8_t *kind, struct slice *payload);
void link_close(struct link *link);
void put_message(struct buf *out, uint8_t kind, struct slice payload);

enum message {
  M_OPEN = 1,
  M_ANSWER,
  M_ACK,
  M_CURSOR,
  M_RESTART,
  M_REFUSE,
  M_BYE,
  M_WATCH,
  M_PING,
  M_GENESIS,
  M_COMMIT,
  M_GRANT,
  M_UNROUTE,
  M_NEED,
  M_BOX,
  M_RECEIPT,
  M_DOC,
  M_ROSTER,
  M_JOIN,
  M_ENROLLED,
  M_WANT,
  M_CONFIRM,
  M_NOTICE,
};

/* ---- roster.c (10) */

enum { NOBODY = UINT32_MAX, NOW = UINT32_MAX };
enum { ROLE_OFFICE = 8, ROLE_ADMINISTRATOR = 16 };
struct device {
  uint8_t id[16], sign_pk[32], seal_pk[32], session_pk[32], invite[8];
  uint32_t roles, member_group, agency_group;
  bool revoked;
  struct slice name;
};
struct epoch {
  uint8_t pk[32], secret[32];
  bool has_secret;
};
struct membership {
  uint32_t device, from, to, rights;
};
struct group {
  char kind; /* e everyone, o office, m member, a agency, t team */
  struct epoch *epochs;
  struct membership *members;
  uint32_t epoch_count, member_count;
};
struct roster {
  uint8_t programme[16], server_pk[32], recovery_sign_pk[32], recovery_seal_pk[32];
  uint8_t (*hashes)[32];
  struct slice *entries;
  struct device *devices;
  struct group *groups;
  uint32_t count, device_count, group_count, schema_version;
};
extern struct roster roster;
void roster_append(struct slice entry);
uint32_t roster_device_of(const uint8_t session_pk[32]);
bool roster_member(uint32_t device, uint32_t group, uint32_t height, bool to_write);

/* ---- cases.c (5.7 to 5.9, c. Commits, m. 1 to 4) */

struct entry {
  uint32_t device;
  uint64_t n;
  uint8_t id8[8];
};
struct op {
  uint32_t kind, field, group, mode, number;
  bool flat; /* record 0 */
  uint8_t key_commit[32];
  struct slice value; /* one msgpack object */
};
struct commit {
  uint32_t device, epoch;
  uint64_t n;
  uint8_t id[16], prev[16], key_id4[4], salt[16], ad[82];
  struct slice ciphertext;
  bool opened, delivered, applied, at_server;
  uint32_t height;
  struct entry *entries;
  struct op *ops;
  size_t entry_count, op_count;
  bool zipped;
};
struct key {
  uint32_t epoch;
  uint8_t key[32], commit[32], id[16];
};
struct mode {
  uint32_t group, mode;
};
struct grant {
  uint32_t epoch, group, group_epoch, giver;
  bool to_device; /* 5.9, flag 4 */
  uint32_t device;
  uint8_t key_id[16], envelope[48];
};
struct kase {
  uint8_t id[16], key_commit[32];
  struct mode *list;
  struct commit *commits;
  struct key *keys;
  struct grant *grants;
  size_t list_count, commit_count, key_count, grant_count;
};
extern struct kase *cases;
extern size_t case_count;
/* Who reads: set before items come. */
struct reader {
  uint32_t device;
  uint8_t sign_sk[64];
  struct pair seal;
};
extern struct reader reader;
void case_forget_last(void); /* 6.4: a session begins */
void case_item(uint8_t kind, struct slice payload);
struct kase *case_named(const char *hex);
bool case_seen(const struct kase *kase, const struct commit *c, const struct commit *w);
const struct key *case_key(const struct kase *kase, const uint8_t id[16]); /* NULL: not here */
/* Delivers and judges what can be; after each run of items. */
void case_settle(struct kase *kase);
/* Writes one field of the flat record as own commit; 5.7's payload goes to out. */
void case_set(struct kase *kase, uint32_t field, const char *text, struct buf *out);
void case_show(const struct kase *kase);

/* ---- rights.c (m. 2, 4) */

/* One operation of one commit. */
struct place {
  const struct commit *c;
  const struct op *op;
};
bool case_knows(const struct kase *kase, struct place a, struct place b);
/* As of what the commit had seen; NULL: as all applied commits make it. */
bool case_may_write(const struct kase *kase, const struct commit *c, uint32_t device,
                    uint32_t height);
const struct key *case_key_for_next(const struct kase *kase);

/* ---- body.c (c. Commits, m. 3) */

/* Opens one commit under a key: AEAD, signature, salt, packing, body, operations. */
bool commit_open(struct commit *commit, const struct key *key, const uint8_t author_pk[32]);
/* Seals a body of entries and operations; fills salt, ciphertext and id in. */
void commit_seal(struct commit *commit, const struct key *key, struct slice ops);
void commit_name(struct commit *commit);

#endif
