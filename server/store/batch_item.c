/* batch_item: one pushed item: read it, gather the facts, ask accept, carry out the answer. Nothing
 * is written before accept has said yes, so a refusal leaves the transaction as it was, but for the
 * office's NOTICE of a full quota.
 *
 * SAME_CASE means the case of the last GENESIS, COMMIT or GRANT in this direction of this session,
 * whether it was taken or refused. All is charged to the bringer: nobody else is known to have sent
 * what he brings, as long as vouchers are not looked at. */
#include <string.h>

#include "batch_in.h"
#include "hash.h"
#include "status.h"

/* ---- what all items share ---- */

static int gather_who(struct krv_batch *batch, const struct krv_bringer *bringer,
                      krv_device_ix author, struct krv_facts *facts) {
  const struct krv_device *device = krv_roster_device(batch->ahead, bringer->device);
  struct krv_usage *usage;
  memset(facts, 0, sizeof *facts);
  int status = krv_batch_usage(batch, bringer->device, &usage);
  if (status != KRV_OK) return status;
  facts->bringer_active = device && krv_device_active(device);
  facts->author_known = krv_roster_device(batch->ahead, author) != NULL;
  facts->author_is_bringer = author == bringer->device;
  facts->usage_bytes = usage->bytes;
  facts->usage_commits = usage->commits;
  return KRV_OK;
}

/* Makes the case the one at hand and fills in what it says; an unknown one is a fact, no error. */
static int gather_case(struct krv_batch *batch, const struct krv_bringer *bringer,
                       const struct krv_id *id, struct krv_facts *facts) {
  int status = krv_batch_case_find(batch, id);
  if (status == KRV_UNKNOWN_CASE) return KRV_OK;
  if (status == KRV_OK) krv_batch_case_facts(batch, bringer->device, facts);
  return status;
}

static bool group_known(const struct krv_batch *batch, krv_group_ix group) {
  return krv_roster_group(batch->ahead, group) != NULL;
}

/* An envelope for an epoch that no group key was signed for opens to nobody. */
static bool epoch_known(const struct krv_batch *batch, krv_group_ix group, uint32_t epoch) {
  const struct krv_group *known = krv_roster_group(batch->ahead, group);
  return known && epoch < known->epoch_count;
}

/* The device that a form left out is the session's own. */
static void fill_device(krv_device_ix *device, const struct krv_bringer *bringer) {
  if (*device == KRV_MSG_NO_DEVICE) *device = bringer->device;
}

static void remember_case(struct krv_bringer *bringer, const struct krv_id *kase) {
  bringer->last_case = *kase;
  bringer->has_last_case = true;
}

static int fill_case(bool *same_case, struct krv_id *kase, struct krv_bringer *bringer) {
  if (*same_case) {
    if (!bringer->has_last_case) return KRV_MALFORMED;
    *kase = bringer->last_case;
    *same_case = false;
  }
  remember_case(bringer, kase);
  return KRV_OK;
}

static int put_commit_item(struct krv_batch *batch, const struct krv_bringer *bringer, uint8_t kind,
                           const struct krv_head *head, const struct krv_id *id,
                           krv_device_ix author, uint64_t *seq) {
  struct krv_store *store = batch->store;
  uint64_t brought;
  int status = krv_batch_append(batch, bringer->device, kind, batch->kase.row.c, id, seq);
  if (status == KRV_OK) status = krv_batch_brought(batch, bringer->device, 1, &brought);
  if (status != KRV_OK) return status;
  struct krv_store_dot dot = {*id, *seq};
  status = store->driver->dot_put(store, batch->kase.row.c, author, head->n, &dot);
  return status == KRV_OK ? krv_batch_spread(batch, *seq) : status;
}

/* ---- GENESIS ---- */

struct genesis {
  struct krv_msg_genesis msg;
  struct krv_access_list list;
  struct krv_commit commit; /* its head names the case */
  struct krv_id id;
};

static int read_genesis(const struct krv_batch *batch, struct krv_bringer *bringer,
                        struct krv_slice payload, struct genesis *g) {
  bringer->has_last_case = false;
  int status = krv_msg_genesis_decode(payload, &g->msg);
  if (status != KRV_OK) return status;
  fill_device(&g->msg.device, bringer);
  struct krv_in in = krv_in(g->msg.access);
  krv_access_list_decode(&in, &g->list);
  status = krv_in_end(&in);
  if (status != KRV_OK) return status;
  const struct krv_device *author = krv_roster_device(batch->ahead, g->msg.device);
  if (!author) return KRV_UNKNOWN_DEVICE;
  struct krv_genesis form = {.creator = author->id, .access = g->list};
  memcpy(form.key_commit, g->msg.key_commit, sizeof form.key_commit);
  const struct krv_id *programme = krv_roster_programme(batch->ahead);
  g->commit = (struct krv_commit){
      .head = {.suite = g->msg.suite, .kind = g->msg.kind, .programme = *programme,
               .device = author->id, .n = 1},
      .ciphertext = g->msg.ciphertext};
  memcpy(g->commit.salt, g->msg.salt, KRV_SALT_LEN);
  status = krv_head_check(&g->commit.head);
  if (status == KRV_OK) status = krv_case_id(batch->env, programme, &form, &g->commit.head.kase);
  if (status != KRV_OK) return status;
  krv_commit_id(&g->commit, &g->id);
  remember_case(bringer, &g->commit.head.kase);
  return KRV_OK;
}

static int gather_genesis(struct krv_batch *batch, const struct krv_bringer *bringer,
                          const struct genesis *g, struct krv_facts *facts) {
  int status = gather_who(batch, bringer, g->msg.device, facts);
  if (status != KRV_OK) return status;
  krv_batch_list_facts(batch, bringer->device, &g->list, facts);
  status = krv_batch_case_find(batch, &g->commit.head.kase);
  if (status == KRV_UNKNOWN_CASE) return KRV_OK;
  if (status != KRV_OK) return status;
  facts->case_known = true;
  status = krv_batch_dot_find(batch, g->msg.device, 1, &g->id, facts);
  facts->genesis_known = facts->duplicate;
  return status;
}

static int item_genesis(struct krv_batch *batch, struct krv_bringer *bringer,
                        struct krv_slice payload, uint64_t *seq) {
  struct genesis g;
  struct krv_facts facts;
  int status = read_genesis(batch, bringer, payload, &g);
  if (status == KRV_OK) status = gather_genesis(batch, bringer, &g, &facts);
  if (status == KRV_OK) status = krv_accept_genesis(&facts);
  if (status != KRV_OK) return status;
  if (!facts.case_known) {
    struct krv_store_case row = {.creator = g.msg.device, .genesis_seq = batch->seq + 1};
    memcpy(row.key_commit, g.msg.key_commit, sizeof row.key_commit);
    status = krv_batch_case_new(batch, &g.commit.head.kase, &row, &g.list);
    if (status != KRV_OK) return status;
  }
  krv_msg_genesis_encode(&g.msg, &batch->bytes);
  return put_commit_item(batch, bringer, KRV_MSG_GENESIS, &g.commit.head, &g.id, g.msg.device, seq);
}

/* ---- COMMIT ---- */

struct commit {
  struct krv_msg_commit msg;
  struct krv_commit commit;
  struct krv_id id;
  int prev_status; /* NEED_PREV: the id is not known */
};

static void name_commit(const struct krv_batch *batch, struct commit *c) {
  const struct krv_msg_commit *msg = &c->msg;
  c->commit = (struct krv_commit){
      .head = {.suite = msg->suite, .kind = msg->kind,
               .programme = *krv_roster_programme(batch->ahead), .kase = msg->kase,
               .device = krv_roster_device(batch->ahead, msg->device)->id, .n = msg->n,
               .epoch = msg->epoch},
      .ciphertext = msg->ciphertext};
  memcpy(c->commit.head.prev.b, msg->prev, KRV_ID_LEN);
  memcpy(c->commit.head.key_id4, msg->key_id4, sizeof msg->key_id4);
  memcpy(c->commit.salt, msg->salt, KRV_SALT_LEN);
  krv_commit_id(&c->commit, &c->id);
}

/* Fills prev in from the one stored commit that fits, then looks for the id at its dot. */
static int resolve_commit(struct krv_batch *batch, struct commit *c, struct krv_facts *facts) {
  struct krv_msg_commit *msg = &c->msg;
  if (msg->prev_len == 4) {
    uint8_t prev[KRV_ID_LEN];
    int status = krv_batch_dot_fit(batch, msg->device, msg->n - 1, msg->prev, prev);
    c->prev_status = status;
    if (status != KRV_OK) return status == KRV_NEED_PREV ? KRV_OK : status;
    memcpy(msg->prev, prev, KRV_ID_LEN);
    msg->prev_len = KRV_ID_LEN;
  }
  name_commit(batch, c);
  return krv_batch_dot_find(batch, msg->device, msg->n, &c->id, facts);
}

static int item_commit(struct krv_batch *batch, struct krv_bringer *bringer,
                       struct krv_slice payload, uint64_t *seq) {
  struct commit c = {.prev_status = KRV_OK};
  struct krv_facts facts;
  int status = krv_msg_commit_decode(payload, &c.msg);
  if (status == KRV_OK) status = fill_case(&c.msg.same_case, &c.msg.kase, bringer);
  if (status != KRV_OK) return status;
  fill_device(&c.msg.device, bringer);
  status = gather_who(batch, bringer, c.msg.device, &facts);
  if (status == KRV_OK) status = gather_case(batch, bringer, &c.msg.kase, &facts);
  if (status == KRV_OK && facts.author_known && facts.case_known)
    status = resolve_commit(batch, &c, &facts);
  if (status == KRV_OK && facts.case_known)
    status = krv_batch_brought(batch, bringer->device, 0, &facts.case_commits);
  if (status == KRV_OK) status = krv_accept_commit(&facts, &c.msg);
  if (status == KRV_OK) status = c.prev_status;
  if (status != KRV_OK) return status;
  krv_msg_commit_encode(&c.msg, &batch->bytes);
  return put_commit_item(batch, bringer, KRV_MSG_COMMIT, &c.commit.head, &c.id, c.msg.device, seq);
}

/* ---- GRANT, UNROUTE, NEED ---- */

/* Only the giver himself takes the place of what he gave before; who brings somebody else's takes
 * that of what he brought. */
static krv_device_ix place_of(krv_device_ix giver, krv_device_ix bringer) {
  const krv_device_ix brought = 1u << 31;
  return giver == bringer ? giver : brought | bringer;
}

static struct krv_store_grant grant_key(const struct krv_batch *batch,
                                        const struct krv_msg_grant *msg, krv_device_ix place) {
  struct krv_store_grant key = {.c = batch->kase.row.c, .key_id = msg->key_id, .group = msg->group,
                                .group_epoch = msg->group_epoch, .giver = place,
                                .device = msg->to_device ? msg->device : KRV_MSG_NO_DEVICE};
  if (msg->epoch == 0) krv_key_id(batch->kase.row.key_commit, &key.key_id);
  return key;
}

/* The same grant again is none, unless its group was cut off in between: then it left the group's
 * box. */
static int look_for_grant(struct krv_batch *batch, const struct krv_msg_grant *msg,
                          krv_device_ix place, struct krv_facts *facts) {
  struct krv_store_grant key = grant_key(batch, msg, place);
  const struct krv_store_access *access = krv_batch_access(batch, msg->group);
  uint64_t stands;
  if (!access || access->routed_seq == 0) return KRV_OK;
  int status = batch->store->driver->grant_find(batch->store, &key, &stands);
  if (status == KRV_OK && stands < access->routed_seq) return KRV_OK;
  if (status == KRV_OK) status = krv_batch_same(batch, stands, KRV_MSG_GRANT);
  facts->duplicate |= status == KRV_OK;
  return status == KRV_NOT_FOUND ? KRV_OK : status;
}

static int gather_grant(struct krv_batch *batch, const struct krv_msg_grant *msg,
                        krv_device_ix bringer, struct krv_facts *facts) {
  int status = look_for_grant(batch, msg, msg->giver, facts);
  if (status != KRV_OK || msg->giver == bringer) return status;
  return look_for_grant(batch, msg, place_of(msg->giver, bringer), facts);
}

/* The office's write right cannot be granted away (R9). */
static uint8_t granted_mode(const struct krv_msg_grant *msg) {
  return msg->group == KRV_GROUP_OFFICE ? (uint8_t)KRV_ACCESS_WRITE : msg->mode;
}

static int put_grant(struct krv_batch *batch, const struct krv_bringer *bringer,
                     const struct krv_msg_grant *msg, uint64_t *seq) {
  struct krv_store *store = batch->store;
  struct krv_store_grant key = grant_key(batch, msg, place_of(msg->giver, bringer->device));
  const struct krv_store_access *there = krv_batch_access(batch, msg->group);
  struct krv_store_access access = there ? *there : (struct krv_store_access){.group = msg->group};
  bool routes = access.routed_seq == 0;
  uint64_t before, at;
  /* a giver's later grant takes the place of his earlier one (R10) */
  int status = store->driver->grant_find(store, &key, &before);
  if (status == KRV_OK)
    status = store->driver->inbox_drop(store, krv_box_group(msg->group), before, &at);
  if (status == KRV_OK || status == KRV_NOT_FOUND)
    status = krv_batch_append(batch, bringer->device, KRV_MSG_GRANT, key.c, NULL, seq);
  if (status == KRV_OK) status = store->driver->grant_put(store, &key, *seq);
  if (status == KRV_OK && routes) status = krv_batch_route(batch, msg->group, *seq);
  if (status == KRV_OK)
    status = store->driver->inbox_put(store, krv_box_group(msg->group), *seq, *seq);
  if (status != KRV_OK) return status;
  if (routes) access.routed_seq = *seq;
  access.mode = granted_mode(msg);
  access.wrote_once = access.wrote_once || access.mode == KRV_ACCESS_WRITE;
  return krv_batch_access_put(batch, &access);
}

static int item_grant(struct krv_batch *batch, struct krv_bringer *bringer,
                      struct krv_slice payload, uint64_t *seq) {
  struct krv_msg_grant msg;
  struct krv_facts facts;
  int status = krv_msg_grant_decode(payload, &msg);
  if (status == KRV_OK) status = fill_case(&msg.same_case, &msg.kase, bringer);
  if (status != KRV_OK) return status;
  fill_device(&msg.giver, bringer);
  krv_msg_grant_encode(&msg, &batch->bytes);
  status = gather_who(batch, bringer, msg.giver, &facts);
  if (status == KRV_OK) status = gather_case(batch, bringer, &msg.kase, &facts);
  if (status == KRV_OK && facts.case_known)
    status = gather_grant(batch, &msg, bringer->device, &facts);
  facts.receiver_known = epoch_known(batch, msg.group, msg.group_epoch) &&
                         (!msg.to_device ||
                          krv_roster_was_member(batch->ahead, msg.device, msg.group));
  if (status == KRV_OK) status = krv_accept_grant(&facts, &msg);
  return status == KRV_OK ? put_grant(batch, bringer, &msg, seq) : status;
}

static int item_unroute(struct krv_batch *batch, struct krv_bringer *bringer,
                        struct krv_slice payload, uint64_t *seq) {
  (void)seq; /* takes none: who holds the case learns it from the access operation */
  struct krv_msg_unroute msg;
  struct krv_facts facts;
  int status = krv_msg_unroute_decode(payload, &msg);
  if (status == KRV_OK) status = gather_who(batch, bringer, bringer->device, &facts);
  if (status == KRV_OK) status = gather_case(batch, bringer, &msg.kase, &facts);
  if (status != KRV_OK) return status;
  const struct krv_store_access *there =
      facts.case_known ? krv_batch_access(batch, msg.group) : NULL;
  facts.receiver_known = group_known(batch, msg.group);
  facts.group_is_office = msg.group == KRV_GROUP_OFFICE;
  facts.duplicate = !there || there->routed_seq == 0;
  status = krv_accept_unroute(&facts);
  if (status != KRV_OK) return status;
  struct krv_store_access access = *there;
  status = krv_batch_part(batch, &access);
  access.routed_seq = 0;
  return status == KRV_OK ? krv_batch_access_put(batch, &access) : status;
}

/* A device has a need once, though a fellow has it as well: keys may have gone to the others one by
 * one, before it came (R14). And so many of a case. */
struct need_keys {
  struct krv_buf need, device;
  uint64_t stands, count;
};

static int find_need(struct krv_batch *batch, krv_device_ix device, const struct krv_msg_need *msg,
                     struct need_keys *keys) {
  krv_buf_u64(&keys->need, batch->kase.row.c);
  krv_buf_u32(&keys->need, msg->group);
  krv_buf_append(&keys->need, msg->key_id.b, sizeof msg->key_id.b);
  krv_buf_u32(&keys->need, device);
  krv_buf_u64(&keys->device, batch->kase.row.c);
  krv_buf_u32(&keys->device, device);
  int status = krv_batch_kv_number(batch, KRV_KV_NEEDS, &keys->need, &keys->stands);
  if (status != KRV_OK) return status;
  return krv_batch_kv_number(batch, KRV_KV_NEEDS, &keys->device, &keys->count);
}

static int put_need(struct krv_batch *batch, const struct krv_bringer *bringer,
                    const struct krv_msg_need *msg, const struct need_keys *keys, uint64_t *seq) {
  krv_msg_need_encode(msg, &batch->bytes);
  int status =
      krv_batch_append(batch, bringer->device, KRV_MSG_NEED, batch->kase.row.c, NULL, seq);
  if (status == KRV_OK) status = krv_batch_kv_put_number(batch, KRV_KV_NEEDS, &keys->need, *seq);
  if (status == KRV_OK)
    status = krv_batch_kv_put_number(batch, KRV_KV_NEEDS, &keys->device, keys->count + 1);
  /* to its own group as well: where keys go to single devices, a fellow has it (R14) */
  return status == KRV_OK ? krv_batch_spread(batch, *seq) : status;
}

static int item_need(struct krv_batch *batch, struct krv_bringer *bringer, struct krv_slice payload,
                     uint64_t *seq) {
  struct krv_msg_need msg;
  struct krv_facts facts;
  struct need_keys keys = {0};
  int status = krv_msg_need_decode(payload, &msg);
  if (status == KRV_OK) status = gather_who(batch, bringer, bringer->device, &facts);
  if (status == KRV_OK) status = gather_case(batch, bringer, &msg.kase, &facts);
  if (status != KRV_OK) return status;
  krv_buf_init(&keys.need, batch->env);
  krv_buf_init(&keys.device, batch->env);
  if (facts.case_known) status = find_need(batch, bringer->device, &msg, &keys);
  facts.duplicate = keys.stands != 0;
  facts.receiver_known = group_known(batch, msg.group);
  facts.bringer_wrote = facts.case_known && krv_batch_access(batch, msg.group) &&
                        krv_roster_was_member(batch->ahead, bringer->device, msg.group);
  if (status == KRV_OK) status = krv_accept_need(&facts);
  if (status == KRV_OK && keys.count >= KRV_CASE_NEEDS_MAX) status = KRV_TOO_LARGE;
  if (status == KRV_OK) status = put_need(batch, bringer, &msg, &keys, seq);
  krv_buf_release(&keys.need);
  krv_buf_release(&keys.device);
  return status;
}

/* ---- BOX, RECEIPT, DOC, CONFIRM ---- */

/* Appends what a kv row names by its seq, unless the row's item is the same. */
static int put_named(struct krv_batch *batch, const struct krv_bringer *bringer, uint8_t kind,
                     enum krv_kv table, const struct krv_buf *key, uint64_t *seq) {
  int status = krv_batch_append(batch, bringer->device, kind, 0, NULL, seq);
  return status == KRV_OK ? krv_batch_kv_put_number(batch, table, key, *seq) : status;
}

static int gather_named(struct krv_batch *batch, uint8_t kind, enum krv_kv table,
                        const struct krv_buf *key, struct krv_facts *facts) {
  uint64_t stands;
  int status = krv_batch_kv_number(batch, table, key, &stands);
  if (status != KRV_OK || stands == 0) return status;
  status = krv_batch_same(batch, stands, kind);
  facts->duplicate |= status == KRV_OK;
  return status == KRV_NOT_FOUND ? KRV_OK : status;
}

static void box_key(struct krv_buf *key, const struct krv_batch *batch,
                    const struct krv_msg_box *msg, krv_device_ix place) {
  krv_buf_init(key, batch->env);
  krv_buf_u32(key, msg->group);
  krv_buf_u32(key, msg->epoch);
  krv_buf_u32(key, msg->device);
  krv_buf_u32(key, place);
}

/* A box for the recovery key is everybody's to bring, after a loss: who comes first takes the
 * giver's own place, and the same bytes by another are none. */
static int gather_box(struct krv_batch *batch, const struct krv_msg_box *msg,
                      krv_device_ix bringer, struct krv_buf *key, struct krv_facts *facts) {
  krv_device_ix place = place_of(msg->giver, bringer);
  uint64_t stands = 1;
  if (msg->device == KRV_MSG_NO_DEVICE && place != msg->giver) {
    box_key(key, batch, msg, msg->giver);
    int status = krv_batch_kv_number(batch, KRV_KV_BOXES, key, &stands);
    if (status == KRV_OK) status = gather_named(batch, KRV_MSG_BOX, KRV_KV_BOXES, key, facts);
    if (status != KRV_OK || stands == 0 || facts->duplicate) return status;
    krv_buf_release(key);
  }
  box_key(key, batch, msg, place);
  return gather_named(batch, KRV_MSG_BOX, KRV_KV_BOXES, key, facts);
}

/* Who sees it: its device; of the recovery key's, everybody keeps those of groups that several
 * read, and nobody is shown a member's own, whose cases the office reads as well. */
static bool box_shown(const struct krv_batch *batch, const struct krv_msg_box *msg, krv_box *out) {
  const struct krv_group *group = krv_roster_group(batch->ahead, msg->group);
  bool recovery = msg->device == KRV_MSG_NO_DEVICE;
  *out = recovery ? krv_box_group(KRV_GROUP_EVERYONE) : krv_box_device(msg->device);
  return !recovery || group->kind != KRV_GROUP_KIND_MEMBER;
}

/* A giver's later box takes the place of his earlier one (R10), a member's later document under one
 * hash that of his earlier one. */
static int drop_named(struct krv_batch *batch, krv_box box, enum krv_kv table,
                      const struct krv_buf *key) {
  uint64_t before, at;
  int status = krv_batch_kv_number(batch, table, key, &before);
  if (status != KRV_OK || before == 0) return status;
  status = batch->store->driver->inbox_drop(batch->store, box, before, &at);
  return status == KRV_NOT_FOUND ? KRV_OK : status;
}

static int put_box(struct krv_batch *batch, const struct krv_bringer *bringer,
                   const struct krv_msg_box *msg, const struct krv_buf *key, uint64_t *seq) {
  krv_box inbox;
  bool shown = box_shown(batch, msg, &inbox);
  int status = shown ? drop_named(batch, inbox, KRV_KV_BOXES, key) : KRV_OK;
  if (status == KRV_OK) status = put_named(batch, bringer, KRV_MSG_BOX, KRV_KV_BOXES, key, seq);
  if (status == KRV_OK && shown)
    status = batch->store->driver->inbox_put(batch->store, inbox, *seq, *seq);
  return status;
}

static int item_box(struct krv_batch *batch, struct krv_bringer *bringer, struct krv_slice payload,
                    uint64_t *seq) {
  struct krv_msg_box msg;
  struct krv_facts facts;
  struct krv_buf key;
  int status = krv_msg_box_decode(payload, &msg);
  if (status != KRV_OK) return status;
  krv_buf_put(&batch->bytes, payload);
  krv_buf_init(&key, batch->env);
  status = gather_who(batch, bringer, msg.giver, &facts);
  if (status == KRV_OK) status = gather_box(batch, &msg, bringer->device, &key, &facts);
  facts.receiver_known =
      epoch_known(batch, msg.group, msg.epoch) &&
      (msg.device == KRV_MSG_NO_DEVICE || krv_roster_device(batch->ahead, msg.device));
  if (status == KRV_OK) status = krv_accept_box(&facts);
  if (status == KRV_OK) status = put_box(batch, bringer, &msg, &key, seq);
  krv_buf_release(&key);
  return status;
}

/* One more receipt of this office device, whose bytes were not stored before (R21). */
static int count_receipt(struct krv_batch *batch, krv_device_ix office) {
  struct krv_buf key;
  uint64_t count;
  krv_buf_init(&key, batch->env);
  krv_buf_u32(&key, office);
  int status = krv_batch_kv_number(batch, KRV_KV_RECEIPTS, &key, &count);
  if (status == KRV_OK) status = krv_batch_kv_put_number(batch, KRV_KV_RECEIPTS, &key, count + 1);
  krv_buf_release(&key);
  return status;
}

static int put_receipt(struct krv_batch *batch, const struct krv_bringer *bringer,
                       const struct krv_msg_receipt *msg, const struct krv_buf *seen,
                       uint64_t *seq) {
  int status = put_named(batch, bringer, KRV_MSG_RECEIPT, KRV_KV_RECEIPTS, seen, seq);
  if (status == KRV_OK)
    status = batch->store->driver->inbox_put(batch->store, krv_box_device(msg->author), *seq, *seq);
  return status == KRV_OK ? count_receipt(batch, msg->office) : status;
}

static int item_receipt(struct krv_batch *batch, struct krv_bringer *bringer,
                        struct krv_slice payload, uint64_t *seq) {
  struct krv_msg_receipt msg;
  struct krv_facts facts;
  struct krv_buf seen;
  int status = krv_msg_receipt_decode(payload, &msg);
  if (status != KRV_OK) return status;
  fill_device(&msg.office, bringer);
  krv_msg_receipt_encode(&msg, &batch->bytes);
  krv_buf_init(&seen, batch->env);
  krv_buf_u32(&seen, msg.office);
  krv_buf_append(&seen, msg.mac, sizeof msg.mac);
  const struct krv_device *device = krv_roster_device(batch->ahead, bringer->device);
  status = gather_who(batch, bringer, msg.office, &facts);
  if (status == KRV_OK)
    status = gather_named(batch, KRV_MSG_RECEIPT, KRV_KV_RECEIPTS, &seen, &facts);
  facts.receiver_known = krv_roster_device(batch->ahead, msg.author) != NULL;
  if (status == KRV_OK)
    status = krv_accept_receipt(&facts, device && (device->roles & KRV_ROLE_OFFICE));
  if (status == KRV_OK) status = put_receipt(batch, bringer, &msg, &seen, seq);
  krv_buf_release(&seen);
  return status;
}

static int item_doc(struct krv_batch *batch, struct krv_bringer *bringer, struct krv_slice payload,
                    uint64_t *seq) {
  struct krv_msg_doc msg;
  struct krv_facts facts;
  struct krv_buf key;
  uint32_t version;
  uint8_t hash[KRV_HASH_LEN] = {0};
  int status = krv_msg_doc_decode(payload, &msg);
  if (status != KRV_OK) return status;
  krv_buf_put(&batch->bytes, payload);
  krv_buf_init(&key, batch->env);
  krv_buf_append(&key, msg.hash, sizeof msg.hash);
  status = gather_who(batch, bringer, bringer->device, &facts);
  if (status == KRV_OK) status = gather_named(batch, KRV_MSG_DOC, KRV_KV_DOC, &key, &facts);
  krv_buf_u32(&key, krv_batch_member(batch, bringer->device));
  if (status == KRV_OK) status = gather_named(batch, KRV_MSG_DOC, KRV_KV_DOC, &key, &facts);
  if (krv_roster_founded(batch->ahead)) krv_roster_schema(batch->ahead, &version, hash);
  if (status == KRV_OK) status = krv_accept_doc(&facts, memcmp(hash, msg.hash, sizeof hash) == 0);
  if (status == KRV_OK)
    status = drop_named(batch, krv_box_group(KRV_GROUP_EVERYONE), KRV_KV_DOC, &key);
  if (status == KRV_OK) status = put_named(batch, bringer, KRV_MSG_DOC, KRV_KV_DOC, &key, seq);
  key.len = sizeof msg.hash; /* the last of all, so that the same bytes by another are none */
  if (status == KRV_OK) status = krv_batch_kv_put_number(batch, KRV_KV_DOC, &key, *seq);
  if (status == KRV_OK)
    status = batch->store->driver->inbox_put(batch->store, krv_box_group(KRV_GROUP_EVERYONE), *seq,
                                             *seq);
  krv_buf_release(&key);
  return status;
}

/* All that the server takes is visible at once, so there is nothing to confirm (R12). */
static int item_confirm(struct krv_batch *batch, struct krv_bringer *bringer,
                        struct krv_slice payload, uint64_t *seq) {
  (void)seq;
  struct krv_msg_confirm msg;
  int status = krv_msg_confirm_decode(payload, &msg);
  if (status != KRV_OK) return status;
  const struct krv_device *device = krv_roster_device(batch->ahead, bringer->device);
  if (!device || !krv_device_active(device)) return KRV_REVOKED;
  return device->roles & KRV_ROLE_OFFICE ? KRV_OK : KRV_DENIED;
}

/* ---- the table ---- */

typedef int item_fn(struct krv_batch *, struct krv_bringer *, struct krv_slice, uint64_t *);

static item_fn *item_function(enum krv_message_kind kind) {
  static const struct {
    enum krv_message_kind kind;
    item_fn *take;
  } items[] = {
      {KRV_MSG_GENESIS, item_genesis}, {KRV_MSG_COMMIT, item_commit},
      {KRV_MSG_GRANT, item_grant},     {KRV_MSG_UNROUTE, item_unroute},
      {KRV_MSG_NEED, item_need},       {KRV_MSG_BOX, item_box},
      {KRV_MSG_RECEIPT, item_receipt}, {KRV_MSG_DOC, item_doc},
      {KRV_MSG_CONFIRM, item_confirm}, {KRV_MSG_NOTICE, krv_batch_item_notice},
  };
  for (size_t i = 0; i < sizeof items / sizeof *items; i++)
    if (items[i].kind == kind) return items[i].take;
  return NULL;
}

int krv_batch_item(struct krv_batch *batch, struct krv_bringer *bringer, enum krv_message_kind kind,
                   struct krv_slice payload, uint64_t *seq) {
  item_fn *take = item_function(kind);
  *seq = 0;
  if (!take) return KRV_INVALID;
  int status = krv_batch_begin(batch);
  if (status != KRV_OK) return status;
  krv_buf_reset(&batch->bytes);
  status = take(batch, bringer, payload, seq);
  if (status == KRV_QUOTA) {
    int told = krv_batch_notice(batch, bringer->device, KRV_QUOTA);
    if (told != KRV_OK) status = told;
  }
  return krv_batch_note(batch, status == KRV_END ? KRV_OK : status);
}
