#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "fleet_roster.h"
#include "frame.h"
#include "fuzz.h"
#include "hash.h"
#include "invitation.h"
#include "mp.h"
#include "recoveryshare.h"
#include "schema.h"
#include "sealkit.h"
#include "slots.h"
#include "stream.h"

static struct krv_testenv world;
static struct krv_sealkit seal;
static struct krv_fleet fleet;

void krv_fuzz_must(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "fuzz: %s\n", what);
  abort();
}
#define must krv_fuzz_must

/* ---- what they stand on */

static struct krv_buf slot; /* without its sum, which is no secret's */
static struct krv_key master = {{7}};
enum { SLOT_SUM_LEN = 8 };

static void make_slot(void) {
  krv_buf_init(&slot, &world.env);
  must(krv_slot_seal(&world.env, &master, krv_slice_str("correct horse"), krv_slice(NULL, 0),
                     &krv_password_cost_floor, &slot) == 0 && slot.len > SLOT_SUM_LEN, "a slot");
  slot.len -= SLOT_SUM_LEN;
}

static void start(void) {
  static bool started;
  if (started) return;
  started = true;
  krv_testenv_init(&world, 15);
  must(krv_crypto_start() == 0 && krv_sealkit_init(&seal, 15) == 0, "start");
  krv_fleet_found(&fleet, &world);
  (void)krv_fleet_admit(&fleet, KRV_ROLE_OFFICE);
  (void)krv_fleet_admit(&fleet, KRV_ROLE_WORKER);
  struct krv_body body = krv_sealkit_body(&seal, "Leila");
  must(krv_sealkit_seal(&seal, &body) == 0, "seal");
  make_slot();
}

/* ---- wire */

int fuzz_frame(const uint8_t *data, size_t size) {
  struct krv_slice left = krv_slice(data, size);
  struct krv_frame frame;
  size_t used;
  while (krv_frame_next(left, KRV_FRAME_SIZE_MAX, &frame, &used) == 0) {
    must(used > 0 && used <= left.len, "a frame within its bytes");
    must(frame.bytes.len <= krv_frame_cap(frame.kind), "a frame within its cap");
    left = krv_slice(left.data + used, left.len - used);
  }
  for (size_t at = 0; at < size;) {
    struct krv_message message;
    if (krv_stream_next(krv_slice(data + at, size - at), data[0] & 1 ? 'c' : 's', &message,
                        &used) != 0)
      break;
    must(used > 0 && used <= size - at, "a message within its bytes");
    must(message.payload.len <= krv_message_cap(message.kind), "a message within its cap");
    at += used;
  }
  return 0;
}

int fuzz_mp(const uint8_t *data, size_t size) {
  struct krv_slice bytes = krv_slice(data, size);
  struct krv_mp_doc doc;
  struct krv_buf again;
  start();
  int checked = krv_mp_check(bytes, NULL), status = krv_mp_read(&doc, bytes);
  must((checked == 0) == (status == 0), "what the scan takes is built, and nothing else");
  if (status != 0) return 0;
  krv_buf_init(&again, &world.env);
  krv_mp_put_node(&again, doc.root);
  must(krv_slice_equal(krv_buf_slice(&again), bytes), "one form only");
  krv_buf_release(&again);
  krv_mp_doc_release(&doc);
  return 0;
}

static bool ack_again(struct krv_slice payload, bool answer, struct krv_buf *out) {
  static struct krv_ack_exception room[KRV_ACK_EXCEPTIONS_MAX];
  struct krv_msg_ack msg;
  if (krv_msg_ack_decode(payload, answer, room, &msg) != 0) return false;
  krv_msg_ack_encode(&msg, answer, out);
  return true;
}

#define AGAIN(name)                                                                \
  static bool name##_again(struct krv_slice payload, struct krv_buf *out) {        \
    struct krv_msg_##name msg;                                                     \
    if (krv_msg_##name##_decode(payload, &msg) != 0) return false;                 \
    krv_msg_##name##_encode(&msg, out);                                            \
    return true;                                                                   \
  }
AGAIN(open)
AGAIN(cursor)
AGAIN(refuse)
AGAIN(commit)
AGAIN(genesis)
AGAIN(grant)
AGAIN(unroute)
AGAIN(need)
AGAIN(box)
AGAIN(receipt)
AGAIN(doc)
AGAIN(roster)
AGAIN(join)
AGAIN(enrolled)
AGAIN(want)
AGAIN(confirm)
AGAIN(notice)

static bool (*const again_of[256])(struct krv_slice payload, struct krv_buf *out) = {
    [KRV_MSG_OPEN] = open_again,       [KRV_MSG_CURSOR] = cursor_again,
    [KRV_MSG_REFUSE] = refuse_again,   [KRV_MSG_COMMIT] = commit_again,
    [KRV_MSG_GENESIS] = genesis_again, [KRV_MSG_GRANT] = grant_again,
    [KRV_MSG_UNROUTE] = unroute_again, [KRV_MSG_NEED] = need_again,
    [KRV_MSG_BOX] = box_again,         [KRV_MSG_RECEIPT] = receipt_again,
    [KRV_MSG_DOC] = doc_again,         [KRV_MSG_ROSTER] = roster_again,
    [KRV_MSG_JOIN] = join_again,       [KRV_MSG_ENROLLED] = enrolled_again,
    [KRV_MSG_WANT] = want_again,       [KRV_MSG_CONFIRM] = confirm_again,
    [KRV_MSG_NOTICE] = notice_again,
};

/* The first byte is the kind. */
int fuzz_message(const uint8_t *data, size_t size) {
  struct krv_buf out;
  bool decoded = false;
  start();
  if (size == 0 || size - 1 > krv_message_cap(data[0])) return 0;
  struct krv_slice payload = krv_slice(data + 1, size - 1);
  krv_buf_init(&out, &world.env);
  if (data[0] == KRV_MSG_ANSWER || data[0] == KRV_MSG_ACK)
    decoded = ack_again(payload, data[0] == KRV_MSG_ANSWER, &out);
  else if (again_of[data[0]]) decoded = again_of[data[0]](payload, &out);
  /* of another version's OPEN only the version is read */
  if (data[0] == KRV_MSG_OPEN && size > 1 && data[1] != KRV_PROTOCOL_VERSION) decoded = false;
  if (decoded && !krv_slice_equal(krv_buf_slice(&out), payload)) {
    for (size_t i = 0; i < size; i++) fprintf(stderr, "%02x%s", data[i], i + 1 == size ? "\n" : "");
    must(false, "a message has one form only");
  }
  krv_buf_release(&out);
  return 0;
}

/* ---- what is sealed */

int fuzz_body(const uint8_t *data, size_t size) {
  static struct krv_context_entry room[KRV_CONTEXT_ENTRIES_MAX];
  struct krv_body body;
  struct krv_buf out;
  start();
  if (krv_body_decode(krv_slice(data, size), room, &body) != 0) return 0;
  krv_buf_init(&out, &world.env);
  krv_body_encode(&body, &out);
  must(out.status == 0 && out.len <= size && memcmp(out.data, data, out.len) == 0,
       "a body has one form only");
  for (size_t i = out.len; i < size; i++) must(data[i] == 0, "zeros after a body");
  krv_buf_release(&out);
  return 0;
}

/* Salt, then ciphertext: nothing opens but what was sealed. */
int fuzz_commit(const uint8_t *data, size_t size) {
  start();
  const struct krv_commit right = seal.commit;
  if (size < sizeof seal.commit.salt) return 0;
  memcpy(seal.commit.salt, data, sizeof seal.commit.salt);
  seal.commit.ciphertext =
      krv_slice(data + sizeof seal.commit.salt, size - sizeof seal.commit.salt);
  bool same = memcmp(right.salt, data, sizeof right.salt) == 0 &&
              krv_slice_equal(right.ciphertext, seal.commit.ciphertext);
  must((krv_sealkit_open(&seal) == 0) == same, "what opens is what was sealed");
  seal.commit = right;
  return 0;
}

/* Entries, each after a length of two bytes: what enters is what was signed, in its place. */
int fuzz_roster(const uint8_t *data, size_t size) {
  struct krv_roster *roster;
  start();
  if (krv_roster_new(&world.env, &roster) != 0) return 0;
  for (size_t at = 0; at + 2 <= size;) {
    size_t len = (size_t)data[at] << 8 | data[at + 1];
    at += 2;
    if (len > size - at) len = size - at;
    uint32_t height = krv_roster_count(roster);
    int status = krv_roster_append(roster, krv_slice(data + at, len));
    must(krv_roster_count(roster) == height + (status == 0), "an entry counts or does not");
    if (status == 0 && height > 0 &&
        memcmp(krv_roster_hash(roster, 0), krv_roster_hash(fleet.roster, 0), KRV_HASH_LEN) == 0)
      must(height < krv_roster_count(fleet.roster) &&
               memcmp(krv_roster_hash(roster, height), krv_roster_hash(fleet.roster, height),
                      KRV_HASH_LEN) == 0,
           "only what a member signed follows the founding");
    at += len;
  }
  krv_roster_free(roster);
  return 0;
}

int fuzz_code(const uint8_t *data, size_t size) {
  struct krv_invitation invitation;
  struct krv_founding_code founding;
  struct krv_buf out;
  start();
  krv_buf_init(&out, &world.env);
  if (krv_founding_parse(krv_slice(data, size), &founding) == 0) {
    struct krv_founding_code second;
    krv_founding_format(&founding, &out);
    must(krv_founding_parse(krv_buf_slice(&out), &second) == 0, "a founding code reads again");
    must(memcmp(&founding.psk, &second.psk, sizeof second.psk) == 0, "as the same");
  }
  krv_buf_reset(&out);
  if (krv_invitation_parse(krv_slice(data, size), &invitation) == 0) {
    struct krv_invitation second;
    krv_invitation_format(&invitation, &out);
    must(krv_invitation_parse(krv_buf_slice(&out), &second) == 0, "an invitation reads again");
  }
  krv_buf_reset(&out);
  struct krv_recovery_share share;
  if (krv_recovery_share_parse(krv_slice(data, size), &share) == 0) {
    struct krv_recovery_share second;
    struct krv_split split;
    krv_recovery_share_format(&share, &out);
    must(krv_recovery_share_parse(krv_buf_slice(&out), &second) == 0, "a share reads again");
    must(krv_split_join(&share, &second, &split) == KRV_EXISTS, "as the same");
  }
  krv_buf_release(&out);
  return 0;
}

int fuzz_schema(const uint8_t *data, size_t size) {
  struct krv_schema *schema;
  start();
  if (krv_schema_new(&world.env, krv_slice(data, size), &schema) != 0) return 0;
  const struct krv_field *field = krv_schema_field_named(schema, 0, krv_slice_str("prs_FirstName"));
  if (field) must(field->id > 0, "a field has a number");
  krv_schema_free(schema);
  return 0;
}

int fuzz_card(const uint8_t *data, size_t size) {
  struct krv_card card;
  struct krv_buf out;
  start();
  if (krv_card_decode(krv_slice(data, size), &card) != 0) return 0;
  krv_buf_init(&out, &world.env);
  krv_card_encode(&card, &out);
  must(krv_slice_equal(krv_buf_slice(&out), krv_slice(data, size)), "a card has one form only");
  krv_buf_release(&out);
  return 0;
}

/* A slot whose sum is right whatever the rest says: only the one that was sealed opens. */
int fuzz_slot(const uint8_t *data, size_t size) {
  struct krv_buf summed;
  struct krv_key key;
  uint8_t sum[SLOT_SUM_LEN];
  const struct krv_slice body = krv_slice(data, size), parts[] = {krv_slice_str("sum"), body};
  start();
  krv_h(KRV_DOMAIN_VAULT_COMMIT, parts, 2, sum, sizeof sum);
  krv_buf_init(&summed, &world.env);
  krv_buf_put(&summed, body);
  krv_buf_append(&summed, sum, sizeof sum);
  int status = krv_slot_open(&world.env, krv_buf_slice(&summed), krv_slice_str("correct horse"),
                             krv_slice(NULL, 0), &key);
  must((status == 0) == krv_slice_equal(body, krv_buf_slice(&slot)), "only what was sealed opens");
  must(status != 0 || memcmp(&key, &master, sizeof key) == 0, "to what was in it");
  must(status == 0 || status == KRV_DAMAGED || status == KRV_NEWER || status == KRV_PASSPHRASE,
       "a slot is told from damage");
  status =
      krv_slot_open(&world.env, body, krv_slice_str("correct horse"), krv_slice(NULL, 0), &key);
  must(status != 0 || memcmp(&key, &master, sizeof key) == 0, "whatever sum stands there");
  krv_buf_release(&summed);
  return 0;
}

/* ---- seeds */

/* The i-th golden message: its kind, then its payload. */
static bool golden(uint32_t i, struct krv_buf *out) {
  static char line[16384];
  char name[16];
  FILE *f = fopen(KRV_TESTS_DIR "/vectors/messages.txt", "r");
  must(f != NULL, "vectors");
  bool found = false;
  for (uint32_t at = 0; !found && fgets(line, sizeof line, f); at++) found = at == i;
  fclose(f);
  char *hex = found ? strchr(line, ' ') : NULL;
  if (!hex) return false;
  (void)snprintf(name, sizeof name, "%.*s", (int)(hex - line), line);
  for (unsigned kind = 1; kind < 256; kind++)
    if (krv_message_known(kind, 'c') || krv_message_known(kind, 's'))
      if (strcmp(krv_message_name(kind), name) == 0) krv_buf_u8(out, (uint8_t)kind);
  unsigned byte;
  for (hex++; sscanf(hex, "%2x", &byte) == 1; hex += 2) krv_buf_u8(out, (uint8_t)byte);
  return true;
}

static bool seed_frame(uint32_t i, struct krv_buf *out) {
  struct krv_buf message;
  krv_buf_init(&message, &world.env);
  bool there = golden(i, &message);
  if (there) {
    if (i & 1) {
      uint8_t head[KRV_FRAME_HEAD];
      krv_frame_head((uint8_t)(1 + i % 9), message.len, head);
      krv_buf_append(out, head, sizeof head);
    }
    krv_buf_u8(out, message.data[0]);
    krv_buf_varint(out, message.len - 1);
    krv_buf_append(out, message.data + 1, message.len - 1);
  }
  krv_buf_release(&message);
  return there;
}

static void seed_roster(struct krv_buf *out) {
  for (uint32_t h = 0; h < krv_roster_count(fleet.roster); h++) {
    struct krv_slice entry = krv_roster_entry(fleet.roster, h);
    krv_buf_u8(out, (uint8_t)(entry.len >> 8));
    krv_buf_u8(out, (uint8_t)entry.len);
    krv_buf_put(out, entry);
  }
}

static void seed_card(struct krv_buf *out) {
  struct krv_card card = {.title = krv_slice_str("Maya"), .commits = 3};
  krv_card_encode(&card, out);
}

static void seed_code(uint32_t i, struct krv_buf *out) {
  struct krv_founding_code code = {.address = "127.0.0.1:0"};
  struct krv_invitation invitation = {.terms = {.roles = KRV_ROLE_WORKER},
                                      .address = "127.0.0.1:0"};
  struct krv_recovery_share share = {.number = 2};
  if (i == 0) krv_founding_format(&code, out);
  else if (i == 1) krv_invitation_format(&invitation, out);
  else krv_recovery_share_format(&share, out);
}

bool krv_fuzz_seed(enum krv_fuzz_format format, uint32_t i, struct krv_buf *out) {
  start();
  if (format == KRV_FUZZ_frame) return seed_frame(i, out);
  if (format == KRV_FUZZ_message) return golden(i, out);
  if (format == KRV_FUZZ_code && i < 3) seed_code(i, out);
  if (i > 0) return out->len > 0;
  struct krv_body body = krv_sealkit_body(&seal, "Leila");
  switch (format) {
    case KRV_FUZZ_mp: krv_buf_put(out, body.ops); break;
    case KRV_FUZZ_schema: krv_buf_put(out, krv_schema_builtin()); break;
    case KRV_FUZZ_body: krv_body_encode(&body, out); break;
    case KRV_FUZZ_commit:
      krv_buf_append(out, seal.commit.salt, sizeof seal.commit.salt);
      krv_buf_put(out, seal.commit.ciphertext);
      break;
    case KRV_FUZZ_roster: seed_roster(out); break;
    case KRV_FUZZ_card: seed_card(out); break;
    case KRV_FUZZ_slot: krv_buf_put(out, krv_buf_slice(&slot)); break;
    case KRV_FUZZ_csvmap: krv_fuzz_seed_csvmap(out); break;
    default: break;
  }
  return out->len > 0;
}
