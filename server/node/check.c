#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "head.h"
#include "msg.h"

enum { FINDINGS_MAX = 100 }; /* told; all are counted */

struct check {
  const struct krv_env *env;
  struct krv_ledger ledger;
  struct krv_check_report *report;
  void (*finding)(void *ctx, const char *sentence);
  void *ctx;
  struct krv_buf bytes;
};

static void tell(void *ctx, const char *sentence) {
  struct check *check = ctx;
  if (check->report->findings++ < FINDINGS_MAX) check->finding(check->ctx, sentence);
}

__attribute__((format(printf, 2, 3))) static void found(struct check *check, const char *format,
                                                        ...) {
  char sentence[160];
  va_list args;
  va_start(args, format);
  vsnprintf(sentence, sizeof sentence, format, args);
  va_end(args);
  tell(check, sentence);
}

/* ---- ids (docs/protocol.md 7.1) ---- */

static void plain_id(const struct krv_store_item *item, struct krv_id *out) {
  const struct krv_slice parts[] = {{&item->kind, 1}, item->bytes};
  krv_h(KRV_DOMAIN_ITEM, parts, 2, out->b, KRV_ID_LEN);
}

static int device_id(const struct check *check, krv_device_ix ix, struct krv_id *out) {
  const struct krv_device *device = krv_roster_device(check->ledger.roster, ix);
  if (!device) return KRV_UNKNOWN_DEVICE;
  *out = device->id;
  return 0;
}

static int commit_item_id(const struct check *check, const struct krv_store_item *item,
                          struct krv_id *out) {
  struct krv_msg_commit msg;
  if (krv_msg_commit_decode(item->bytes, &msg) != 0) return KRV_MALFORMED;
  struct krv_commit commit = {
      .head = {.suite = msg.suite, .kind = msg.kind, .kase = msg.kase, .n = msg.n,
               .epoch = msg.epoch, .programme = *krv_roster_programme(check->ledger.roster)},
      .ciphertext = msg.ciphertext};
  memcpy(commit.head.prev.b, msg.prev, msg.prev_len);
  memcpy(commit.head.key_id4, msg.key_id4, sizeof msg.key_id4);
  memcpy(commit.salt, msg.salt, KRV_SALT_LEN);
  int status = device_id(check, msg.device, &commit.head.device);
  if (status == 0) krv_commit_id(&commit, out);
  return status;
}

static int genesis_case(const struct check *check, const struct krv_msg_genesis *msg,
                        struct krv_id *out) {
  struct krv_genesis form;
  struct krv_in in = krv_in(msg->access);
  krv_access_list_decode(&in, &form.access);
  if (krv_in_end(&in) != 0) return KRV_MALFORMED;
  memcpy(form.key_commit, msg->key_commit, sizeof form.key_commit);
  int status = device_id(check, msg->device, &form.creator);
  if (status != 0) return status;
  return krv_case_id(check->env, krv_roster_programme(check->ledger.roster), &form, out);
}

static int genesis_item_id(const struct check *check, const struct krv_store_item *item,
                           struct krv_id *out) {
  struct krv_msg_genesis msg;
  struct krv_id named;
  if (krv_msg_genesis_decode(item->bytes, &msg) != 0) return KRV_MALFORMED;
  struct krv_commit commit = {
      .head = {.suite = msg.suite, .kind = msg.kind, .n = 1,
               .programme = *krv_roster_programme(check->ledger.roster)},
      .ciphertext = msg.ciphertext};
  memcpy(commit.salt, msg.salt, KRV_SALT_LEN);
  int status = genesis_case(check, &msg, &commit.head.kase);
  if (status == 0) status = device_id(check, msg.device, &commit.head.device);
  if (status == 0)
    status = check->ledger.store->driver->case_id(check->ledger.store, item->c, &named);
  if (status == 0 && !krv_id_equal(&named, &commit.head.kase)) status = KRV_CRYPTO;
  if (status == 0) krv_commit_id(&commit, out);
  return status;
}

/* ---- the chain ---- */

static int check_item(struct check *check, const struct krv_store_item *item,
                      uint8_t chain[KRV_CHAIN_LEN]) {
  struct krv_id id;
  int status = 0;
  if (item->kind == KRV_MSG_COMMIT) status = commit_item_id(check, item, &id);
  else if (item->kind == KRV_MSG_GENESIS) status = genesis_item_id(check, item, &id);
  else plain_id(item, &id);
  if (status == KRV_NOMEM || status == KRV_IO) return status;
  check->report->commits += item->kind == KRV_MSG_COMMIT || item->kind == KRV_MSG_GENESIS;
  const struct krv_slice parts[] = {{chain, KRV_CHAIN_LEN}, {id.b, KRV_ID_LEN}};
  if (status == 0) krv_h(KRV_DOMAIN_CHAIN, parts, 2, chain, KRV_CHAIN_LEN);
  if (status != 0)
    found(check, "item %llu does not hold: %s", (unsigned long long)item->seq,
          krv_status_text(status));
  else if (memcmp(chain, item->chain, KRV_CHAIN_LEN) != 0)
    found(check, "item %llu: the chain does not fit its bytes", (unsigned long long)item->seq);
  memcpy(chain, item->chain, KRV_CHAIN_LEN); /* one finding for one break */
  return 0;
}

static int check_items(struct check *check) {
  struct krv_store *store = check->ledger.store;
  uint8_t head_chain[KRV_CHAIN_LEN], chain[KRV_CHAIN_LEN] = {0};
  uint64_t head;
  int status = store->driver->head(store, &head, head_chain);
  if (status != 0) return status;
  for (uint64_t seq = 1; status == 0 && seq <= head; seq++) {
    struct krv_store_item item;
    krv_buf_reset(&check->bytes);
    status = store->driver->item_get(store, seq, &item, &check->bytes);
    if (status == KRV_NOT_FOUND || status == KRV_DAMAGED) {
      found(check, "item %llu is missing or unreadable", (unsigned long long)seq);
      status = store->driver->chain_at(store, seq, chain);
      if (status == KRV_NOT_FOUND || status == KRV_DAMAGED) status = 0;
      continue;
    }
    if (status == 0) status = check_item(check, &item, chain);
    check->report->items++;
  }
  return status;
}

/* ---- inboxes ---- */

static int check_inbox(struct check *check, krv_box box, const char *what, uint32_t number) {
  struct krv_store *store = check->ledger.store;
  uint8_t chain[KRV_CHAIN_LEN];
  uint64_t at = 0, seq = 0;
  int status = 0;
  while (status == 0) {
    status = store->driver->inbox_next(store, box, at, seq, &at, &seq);
    if (status != 0) break;
    status = store->driver->chain_at(store, seq, chain);
    if (status == KRV_NOT_FOUND) {
      found(check, "the inbox of %s %u names item %llu, which is not there", what, (unsigned)number,
            (unsigned long long)seq);
      status = 0;
    }
  }
  return status == KRV_END ? 0 : status;
}

static int check_inboxes(struct check *check) {
  const struct krv_roster *roster = check->ledger.roster;
  int status = check_inbox(check, KRV_BOX_ADMISSION, "admission", 0);
  for (uint32_t i = 0; status == 0 && i < krv_roster_group_count(roster); i++)
    status = check_inbox(check, krv_box_group(i), "group", i);
  for (uint32_t i = 0; status == 0 && i < krv_roster_device_count(roster); i++)
    status = check_inbox(check, krv_box_device(i), "device", i);
  return status;
}

static void collect(void *ctx, const char *sentence) {
  krv_buf_put(ctx, krv_slice_str(sentence));
  krv_buf_u8(ctx, '\0');
}

/* What SQLite says counts only if it says that something is wrong; else it is a list of counts. */
static int check_database(struct check *check) {
  struct krv_buf said;
  krv_buf_init(&said, check->env);
  int status = krv_store_sqlite_check(check->ledger.store, collect, &said);
  bool damaged = status == KRV_DAMAGED;
  for (size_t at = 0; damaged && said.status == 0 && at < said.len;) {
    const char *sentence = (const char *)said.data + at;
    tell(check, sentence);
    at += strlen(sentence) + 1;
  }
  krv_buf_release(&said);
  return damaged ? 0 : status;
}

static int check_all(struct check *check) {
  int status = check_database(check);
  if (status == 0) status = check_items(check);
  if (status == 0) status = check_inboxes(check);
  check->report->roster_count = krv_roster_count(check->ledger.roster);
  check->report->devices = krv_roster_device_count(check->ledger.roster);
  return status;
}

int krv_check_store(const struct krv_env *env, const char *path, struct krv_check_report *report,
                    void (*finding)(void *ctx, const char *sentence), void *ctx) {
  struct check check = {.env = env, .report = report, .finding = finding, .ctx = ctx};
  *report = (struct krv_check_report){0};
  krv_buf_init(&check.bytes, env);
  int status = krv_ledger_open(env, path, &check.ledger);
  if (status == 0) status = check_all(&check);
  if (status == KRV_DAMAGED) {
    found(&check, "the database or its roster cannot be read; restore the newest backup");
    status = 0;
  }
  krv_ledger_close(&check.ledger);
  krv_buf_release(&check.bytes);
  return status;
}
