#define _GNU_SOURCE
#include "storekit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"
#include "status.h"

enum { SEALED_LEN = 144 };

static void must(int status, const char *what) {
  if (status == 0) return;
  fprintf(stderr, "storekit: %s: %s\n", what, krv_status_text(status));
  abort();
}

void krv_kit_tempdir(char folder[64], char path[96]) {
  const char *base = getenv("TMPDIR");
  snprintf(folder, 64, "%s/krv-store-XXXXXX", base && strlen(base) < 40 ? base : "/tmp");
  must(mkdtemp(folder) ? 0 : KRV_IO, "mkdtemp");
  snprintf(path, 96, "%s/server.db", folder);
}

void krv_kit_rmdir(const char *folder) {
  char path[512];
  DIR *dir = opendir(folder);
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    unlink(path);
  }
  if (dir) closedir(dir);
  rmdir(folder);
}

void krv_kit_init(struct krv_kit *kit, uint64_t seed, const char *path) {
  memset(kit, 0, sizeof *kit);
  krv_testenv_init(&kit->t, seed);
  must(krv_crypto_start(), "crypto");
  krv_fleet_found(&kit->fleet, &kit->t);
  const struct krv_env *env = &kit->t.env;
  must(path ? krv_store_sqlite_open(env, path, &kit->store) : krv_store_mem_new(env, &kit->store),
       "store");
  must(krv_roster_new(env, &kit->roster), "roster");
  must(krv_batch_new(env, kit->store, kit->roster, &kit->fleet.server.pk, &kit->batch), "batch");
  krv_kit_push_roster(kit);
}

void krv_kit_release(struct krv_kit *kit) {
  krv_batch_free(kit->batch);
  krv_roster_free(kit->roster);
  if (kit->store) kit->store->driver->close(kit->store);
  krv_fleet_release(&kit->fleet);
}

void krv_kit_push_roster(struct krv_kit *kit) {
  while (krv_roster_count(kit->roster) < krv_roster_count(kit->fleet.roster)) {
    struct krv_slice entry = krv_roster_entry(kit->fleet.roster, krv_roster_count(kit->roster));
    must(krv_batch_roster(kit->batch, entry), "entry");
    must(krv_batch_commit(kit->batch), "commit");
  }
}

krv_device_ix krv_kit_admit(struct krv_kit *kit, uint8_t roles) {
  krv_device_ix device = krv_fleet_admit(&kit->fleet, roles);
  krv_kit_push_roster(kit);
  return device;
}

krv_group_ix krv_kit_member_group(const struct krv_kit *kit, krv_device_ix device) {
  return krv_roster_device(kit->fleet.roster, device)->member_group;
}

/* ---- makers ---- */

static void put_serial(uint8_t *at, uint64_t serial) {
  for (int i = 0; i < 8; i++) at[i] = (uint8_t)(serial >> (8 * i));
}

static uint64_t get_serial(const uint8_t *at) {
  uint64_t v = 0;
  for (int i = 0; i < 8; i++) v |= (uint64_t)at[i] << (8 * i);
  return v;
}

/* Random bytes that begin with the next serial. */
static void fill(struct krv_kit *kit, uint8_t *out, size_t len) {
  kit->t.env.random(kit->t.env.ctx, out, len);
  put_serial(out, ++kit->serial);
}

void krv_kit_list(const struct krv_kit *kit, krv_device_ix author, struct krv_access_list *list) {
  memset(list, 0, sizeof *list);
  must(krv_access_list_set(list, KRV_GROUP_OFFICE, KRV_ACCESS_WRITE), "list");
  must(krv_access_list_set(list, krv_kit_member_group(kit, author), KRV_ACCESS_WRITE), "list");
}

void krv_kit_genesis(struct krv_kit *kit, krv_device_ix author, const struct krv_access_list *list,
                     struct krv_kit_case *kase, struct krv_buf *out) {
  const struct krv_env *env = &kit->t.env;
  const struct krv_id *programme = krv_roster_programme(kit->fleet.roster);
  const struct krv_device *device = krv_roster_device(kit->fleet.roster, author);
  uint8_t sealed[SEALED_LEN];
  struct krv_buf access;
  krv_buf_init(&access, env);
  krv_access_list_encode(list, &access);
  fill(kit, sealed, sizeof sealed);
  struct krv_msg_genesis msg = {.device = KRV_MSG_NO_DEVICE, .suite = 1, .kind = 1,
                                .access = krv_buf_slice(&access),
                                .ciphertext = krv_slice(sealed, sizeof sealed)};
  env->random(env->ctx, msg.key_commit, sizeof msg.key_commit);
  env->random(env->ctx, msg.salt, sizeof msg.salt);
  struct krv_genesis form = {.creator = device->id, .access = *list};
  memcpy(form.key_commit, msg.key_commit, sizeof form.key_commit);
  kase->creator = author;
  memcpy(kase->key_commit, msg.key_commit, sizeof kase->key_commit);
  must(krv_case_id(env, programme, &form, &kase->id), "case id");
  struct krv_commit commit = {.head = {.suite = 1, .kind = 1, .programme = *programme,
                                       .kase = kase->id, .device = device->id, .n = 1},
                              .ciphertext = msg.ciphertext};
  memcpy(commit.salt, msg.salt, sizeof commit.salt);
  krv_commit_id(&commit, &kase->genesis);
  krv_buf_reset(out);
  krv_msg_genesis_encode(&msg, out);
  krv_buf_release(&access);
}

void krv_kit_commit(struct krv_kit *kit, const struct krv_kit_case *kase,
                    const struct krv_kit_commit *c, struct krv_buf *out, struct krv_id *id) {
  const struct krv_env *env = &kit->t.env;
  uint8_t sealed[SEALED_LEN];
  fill(kit, sealed, sizeof sealed);
  struct krv_msg_commit msg = {.device = c->own ? KRV_MSG_NO_DEVICE : c->author, .kase = kase->id,
                               .n = c->n, .prev_len = c->prev_len, .suite = 1, .kind = 1,
                               .ciphertext = krv_slice(sealed, sizeof sealed)};
  memcpy(msg.prev, c->prev.b, c->prev_len);
  env->random(env->ctx, msg.salt, sizeof msg.salt);
  krv_buf_reset(out);
  krv_msg_commit_encode(&msg, out);
  struct krv_commit commit = {
      .head = {.suite = 1, .kind = 1, .programme = *krv_roster_programme(kit->fleet.roster),
               .kase = kase->id, .device = krv_roster_device(kit->fleet.roster, c->author)->id,
               .n = c->n, .prev = c->prev},
      .ciphertext = msg.ciphertext};
  memcpy(commit.salt, msg.salt, sizeof commit.salt);
  krv_commit_id(&commit, id);
}

void krv_kit_grant(struct krv_kit *kit, const struct krv_kit_case *kase, krv_group_ix group,
                   uint8_t mode, struct krv_buf *out) {
  struct krv_msg_grant msg = {.kase = kase->id, .group = group, .mode = mode,
                              .giver = KRV_MSG_NO_DEVICE};
  fill(kit, msg.wrap, sizeof msg.wrap);
  krv_buf_reset(out);
  krv_msg_grant_encode(&msg, out);
}

int krv_kit_push(struct krv_kit *kit, krv_device_ix bringer, enum krv_message_kind kind,
                 const struct krv_buf *payload, uint64_t *seq) {
  struct krv_bringer b = {.device = bringer};
  uint64_t ignored;
  return krv_batch_item(kit->batch, &b, kind, krv_buf_slice(payload), seq ? seq : &ignored);
}

void krv_kit_case(struct krv_kit *kit, krv_device_ix author, struct krv_kit_case *kase) {
  struct krv_access_list list;
  struct krv_buf out;
  krv_buf_init(&out, &kit->t.env);
  krv_kit_list(kit, author, &list);
  krv_kit_genesis(kit, author, &list, kase, &out);
  must(krv_kit_push(kit, author, KRV_MSG_GENESIS, &out, NULL), "genesis");
  for (uint32_t i = list.count; i-- > 0;) {
    krv_kit_grant(kit, kase, list.items[i].group, list.items[i].mode, &out);
    must(krv_kit_push(kit, author, KRV_MSG_GRANT, &out, NULL), "grant");
  }
  must(krv_batch_commit(kit->batch), "commit");
  krv_buf_release(&out);
}

/* ---- readers ---- */

static uint64_t serial_of(uint8_t kind, struct krv_slice payload) {
  struct krv_msg_genesis genesis;
  struct krv_msg_commit commit;
  struct krv_msg_grant grant;
  switch (kind) {
    case KRV_MSG_GENESIS:
      must(krv_msg_genesis_decode(payload, &genesis), "genesis");
      return get_serial(genesis.ciphertext.data);
    case KRV_MSG_COMMIT:
      must(krv_msg_commit_decode(payload, &commit), "commit");
      return get_serial(commit.ciphertext.data);
    case KRV_MSG_GRANT:
      must(krv_msg_grant_decode(payload, &grant), "grant");
      return get_serial(grant.wrap);
    default: return 0;
  }
}

static uint8_t prev_len_of(uint8_t kind, struct krv_slice payload) {
  struct krv_msg_commit msg;
  if (kind != KRV_MSG_COMMIT) return 0;
  must(krv_msg_commit_decode(payload, &msg), "commit");
  return msg.prev_len;
}

size_t krv_kit_read(const struct krv_buf *slice, struct krv_cursor *cursor,
                    struct krv_kit_seen *seen, size_t seen_max) {
  struct krv_in in = krv_in(krv_buf_slice(slice));
  size_t count = 0;
  while (krv_in_left(&in) > 0) {
    uint8_t kind = krv_in_u8(&in);
    struct krv_slice payload = krv_in_blob(&in, krv_message_cap(kind));
    must(in.status, "message");
    struct krv_msg_cursor msg;
    if (kind == KRV_MSG_CURSOR) {
      must(krv_msg_cursor_decode(payload, &msg), "cursor");
      *cursor = (struct krv_cursor){cursor->at + msg.advance, msg.within};
      continue;
    }
    must(count < seen_max ? 0 : KRV_TOO_LARGE, "room");
    seen[count++] =
        (struct krv_kit_seen){kind, prev_len_of(kind, payload), serial_of(kind, payload)};
  }
  return count;
}

size_t krv_kit_pull(struct krv_kit *kit, krv_device_ix device, struct krv_cursor *cursor,
                    struct krv_kit_seen *seen, size_t seen_max) {
  struct krv_pull *pull;
  struct krv_buf out;
  uint64_t told = cursor->at;
  krv_buf_init(&out, &kit->t.env);
  must(krv_pull_new(&kit->t.env, kit->store, kit->roster, device, *cursor, &pull), "pull");
  int status = krv_pull_slice(pull, SIZE_MAX, &told, &out);
  must(status == KRV_END ? 0 : KRV_STATE, "slice");
  size_t count = krv_kit_read(&out, cursor, seen, seen_max);
  must(told == cursor->at ? 0 : KRV_STATE, "told");
  krv_pull_free(pull);
  krv_buf_release(&out);
  return count;
}
