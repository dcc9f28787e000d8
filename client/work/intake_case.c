/* intake_case: commits and keys of cases.
 *
 *   payload --> whole header, id --> known? done
 *                     |
 *                     v
 *   store the sealed bytes --> open with each key that fits --> roster known? --> krv_case_add
 *                                    |                              |                |
 *                                    +--------- hold, with reason --+                v
 *                                                                      held ones that it frees, again
 */
#include <string.h>

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
  const struct krv_device *author = krv_roster_device(world->roster, device);
  head->programme = world->member.programme;
  head->kase = *kase;
  if (author) head->device = author->id;
}

/* Opens with every key that fits; the first that holds wins (R5). */
static int open_commit(struct krv_folder *folder, const struct arrived *arrived,
                       struct krv_opened *opened) {
  struct krv_world *world = folder->world;
  const struct krv_head *head = &arrived->commit.head;
  const struct krv_device *author = krv_roster_device(world->roster, arrived->tip.device);
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

/* Did the author know a roster that we know as well? (R5) */
static int check_roster(const struct krv_world *world, const struct krv_body *body) {
  const uint8_t *hash = krv_roster_hash(world->roster, body->roster_height);
  if (!hash) return KRV_STALE;
  return memcmp(hash, body->roster_head8, sizeof body->roster_head8) == 0 ? 0 : KRV_FORK;
}

/* Has its signature been seen to hold? What waits for a key, or is no commit at all, has not. */
static bool verified(const struct krv_line_commit *c) {
  return c && (c->verdict != KRV_VERDICT_HELD || c->reason == -KRV_HELD ||
               c->reason == -KRV_STALE || c->reason == -KRV_FORK);
}

static bool unopened(const struct krv_line_commit *c) {
  return c->verdict == KRV_VERDICT_HELD && (c->reason == -KRV_CRYPTO || c->reason == -KRV_NO_KEY);
}

/* Anybody can send what no key opens; a case holds so many of them (I6). */
static int check_unopened(const struct krv_folder *folder, const struct krv_line_commit *fresh) {
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  uint32_t count = 0;
  if (!fresh || !unopened(fresh)) return 0;
  for (uint32_t i = 0; i < krv_lines_count(lines); i++) count += unopened(krv_lines_at(lines, i));
  return count > KRV_CASE_UNOPENED_MAX ? KRV_CRYPTO : 0;
}

/* Opens and judges a stored commit of the open folder. RESTART: see krv_case_add. */
static int judge(struct krv_intake *intake, const struct arrived *arrived) {
  struct krv_folder *folder = intake->open;
  struct krv_case_rights rights = krv_world_rights(intake->world);
  struct krv_opened opened;
  struct krv_ops ops = {0};
  enum krv_verdict verdict = KRV_VERDICT_HELD;
  const struct krv_id *prev = &arrived->commit.head.prev;
  const struct krv_line_commit *before =
      krv_lines_find(krv_case_lines(folder->kase), &arrived->tip);
  krv_opened_init(&opened, intake->world->env);
  int status = open_commit(folder, arrived, &opened);
  /* ours by signature, and not from this vault, or it would have been opened when it was made (R2) */
  if (status == 0 && before && unopened(before) &&
      arrived->tip.device == intake->world->member.device)
    intake->world->member.copy_in_use = intake->touched = true;
  if (status == 0) status = check_roster(intake->world, &opened.body);
  if (status == 0) {
    status = krv_ops_read(intake->world->env, opened.body.ops, &ops);
    /* Signed, but no operations that anybody can carry out: it has none. */
    if (status == KRV_MALFORMED || status == KRV_TOO_LARGE) status = 0;
  }
  if (status == 0) {
    struct krv_case_commit commit = {arrived->tip, *prev, &opened.body, &ops};
    status = krv_case_add(folder->kase, &rights, &commit, &verdict);
    if (status == KRV_EXISTS) status = 0;
    if (status == 0) status = krv_intake_delivered(intake, &arrived->tip, verdict);
  } else if (status != KRV_NOMEM) {
    status = krv_case_hold(folder->kase, &arrived->tip, prev, status);
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

/* Finds the stored commit with this tip; bytes owns what *out borrows. */
static int find_tip(const struct krv_intake *intake, const struct krv_tip *tip,
                    struct krv_buf *bytes, struct arrived *out) {
  struct krv_vault_item item;
  int status;
  for (uint32_t i = 0;; i++) {
    krv_buf_reset(bytes);
    status = krv_vault_item_at(intake->world->vault, intake->open->lid, tip->device, tip->n, i,
                               &item, bytes);
    if (status != 0 || krv_id_equal(&item.id, &tip->id)) break;
  }
  if (status != 0) return status == KRV_END ? KRV_DAMAGED : status;
  return read_stored(intake, &item, out);
}

static int judge_tip(struct krv_intake *intake, const struct krv_tip *tip) {
  struct krv_buf bytes;
  struct arrived arrived;
  krv_buf_init(&bytes, intake->world->env);
  int status = find_tip(intake, tip, &bytes, &arrived);
  if (status == 0) status = judge(intake, &arrived);
  krv_buf_release(&bytes);
  return status;
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
  while (status == 0 && krv_case_ready(intake->open->kase, after_change, &tip))
    status = judge_tip(intake, &tip);
  return status;
}

/* An applied commit lost its effect: the case is made anew from all its commits (R3, R4). */
static int rebuild(struct krv_intake *intake) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  struct arrived arrived;
  int64_t lid = 0;
  int status = krv_case_reset(intake->open->kase);
  krv_buf_init(&bytes, intake->world->env);
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

/* Stores a new commit of the open folder and judges it. */
static int take(struct krv_intake *intake, const struct krv_arrival *arrival,
                const struct arrived *arrived) {
  struct krv_world *world = intake->world;
  struct krv_folder *folder = intake->open;
  bool own = arrived->tip.device == world->member.device;
  int status = 0;
  if (folder->lid == 0) { /* rows need the case's number; it is stored when all is in */
    status = krv_vault_case_number(world->vault, &folder->lid);
    folder->dirty = true;
  }
  if (status == 0)
    status = krv_intake_store(intake, arrival, folder->lid, &arrived->tip, arrived->stored, NULL);
  if (status == 0) status = settle(intake, judge(intake, arrived), false);
  const struct krv_line_commit *line = krv_lines_find(krv_case_lines(folder->kase), &arrived->tip);
  if (status == 0 && arrival->origin == KRV_ORIGIN_SERVER) status = check_unopened(folder, line);
  if (status != 0) return status;
  if (arrival->origin == KRV_ORIGIN_OWN) folder->own = arrived->tip;
  else if (own && verified(line)) world->member.copy_in_use = intake->touched = true; /* R2 */
  intake->fresh++;
  return 0;
}

static bool of_import(const struct krv_intake *intake, const struct krv_arrival *arrival,
                      const struct krv_tip *tip) {
  const struct krv_world *world = intake->world;
  return world->batch == intake && arrival->origin == KRV_ORIGIN_OWN &&
         tip->device == world->member.device;
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
  const struct krv_device *author = krv_roster_device(world->roster, msg.device);
  if (!author) return KRV_UNKNOWN_DEVICE;
  struct krv_in list = krv_in(msg.access);
  genesis.creator = author->id;
  memcpy(genesis.key_commit, msg.key_commit, sizeof msg.key_commit);
  krv_access_list_decode(&list, &genesis.access);
  if (krv_in_end(&list) != 0) return KRV_MALFORMED;
  status = krv_case_id(world->env, &world->member.programme, &genesis, &kase);
  if (status != 0) return status;
  memset(&arrived, 0, sizeof arrived);
  fill_head(world, &kase, msg.device, &arrived.commit.head);
  arrived.commit.head.suite = msg.suite;
  arrived.commit.head.kind = msg.kind;
  arrived.commit.head.n = 1;
  memcpy(arrived.commit.salt, msg.salt, sizeof msg.salt);
  arrived.commit.ciphertext = msg.ciphertext;
  status = krv_head_check(&arrived.commit.head);
  if (status != 0 && status != KRV_NEWER) return status;
  arrived.tip.device = msg.device;
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

/* Fills a short prev in from the one held commit at n - 1 that fits (R5). */
static int fill_prev(struct krv_intake *intake, struct krv_msg_commit *msg) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  uint32_t fits = 0;
  if (msg->prev_len != 4) return 0;
  krv_buf_init(&bytes, intake->world->env);
  uint8_t short_prev[4];
  memcpy(short_prev, msg->prev, sizeof short_prev);
  for (uint32_t i = 0;; i++) {
    krv_buf_reset(&bytes);
    if (krv_vault_item_at(intake->world->vault, intake->open->lid, msg->device, msg->n - 1, i,
                          &item, &bytes) != 0)
      break;
    if (memcmp(item.id.b, short_prev, sizeof short_prev) != 0) continue;
    memcpy(msg->prev, item.id.b, sizeof item.id.b);
    fits++;
  }
  krv_buf_release(&bytes);
  msg->prev_len = 16;
  return fits == 1 ? 0 : KRV_NEED_PREV;
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
  if (!krv_roster_device(world->roster, msg.device)) return KRV_UNKNOWN_DEVICE;
  if (msg.same_case) msg.kase = intake->last_case;
  msg.same_case = false;
  status = krv_intake_folder(intake, &msg.kase, &folder);
  if (status == KRV_NOT_FOUND) return KRV_UNKNOWN_CASE;
  if (status != 0) return status;
  intake->last_case = msg.kase;
  status = fill_prev(intake, &msg);
  if (status != 0) return status;
  memset(&arrived, 0, sizeof arrived);
  struct krv_head *head = &arrived.commit.head;
  fill_head(world, &msg.kase, msg.device, head);
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
  arrived.tip = (struct krv_tip){.device = msg.device, .n = msg.n};
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
  struct krv_intake intake = {.world = world};
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
