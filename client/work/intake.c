#include "intake_in.h"

#include <stdlib.h>
#include <string.h>

#include "alarm.h"
#include "keep.h"
#include "upgrade.h"

int krv_intake_begin(struct krv_world *world, struct krv_intake **out) {
  *out = NULL;
  int status = krv_world_fresh(world);
  if (status != 0) return status;
  struct krv_intake *intake = krv_zalloc(world->env, 1, sizeof *intake);
  if (!intake) return KRV_NOMEM;
  intake->world = world;
  intake->news_before = world->news;
  status = krv_vault_begin(world->vault);
  if (status != 0) krv_free(world->env, intake);
  else *out = intake;
  return status;
}

static void release(struct krv_intake *intake) {
  const struct krv_env *env = intake->world->env;
  krv_folder_free(intake->open);
  krv_free(env, intake->deliveries);
  krv_free(env, intake->granted);
  krv_free(env, intake);
}

void krv_intake_rollback(struct krv_intake *intake) {
  struct krv_world *world = intake->world;
  krv_vault_rollback(world->vault);
  world->news = intake->news_before;
  release(intake);
  /* What memory held of the transaction is read anew. Should that fail, it is
   * tried again before the next transaction. */
  (void)krv_world_reload(world);
}

int krv_intake_settle(struct krv_intake *intake) {
  struct krv_world *world = intake->world;
  struct krv_folder *folder = intake->open;
  struct krv_buf bytes;
  struct krv_card card;
  int status = folder ? krv_intake_ask(intake) : 0;
  if (status != 0 || !folder || !folder->dirty) return status;
  krv_buf_init(&bytes, world->env);
  status = krv_folder_store(folder, &bytes);
  if (status != 0 || bytes.len == 0) { /* set aside: lists know nothing of it */
    krv_buf_wipe(&bytes);
    return status;
  }
  if (status == 0) status = krv_card_decode(krv_buf_slice(&bytes), &card);
  if (status == 0) {
    card.lid = folder->lid;
    status = krv_index_put(world->index, &card);
  }
  if (status == 0 && world->search)
    status = krv_dossier_search_put(world, folder->lid, krv_case_state(folder->kase));
  krv_buf_wipe(&bytes);
  return status;
}

int krv_intake_folder(struct krv_intake *intake, const struct krv_id *kase,
                      struct krv_folder **out) {
  *out = NULL;
  intake->unread = false;
  if (!intake->open || !krv_id_equal(&intake->open->id, kase)) {
    int status = krv_intake_settle(intake);
    if (status != 0) return status;
    krv_folder_free(intake->open);
    intake->open = NULL;
    status = krv_folder_load_id(intake->world, kase, &intake->open);
    if (status == KRV_DAMAGED) {
      int told = krv_intake_tell_damaged(intake, kase);
      intake->unread = told == 0;
      return told == 0 ? status : told;
    }
    if (status != 0) return status;
  }
  *out = intake->open;
  return 0;
}

bool krv_intake_unread(const struct krv_intake *intake) {
  return intake->unread;
}

int krv_intake_tell_damaged(struct krv_intake *intake, const struct krv_id *kase) {
  return krv_alarm_raise(intake->world, &(struct krv_alarm){.kind = KRV_ALARM_DAMAGED_CASE,
                                                            .device = KRV_NO_INDEX,
                                                            .kase = *kase,
                                                            .count = 1});
}

int krv_intake_new_folder(struct krv_intake *intake, const struct krv_id *kase,
                          const struct krv_genesis *genesis, struct krv_folder **out) {
  int status = krv_intake_folder(intake, kase, out);
  if (status != KRV_NOT_FOUND) return status;
  status = krv_folder_new(intake->world, kase, genesis, &intake->open);
  *out = intake->open;
  return status;
}

struct krv_world *krv_intake_world(struct krv_intake *intake) {
  return intake->world;
}

int krv_intake_each_case(struct krv_intake *intake,
                         int (*fn)(struct krv_intake *intake, const struct krv_id *kase,
                                   const void *ctx),
                         const void *ctx) {
  struct krv_world *world = intake->world;
  uint32_t count = krv_index_count(world->index);
  struct krv_id aside, *ids = krv_alloc(world->env, (count + 1) * sizeof *ids);
  int64_t lid = 0;
  int status = ids ? 0 : KRV_NOMEM;
  for (uint32_t i = 0; status == 0 && i < count; i++) ids[i] = krv_index_at(world->index, i)->id;
  for (uint32_t i = 0; status == 0 && i < count; i++) status = fn(intake, &ids[i], ctx);
  krv_free(world->env, ids);
  while (status == 0 && (status = krv_vault_aside_next(world->vault, lid, &lid, &aside)) == 0)
    status = fn(intake, &aside, ctx);
  return status == KRV_END ? 0 : status;
}

static bool wants_retry(const struct krv_card *card) {
  return card->held > 0 || (card->flags & KRV_CARD_KEYLESS);
}

static int retry(struct krv_intake *intake, const struct krv_id *kase) {
  struct krv_folder *folder;
  int status = krv_intake_folder(intake, kase, &folder);
  if (status == KRV_DAMAGED && intake->unread) return 0;
  if (status == 0) status = krv_intake_regrant(intake);
  return status == 0 ? krv_intake_retry(intake) : status;
}

/* What was set aside opens with a new secret only: roster entries need not look at it. */
static int retry_asides(struct krv_intake *intake) {
  struct krv_id kase;
  int64_t lid = 0;
  int status = 0;
  while (status == 0 &&
         (status = krv_vault_aside_next(intake->world->vault, lid, &lid, &kase)) == 0)
    status = retry(intake, &kase);
  return status == KRV_END ? 0 : status;
}

/* After a roster entry or a group secret: every case that waits is tried again. */
static int retry_all(struct krv_intake *intake) {
  struct krv_index *index = intake->world->index;
  struct krv_id *ids = NULL;
  size_t count = 0, cap = 0;
  int status = krv_intake_settle(intake);
  for (uint32_t i = 0; status == 0 && i < krv_index_count(index); i++) {
    const struct krv_card *card = krv_index_at(index, i);
    if (!wants_retry(card)) continue;
    status = krv_grow(intake->world->env, &ids, &cap, count, sizeof *ids);
    if (status == 0) ids[count++] = card->id;
  }
  for (size_t i = 0; status == 0 && i < count; i++) status = retry(intake, &ids[i]);
  krv_free(intake->world->env, ids);
  return status == 0 && intake->secret_came ? retry_asides(intake) : status;
}

static int save_standing(struct krv_intake *intake) {
  struct krv_world *world = intake->world;
  int status = krv_standing_save(world->vault, world->env, &world->standing);
  return status == 0 ? krv_member_save(world->vault, world->env, &world->member) : status;
}

int krv_intake_part_begin(struct krv_intake *intake) {
  int status = krv_intake_settle(intake);
  return status == 0 ? krv_vault_point(intake->world->vault) : status;
}

int krv_intake_part_end(struct krv_intake *intake, int failed) {
  if (failed == 0) return krv_vault_point_keep(intake->world->vault);
  krv_folder_free(intake->open); /* it was not settled: lists know nothing of it */
  intake->open = NULL;
  int status = krv_vault_point_back(intake->world->vault);
  return status == 0 ? failed : status;
}

int krv_intake_commit(struct krv_intake *intake) {
  int status = intake->grew ? retry_all(intake) : 0;
  if (status == 0 && intake->grew_from > 0) status = krv_keep_newcomers(intake, intake->grew_from);
  if (status == 0) status = krv_intake_settle(intake);
  if (status == 0) status = krv_intake_receipts_due(intake);
  if (status == 0 && intake->newer) status = krv_upgrade_note(intake->world);
  if (status == 0 && intake->touched) status = save_standing(intake);
  if (status == 0) status = krv_vault_commit(intake->world->vault);
  if (status != 0) {
    krv_intake_rollback(intake);
    return status;
  }
  release(intake);
  return 0;
}

size_t krv_intake_count(const struct krv_intake *intake) {
  return intake->count;
}

size_t krv_intake_fresh(const struct krv_intake *intake) {
  return intake->fresh;
}

void krv_intake_touch(struct krv_intake *intake) {
  intake->touched = true;
}

const struct krv_id *krv_intake_last_case(const struct krv_intake *intake) {
  return &intake->last_case;
}

void krv_intake_set_last_case(struct krv_intake *intake, const struct krv_id *kase) {
  intake->last_case = *kase;
}

typedef int (*krv_intake_fn)(struct krv_intake *intake, const struct krv_arrival *arrival);

static krv_intake_fn handler(enum krv_message_kind kind) {
  static const struct {
    enum krv_message_kind kind;
    krv_intake_fn fn;
  } table[] = {
      {KRV_MSG_GENESIS, krv_intake_genesis}, {KRV_MSG_COMMIT, krv_intake_change},
      {KRV_MSG_GRANT, krv_intake_grant},     {KRV_MSG_UNROUTE, krv_intake_unroute},
      {KRV_MSG_NEED, krv_intake_need},       {KRV_MSG_ROSTER, krv_intake_roster},
      {KRV_MSG_BOX, krv_intake_box},         {KRV_MSG_JOIN, krv_intake_join},
      {KRV_MSG_DOC, krv_intake_doc},         {KRV_MSG_RECEIPT, krv_intake_receipt},
      {KRV_MSG_NOTICE, krv_intake_notice},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (table[i].kind == kind) return table[i].fn;
  return NULL;
}

int krv_intake_item(struct krv_intake *intake, enum krv_origin origin, enum krv_message_kind kind,
                    struct krv_slice payload) {
  krv_intake_fn fn = handler(kind);
  if (!fn) return KRV_PROTOCOL;
  int status = fn(intake, &(struct krv_arrival){origin, kind, payload});
  if (status == 0) intake->count++;
  return status;
}

int krv_intake_tell_over(struct krv_intake *intake, krv_device_ix device,
                         const struct krv_id *kase) {
  struct krv_alarm alarm = {.kind = KRV_ALARM_PASSED_OVER, .device = device};
  if (kase) alarm.kase = *kase;
  return krv_alarm_raise(intake->world, &alarm);
}

void krv_item_id(enum krv_message_kind kind, struct krv_slice stored, struct krv_id *out) {
  uint8_t number = (uint8_t)kind;
  struct krv_slice parts[2] = {krv_slice(&number, 1), stored};
  krv_h(KRV_DOMAIN_ITEM, parts, 2, out->b, sizeof out->b);
}

int krv_intake_known(struct krv_intake *intake, const struct krv_id *id, int64_t *lid) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int status;
  krv_buf_init(&bytes, intake->world->env);
  for (uint32_t i = 0;; i++) {
    krv_buf_reset(&bytes);
    status = krv_vault_item_named(intake->world->vault, id->b, i, &item, &bytes);
    if (status != 0 || krv_id_equal(&item.id, id)) break;
  }
  if (status == 0 && lid) *lid = item.lid;
  krv_buf_release(&bytes);
  return status == KRV_END ? KRV_NOT_FOUND : status;
}

static int reopen_one(struct krv_intake *intake, int64_t lid) {
  if (intake->reopened == 0 || lid < intake->reopened) intake->reopened = lid;
  return krv_vault_item_mark(intake->world->vault, lid, KRV_MARK_NONE, 0);
}

/* It counts with the CURSOR that covers it. A commit of our own is brought all the same: what its
 * case shows of it hangs on an answer. */
static int arrived_again(struct krv_intake *intake, int64_t lid) {
  const struct krv_world *world = intake->world;
  struct krv_vault_item item;
  struct krv_buf bytes;
  krv_buf_init(&bytes, world->env);
  int status = krv_vault_item_get(world->vault, lid, &item, &bytes);
  krv_buf_release(&bytes);
  if (status != 0 || item.mark == KRV_MARK_AT_SERVER || item.mark == KRV_MARK_ARRIVED)
    return status;
  if (item.n == 0 || item.device != world->member.device)
    return krv_vault_item_mark(world->vault, lid, KRV_MARK_ARRIVED, 0);
  return item.mark == KRV_MARK_NONE ? 0 : reopen_one(intake, lid);
}

int krv_intake_known_arrived(struct krv_intake *intake, const struct krv_arrival *arrival,
                             const struct krv_id *id, bool *known) {
  int64_t lid;
  int status = krv_intake_known(intake, id, &lid);
  *known = status == 0;
  if (*known && arrival->origin == KRV_ORIGIN_SERVER) return arrived_again(intake, lid);
  return status == KRV_NOT_FOUND ? 0 : status;
}

int krv_intake_reopen(struct krv_intake *intake, int64_t case_lid) {
  struct krv_vault *vault = intake->world->vault;
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status;
  krv_buf_init(&bytes, intake->world->env);
  while ((status = krv_vault_marked_next(vault, KRV_MARK_REFUSED, lid, &item, &bytes)) == 0) {
    lid = item.lid;
    krv_buf_reset(&bytes);
    if (case_lid != 0 && item.case_lid != case_lid) continue;
    status = reopen_one(intake, lid);
    if (status != 0) break;
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

int krv_intake_granted(struct krv_intake *intake, int64_t case_lid) {
  size_t count = intake->granted_count;
  if (count > 0 && intake->granted[count - 1] == case_lid) return 0; /* they come case by case */
  int status = krv_grow(intake->world->env, &intake->granted, &intake->granted_cap, count,
                        sizeof *intake->granted);
  if (status == 0) intake->granted[intake->granted_count++] = case_lid;
  return status;
}

static int by_number(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

int krv_intake_reopen_granted(struct krv_intake *intake) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status = 0;
  size_t count = intake->granted_count;
  if (count == 0) return 0;
  qsort(intake->granted, count, sizeof *intake->granted, by_number);
  krv_buf_init(&bytes, intake->world->env);
  while (status == 0 && (status = krv_vault_marked_next(intake->world->vault, KRV_MARK_REFUSED, lid,
                                                        &item, &bytes)) == 0) {
    lid = item.lid;
    krv_buf_reset(&bytes);
    if (item.status == KRV_NO_GRANT &&
        bsearch(&item.case_lid, intake->granted, count, sizeof item.case_lid, by_number))
      status = reopen_one(intake, lid);
  }
  krv_buf_release(&bytes);
  intake->granted_count = 0;
  return status == KRV_END ? 0 : status;
}

int64_t krv_intake_reopened(const struct krv_intake *intake) {
  return intake->reopened;
}

int krv_intake_store(struct krv_intake *intake, const struct krv_arrival *arrival, int64_t case_lid,
                     const struct krv_tip *tip, struct krv_slice stored, int64_t *lid) {
  struct krv_vault_item item = {
      .case_lid = case_lid,
      .kind = (uint8_t)arrival->kind,
      .device = tip->device,
      .n = tip->n,
      .id = tip->id,
      .mark = arrival->origin == KRV_ORIGIN_OWN ? KRV_MARK_NONE : KRV_MARK_ARRIVED,
      .bytes = stored,
  };
  int status = krv_vault_item_put(intake->world->vault, &item);
  if (status == 0 && lid) *lid = item.lid;
  return status;
}
