/* sync_push: what the client says: OPEN, what the server lacks, receipts. */
#include <string.h>

#include "again.h"
#include "fork.h"
#include "sync_in.h"

static bool any(struct krv_sync *sync, enum krv_mark mark, int64_t *lid) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  krv_buf_init(&bytes, sync->env);
  bool found = krv_vault_marked_next(sync->world->vault, mark, 0, &item, &bytes) == 0;
  krv_buf_release(&bytes);
  *lid = found ? item.lid : 0;
  return found;
}

/* What came in a session that broke before the CURSOR comes again now, unless the server was set
 * back. */
static int await_again(struct krv_sync *sync) {
  int64_t lid;
  bool fresh = any(sync, KRV_MARK_ARRIVED, &lid);
  sync->awaits = fresh || any(sync, KRV_MARK_AWAITED, &lid);
  if (!fresh) return 0;
  int status = krv_sync_intake(sync);
  if (status == 0)
    status = krv_vault_marks_move(sync->world->vault, KRV_MARK_ARRIVED, KRV_MARK_AWAITED);
  return status == 0 ? krv_sync_settle(sync) : status;
}

int krv_sync_all_came(struct krv_sync *sync) {
  int64_t lid;
  if (!sync->awaits) return 0;
  sync->awaits = false;
  if (!any(sync, KRV_MARK_AWAITED, &lid)) return 0;
  if (lid <= sync->next_lid) sync->next_lid = lid - 1;
  int status = krv_sync_intake(sync);
  if (status != 0) return status;
  return krv_vault_marks_move(sync->world->vault, KRV_MARK_AWAITED, KRV_MARK_NONE);
}

int krv_sync_say_open(struct krv_sync *sync) {
  const struct krv_world *world = sync->world;
  const struct krv_standing *standing = &world->standing;
  int status = await_again(sync);
  if (status != 0) return status;
  const struct krv_roster *roster = krv_fork_told(world);
  struct krv_msg_open open = {
      .version = KRV_PROTOCOL_VERSION,
      .head_seq = standing->head_seq,
      .cursor = standing->cursor,
      .within = standing->within,
      .roster_count = krv_roster_count(roster),
  };
  memcpy(open.head_chain8, standing->head_chain8, sizeof open.head_chain8);
  if (open.roster_count > 0)
    memcpy(open.roster_head8, krv_roster_hash(roster, open.roster_count - 1),
           sizeof open.roster_head8);
  size_t mark = krv_message_begin(&sync->out, KRV_MSG_OPEN);
  krv_msg_open_encode(&open, &sync->out);
  krv_message_end(&sync->out, mark);
  if (sync->choice.watch) krv_message_empty(&sync->out, KRV_MSG_WATCH);
  sync->told = standing->cursor;
  sync->open_sent = true;
  return sync->out.status;
}

static bool is_commit(uint8_t kind) {
  return kind == KRV_MSG_COMMIT || kind == KRV_MSG_GENESIS;
}

/* An author by the number that he has by now (a fork of the roster may have changed it). */
static uint32_t number_said(const struct krv_sync *sync, const struct krv_vault_item *item) {
  if (item->device == sync->world->member.device) return KRV_MSG_NO_DEVICE;
  return krv_is_former(item->device) ? krv_former_device(item->device) : item->device;
}

/* Own commits go without a device, with the first 4 bytes of prev, and say a case once. */
static int say_commit(struct krv_sync *sync, const struct krv_vault_item *item, bool whole) {
  struct krv_msg_commit msg;
  int status = krv_msg_commit_decode(item->bytes, &msg);
  if (status != 0) return KRV_DAMAGED;
  msg.device = number_said(sync, item);
  if (msg.prev_len == 16 && !whole) msg.prev_len = 4;
  msg.same_case = krv_id_equal(&msg.kase, &sync->last_case_up);
  sync->last_case_up = msg.kase;
  krv_msg_commit_encode(&msg, &sync->out);
  return 0;
}

static int say_genesis(struct krv_sync *sync, const struct krv_vault_item *item) {
  struct krv_msg_genesis msg;
  const struct krv_card *card = krv_index_by_lid(sync->world->index, item->case_lid);
  struct krv_id kase = card ? card->id : krv_id_zero;
  int status = krv_msg_genesis_decode(item->bytes, &msg);
  if (status != 0) return KRV_DAMAGED;
  if (!card) status = krv_vault_case_id(sync->world->vault, item->case_lid, &kase); /* set aside */
  if (status != 0) return status == KRV_NOT_FOUND ? KRV_DAMAGED : status;
  msg.device = number_said(sync, item);
  sync->last_case_up = kase;
  krv_msg_genesis_encode(&msg, &sync->out);
  return 0;
}

static int say_grant(struct krv_sync *sync, const struct krv_vault_item *item) {
  struct krv_msg_grant msg;
  int status = krv_msg_grant_decode(item->bytes, &msg);
  if (status != 0) return KRV_DAMAGED;
  msg.giver = number_said(sync, item);
  msg.same_case = krv_id_equal(&msg.kase, &sync->last_case_up);
  sync->last_case_up = msg.kase;
  krv_msg_grant_encode(&msg, &sync->out);
  return 0;
}

/* What was just said will be answered. */
static int add_flight(struct krv_sync *sync, const struct krv_sync_flight *flight) {
  int status = sync->out.status;
  if (status == 0)
    status = krv_grow(sync->env, &sync->flights, &sync->flight_cap, sync->flight_count,
                      sizeof *sync->flights);
  if (status == 0) sync->flights[sync->flight_count++] = *flight;
  return status;
}

static int say_item(struct krv_sync *sync, const struct krv_vault_item *item, bool whole) {
  int status = 0;
  size_t mark = krv_message_begin(&sync->out, (enum krv_message_kind)item->kind);
  if (item->kind == KRV_MSG_COMMIT) status = say_commit(sync, item, whole);
  else if (item->kind == KRV_MSG_GENESIS) status = say_genesis(sync, item);
  else if (item->kind == KRV_MSG_GRANT) status = say_grant(sync, item);
  else krv_buf_put(&sync->out, item->bytes);
  krv_message_end(&sync->out, mark);
  const struct krv_sync_flight flight = {
      .lid = item->lid, .case_lid = item->case_lid, .kind = item->kind, .whole = whole};
  return status == 0 ? add_flight(sync, &flight) : status;
}

/* Grants and unroutes tell the server where to send. Has the access list, as it is known now,
 * overtaken this one, so that it would tell it wrongly? */
static int overtaken(struct krv_sync *sync, const struct krv_vault_item *item, bool *is) {
  struct krv_case_rights rights = krv_world_rights(sync->world);
  const struct krv_card *card = krv_index_by_lid(sync->world->index, item->case_lid);
  struct krv_msg_unroute unroute;
  struct krv_msg_grant grant;
  struct krv_access_list list;
  struct krv_folder *folder;
  bool grants = item->kind == KRV_MSG_GRANT;
  *is = false;
  if (!card || (item->kind != KRV_MSG_UNROUTE && !(grants && sync->counts.restarted))) return 0;
  int status = grants ? krv_msg_grant_decode(item->bytes, &grant)
                      : krv_msg_unroute_decode(item->bytes, &unroute);
  if (status != 0) return KRV_DAMAGED;
  struct krv_id kase = card->id;
  status = krv_sync_intake(sync);
  if (status == 0) status = krv_intake_folder(sync->world->incoming, &kase, &folder);
  if (status != 0) return status;
  krv_case_access(folder->kase, &rights, &list);
  bool listed =
      krv_access_list_mode(&list, grants ? grant.group : unroute.group) != KRV_ACCESS_NONE;
  *is = listed != grants;
  return 0;
}

/* A restored server shall know again who could write once, and then that he cannot any more. */
static int say_grant_and_unroute(struct krv_sync *sync, const struct krv_vault_item *item) {
  struct krv_msg_grant grant;
  int status = krv_msg_grant_decode(item->bytes, &grant);
  if (status == 0) status = say_item(sync, item, false);
  if (status != 0) return status;
  size_t mark = krv_message_begin(&sync->out, KRV_MSG_UNROUTE);
  krv_msg_unroute_encode(&(struct krv_msg_unroute){grant.kase, grant.group}, &sync->out);
  krv_message_end(&sync->out, mark);
  return add_flight(sync, &(struct krv_sync_flight){.kind = KRV_MSG_UNROUTE});
}

/* Who only a roster that lost let in is nobody there: refused, without asking. */
static int say_no_more(struct krv_sync *sync, const struct krv_vault_item *item) {
  int status = krv_sync_intake(sync);
  if (status != 0) return status;
  return krv_vault_item_mark(sync->world->vault, item->lid, KRV_MARK_REFUSED, KRV_UNKNOWN_DEVICE);
}

/* Nothing of it stays: should the device come back to the group, it is given anew. */
static int say_never(struct krv_sync *sync, const struct krv_vault_item *item) {
  int status = krv_sync_intake(sync);
  return status == 0 ? krv_vault_item_delete(sync->world->vault, item->lid) : status;
}

/* One item's turn. What needs no sending is done with. */
static int say_next(struct krv_sync *sync, const struct krv_vault_item *item) {
  bool is;
  if (item->kind == KRV_MSG_RECEIPT) return 0; /* these go out last */
  if (krv_fork_nobody(sync->world, item->device)) return say_no_more(sync, item);
  if (krv_fork_unsaid(sync->world, item->device) || krv_fork_misleads(sync->world, item)) return 0;
  if (krv_fork_too_late(sync->world, item)) return say_never(sync, item);
  int status = overtaken(sync, item, &is);
  if (status == KRV_DAMAGED && sync->world->incoming && krv_intake_unread(sync->world->incoming))
    return 0; /* nobody knows what its access list says: it waits */
  if (status != 0) return status;
  if (is && item->kind == KRV_MSG_UNROUTE)
    return krv_vault_item_mark(sync->world->vault, item->lid, KRV_MARK_AT_SERVER, 0);
  return is ? say_grant_and_unroute(sync, item) : say_item(sync, item, false);
}

/* After RESTART: the roster entries that the server may lack go before everything else. */
static int say_roster(struct krv_sync *sync, size_t budget) {
  const struct krv_roster *roster = krv_fork_told(sync->world);
  while (sync->roster_next < krv_roster_count(roster) && sync->out.len < budget) {
    size_t mark = krv_message_begin(&sync->out, KRV_MSG_ROSTER);
    krv_msg_roster_encode(&(struct krv_msg_roster){krv_roster_entry(roster, sync->roster_next++)},
                          &sync->out);
    krv_message_end(&sync->out, mark);
    const struct krv_sync_flight flight = {.kind = KRV_MSG_ROSTER, .brought = true};
    int status = add_flight(sync, &flight);
    if (status != 0) return status;
    sync->roster_open++;
  }
  return sync->out.status;
}

/* A new server takes the programme's roster in, up to the entry that names it, and answers then. */
int krv_sync_say_moved(struct krv_sync *sync, size_t budget) {
  while (!krv_sync_moved_said(sync) && sync->out.len < budget) {
    size_t mark = krv_message_begin(&sync->out, KRV_MSG_ROSTER);
    krv_msg_roster_encode(
        &(struct krv_msg_roster){krv_roster_entry(sync->moved, sync->moved_next++)}, &sync->out);
    krv_message_end(&sync->out, mark);
  }
  return sync->out.status;
}

bool krv_sync_moved_said(const struct krv_sync *sync) {
  return !sync->moved || sync->moved_next > krv_roster_server_since(sync->moved);
}

/* The whole commits for a server that could not fill their prev in. */
static int say_wholes(struct krv_sync *sync, size_t budget) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int status = 0;
  krv_buf_init(&bytes, sync->env);
  while (status == 0 && sync->whole_next < sync->whole_count && sync->out.len < budget) {
    krv_buf_reset(&bytes);
    int64_t lid = sync->wholes[sync->whole_next++];
    status = krv_vault_item_get(sync->world->vault, lid, &item, &bytes);
    if (status == 0) status = say_item(sync, &item, true);
  }
  krv_buf_release(&bytes);
  if (sync->whole_next == sync->whole_count) sync->whole_next = sync->whole_count = 0;
  return status;
}

/* Early data may be played back: it holds only what is the same however often it comes (R26), as
 * much as fits, cut between items, but one item at least. What must wait holds up what comes after
 * it. */
static bool waits_for_channel(const struct krv_sync *sync, const struct krv_vault_item *item,
                              size_t budget) {
  if (sync->sm.state != KRV_SYNC_START) return false;
  if (!krv_message_may_be_early(item->kind)) return true;
  return sync->flight_count > 0 && sync->out.len + item->bytes.len > budget;
}

int krv_sync_say_items(struct krv_sync *sync, size_t budget) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int status = say_roster(sync, budget);
  if (status == 0) status = say_wholes(sync, budget);
  if (sync->roster_open > 0) return status; /* until then, whose number is whose is not known */
  krv_buf_init(&bytes, sync->env);
  while (status == 0 && sync->out.len < budget) {
    krv_buf_reset(&bytes);
    status =
        krv_vault_marked_next(sync->world->vault, KRV_MARK_NONE, sync->next_lid, &item, &bytes);
    if (status != 0 || waits_for_channel(sync, &item, budget)) break;
    sync->next_lid = item.lid;
    status = say_next(sync, &item);
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

bool krv_sync_all_said(struct krv_sync *sync) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = sync->next_lid;
  bool all = sync->whole_count == 0 &&
             sync->roster_next >= krv_roster_count(krv_fork_told(sync->world));
  krv_buf_init(&bytes, sync->env);
  while (all && krv_vault_marked_next(sync->world->vault, KRV_MARK_NONE, lid, &item, &bytes) == 0) {
    lid = item.lid;
    all = item.kind == KRV_MSG_RECEIPT;
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return all;
}

/* ---- receipts (R21) */

/* Calls for every receipt with a mark; the callback may change or delete it. */
static int each_receipt(struct krv_sync *sync, enum krv_mark mark,
                        int (*each)(struct krv_sync *sync, const struct krv_vault_item *item)) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status;
  krv_buf_init(&bytes, sync->env);
  while ((status = krv_vault_item_next(sync->world->vault, 0, lid, &item, &bytes)) == 0) {
    lid = item.lid;
    if (item.kind == KRV_MSG_RECEIPT && item.mark == mark) status = each(sync, &item);
    krv_buf_reset(&bytes);
    if (status != 0) break;
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

static int say_receipt(struct krv_sync *sync, const struct krv_vault_item *item) {
  struct krv_msg_receipt msg;
  if (krv_msg_receipt_decode(item->bytes, &msg) != 0) return KRV_DAMAGED;
  if (krv_fork_misleads(sync->world, item)) return 0;
  msg.office = KRV_MSG_NO_DEVICE;
  size_t mark = krv_message_begin(&sync->out, KRV_MSG_RECEIPT);
  krv_msg_receipt_encode(&msg, &sync->out);
  krv_message_end(&sync->out, mark);
  sync->counts.receipts_up++;
  int status = krv_sync_intake(sync);
  if (status == 0)
    status = krv_vault_item_mark(sync->world->vault, item->lid, KRV_MARK_AT_SERVER, 0);
  return status == 0 ? sync->out.status : status;
}

int krv_sync_say_receipts(struct krv_sync *sync) {
  return each_receipt(sync, KRV_MARK_NONE, say_receipt);
}

static int drop_receipt(struct krv_sync *sync, const struct krv_vault_item *item) {
  return krv_vault_item_delete(sync->world->vault, item->lid);
}

static int repeat_receipt(struct krv_sync *sync, const struct krv_vault_item *item) {
  return krv_vault_item_mark(sync->world->vault, item->lid, KRV_MARK_NONE, 0);
}

static int count_receipt(struct krv_sync *sync, const struct krv_vault_item *item) {
  (void)item;
  sync->receipts_found++;
  return 0;
}

/* The server tells how many it has stored: those that were sent are done with, or go once more. */
static int compare_receipts(struct krv_sync *sync, uint16_t stored) {
  struct krv_standing *standing = &sync->world->standing;
  sync->receipts_found = 0;
  int status = each_receipt(sync, KRV_MARK_NONE, count_receipt);
  uint16_t unsent = (uint16_t)sync->receipts_found;
  if (status == 0) status = each_receipt(sync, KRV_MARK_AT_SERVER, count_receipt);
  if (status != 0) return status;
  bool sent_any = sync->receipts_found > unsent;
  bool equal = stored == (uint16_t)(standing->receipts_given - unsent);
  if (equal && !sent_any && !standing->receipts_repeated) return 0;
  status = krv_sync_intake(sync);
  if (status != 0) return status;
  krv_intake_touch(sync->world->incoming);
  if (!equal && !standing->receipts_repeated) {
    standing->receipts_repeated = true;
    return each_receipt(sync, KRV_MARK_AT_SERVER, repeat_receipt);
  }
  if (!equal) standing->receipts_given = (uint16_t)(stored + unsent); /* all were repeated once */
  standing->receipts_repeated = false;
  return each_receipt(sync, KRV_MARK_AT_SERVER, drop_receipt);
}

/* ---- answers */

static int one_answer(struct krv_sync *sync, size_t place, int status) {
  struct krv_sync_flight *flight = &sync->flights[place];
  if (status == KRV_EXISTS) status = 0;
  flight->status = status;
  if (flight->brought) sync->roster_open--;
  if (flight->lid == 0) return 0; /* it goes once more, or is only brought */
  if (status == 0) sync->counts.commits_up += is_commit(flight->kind);
  else if (status != KRV_NEED_PREV || flight->whole || flight->kind != KRV_MSG_COMMIT)
    sync->counts.refused++;
  else {
    status = krv_grow(sync->env, &sync->wholes, &sync->whole_cap, sync->whole_count,
                      sizeof *sync->wholes);
    if (status != 0) return status;
    /* when there is room: an ACK may ask for many */
    sync->wholes[sync->whole_count++] = flight->lid;
    flight->lid = 0; /* its mark is that of the whole one */
  }
  return 0;
}

int krv_sync_hear_ack(struct krv_sync *sync, struct krv_slice payload, bool answer) {
  struct krv_msg_ack ack;
  int status = krv_msg_ack_decode(payload, answer, sync->exceptions, &ack);
  if (status != 0) return status;
  if (ack.accepted > sync->flight_count - sync->acked) return KRV_PROTOCOL;
  size_t first = sync->acked, e = 0;
  for (uint32_t i = 0; status == 0 && i < ack.accepted; i++) {
    bool excepted = e < ack.exception_count && ack.exceptions[e].index == i;
    status = one_answer(sync, first + i, excepted ? ack.exceptions[e++].status : 0);
  }
  sync->acked += ack.accepted;
  sync->cursor_due = ack.cursor_follows;
  if (status == 0 && answer) status = compare_receipts(sync, ack.receipts);
  return status;
}

/* A proposal that the server appended is chain now; one that came too late is made anew. */
static int store_roster_mark(struct krv_sync *sync, const struct krv_sync_flight *flight) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  krv_buf_init(&bytes, sync->env);
  int status = krv_vault_item_get(sync->world->vault, flight->lid, &item, &bytes);
  if (status == KRV_NOT_FOUND) { /* made anew already */
    krv_buf_release(&bytes);
    return 0;
  }
  if (status == 0 && flight->status == 0) {
    status = krv_vault_item_delete(sync->world->vault, item.lid);
    if (status == 0)
      status = krv_intake_item(sync->world->incoming, KRV_ORIGIN_OWN, KRV_MSG_ROSTER, item.bytes);
  } else if (status == 0 && flight->status == KRV_STALE) {
    status = krv_again(sync->world);
  } else if (status == 0) {
    status = krv_vault_item_mark(sync->world->vault, item.lid, KRV_MARK_REFUSED, flight->status);
  }
  krv_buf_release(&bytes);
  return status;
}

/* Only commits count in what a case shows of itself; a grant's mark needs no look at its case. */
static int store_mark(struct krv_sync *sync, const struct krv_sync_flight *flight) {
  enum krv_mark mark = flight->status == 0 ? KRV_MARK_AT_SERVER : KRV_MARK_REFUSED;
  if (flight->kind == KRV_MSG_ROSTER) return store_roster_mark(sync, flight);
  if (!is_commit(flight->kind)) {
    int status = krv_vault_item_mark(sync->world->vault, flight->lid, mark, flight->status);
    bool granted = flight->kind == KRV_MSG_GRANT && flight->status == 0;
    if (status != 0 || !granted) return status;
    return krv_intake_granted(sync->world->incoming, flight->case_lid);
  }
  return krv_intake_mark(sync->world->incoming, flight->lid, mark, flight->status);
}

int krv_sync_store_marks(struct krv_sync *sync) {
  int status = 0;
  for (size_t i = 0; status == 0 && i < sync->acked; i++) {
    const struct krv_sync_flight *flight = &sync->flights[i];
    if (flight->lid == 0) continue;
    status = store_mark(sync, flight);
    if (status == KRV_NOT_FOUND) status = 0; /* taken back while it was under way (fork.h) */
  }
  if (status == 0) status = krv_intake_reopen_granted(sync->world->incoming);
  if (status != 0) return status;
  if (sync->acked > 0)
    memmove(sync->flights, sync->flights + sync->acked,
            (sync->flight_count - sync->acked) * sizeof *sync->flights);
  sync->flight_count -= sync->acked;
  sync->acked = 0;
  return 0;
}
