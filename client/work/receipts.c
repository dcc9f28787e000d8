/* receipts: what an office device tells authors (R21). One receipt per author and transaction, of
 * the newest commit of each line that the transaction delivered; created in the transaction that
 * made the commits durable, so it never speaks of anything that a power cut could take back. */
#include <stdlib.h>
#include <string.h>

#include "fork.h"
#include "intake_in.h"
#include "keep.h"
#include "receipt.h"

int krv_intake_delivered(struct krv_intake *intake, const struct krv_tip *tip,
                         enum krv_verdict verdict) {
  static const uint8_t reasons[] = {
      [KRV_VERDICT_APPLIED] = KRV_RECEIPT_DELIVERED,
      [KRV_VERDICT_QUARANTINED] = KRV_RECEIPT_QUARANTINED,
      [KRV_VERDICT_NOOP] = KRV_RECEIPT_DELIVERED,
      [KRV_VERDICT_WAITS_CUT] = KRV_RECEIPT_WAITING,
  };
  if (verdict == KRV_VERDICT_HELD || krv_is_former(tip->device)) return 0;
  if (krv_fork_unsaid(intake->world, tip->device)) return 0;
  /* let in since a fork began */
  if (!krv_roster_device(intake->world->roster, tip->device)) return 0;
  const struct krv_line_commit *c = krv_lines_find(krv_case_lines(intake->open->kase), tip);
  int status = krv_grow(intake->world->env, &intake->deliveries, &intake->delivery_cap,
                        intake->delivery_count, sizeof *intake->deliveries);
  if (status != 0) return status;
  intake->deliveries[intake->delivery_count++] = (struct krv_delivery){
      tip->device, intake->open->id, *tip, c ? c->prev : krv_id_zero, reasons[verdict]};
  return 0;
}

static int by_author(const void *a, const void *b) {
  const struct krv_delivery *x = a, *y = b;
  if (x->author != y->author) return x->author < y->author ? -1 : 1;
  int order = krv_id_compare(&x->kase, &y->kase);
  if (order == 0) order = (int)x->reason - (int)y->reason;
  if (order == 0) order = x->tip.n < y->tip.n ? -1 : x->tip.n > y->tip.n;
  return order != 0 ? order : krv_id_compare(&x->tip.id, &y->tip.id);
}

/* The next commit of the same line, with the same verdict, speaks for this one. It stands close
 * behind, but where a device has forked without end: there one id more does no harm. */
static bool spoken_for(const struct krv_delivery *d, size_t left) {
  enum { LOOK_MAX = 64 };
  for (size_t i = 1; i <= left && i <= LOOK_MAX; i++) {
    bool near = d[i].author == d->author && d[i].reason == d->reason &&
                krv_id_equal(&d[i].kase, &d->kase) && d[i].tip.n <= d->tip.n + 1;
    if (!near) return false;
    if (krv_id_equal(&d[i].prev, &d->tip.id)) return true;
  }
  return false;
}

static int post(struct krv_intake *intake, krv_device_ix author,
                const struct krv_receipt_line *lines, uint32_t count) {
  struct krv_world *world = intake->world;
  const struct krv_device *device = krv_roster_device(world->roster, author);
  uint8_t id8[KRV_RECEIPT_IDS_MAX * 8], reasons[KRV_RECEIPT_IDS_MAX];
  struct krv_msg_receipt msg = {
      .office = world->member.device, .author = author, .count = count, .id8 = id8};
  struct krv_tip name = {0};
  struct krv_buf stored;
  for (uint32_t i = 0; i < count; i++) {
    memcpy(id8 + (size_t)i * 8, lines[i].id.b, 8);
    reasons[i] = lines[i].reason;
    if (lines[i].reason != KRV_RECEIPT_DELIVERED) msg.reasons = reasons;
  }
  int status = krv_receipt_mac(&world->keys.seal, &device->keys.seal_pk, world->member.device,
                               author, lines, count, msg.mac);
  if (status != 0) return status;
  krv_buf_init(&stored, world->env);
  krv_msg_receipt_encode(&msg, &stored);
  krv_item_id(KRV_MSG_RECEIPT, krv_buf_slice(&stored), &name.id);
  struct krv_arrival own = {KRV_ORIGIN_OWN, KRV_MSG_RECEIPT, krv_buf_slice(&stored)};
  status = stored.status;
  if (status == 0) status = krv_intake_store(intake, &own, 0, &name, krv_buf_slice(&stored), NULL);
  krv_buf_release(&stored);
  world->standing.receipts_given++;
  intake->touched = true;
  return status;
}

int krv_intake_receipts_due(struct krv_intake *intake) {
  const struct krv_device *self = krv_world_self(intake->world);
  struct krv_receipt_line lines[KRV_RECEIPT_IDS_MAX];
  uint32_t count = 0;
  int status = 0;
  if (!self || !(self->roles & KRV_ROLE_OFFICE) || intake->delivery_count == 0) return 0;
  qsort(intake->deliveries, intake->delivery_count, sizeof *intake->deliveries, by_author);
  for (size_t i = 0; status == 0 && i < intake->delivery_count; i++) {
    const struct krv_delivery *d = &intake->deliveries[i];
    bool last = i + 1 == intake->delivery_count || d[1].author != d->author;
    bool mine = d->author == self->ix;
    if (!mine && !spoken_for(d, intake->delivery_count - 1 - i))
      lines[count++] = (struct krv_receipt_line){d->tip.id, d->reason};
    if (count == 0 || !(last || count == KRV_RECEIPT_IDS_MAX)) continue;
    status = post(intake, d->author, lines, count);
    count = 0;
  }
  return status;
}

static int tip_again(void *ctx, const struct krv_line_commit *commit) {
  return krv_intake_delivered(ctx, &commit->tip, (enum krv_verdict)commit->verdict);
}

static int forget_given(struct krv_intake *intake) {
  struct krv_vault *vault = intake->world->vault;
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status;
  krv_buf_init(&bytes, intake->world->env);
  while ((status = krv_vault_item_next(vault, 0, lid, &item, &bytes)) == 0) {
    lid = item.lid;
    krv_buf_reset(&bytes);
    if (item.kind == KRV_MSG_RECEIPT) status = krv_vault_item_delete(vault, lid);
    if (status != 0) break;
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

int krv_intake_restart(struct krv_intake *intake) {
  struct krv_index *index = intake->world->index;
  struct krv_folder *folder;
  int status = forget_given(intake);
  intake->world->standing.receipts_given = 0;
  intake->world->standing.receipts_repeated = false;
  for (uint32_t i = 0; status == 0 && i < krv_index_count(index); i++) {
    struct krv_id kase = krv_index_at(index, i)->id;
    status = krv_intake_folder(intake, &kase, &folder);
    if (status == KRV_DAMAGED && krv_intake_unread(intake)) {
      status = 0;
      continue;
    }
    if (status != 0) break;
    folder->own_server_n = 0;
    folder->dirty = true;
    status = krv_lines_tips(krv_case_lines(folder->kase), tip_again, intake);
    /* who brings others' changes holds no grants of theirs: what he brings shall be readable by
     * all */
    if (status == 0) status = krv_keep_grant_again(intake, &kase, NULL, NULL);
  }
  return status == 0 ? krv_intake_bring_document(intake) : status;
}
