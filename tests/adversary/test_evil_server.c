/* F10: a malicious server inside a valid channel. In 30 classes it changes, drops, doubles,
 * reorders, replays, forges, cuts; each class many times, seeded, against one vault that goes on
 * living. After every session:
 *  A1 what took effect in any case, some member signed (its id is in the truth)
 *  A2 the roster is a prefix of the true one
 *  A3 every item that the vault wrote is there still
 *  A4 no transaction is left open
 * and after every class saving works, and one honest session heals: all is there, and folds to the
 * same bytes. */
#include <stdlib.h>

#include "evil.h"
#include "faults.h"
#include "join.h"
#include "mock.h"

enum { RUNS = 120 };

static struct fleet fleet;
static struct fleet_device *office, *victim, *worker;
static struct evil_script truth, old_truth;
static struct krv_testenv dice;
static struct krv_id cases[4];
static uint64_t seed;
static uint32_t own_items, young_items;
static uint64_t told; /* sessions that ended with a status */
static struct krv_id mine[256]; /* what the victim wrote meanwhile */
static size_t mine_count;

static uint64_t below(uint64_t n) {
  return krv_testenv_below(&dice, n);
}

static uint32_t count_items(struct fleet_device *device) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  uint32_t count = 0;
  krv_buf_init(&bytes, device->world->env);
  for (uint32_t i = 0; i <= krv_index_count(device->world->index); i++) {
    int64_t lid = 0;
    int64_t kase = i == 0 ? 0 : krv_index_at(device->world->index, i - 1)->lid;
    while (krv_vault_item_next(device->world->vault, kase, lid, &item, &bytes) == 0) {
      lid = item.lid;
      count += item.kind != KRV_MSG_RECEIPT && item.kind != KRV_MSG_NEED && i > 0 &&
               item.device == device->world->member.device;
      krv_buf_reset(&bytes);
    }
  }
  krv_buf_release(&bytes);
  return count;
}

static int setup(void **state) {
  (void)state;
  fleet_init(&fleet, 10, false);
  office = fleet_found(&fleet, "Olga");
  victim = fleet_join(&fleet, "office", "Vera");
  worker = fleet_join(&fleet, "worker", "Wim");
  cases[0] = fleet_case(office, "prs_FirstName", "Maya");
  cases[1] = fleet_case(victim, "prs_FirstName", "Nadia");
  fleet_rounds(&fleet, 2);
  fleet_note(victim, &cases[0], "a first change");
  cases[3] = fleet_case(victim, "prs_FirstName", "Vira");
  evil_truth(office, victim->world->member.device, &old_truth);
  fleet_sync_well(victim);
  fleet_copy(victim, "young");
  cases[2] = fleet_case(worker, "prs_FirstName", "Lena");
  fleet_note(office, &cases[0], "a second change");
  assert_int_equal(fleet_unshare(office, &cases[1], "Vera"), 0);
  fleet_sync_well(worker);
  fleet_sync_well(office); /* and its receipt is not done with yet */
  fleet_note(office, &cases[1], "in epoch 1");
  fleet_note(office, &cases[0], "a third change");
  evil_truth(office, victim->world->member.device, &truth);
  young_items = own_items = count_items(victim);
  assert_true(own_items >= 3);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  evil_script_release(&truth);
  evil_script_release(&old_truth);
  fleet_release(&fleet);
  return fleet.t.live == 0 && victim->t.live == 0 ? 0 : -1;
}

/* ---- what must hold */

static bool signed_by_a_member(const struct krv_id *id) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  bool found = false;
  for (size_t i = 0; i < mine_count; i++)
    if (krv_id_equal(&mine[i], id)) return true;
  krv_buf_init(&bytes, office->world->env);
  for (uint32_t i = 0; !found; i++) {
    krv_buf_reset(&bytes);
    if (krv_vault_item_named(office->world->vault, id->b, i, &item, &bytes) != 0) break;
    found = krv_id_equal(&item.id, id);
  }
  krv_buf_release(&bytes);
  return found;
}

static void check_case(const struct krv_card *card) {
  struct krv_folder *folder;
  assert_int_equal(krv_folder_load(victim->world, card->lid, &folder), 0);
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  for (uint32_t i = 0; i < krv_lines_count(lines); i++) {
    const struct krv_line_commit *c = krv_lines_at(lines, i);
    if (c->verdict != KRV_VERDICT_HELD) assert_true(signed_by_a_member(&c->tip.id));
  }
  krv_folder_free(folder);
}

static void check(void) {
  struct krv_world *world = victim->world;
  assert_false(krv_vault_in_transaction(world->vault));
  for (uint32_t i = 0; i < krv_index_count(world->index); i++)
    check_case(krv_index_at(world->index, i));
  assert_true(krv_roster_count(world->roster) <= krv_roster_count(office->world->roster));
  for (uint32_t h = 0; h < krv_roster_count(world->roster); h++)
    assert_memory_equal(krv_roster_hash(world->roster, h),
                        krv_roster_hash(office->world->roster, h), 32);
  assert_true(count_items(victim) >= own_items);
}

static void heal(void) {
  struct evil_options honest = {.script = &truth};
  assert_int_equal(evil_session(victim, &honest), 0);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct krv_folder *a, *b;
    struct krv_buf x, y;
    bool same;
    assert_int_equal(krv_folder_load_id(victim->world, &cases[i], &a), 0);
    assert_int_equal(krv_folder_load_id(office->world, &cases[i], &b), 0);
    krv_buf_init(&x, victim->world->env);
    krv_buf_init(&y, office->world->env);
    assert_int_equal(krv_state_encode(krv_case_state(a->kase), &x), 0);
    assert_int_equal(krv_state_encode(krv_case_state(b->kase), &y), 0);
    assert_true(krv_slice_equal(krv_buf_slice(&x), krv_buf_slice(&y)));
    assert_int_equal(krv_intake_audit(victim->world, &cases[i], &same), 0);
    assert_true(same);
    krv_folder_free(a);
    krv_folder_free(b);
    krv_buf_release(&x);
    krv_buf_release(&y);
  }
}

/* ---- what it does */

static size_t any(const struct evil_script *s) {
  return (size_t)below(s->count);
}

static size_t any_of(const struct evil_script *s, enum krv_message_kind kind) {
  size_t of_kind = evil_of_kind(s, kind);
  assert_true(of_kind > 0);
  return evil_find(s, kind, (size_t)below(of_kind));
}

static void flip(struct krv_buf *payload) {
  if (payload->len == 0) krv_buf_u8(payload, 0);
  payload->data[below(payload->len)] ^= (uint8_t)(1u << below(8));
}

#define FLIP(name, kind)                                                                           \
  static void flip_##name(struct evil_script *s, struct evil_options *o) {                         \
    (void)o;                                                                                       \
    flip(&s->lines[any_of(s, kind)].payload);                                                      \
  }
FLIP(commit, KRV_MSG_COMMIT)
FLIP(genesis, KRV_MSG_GENESIS)
FLIP(grant, KRV_MSG_GRANT)
FLIP(roster, KRV_MSG_ROSTER)
FLIP(box, KRV_MSG_BOX)
FLIP(receipt, KRV_MSG_RECEIPT)
FLIP(cursor, KRV_MSG_CURSOR)
FLIP(answer, KRV_MSG_ANSWER)

static void drop_some(struct evil_script *s, struct evil_options *o) {
  (void)o;
  for (uint64_t n = 1 + below(5); n > 0 && s->count > 0; n--) evil_drop(s, any(s));
}

static void twice(struct evil_script *s, struct evil_options *o) {
  (void)o;
  size_t from = any(s), to = any(s);
  struct krv_buf *copy = evil_add(s, to, s->lines[from].kind);
  if (to <= from) from++;
  krv_buf_put(copy, krv_buf_slice(&s->lines[from].payload));
}

static void swap_two(struct evil_script *s, struct evil_options *o) {
  (void)o;
  evil_swap(s, any(s), any(s));
}

static void shuffle(struct evil_script *s, struct evil_options *o) {
  (void)o;
  for (size_t i = s->count; i > 1; i--) evil_swap(s, i - 1, (size_t)below(i));
}

static void shorten(struct evil_script *s, struct evil_options *o) {
  struct krv_buf *payload = &s->lines[any(s)].payload;
  (void)o;
  payload->len = (size_t)below(payload->len + 1);
}

static void lengthen(struct evil_script *s, struct evil_options *o) {
  struct krv_buf *payload = &s->lines[any(s)].payload;
  (void)o;
  for (uint64_t n = 1 + below(70); n > 0; n--) krv_buf_u8(payload, (uint8_t)below(256));
}

static void other_kind(struct evil_script *s, struct evil_options *o) {
  (void)o;
  s->lines[any(s)].kind = (enum krv_message_kind)below(24);
}

static void replay_old(struct evil_script *s, struct evil_options *o) {
  (void)o;
  evil_script_release(s);
  evil_script_copy(&old_truth, s);
  if (below(2)) evil_drop(s, 0); /* without a word of RESTART */
}

static void older_roster(struct evil_script *s, struct evil_options *o) {
  (void)o;
  for (uint64_t n = 1 + below(4); n > 0 && evil_of_kind(s, KRV_MSG_ROSTER) > 0; n--)
    evil_drop(s, evil_find(s, KRV_MSG_ROSTER, evil_of_kind(s, KRV_MSG_ROSTER) - 1));
}

/* An entry that follows the head and is signed by a key of the server's. */
static void own_entry(struct evil_script *s, struct evil_options *o) {
  const struct krv_roster *roster = office->world->roster;
  struct krv_statement revoke = {.kind = KRV_STATEMENT_ADMIT,
                                 .group = KRV_GROUP_OFFICE,
                                 .device = worker->world->member.device};
  struct krv_entry entry = {.programme = *krv_roster_programme(roster),
                            .height = krv_roster_count(roster),
                            .signer = KRV_DEVICE_FOUNDER,
                            .statements = &revoke,
                            .statement_count = 1};
  struct krv_sign_pair pair;
  (void)o;
  if (below(3) == 0) entry.height = (uint32_t)below(entry.height); /* a fork */
  if (entry.height > 0)
    memcpy(entry.prev, krv_roster_hash(roster, entry.height - 1), sizeof entry.prev);
  if (below(3) == 0) entry.signer = KRV_NO_INDEX;
  krv_sign_pair_random(s->env, &pair);
  size_t last = evil_find(s, KRV_MSG_ROSTER, evil_of_kind(s, KRV_MSG_ROSTER) - 1);
  assert_int_equal(krv_entry_sign(s->env, &entry, &pair, evil_add(s, last + 1, KRV_MSG_ROSTER)), 0);
}

static krv_device_ix anyone(void) {
  return (krv_device_ix)below(krv_roster_device_count(office->world->roster));
}

static void random_bytes(void *out, size_t len) {
  dice.env.random(dice.env.ctx, out, len);
}

static void forged_commit(struct evil_script *s, struct evil_options *o) {
  struct krv_msg_commit msg = {.device = anyone(),
                               .kase = cases[below(4)],
                               .n = 1 + below(4),
                               .suite = 1,
                               .kind = 1,
                               .epoch = (uint32_t)below(2)};
  uint8_t text[200];
  (void)o;
  random_bytes(text, sizeof text);
  random_bytes(msg.prev, sizeof msg.prev);
  random_bytes(msg.salt, sizeof msg.salt);
  msg.prev_len = msg.n == 1 ? 0 : 16;
  msg.ciphertext = krv_slice(text, 64 + 80 + 32 * (size_t)below(2));
  krv_msg_commit_encode(&msg, evil_add(s, s->count - 1, KRV_MSG_COMMIT));
}

/* A case that a member is said to have made, under a key of the server's, granted with the server's
 * hand. */
static void forged_case(struct evil_script *s, struct evil_options *o) {
  const struct krv_roster *roster = office->world->roster;
  struct krv_msg_genesis msg = {.device = anyone(), .suite = 1, .kind = 1};
  struct krv_access_list list = {0};
  struct krv_genesis genesis;
  struct krv_case_key key;
  struct krv_envelope_ends ends;
  struct krv_dh_pair seal;
  struct krv_buf access;
  uint8_t text[160];
  (void)o;
  random_bytes(text, sizeof text);
  random_bytes(msg.salt, sizeof msg.salt);
  krv_case_key_random(s->env, 0, &key);
  memcpy(msg.key_commit, key.key_commit, sizeof msg.key_commit);
  assert_int_equal(krv_access_list_set(&list, KRV_GROUP_OFFICE, KRV_ACCESS_WRITE), 0);
  krv_buf_init(&access, s->env);
  krv_access_list_encode(&list, &access);
  msg.access = krv_buf_slice(&access);
  msg.ciphertext = krv_slice(text, sizeof text - 16 * (size_t)below(2));
  krv_msg_genesis_encode(&msg, evil_add(s, s->count - 1, KRV_MSG_GENESIS));
  genesis =
      (struct krv_genesis){.creator = krv_roster_device(roster, msg.device)->id, .access = list};
  memcpy(genesis.key_commit, key.key_commit, sizeof genesis.key_commit);
  struct krv_msg_grant grant = {
      .group = KRV_GROUP_OFFICE, .mode = KRV_ACCESS_WRITE, .giver = msg.device};
  assert_int_equal(krv_case_id(s->env, krv_roster_programme(roster), &genesis, &grant.kase), 0);
  krv_dh_pair_random(s->env, &seal);
  assert_int_equal(
      krv_envelope_give(&ends, &seal, &krv_roster_group(roster, KRV_GROUP_OFFICE)->epochs[0].pk),
      0);
  krv_envelope_seal(&ends, KRV_PURPOSE_GRANT, &key.key_id, &key.key, grant.wrap);
  krv_msg_grant_encode(&grant, evil_add(s, s->count - 1, KRV_MSG_GRANT));
  krv_buf_release(&access);
}

static void edit_commit(struct evil_script *s, void (*edit)(struct krv_msg_commit *msg)) {
  struct evil_line *line = &s->lines[any_of(s, KRV_MSG_COMMIT)];
  struct krv_msg_commit msg;
  struct krv_buf fresh;
  if (krv_msg_commit_decode(krv_buf_slice(&line->payload), &msg) != 0) return;
  krv_buf_init(&fresh, s->env);
  edit(&msg);
  krv_msg_commit_encode(&msg, &fresh);
  krv_buf_release(&line->payload);
  line->payload = fresh;
}

static void to_other_case(struct krv_msg_commit *msg) {
  msg->kase = cases[below(4)];
}
static void to_other_author(struct krv_msg_commit *msg) {
  msg->device = below(4) == 0 ? (krv_device_ix)below(100000) : anyone();
}
static void to_other_n(struct krv_msg_commit *msg) {
  msg->n = 2 + below(5) * (below(2) ? 1 : UINT64_MAX / 8);
  if (msg->prev_len == 0) msg->prev_len = 16;
}
static void to_other_epoch(struct krv_msg_commit *msg) {
  msg->epoch = (uint32_t)below(3);
  if (below(4) == 0) msg->epoch = UINT32_MAX;
}
static void to_short_prev(struct krv_msg_commit *msg) {
  if (msg->prev_len == 16) msg->prev_len = 4;
  if (below(2)) random_bytes(msg->prev, 4);
}
static void to_same_case(struct krv_msg_commit *msg) {
  msg->same_case = true;
}

#define EDIT(name)                                                                                 \
  static void name(struct evil_script *s, struct evil_options *o) {                                \
    (void)o;                                                                                       \
    edit_commit(s, to_##name);                                                                     \
  }
EDIT(other_case)
EDIT(other_author)
EDIT(other_n)
EDIT(other_epoch)
EDIT(short_prev)
EDIT(same_case)

static void swap_contents(struct evil_script *s, struct evil_options *o) {
  struct krv_buf *a = &s->lines[any_of(s, KRV_MSG_COMMIT)].payload;
  struct krv_buf *b = &s->lines[any_of(s, KRV_MSG_COMMIT)].payload;
  size_t len = a->len < b->len ? a->len : b->len;
  (void)o;
  for (size_t i = 60; i < len; i++) {
    uint8_t byte = a->data[i];
    a->data[i] = b->data[i];
    b->data[i] = byte;
  }
}

static void control(struct evil_script *s, struct evil_options *o) {
  static const enum krv_message_kind kinds[] = {KRV_MSG_RESTART, KRV_MSG_REFUSE,   KRV_MSG_BYE,
                                                KRV_MSG_PING,    KRV_MSG_ENROLLED, KRV_MSG_ANSWER,
                                                KRV_MSG_ACK,     KRV_MSG_CURSOR,   KRV_MSG_WANT};
  (void)o;
  for (uint64_t n = 1 + below(4); n > 0; n--) {
    enum krv_message_kind kind = kinds[below(sizeof kinds / sizeof *kinds)];
    struct krv_buf *payload = evil_add(s, any(s), kind);
    if (kind == KRV_MSG_REFUSE) krv_buf_u8(payload, (uint8_t)below(256));
    if (kind == KRV_MSG_ENROLLED) {
      krv_buf_u8(payload, (uint8_t)below(3));
      krv_buf_u32(payload, (uint32_t)below(UINT32_MAX));
    }
    if (kind == KRV_MSG_ACK || kind == KRV_MSG_CURSOR || kind == KRV_MSG_WANT)
      for (uint64_t b = below(20); b > 0; b--) krv_buf_u8(payload, (uint8_t)below(256));
  }
}

static void lying_answer(struct evil_script *s, struct evil_options *o) {
  struct krv_ack_exception all[64];
  struct krv_msg_ack ack = {.receipts = (uint16_t)below(65536),
                            .accepted = (uint32_t)below(70),
                            .cursor_follows = below(2),
                            .exceptions = all};
  (void)o;
  for (uint32_t i = 0; i < ack.accepted && i < 64; i++)
    if (below(2)) all[ack.exception_count++] = (struct krv_ack_exception){i, -(int)(1 + below(60))};
  krv_msg_ack_encode(&ack, true, &s->lines[evil_find(s, KRV_MSG_ANSWER, 0)].payload);
}

static void lying_cursor(struct evil_script *s, struct evil_options *o) {
  struct krv_msg_cursor cursor = {
      .advance = below(UINT64_MAX / 2), .more = below(2), .within = below(99)};
  (void)o;
  random_bytes(cursor.chain8, sizeof cursor.chain8);
  krv_msg_cursor_encode(&cursor, evil_add(s, any(s), KRV_MSG_CURSOR));
}

static void forged_join(struct evil_script *s, struct evil_options *o) {
  struct krv_join join = {
      .terms = {.inviter = victim->world->member.device, .roles = KRV_ROLE_WORKER}};
  struct krv_own_keys keys;
  struct krv_buf body;
  uint8_t secret[KRV_INVITE_SECRET_LEN] = {0};
  (void)o;
  krv_own_keys_random(s->env, &keys);
  krv_own_keys_public(&keys, &join.keys);
  join.has_member_pk = below(2);
  join.member_pk = keys.member.pk;
  krv_join_sign(&join, krv_roster_programme(office->world->roster), &keys.sign, secret);
  krv_buf_init(&body, s->env);
  krv_invite_terms_encode(&join.terms, &body);
  krv_join_encode(&join, &body);
  if (below(2)) flip(&body);
  krv_msg_join_encode(&(struct krv_msg_join){below(2), krv_buf_slice(&body)},
                      evil_add(s, s->count - 1, KRV_MSG_JOIN));
  krv_buf_release(&body);
}

static void forged_receipt(struct evil_script *s, struct evil_options *o) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  struct krv_msg_receipt msg = {
      .office = anyone(), .author = victim->world->member.device, .count = 1};
  (void)o;
  krv_buf_init(&bytes, s->env);
  int64_t lid = krv_index_at(victim->world->index, 0)->lid;
  assert_int_equal(krv_vault_item_next(victim->world->vault, lid, 0, &item, &bytes), 0);
  msg.id8 = item.id.b;
  random_bytes(msg.mac, sizeof msg.mac);
  krv_msg_receipt_encode(&msg, evil_add(s, s->count - 1, KRV_MSG_RECEIPT));
  krv_buf_release(&bytes);
}

static void docs_and_needs(struct evil_script *s, struct evil_options *o) {
  uint8_t noise[64];
  (void)o;
  random_bytes(noise, sizeof noise);
  krv_buf_append(evil_add(s, s->count - 1, KRV_MSG_DOC), noise, sizeof noise);
  struct krv_msg_need need = {.kase = cases[below(4)], .group = (krv_group_ix)below(6)};
  random_bytes(need.key_id.b, sizeof need.key_id.b);
  krv_msg_need_encode(&need, evil_add(s, s->count - 1, KRV_MSG_NEED));
  struct krv_msg_box box = {.group = (krv_group_ix)below(6),
                            .device = victim->world->member.device,
                            .giver = anyone(),
                            .epoch = (uint32_t)below(3)};
  random_bytes(box.box, sizeof box.box);
  krv_msg_box_encode(&box, evil_add(s, s->count - 1, KRV_MSG_BOX));
}

static size_t length(const struct evil_script *s) {
  size_t len = 0;
  for (size_t i = 0; i < s->count; i++) len += 3 + s->lines[i].payload.len;
  return len;
}

static void cut_off(struct evil_script *s, struct evil_options *o) {
  o->cut_at = 1 + (size_t)below(length(s));
}

static void noise(struct evil_script *s, struct evil_options *o) {
  o->noise_at = (size_t)below(length(s));
  o->flips = 1 + krv_testenv_next(&dice);
}

static void muteness(struct evil_script *s, struct evil_options *o) {
  (void)s;
  o->mute = true;
}

static const struct {
  const char *name;
  void (*spoil)(struct evil_script *script, struct evil_options *options);
} classes[] = {
    {"flip commit", flip_commit},
    {"flip genesis", flip_genesis},
    {"flip grant", flip_grant},
    {"flip roster", flip_roster},
    {"flip box", flip_box},
    {"flip receipt", flip_receipt},
    {"flip cursor", flip_cursor},
    {"flip answer", flip_answer},
    {"drop", drop_some},
    {"twice", twice},
    {"swap", swap_two},
    {"shuffle", shuffle},
    {"shorten", shorten},
    {"lengthen", lengthen},
    {"other kind", other_kind},
    {"replay", replay_old},
    {"older roster", older_roster},
    {"own entry", own_entry},
    {"forged commit", forged_commit},
    {"forged case", forged_case},
    {"other case", other_case},
    {"other author", other_author},
    {"other n", other_n},
    {"other epoch", other_epoch},
    {"short prev", short_prev},
    {"same case", same_case},
    {"swap contents", swap_contents},
    {"control", control},
    {"lying answer", lying_answer},
    {"lying cursor", lying_cursor},
    {"forged join", forged_join},
    {"forged receipt", forged_receipt},
    {"docs and needs", docs_and_needs},
    {"cut", cut_off},
    {"noise", noise},
    {"mute", muteness},
};

/* Saving works still. */
static void save(void) {
  struct krv_id kase = fleet_case(victim, "prs_FirstName", "Male");
  struct krv_folder *folder;
  assert_int_equal(fleet_note(victim, &kase, "after it"), 0);
  assert_int_equal(krv_folder_load_id(victim->world, &kase, &folder), 0);
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  assert_int_equal(krv_lines_count(lines), 2);
  for (uint32_t i = 0; i < 2; i++) mine[mine_count++] = krv_lines_at(lines, i)->tip.id;
  krv_folder_free(folder);
  own_items = count_items(victim);
}

static void one_run(size_t c) {
  struct evil_script script;
  struct evil_options options = {.script = &script};
  if (below(4) == 0) { /* young again: most of it is news */
    fleet_restore(victim, "young");
    own_items = young_items;
  }
  evil_script_copy(&truth, &script);
  classes[c].spoil(&script, &options);
  told += evil_session(victim, &options) != 0;
  evil_script_release(&script);
  check();
}

static void nothing_unsigned_ever_counts_and_honesty_heals(void **state) {
  (void)state;
  uint64_t runs = krv_faults(RUNS);
  seed = krv_faults_seed();
  heal();
  for (size_t c = 0; c < sizeof classes / sizeof *classes; c++) {
    krv_testenv_init(&dice, seed * 1000 + c);
    print_message("%s (seed %llu)\n", classes[c].name, (unsigned long long)seed);
    for (uint64_t run = 0; run < runs; run++) one_run(c);
    heal();
    save();
  }
  assert_true(told > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_unsigned_ever_counts_and_honesty_heals),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
