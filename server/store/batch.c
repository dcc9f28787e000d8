/* batch: the transaction, what is charged, requests to join. */
#include "batch_in.h"

#include <string.h>

#include "hash.h"
#include "invitation.h"
#include "status.h"

/* ---- making and ending ---- */

/* Appends what from holds above to's head. */
static int copy_entries(const struct krv_roster *from, struct krv_roster *to) {
  int status = KRV_OK;
  while (status == KRV_OK && krv_roster_count(to) < krv_roster_count(from))
    status = krv_roster_append(to, krv_roster_entry(from, krv_roster_count(to)));
  return status;
}

/* Takes over the stored entries that the caller has not read yet. */
static int load_roster(struct krv_batch *batch) {
  const struct krv_store_driver *driver = batch->store->driver;
  int status = KRV_OK;
  while (status == KRV_OK) {
    krv_buf_reset(&batch->bytes);
    status = driver->roster_get(batch->store, krv_roster_count(batch->roster), &batch->bytes);
    if (status == KRV_OK) status = krv_roster_append(batch->roster, krv_buf_slice(&batch->bytes));
    /* entries were checked before they were stored */
    if (status != KRV_OK && status != KRV_NOT_FOUND && !krv_batch_is_failure(status))
      status = KRV_DAMAGED;
  }
  return status == KRV_NOT_FOUND ? KRV_OK : status;
}

/* Makes ahead equal to the roster again. */
static int rebuild_ahead(struct krv_batch *batch) {
  krv_roster_free(batch->ahead);
  batch->ahead = NULL;
  struct krv_roster *fresh;
  int status = krv_roster_new(batch->env, &fresh);
  if (status != KRV_OK) return status;
  status = copy_entries(batch->roster, fresh);
  if (status == KRV_OK) {
    batch->ahead = fresh;
  } else {
    krv_roster_free(fresh);
  }
  return status;
}

int krv_batch_new(const struct krv_env *env, struct krv_store *store, struct krv_roster *roster,
                  const struct krv_key *server_pk, struct krv_batch **out) {
  *out = NULL;
  struct krv_batch *batch = krv_zalloc(env, 1, sizeof *batch);
  if (!batch) return KRV_NOMEM;
  batch->env = env;
  batch->store = store;
  batch->roster = roster;
  batch->server_pk = *server_pk;
  krv_buf_init(&batch->bytes, env);
  krv_buf_init(&batch->old, env);
  int status = load_roster(batch);
  if (status == KRV_OK) status = rebuild_ahead(batch);
  if (status != KRV_OK) {
    krv_batch_free(batch);
    return status;
  }
  *out = batch;
  return KRV_OK;
}

void krv_batch_free(struct krv_batch *batch) {
  if (!batch) return;
  if (batch->open) batch->store->driver->rollback(batch->store);
  krv_roster_free(batch->ahead);
  if (batch->usages) krv_free(batch->env, batch->usages);
  krv_free(batch->env, batch->reaches);
  if (batch->kase.access) krv_free(batch->env, batch->kase.access);
  krv_buf_release(&batch->bytes);
  krv_buf_release(&batch->old);
  krv_free(batch->env, batch);
}

/* ---- the transaction ---- */

bool krv_batch_is_failure(int status) {
  return status == KRV_IO || status == KRV_FULL || status == KRV_NOMEM || status == KRV_DAMAGED ||
         status == KRV_BUSY;
}

int krv_batch_note(struct krv_batch *batch, int status) {
  if (batch->failed == KRV_OK && krv_batch_is_failure(status)) batch->failed = status;
  return status;
}

/* A commit or rollback that ran out of memory left the two rosters apart. */
static int settle_rosters(struct krv_batch *batch) {
  if (!batch->ahead) return rebuild_ahead(batch);
  return copy_entries(batch->ahead, batch->roster);
}

int krv_batch_begin(struct krv_batch *batch) {
  if (batch->open) return batch->failed;
  struct krv_store *store = batch->store;
  int status = settle_rosters(batch);
  if (status == KRV_OK) status = store->driver->begin(store);
  if (status != KRV_OK) return status;
  batch->open = true;
  batch->failed = KRV_OK;
  batch->usage_count = 0;
  batch->kase.held = false;
  return krv_batch_note(batch, store->driver->head(store, &batch->seq, batch->chain));
}

bool krv_batch_open(const struct krv_batch *batch) {
  return batch->open;
}

void krv_batch_rollback(struct krv_batch *batch) {
  if (!batch->open) return;
  batch->store->driver->rollback(batch->store);
  batch->open = false;
  if (krv_roster_count(batch->ahead) != krv_roster_count(batch->roster))
    (void)rebuild_ahead(batch); /* out of memory: the next begin tries again */
}

static void device_key(struct krv_buf *key, const struct krv_batch *batch, krv_device_ix device) {
  krv_buf_init(key, batch->env);
  krv_buf_u32(key, device);
}

static int put_usages(struct krv_batch *batch) {
  int status = KRV_OK;
  for (size_t i = 0; status == KRV_OK && i < batch->usage_count; i++) {
    const struct krv_usage *usage = &batch->usages[i];
    if (!usage->changed) continue;
    struct krv_buf key;
    device_key(&key, batch, usage->device);
    krv_buf_reset(&batch->bytes);
    krv_buf_u64(&batch->bytes, usage->bytes);
    krv_buf_u64(&batch->bytes, usage->commits);
    status = key.status != 0 ? key.status : batch->bytes.status;
    if (status == KRV_OK)
      status = batch->store->driver->kv_put(batch->store, KRV_KV_USAGE, krv_buf_slice(&key),
                                            krv_buf_slice(&batch->bytes));
    krv_buf_release(&key);
  }
  return status;
}

int krv_batch_commit(struct krv_batch *batch) {
  if (!batch->open) return KRV_OK;
  int status = batch->failed;
  if (status == KRV_OK) status = put_usages(batch);
  if (status == KRV_OK) status = krv_batch_put_reaches(batch);
  if (status == KRV_OK) status = batch->store->driver->commit(batch->store);
  if (status != KRV_OK) {
    krv_batch_rollback(batch);
    return status;
  }
  batch->open = false;
  krv_batch_reaches_stored(batch);
  return copy_entries(batch->ahead, batch->roster);
}

/* ---- what is charged ---- */

int krv_store_charge(struct krv_store *store, krv_device_ix device, struct krv_charge *out) {
  struct krv_buf key, value;
  *out = (struct krv_charge){.device = device};
  krv_buf_init(&key, store->env);
  krv_buf_init(&value, store->env);
  krv_buf_u32(&key, device);
  int status = key.status;
  if (status == KRV_OK)
    status = store->driver->kv_get(store, KRV_KV_USAGE, krv_buf_slice(&key), &value);
  struct krv_in in = krv_in(krv_buf_slice(&value));
  if (status == KRV_OK) {
    out->bytes = krv_in_u64(&in);
    out->commits = krv_in_u64(&in);
    if (krv_in_end(&in) != KRV_OK) status = KRV_DAMAGED;
  }
  krv_buf_release(&key);
  krv_buf_release(&value);
  return status == KRV_NOT_FOUND ? KRV_OK : status;
}

int krv_batch_usage(struct krv_batch *batch, krv_device_ix device, struct krv_usage **out) {
  *out = NULL;
  for (size_t i = 0; i < batch->usage_count; i++) {
    if (batch->usages[i].device != device) continue;
    *out = &batch->usages[i];
    return KRV_OK;
  }
  int status = krv_grow(batch->env, &batch->usages, &batch->usage_cap, batch->usage_count,
                        sizeof *batch->usages);
  if (status != KRV_OK) return status;
  struct krv_usage *usage = &batch->usages[batch->usage_count];
  struct krv_charge charged;
  status = krv_store_charge(batch->store, device, &charged);
  if (status != KRV_OK) return status;
  *usage = (struct krv_usage){.device = device, .bytes = charged.bytes, .commits = charged.commits};
  batch->usage_count++;
  *out = usage;
  return KRV_OK;
}

static int charge(struct krv_batch *batch, krv_device_ix bringer, uint8_t kind) {
  if (bringer == KRV_MSG_NO_DEVICE) return KRV_OK;
  struct krv_usage *usage;
  int status = krv_batch_usage(batch, bringer, &usage);
  if (status != KRV_OK) return status;
  usage->bytes += batch->bytes.len;
  usage->commits += kind == KRV_MSG_COMMIT || kind == KRV_MSG_GENESIS;
  usage->changed = true;
  return KRV_OK;
}

/* ---- items ---- */

static void chain_on(uint8_t chain[KRV_CHAIN_LEN], const struct krv_id *id) {
  const struct krv_slice parts[] = {{chain, KRV_CHAIN_LEN}, {id->b, KRV_ID_LEN}};
  krv_h(KRV_DOMAIN_CHAIN, parts, 2, chain, KRV_CHAIN_LEN);
}

static void item_id(uint8_t kind, struct krv_slice bytes, struct krv_id *out) {
  const struct krv_slice parts[] = {{&kind, 1}, bytes};
  krv_h(KRV_DOMAIN_ITEM, parts, 2, out->b, KRV_ID_LEN);
}

int krv_batch_append(struct krv_batch *batch, krv_device_ix bringer, uint8_t kind, uint64_t c,
                     const struct krv_id *id, uint64_t *seq) {
  struct krv_id own;
  if (batch->bytes.status != 0) return batch->bytes.status;
  if (!id) item_id(kind, krv_buf_slice(&batch->bytes), &own);
  struct krv_store_item item = {.seq = batch->seq + 1, .kind = kind, .c = c, .bringer = bringer,
                                .bytes = krv_buf_slice(&batch->bytes)};
  memcpy(item.chain, batch->chain, KRV_CHAIN_LEN);
  chain_on(item.chain, id ? id : &own);
  int status = charge(batch, bringer, kind);
  if (status == KRV_OK) status = batch->store->driver->item_put(batch->store, &item);
  if (status != KRV_OK) return status;
  batch->seq = item.seq;
  memcpy(batch->chain, item.chain, KRV_CHAIN_LEN);
  *seq = item.seq;
  return KRV_OK;
}

int krv_batch_same(struct krv_batch *batch, uint64_t seq, uint8_t kind) {
  struct krv_store_item item;
  if (batch->bytes.status != 0) return batch->bytes.status;
  krv_buf_reset(&batch->old);
  int status = batch->store->driver->item_get(batch->store, seq, &item, &batch->old);
  if (status != KRV_OK) return status;
  bool same = item.kind == kind && krv_slice_equal(item.bytes, krv_buf_slice(&batch->bytes));
  return same ? KRV_OK : KRV_NOT_FOUND;
}

int krv_batch_kv_number(struct krv_batch *batch, enum krv_kv table, const struct krv_buf *key,
                        uint64_t *out) {
  *out = 0;
  if (key->status != 0) return key->status;
  krv_buf_reset(&batch->old);
  int status =
      batch->store->driver->kv_get(batch->store, table, krv_buf_slice(key), &batch->old);
  if (status == KRV_NOT_FOUND) return KRV_OK;
  if (status != KRV_OK) return status;
  struct krv_in in = krv_in(krv_buf_slice(&batch->old));
  *out = krv_in_u64(&in);
  return krv_in_end(&in) == KRV_OK ? KRV_OK : KRV_DAMAGED;
}

int krv_batch_kv_put_number(struct krv_batch *batch, enum krv_kv table, const struct krv_buf *key,
                            uint64_t v) {
  if (key->status != 0) return key->status;
  krv_buf_reset(&batch->old);
  krv_buf_u64(&batch->old, v);
  if (batch->old.status != 0) return batch->old.status;
  return batch->store->driver->kv_put(batch->store, table, krv_buf_slice(key),
                                      krv_buf_slice(&batch->old));
}

int krv_batch_kv_put(struct krv_batch *batch, enum krv_kv table, struct krv_slice key,
                     struct krv_slice value) {
  int status = krv_batch_begin(batch);
  if (status != KRV_OK) return status;
  return krv_batch_note(batch, batch->store->driver->kv_put(batch->store, table, key, value));
}

int krv_batch_receipts(struct krv_batch *batch, krv_device_ix office, uint16_t *out) {
  struct krv_buf key;
  uint64_t count;
  device_key(&key, batch, office);
  int status = krv_batch_kv_number(batch, KRV_KV_RECEIPTS, &key, &count);
  krv_buf_release(&key);
  *out = (uint16_t)count;
  return status;
}

/* ---- requests to join ---- */

/* The value under an invite id: session key 32, contested u8, then terms and join. */
struct request {
  struct krv_key session_pk;
  bool contested;
  struct krv_slice terms_and_join;
};

static int read_request(struct krv_batch *batch, struct krv_slice key, struct request *out) {
  krv_buf_reset(&batch->old);
  int status = batch->store->driver->kv_get(batch->store, KRV_KV_INVITE, key, &batch->old);
  if (status != KRV_OK) return status;
  struct krv_in in = krv_in(krv_buf_slice(&batch->old));
  krv_in_copy(&in, out->session_pk.b, KRV_KEY_LEN);
  out->contested = krv_in_u8(&in) != 0;
  out->terms_and_join = krv_in_rest(&in);
  return krv_in_end(&in) == KRV_OK ? KRV_OK : KRV_DAMAGED;
}

/* Who invited, as the request says; KRV_MSG_NO_DEVICE: nobody in the roster. */
static krv_device_ix inviter_of(const struct krv_batch *batch, struct krv_slice terms_and_join,
                                struct krv_in *rest, struct krv_invite_terms *terms) {
  *rest = krv_in(terms_and_join);
  krv_invite_terms_decode(rest, terms);
  bool known = rest->status == KRV_OK && krv_roster_device(batch->roster, terms->inviter);
  return known ? terms->inviter : KRV_MSG_NO_DEVICE;
}

/* A member's own device approves its further devices, and may be no administrator (R13). */
static int post_to_inviter(struct krv_batch *batch, const struct request *request, uint64_t seq) {
  struct krv_invite_terms terms;
  struct krv_in rest;
  krv_device_ix inviter = inviter_of(batch, request->terms_and_join, &rest, &terms);
  if (inviter == KRV_MSG_NO_DEVICE) return KRV_OK;
  return batch->store->driver->inbox_put(batch->store, krv_box_device(inviter), seq, seq);
}

/* Does it wait for an answer that may still come? */
static bool waits(const struct krv_batch *batch, struct krv_slice terms_and_join,
                  krv_group_ix member) {
  enum { ANSWER_S = 30 * 24 * 60 * 60 }; /* after the invitation has ended */
  struct krv_join join = {0};
  struct krv_in in;
  krv_device_ix inviter = inviter_of(batch, terms_and_join, &in, &join.terms);
  if (inviter == KRV_MSG_NO_DEVICE || krv_batch_member(batch, inviter) != member) return false;
  krv_join_decode(&in, &join);
  return krv_in_end(&in) == KRV_OK &&
         !krv_roster_device_by_session(batch->ahead, &join.keys.session_pk) &&
         (int64_t)join.terms.expires_s + ANSWER_S >= batch->env->wall_s(batch->env->ctx);
}

static int count_waiting(struct krv_batch *batch, krv_group_ix member, uint32_t *count) {
  const struct krv_store_driver *driver = batch->store->driver;
  struct krv_store_item item;
  struct krv_msg_join msg;
  uint64_t at = 0, seq = 0;
  int status;
  *count = 0;
  while ((status = driver->inbox_next(batch->store, KRV_BOX_ADMISSION, at, seq, &at, &seq)) ==
         KRV_OK) {
    krv_buf_reset(&batch->old);
    status = driver->item_get(batch->store, seq, &item, &batch->old);
    if (status != KRV_OK) return status;
    if (item.kind == KRV_MSG_JOIN && krv_msg_join_decode(item.bytes, &msg) == KRV_OK)
      *count += waits(batch, msg.terms_and_join, member);
  }
  return status == KRV_END ? KRV_OK : status;
}

/* What a member's invitations bring waits with everybody who approves: so many, and no more, until
 * they are answered. The office is told. */
static int check_waiting(struct krv_batch *batch, struct krv_slice terms_and_join) {
  struct krv_invite_terms terms;
  struct krv_in rest;
  krv_device_ix inviter = inviter_of(batch, terms_and_join, &rest, &terms);
  uint32_t count;
  if (inviter == KRV_MSG_NO_DEVICE) return KRV_OK;
  int status = count_waiting(batch, krv_batch_member(batch, inviter), &count);
  if (status != KRV_OK || count < KRV_REQUESTS_OF_ONE_MAX) return status;
  status = krv_batch_notice(batch, inviter, KRV_QUOTA);
  return status == KRV_OK ? KRV_QUOTA : status;
}

static int post_request(struct krv_batch *batch, struct krv_slice key,
                        const struct request *request) {
  struct krv_store *store = batch->store;
  krv_buf_reset(&batch->bytes);
  krv_buf_append(&batch->bytes, request->session_pk.b, KRV_KEY_LEN);
  krv_buf_u8(&batch->bytes, request->contested);
  krv_buf_put(&batch->bytes, request->terms_and_join);
  int status = batch->bytes.status;
  if (status == KRV_OK)
    status = store->driver->kv_put(store, KRV_KV_INVITE, key, krv_buf_slice(&batch->bytes));
  if (status != KRV_OK) return status;
  struct krv_msg_join msg = {request->contested, request->terms_and_join};
  struct krv_invite_terms terms;
  struct krv_in rest;
  krv_device_ix inviter = inviter_of(batch, request->terms_and_join, &rest, &terms);
  uint64_t seq;
  krv_buf_reset(&batch->bytes);
  krv_msg_join_encode(&msg, &batch->bytes);
  status = krv_batch_append(batch, inviter, KRV_MSG_JOIN, 0, NULL, &seq);
  if (status == KRV_OK) status = store->driver->inbox_put(store, KRV_BOX_ADMISSION, seq, seq);
  return status == KRV_OK ? post_to_inviter(batch, request, seq) : status;
}

/* Another key tried the same invitation: those who approve learn it once. */
static int contest(struct krv_batch *batch, struct krv_slice key, struct request *request) {
  if (request->contested) return KRV_INVITE_USED;
  request->contested = true;
  int status = post_request(batch, key, request);
  return status == KRV_OK ? KRV_INVITE_USED : status;
}

int krv_batch_join(struct krv_batch *batch, const uint8_t invite_id[8],
                   const struct krv_key *session_pk, struct krv_slice terms_and_join) {
  struct krv_slice key = krv_slice(invite_id, KRV_INVITE_ID_LEN);
  struct request request = {0};
  int status = krv_batch_begin(batch);
  if (status != KRV_OK) return status;
  status = read_request(batch, key, &request);
  if (status == KRV_NOT_FOUND) {
    request = (struct request){*session_pk, false, terms_and_join};
    status = check_waiting(batch, terms_and_join);
    if (status == KRV_OK) status = post_request(batch, key, &request);
  } else if (status == KRV_OK) {
    bool same_key = memcmp(request.session_pk.b, session_pk->b, KRV_KEY_LEN) == 0;
    bool same = same_key && krv_slice_equal(request.terms_and_join, terms_and_join);
    if (!same_key) status = contest(batch, key, &request);
    else if (!same) status = KRV_EXISTS;
  }
  return krv_batch_note(batch, status);
}
