/* causes: the pull is all in, and held commits still wait for others that are not here: those are
 * asked for (R4). A server that had them behind the cursor sends them, whole; what it does not have
 * it does not answer. PING follows the questions, and its answer comes after theirs:
 *
 *   all in --missing ones, WANT each, then PING--> asking --PING--> all in, if any came; else done
 *
 * Each is asked for once a session, KRV_WANTS_MAX at a time and KRV_CAUSES_MAX in all. */
#include <string.h>

#include "fork.h"
#include "sync_in.h"

enum { CASES_MAX = 256 }; /* looked into at a time */

static bool same_entry(const struct krv_context_entry *a, const struct krv_context_entry *b) {
  return a->device == b->device && a->n == b->n && memcmp(a->id8, b->id8, sizeof a->id8) == 0;
}

static bool was_asked(const struct krv_sync *sync, const struct krv_sync_cause *cause) {
  for (size_t i = 0; i < sync->cause_count; i++)
    if (krv_id_equal(&sync->causes[i].kase, &cause->kase) &&
        same_entry(&sync->causes[i].entry, &cause->entry))
      return true;
  return false;
}

static int ask_for(struct krv_sync *sync, const struct krv_sync_cause *cause) {
  struct krv_msg_want want = {
      .kase = cause->kase, .device = cause->entry.device, .n = cause->entry.n};
  int status = krv_grow(sync->env, &sync->causes, &sync->cause_cap, sync->cause_count,
                        sizeof *sync->causes);
  if (status != 0) return status;
  memcpy(want.id8, cause->entry.id8, sizeof want.id8);
  size_t mark = krv_message_begin(&sync->out, KRV_MSG_WANT);
  krv_msg_want_encode(&want, &sync->out);
  krv_message_end(&sync->out, mark);
  sync->causes[sync->cause_count++] = *cause;
  return sync->out.status;
}

/* Whose number is not one of the server's roster cannot be asked for there. */
static bool can_be_named(const struct krv_sync *sync, krv_device_ix device) {
  return !krv_is_former(device) && !krv_fork_unsaid(sync->world, device);
}

/* What the held commits of a case wait for first, where nothing that fits is here. */
static int ask_in_case(struct krv_sync *sync, const struct krv_folder *folder, uint32_t *room) {
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  int status = 0;
  for (uint32_t i = 0; status == 0 && *room > 0 && i < krv_lines_count(lines); i++) {
    const struct krv_line_commit *c = krv_lines_at(lines, i);
    struct krv_sync_cause cause = {folder->id, c->waits};
    uint32_t first, end;
    if (c->verdict != KRV_VERDICT_HELD || c->waits.n == 0) continue;
    krv_lines_range(lines, &c->waits, &first, &end);
    if (first != end || !can_be_named(sync, c->waits.device)) continue;
    if (was_asked(sync, &cause)) continue;
    status = ask_for(sync, &cause);
    (*room)--;
  }
  return status;
}

/* From anywhere in the list, so that those beyond the bounds have their turn in another session. */
static int ask_in_cases(struct krv_sync *sync, uint32_t *room) {
  const struct krv_index *index = sync->world->index;
  uint32_t count = krv_index_count(index), start = 0, looked = 0;
  struct krv_folder *folder;
  int status = 0;
  sync->env->random(sync->env->ctx, &start, sizeof start);
  for (uint32_t i = 0; status == 0 && *room > 0 && looked < CASES_MAX && i < count; i++) {
    const struct krv_card *card = krv_index_at(index, (uint32_t)(((uint64_t)start + i) % count));
    if (card->held == 0) continue;
    looked++;
    status = krv_folder_load(sync->world, card->lid, &folder);
    if (status == KRV_DAMAGED) { /* holds up no other */
      status = krv_sync_intake(sync);
      if (status == 0) status = krv_intake_tell_damaged(sync->world->incoming, &card->id);
      continue;
    }
    if (status != 0) break;
    status = ask_in_case(sync, folder, room);
    krv_folder_free(folder);
  }
  return status;
}

int krv_sync_ask_causes(struct krv_sync *sync) {
  uint32_t left = KRV_CAUSES_MAX - (uint32_t)sync->cause_count;
  uint32_t room = left < KRV_WANTS_MAX ? left : KRV_WANTS_MAX, before = room;
  bool news = !sync->causes_sought || sync->causes_at != sync->counts.commits_down;
  if (!news || room == 0) return 0;
  int status = krv_sync_settle(sync); /* cases are looked at as they are stored */
  sync->causes_sought = true;
  sync->causes_at = sync->counts.commits_down;
  if (status == 0) status = ask_in_cases(sync, &room);
  if (status == 0) status = krv_sync_settle(sync);
  if (status != 0 || room == before) return status;
  sync->asking = !sync->choice.watch; /* who stays hears the answers in any case */
  krv_message_empty(&sync->out, KRV_MSG_PING);
  return sync->out.status;
}
