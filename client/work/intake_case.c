/* intake_case: commits and keys of cases.
 *
 *   payload --> whole header, id --> known? done
 *                     |
 *                     v
 *   store the sealed bytes --> open with each key that fits --> roster known? --> krv_case_add
 *                                    |                              |                |
 *                                    +--------- hold, with reason --+                v
 *                                                              held ones that it frees, again
 */
#include <stdlib.h>
#include <string.h>

#include "alarm.h"
#include "fork.h"
#include "intake_in.h"

/* One commit with its header filled in. */
struct arrived {
  struct krv_commit commit;
  struct krv_tip tip;
  struct krv_slice stored;
  bool of_import; /* sealed just now, of something that can be imported again */
};

static void fill_head(const struct krv_world *world, const struct krv_id *kase,
                      krv_device_ix device, struct krv_head *head) {
  const struct krv_device *author = krv_world_author(world, device);
  head->programme = world->member.programme;
  head->kase = *kase;
  if (author) head->device = author->id;
}

/* Opens with every key that fits; the first that holds wins (R5). */
static int open_commit(struct krv_folder *folder, const struct arrived *arrived,
                       struct krv_opened *opened) {
  struct krv_world *world = folder->world;
  const struct krv_head *head = &arrived->commit.head;
  const struct krv_device *author = krv_world_author(world, arrived->tip.device);
  const struct krv_case_key *key;
  int status = KRV_NO_KEY;
  if (!author) return KRV_UNKNOWN_DEVICE;
  for (size_t i = 0; (key = krv_folder_key(folder, head->epoch, head->key_id4, i)) != NULL; i++) {
    status = arrived->of_import ? krv_commit_reopen(world->zip, key, &arrived->commit, opened)
                                : krv_commit_open(world->zip, key, &author->keys.sign_pk,
                                                  &arrived->commit, opened);
    if (status == 0 || status == KRV_NOMEM) break;
  }
  return status;
}

/* What a body names that was written under a history of the roster that lost (R17): devices by the
 * numbers that they have in this vault; *beyond: a group that only that history knew. */
static void translate(const struct krv_world *world, uint32_t as_of, const struct krv_ops *ops,
                      struct krv_opened *opened, bool *beyond) {
  const struct krv_body *body = &opened->body;
  uint32_t devices = krv_fork_devices_at(world->roster, as_of);
  uint32_t groups = krv_fork_groups_at(world->roster, as_of);
  uint32_t number = krv_fork_lost_number(world, body->roster_height, body->roster_head8);
  for (uint32_t i = 0; i < body->context_count; i++)
    if (opened->context[i].device >= devices && opened->context[i].device < 1u << KRV_FORMER_SHIFT)
      opened->context[i].device = krv_fork_lost_device(world, number, opened->context[i].device);
  for (uint32_t i = 0; i < ops->count; i++)
    *beyond |= ops->items[i].kind == KRV_OP_ACCESS && ops->items[i].group >= groups;
  opened->body.roster_height = as_of;
}

/* Numbers of this vault's own making mean nothing in a body: nobody has such a device. */
static void disown(struct krv_opened *opened) {
  for (uint32_t i = 0; i < opened->body.context_count; i++)
    if (opened->context[i].device >= 1u << KRV_FORMER_SHIFT)
      opened->context[i].device =
          krv_former(KRV_LOST_UNKNOWN, krv_former_device(opened->context[i].device));
}

/* Did the author know a roster that we know as well (R5), or one that lost? *beyond: see
 * translate. */
static int check_roster(struct krv_intake *intake, const struct krv_ops *ops,
                        struct krv_opened *opened, bool *beyond) {
  struct krv_world *world = intake->world;
  const struct krv_body *body = &opened->body;
  uint32_t as_of;
  bool lost;
  int status = krv_fork_judge(world, body->roster_height, body->roster_head8, &as_of, &lost);
  *beyond = false;
  disown(opened);
  if (status == KRV_FORK) {
    int named = krv_fork_named(intake, body->roster_height, body->roster_head8);
    return named != 0 ? named : KRV_FORK;
  }
  if (status != 0) return status;
  if (lost) translate(world, as_of, ops, opened, beyond);
  else if (as_of > world->standing.named_height && !intake->anew) {
    world->standing.named_height = as_of;
    intake->touched = true;
  }
  return 0;
}

static bool may_nothing(void *ctx, krv_device_ix device, krv_group_ix group, uint32_t height) {
  (void)ctx, (void)device, (void)group, (void)height;
  return false;
}

/* Has its signature been seen to hold? What waits for a key, or is no commit at all, has not. */
static bool verified(const struct krv_line_commit *c) {
  return c && (c->verdict != KRV_VERDICT_HELD || c->reason == -KRV_HELD ||
               c->reason == -KRV_STALE || c->reason == -KRV_FORK || c->reason == -KRV_QUOTA);
}

/* --- bounds (I6) */

/* Has the case as many commits as it can, or as many that its keys do not open as are kept? */
static bool is_full(const struct krv_lines *lines, bool *with_unopened) {
  uint32_t count = 0;
  *with_unopened = false;
  if (krv_lines_count(lines) >= KRV_CASE_COMMITS_MAX) return true;
  if (krv_lines_held(lines) < KRV_CASE_UNOPENED_MAX) return false;
  for (uint32_t i = 0; i < krv_lines_count(lines); i++) {
    const struct krv_line_commit *c = krv_lines_at(lines, i);
    count += c->verdict == KRV_VERDICT_HELD && c->reason == -KRV_CRYPTO;
  }
  return *with_unopened = count >= KRV_CASE_UNOPENED_MAX;
}

/* Anybody can send what no key opens. What is of epoch 0 and not opened by its key never will be:
 * of that a case keeps so many. What waits for a key may be honest, and is held (R4). */
static int is_over(struct krv_folder *folder, const struct arrived *arrived, bool *over) {
  bool unopened;
  *over = is_full(krv_case_lines(folder->kase), &unopened);
  if (!unopened) return 0;
  struct krv_opened opened;
  krv_opened_init(&opened, folder->world->env);
  int status = arrived->commit.head.epoch == 0 ? open_commit(folder, arrived, &opened) : 0;
  krv_opened_release(&opened);
  *over = status == KRV_CRYPTO;
  return status == KRV_NOMEM ? status : 0;
}

int krv_intake_missed(struct krv_intake *intake, const struct krv_id *kase, krv_device_ix device) {
  struct krv_folder *folder;
  bool unopened;
  int status = krv_intake_folder(intake, kase, &folder);
  if (status != 0) return status;
  if (!is_full(krv_case_lines(folder->kase), &unopened)) return KRV_NEED_PREV;
  return krv_intake_tell_over(intake, krv_fork_number(intake->world, device), kase);
}

/* --- forks (R2) */

/* Ours by signature, and not written by this vault. */
static int tell_copy(struct krv_intake *intake) {
  struct krv_world *world = intake->world;
  if (intake->anew) return 0;
  int status = krv_alarm_raise(world, &(struct krv_alarm){.kind = KRV_ALARM_COPY_IN_USE,
                                                          .device = world->member.device});
  return status == 0 ? krv_intake_tell_copy(intake) : status;
}

/* Does another commit of the device go on from the same place? */
static bool has_twin(const struct krv_lines *lines, const struct krv_line_commit *c) {
  const struct krv_tip *tip = &c->tip;
  for (uint32_t i = krv_lines_dot(lines, tip->device, tip->n); i < krv_lines_count(lines); i++) {
    const struct krv_line_commit *other = krv_lines_at(lines, i);
    if (other->tip.device != tip->device || other->tip.n != tip->n) break;
    if (!krv_id_equal(&other->tip.id, &tip->id) && krv_id_equal(&other->prev, &c->prev) &&
        verified(other))
      return true;
  }
  return false;
}

/* The office is told of a device that has two histories in the case, once a history. */
static int tell_fork(struct krv_intake *intake, const struct krv_tip *tip) {
  const struct krv_lines *lines = krv_case_lines(intake->open->kase);
  const struct krv_line_commit *c = krv_lines_find(lines, tip);
  const struct krv_device *self = krv_world_self(intake->world);
  bool office = self && (self->roles & KRV_ROLE_OFFICE) && tip->device != self->ix;
  if (intake->anew || !office || !verified(c) || !has_twin(lines, c)) return 0;
  return krv_alarm_raise(intake->world, &(struct krv_alarm){.kind = KRV_ALARM_LINE_FORK,
                                                            .device = tip->device,
                                                            .kase = intake->open->id});
}

/* Is it a referral that is made, or the day of a follow-up that is told? */
static void count_news(const struct krv_schema *schema, const struct krv_op *op,
                       struct krv_news *news) {
  const struct krv_field *field = krv_schema_field(schema, op->field);
  const struct krv_record_type *type = krv_schema_type(schema, (uint8_t)(op->field >> 8));
  struct krv_value value;
  if (op->kind != KRV_OP_SET || !field || !type || krv_value_decode(op->value, &value) != 0) return;
  bool kind = type->id == 0 && field->list &&
              krv_slice_equal(field->name, krv_slice_str("kvn_CaseType"));
  bool due = krv_slice_equal(type->name, krv_slice_str("task")) &&
             krv_slice_equal(field->name, krv_slice_str("due"));
  news->tasks += due && value.kind == KRV_VALUE_DATE;
  news->referrals += kind && value.kind == KRV_VALUE_INT &&
                     value.as.integer ==
                         krv_schema_code(schema, field->list, krv_slice_str("referral"));
}

/* What this vault wrote itself is no news, nor what is folded anew. */
static void note_news(const struct krv_intake *intake, const struct krv_tip *tip,
                      const struct krv_ops *ops) {
  struct krv_world *world = intake->world;
  if (intake->anew || tip->device == world->member.device) return;
  for (uint32_t i = 0; i < ops->count; i++)
    count_news(world->schema, &ops->items[i], &world->news);
}

/* Over what a case keeps of one device, or of all: held, and told once. */
static int tell_over(struct krv_intake *intake, const struct krv_tip *tip) {
  const struct krv_folder *folder = intake->open;
  const struct krv_line_commit *there = krv_lines_find(krv_case_lines(folder->kase), tip);
  if (intake->anew || (there && there->reason == -KRV_QUOTA)) return 0;
  return krv_intake_tell_over(intake, tip->device, &folder->id);
}

/* Opens and judges a stored commit of the open folder. RESTART: see krv_case_add. */
static int judge(struct krv_intake *intake, const struct arrived *arrived) {
  struct krv_folder *folder = intake->open;
  struct krv_case_rights rights = krv_world_rights(intake->world);
  struct krv_opened opened;
  struct krv_ops ops = {0};
  enum krv_verdict verdict = KRV_VERDICT_HELD;
  bool beyond = false;
  const struct krv_id *prev = &arrived->commit.head.prev;
  krv_opened_init(&opened, intake->world->env);
  int status = open_commit(folder, arrived, &opened);
  if (status == 0) {
    status = krv_ops_read(intake->world->env, opened.body.ops, &ops);
    /* Signed, but no operations that anybody can carry out: it has none. */
    if (status == KRV_MALFORMED || status == KRV_TOO_LARGE) status = 0;
  }
  if (status == 0) status = check_roster(intake, &ops, &opened, &beyond);
  if (status == 0 && !(krv_case_has_room(folder->kase, arrived->tip.device, 0) &&
                       krv_case_takes(folder->kase, arrived->tip.device, &ops)))
    status = KRV_QUOTA;
  if (status == 0 && beyond) rights.may_write = may_nothing; /* for a person to judge */
  if (status == 0) {
    struct krv_case_commit commit = {arrived->tip, *prev, &opened.body, &ops};
    status = krv_case_add(folder->kase, &rights, &commit, &verdict);
    if (status == 0 && verdict == KRV_VERDICT_APPLIED) note_news(intake, &arrived->tip, &ops);
    if (status == KRV_EXISTS) status = 0;
    if (status == 0) status = krv_intake_delivered(intake, &arrived->tip, verdict);
  } else if (status != KRV_NOMEM) {
    int told = status == KRV_QUOTA ? tell_over(intake, &arrived->tip) : 0;
    intake->newer |= status == KRV_NEWER;
    status = told == 0 ? krv_case_hold(folder->kase, &arrived->tip, prev, status) : told;
  }
  folder->dirty = true;
  krv_ops_release(&ops);
  krv_opened_release(&opened);
  return status;
}

/* A stored item's payload back into a commit; bytes stay borrowed. */
static int read_stored(const struct krv_intake *intake, const struct krv_vault_item *item,
                       struct arrived *out) {
  struct krv_head *head = &out->commit.head;
  int status;
  memset(out, 0, sizeof *out);
  out->tip = (struct krv_tip){item->device, item->n, item->id};
  out->stored = item->bytes;
  fill_head(intake->world, &intake->open->id, item->device, head);
  head->n = item->n;
  if (item->kind == KRV_MSG_GENESIS) {
    struct krv_msg_genesis genesis;
    status = krv_msg_genesis_decode(item->bytes, &genesis);
    head->suite = genesis.suite;
    head->kind = genesis.kind;
    memcpy(out->commit.salt, genesis.salt, sizeof genesis.salt);
    out->commit.ciphertext = genesis.ciphertext;
  } else {
    struct krv_msg_commit commit;
    status = krv_msg_commit_decode(item->bytes, &commit);
    head->suite = commit.suite;
    head->kind = commit.kind;
    head->epoch = commit.epoch;
    memcpy(head->key_id4, commit.key_id4, sizeof commit.key_id4);
    memcpy(head->prev.b, commit.prev, sizeof head->prev.b);
    memcpy(out->commit.salt, commit.salt, sizeof commit.salt);
    out->commit.ciphertext = commit.ciphertext;
  }
  return status == 0 ? 0 : KRV_DAMAGED;
}

/* Finds the stored commit with this tip, by its name: however many stand at one dot (I6). bytes
 * owns what *out borrows. */
static int find_tip(const struct krv_intake *intake, const struct krv_tip *tip,
                    struct krv_buf *bytes, struct arrived *out) {
  struct krv_vault_item item;
  int status;
  for (uint32_t i = 0;; i++) {
    krv_buf_reset(bytes);
    status = krv_vault_item_named(intake->world->vault, tip->id.b, i, &item, bytes);
    if (status != 0 || krv_id_equal(&item.id, &tip->id)) break;
  }
  if (status != 0) return status == KRV_END ? KRV_DAMAGED : status;
  return read_stored(intake, &item, out);
}

static int judge_tip(struct krv_intake *intake, const struct krv_tip *tip) {
  struct krv_buf bytes;
  struct arrived arrived;
  krv_buf_init(&bytes, intake->world->env);
  const struct krv_lines *lines = krv_case_lines(intake->open->kase);
  bool was_verified = verified(krv_lines_find(lines, tip));
  int status = find_tip(intake, tip, &bytes, &arrived);
  if (status == 0) status = judge(intake, &arrived);
  krv_buf_release(&bytes);
  if (status != 0 || was_verified || !verified(krv_lines_find(lines, tip))) return status;
  /* what opens only now is not of this vault's making: that was opened when it was made */
  return tip->device == intake->world->member.device ? tell_copy(intake) : tell_fork(intake, tip);
}

int krv_intake_open_commit(struct krv_world *world, struct krv_folder *folder,
                           const struct krv_tip *tip, struct krv_opened *opened) {
  struct krv_intake view = {.world = world, .open = folder};
  struct krv_buf bytes;
  struct arrived arrived;
  krv_buf_init(&bytes, world->env);
  int status = find_tip(&view, tip, &bytes, &arrived);
  if (status == 0) status = open_commit(folder, &arrived, opened);
  krv_buf_release(&bytes);
  return status;
}

/* Held commits that may be delivered now, until none is left. */
static int drain_ready(struct krv_intake *intake, bool after_change) {
  struct krv_tip tip;
  int status = 0;
  while (status == 0 &&
         (status = krv_case_ready(intake->open->kase, after_change, &tip)) == 0)
    status = judge_tip(intake, &tip);
  return status == KRV_END ? 0 : status;
}

/* An applied commit lost its effect: the case is made anew from all its commits (R3, R4). */
static int rebuild(struct krv_intake *intake) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  struct arrived arrived;
  int64_t lid = 0;
  bool was_anew = intake->anew;
  int status = krv_case_reset(intake->open->kase);
  krv_buf_init(&bytes, intake->world->env);
  intake->anew = true;
  while (status == 0) {
    krv_buf_reset(&bytes);
    status = krv_vault_item_next(intake->world->vault, intake->open->lid, lid, &item, &bytes);
    if (status != 0) break;
    lid = item.lid;
    if (item.kind != KRV_MSG_GENESIS && item.kind != KRV_MSG_COMMIT) continue;
    status = read_stored(intake, &item, &arrived);
    if (status == 0) status = judge(intake, &arrived);
    if (status == 0) status = drain_ready(intake, false);
  }
  intake->anew = was_anew;
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

static int settle(struct krv_intake *intake, int status, bool after_change) {
  /* Each rebuild knows one pair of twins more than the one before, so this ends. */
  for (;;) {
    if (status == 0) status = drain_ready(intake, after_change);
    if (status != KRV_RESTART) return status;
    status = rebuild(intake);
  }
}

int krv_intake_retry(struct krv_intake *intake) {
  return settle(intake, 0, true);
}

/* Ids of the commits that are held, ascending. */
struct held {
  struct krv_id *ids;
  size_t count, cap;
};

static int by_id(const void *a, const void *b) {
  return krv_id_compare(a, b);
}

static int list_held(const struct krv_intake *intake, struct held *out) {
  const struct krv_lines *lines = krv_case_lines(intake->open->kase);
  int status = 0;
  for (uint32_t i = 0; status == 0 && i < krv_lines_count(lines); i++) {
    const struct krv_line_commit *c = krv_lines_at(lines, i);
    if (c->verdict != KRV_VERDICT_HELD) continue;
    status = krv_grow(intake->world->env, &out->ids, &out->cap, out->count, sizeof *out->ids);
    if (status == 0) out->ids[out->count++] = c->tip.id;
  }
  if (out->count > 0) qsort(out->ids, out->count, sizeof *out->ids, by_id);
  return status;
}

int krv_intake_rejudge(struct krv_intake *intake) {
  size_t kept = intake->delivery_count;
  struct held held = {0};
  int status = list_held(intake, &held);
  if (status == 0) status = settle(intake, rebuild(intake), true);
  for (size_t i = kept; i < intake->delivery_count; i++) { /* the others were receipted */
    const struct krv_delivery *d = &intake->deliveries[i];
    bool was_held =
        held.count > 0 && bsearch(&d->tip.id, held.ids, held.count, sizeof *held.ids, by_id);
    if (was_held) intake->deliveries[kept++] = *d;
  }
  intake->delivery_count = kept;
  intake->open->dirty = true;
  krv_free(intake->world->env, held.ids);
  return status;
}

/* Stores a new commit of the open folder and judges it. */
static int take(struct krv_intake *intake, const struct krv_arrival *arrival,
                const struct arrived *arrived) {
  struct krv_world *world = intake->world;
  struct krv_folder *folder = intake->open;
  bool own = arrived->tip.device == world->member.device, over = false;
  int status = arrival->origin == KRV_ORIGIN_SERVER ? is_over(folder, arrived, &over) : 0;
  if (over) return krv_intake_tell_over(intake, arrived->tip.device, &folder->id);
  if (arrival->origin == KRV_ORIGIN_OWN &&
      !krv_case_has_room(folder->kase, arrived->tip.device, KRV_CASE_SPARE))
    return KRV_QUOTA;
  /* rows need the case's number; it is stored when all is in */
  if (status == 0 && folder->lid == 0) {
    status = krv_vault_case_number(world->vault, &folder->lid);
    folder->dirty = true;
  }
  if (status == 0)
    status = krv_intake_store(intake, arrival, folder->lid, &arrived->tip, arrived->stored, NULL);
  const struct krv_head *head = &arrived->commit.head;
  if (status == 0) status = krv_folder_note_head(folder, head->epoch, head->key_id4);
  if (status == 0) status = settle(intake, judge(intake, arrived), false);
  const struct krv_line_commit *line = krv_lines_find(krv_case_lines(folder->kase), &arrived->tip);
  if (status != 0) return status;
  bool is_held_back = line && line->verdict == KRV_VERDICT_HELD && line->reason == -KRV_QUOTA;
  if (is_held_back && arrival->origin == KRV_ORIGIN_OWN) return KRV_QUOTA;
  intake->fresh++;
  if (arrival->origin == KRV_ORIGIN_OWN) krv_folder_wrote(folder, &arrived->tip);
  else if (!own) status = tell_fork(intake, &arrived->tip);
  else if (verified(line)) status = tell_copy(intake);
  return status;
}

static bool of_import(const struct krv_intake *intake, const struct krv_arrival *arrival,
                      const struct krv_tip *tip) {
  const struct krv_world *world = intake->world;
  return world->batch == intake && arrival->origin == KRV_ORIGIN_OWN &&
         tip->device == world->member.device;
}

krv_device_ix krv_intake_number(const struct krv_intake *intake,
                                const struct krv_arrival *arrival, krv_device_ix device) {
  return arrival->origin == KRV_ORIGIN_OWN ? device : krv_fork_number(intake->world, device);
}

int krv_intake_genesis(struct krv_intake *intake, const struct krv_arrival *arrival) {
  struct krv_world *world = intake->world;
  struct krv_msg_genesis msg;
  struct krv_genesis genesis;
  struct krv_id kase;
  struct krv_folder *folder;
  struct arrived arrived;
  struct krv_buf stored;
  bool known;
  int status = krv_msg_genesis_decode(arrival->payload, &msg);
  if (status != 0) return status;
  if (msg.device == KRV_MSG_NO_DEVICE) return KRV_MALFORMED;
  krv_device_ix number = krv_intake_number(intake, arrival, msg.device);
  const struct krv_device *author = krv_world_author(world, number);
  if (!author) return KRV_UNKNOWN_DEVICE;
  struct krv_in list = krv_in(msg.access);
  genesis.creator = author->id;
  memcpy(genesis.key_commit, msg.key_commit, sizeof msg.key_commit);
  krv_access_list_decode(&list, &genesis.access);
  if (krv_in_end(&list) != 0) return KRV_MALFORMED;
  status = krv_case_id(world->env, &world->member.programme, &genesis, &kase);
  if (status != 0) return status;
  memset(&arrived, 0, sizeof arrived);
  fill_head(world, &kase, number, &arrived.commit.head);
  arrived.commit.head.suite = msg.suite;
  arrived.commit.head.kind = msg.kind;
  arrived.commit.head.n = 1;
  memcpy(arrived.commit.salt, msg.salt, sizeof msg.salt);
  arrived.commit.ciphertext = msg.ciphertext;
  status = krv_head_check(&arrived.commit.head);
  if (status != 0 && status != KRV_NEWER) return status;
  arrived.tip.device = number;
  arrived.tip.n = 1;
  krv_commit_id(&arrived.commit, &arrived.tip.id);
  status = krv_intake_new_folder(intake, &kase, &genesis, &folder);
  intake->last_case = kase;
  if (status == 0) status = krv_intake_known_arrived(intake, arrival, &arrived.tip.id, &known);
  if (status != 0 || known) return status;
  krv_buf_init(&stored, world->env);
  krv_msg_genesis_encode(&msg, &stored);
  arrived.stored = krv_buf_slice(&stored);
  arrived.of_import = of_import(intake, arrival, &arrived.tip);
  status = stored.status != 0 ? stored.status : take(intake, arrival, &arrived);
  krv_buf_release(&stored);
  return status;
}

static bool starts(const struct krv_tip *tip, krv_device_ix device, uint64_t n,
                   const uint8_t start4[4]) {
  return tip->device == device && tip->n == n && memcmp(tip->id.b, start4, 4) == 0;
}

/* Fills a short prev in from the one held commit at n - 1 that fits (R5). */
static int fill_prev(struct krv_intake *intake, krv_device_ix device,
                     struct krv_msg_commit *msg) {
  const struct krv_lines *lines = krv_case_lines(intake->open->kase);
  struct krv_context_entry entry = {.device = device, .n = msg->n - 1};
  uint32_t first, end, count = krv_lines_count(lines);
  if (msg->prev_len != 4) return 0;
  msg->prev_len = 16;
  memcpy(entry.id8, msg->prev, 4);
  krv_lines_range(lines, &entry, &first, &end);
  if (first == count || !starts(&krv_lines_at(lines, first)->tip, device, msg->n - 1, entry.id8))
    return KRV_NEED_PREV;
  if (first + 1 < count &&
      starts(&krv_lines_at(lines, first + 1)->tip, device, msg->n - 1, entry.id8))
    return KRV_NEED_PREV;
  const struct krv_tip *prev = &krv_lines_at(lines, first)->tip;
  memcpy(msg->prev, prev->id.b, sizeof prev->id.b);
  return 0;
}

int krv_intake_change(struct krv_intake *intake, const struct krv_arrival *arrival) {
  struct krv_world *world = intake->world;
  struct krv_msg_commit msg;
  struct krv_folder *folder;
  struct arrived arrived;
  struct krv_buf stored;
  bool known;
  int status = krv_msg_commit_decode(arrival->payload, &msg);
  if (status != 0) return status;
  if (msg.device == KRV_MSG_NO_DEVICE) return KRV_MALFORMED;
  krv_device_ix number = krv_intake_number(intake, arrival, msg.device);
  if (!krv_world_author(world, number)) return KRV_UNKNOWN_DEVICE;
  if (msg.same_case) msg.kase = intake->last_case;
  msg.same_case = false;
  status = krv_intake_folder(intake, &msg.kase, &folder);
  if (status == KRV_NOT_FOUND) return KRV_UNKNOWN_CASE;
  intake->last_case = msg.kase; /* of a damaged one too: the next may be of the same case */
  if (status != 0) return status;
  status = fill_prev(intake, number, &msg);
  if (status != 0) return status;
  memset(&arrived, 0, sizeof arrived);
  struct krv_head *head = &arrived.commit.head;
  fill_head(world, &msg.kase, number, head);
  head->suite = msg.suite;
  head->kind = msg.kind;
  head->n = msg.n;
  head->epoch = msg.epoch;
  memcpy(head->key_id4, msg.key_id4, sizeof msg.key_id4);
  if (msg.prev_len == 16) memcpy(head->prev.b, msg.prev, sizeof head->prev.b);
  memcpy(arrived.commit.salt, msg.salt, sizeof msg.salt);
  arrived.commit.ciphertext = msg.ciphertext;
  status = krv_head_check(head);
  if (status != 0 && status != KRV_NEWER) return status;
  arrived.tip = (struct krv_tip){.device = number, .n = msg.n};
  krv_commit_id(&arrived.commit, &arrived.tip.id);
  status = krv_intake_known_arrived(intake, arrival, &arrived.tip.id, &known);
  if (status != 0 || known) return status;
  krv_buf_init(&stored, world->env);
  krv_msg_commit_encode(&msg, &stored);
  arrived.stored = krv_buf_slice(&stored);
  arrived.of_import = of_import(intake, arrival, &arrived.tip);
  status = stored.status != 0 ? stored.status : take(intake, arrival, &arrived);
  krv_buf_release(&stored);
  return status;
}

int krv_intake_audit(struct krv_world *world, const struct krv_id *kase, bool *same) {
  struct krv_intake intake = {.world = world, .anew = true};
  struct krv_buf stored, anew;
  int status = krv_folder_load_id(world, kase, &intake.open);
  *same = false;
  if (status != 0) return status;
  krv_buf_init(&stored, world->env);
  krv_buf_init(&anew, world->env);
  status = krv_case_encode(intake.open->kase, &stored);
  if (status == 0) status = settle(&intake, rebuild(&intake), true);
  if (status == 0) status = krv_case_encode(intake.open->kase, &anew);
  if (status == 0) *same = krv_slice_equal(krv_buf_slice(&stored), krv_buf_slice(&anew));
  krv_buf_wipe(&stored);
  krv_buf_wipe(&anew);
  krv_folder_free(intake.open);
  krv_free(world->env, intake.deliveries);
  return status;
}
