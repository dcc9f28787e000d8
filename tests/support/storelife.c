#include "storelife.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "mock.h"

void krv_storelife_init(struct krv_storelife *life, uint64_t seed) {
  memset(life, 0, sizeof *life);
  krv_kit_tempdir(life->folder, life->path);
  krv_kit_init(&life->kit, seed, life->path);
}

void krv_storelife_release(struct krv_storelife *life) {
  krv_kit_release(&life->kit);
  krv_kit_rmdir(life->folder);
}

void krv_storelife_case(struct krv_storelife *life) {
  krv_kit_case(&life->kit, 0, &life->kase);
  life->n = 1;
  life->prev = life->kase.genesis;
}

int krv_storelife_append(struct krv_storelife *life, uint64_t commits) {
  struct krv_kit *kit = &life->kit;
  struct krv_id prev = life->prev;
  struct krv_buf payload;
  int status = 0;
  krv_buf_init(&payload, &kit->t.env);
  for (uint64_t i = 1; i <= commits && status == 0; i++) {
    struct krv_kit_commit commit = {
        .author = life->kase.creator, .own = true, .n = life->n + i, .prev = prev, .prev_len = 4};
    krv_kit_commit(kit, &life->kase, &commit, &payload, &prev);
    status = krv_kit_push(kit, life->kase.creator, KRV_MSG_COMMIT, &payload, NULL);
  }
  if (status == 0) status = krv_batch_commit(kit->batch);
  else krv_batch_rollback(kit->batch);
  krv_buf_release(&payload);
  if (status != 0) return status;
  life->n += commits;
  life->prev = prev;
  return 0;
}

void krv_storelife_tell(struct krv_store *store, struct krv_told *told) {
  assert_int_equal(store->driver->head(store, &told->seq, told->chain), 0);
}

static void finding(void *ctx, const char *sentence) {
  (void)snprintf(ctx, 128, "%s", sentence);
}

void krv_storelife_look(struct krv_store *store, const struct krv_told *told, uint64_t seed,
                        bool thorough) {
  uint64_t seq;
  uint8_t chain[KRV_CHAIN_LEN];
  struct krv_testenv memory;
  struct krv_buf bytes;
  struct krv_store_item item;
  char found[128] = "";
  krv_testenv_init(&memory, 1);
  krv_buf_init(&bytes, &memory.env);
  assert_int_equal(store->driver->head(store, &seq, chain), 0);
  if (seq < told->seq)
    fail_msg("seed %llu: the head is %llu, told was %llu", (unsigned long long)seed,
             (unsigned long long)seq, (unsigned long long)told->seq);
  if (told->seq > 0) {
    assert_int_equal(store->driver->chain_at(store, told->seq, chain), 0);
    assert_memory_equal(chain, told->chain, sizeof chain);
  }
  for (uint64_t at = 1; at <= seq; at++) {
    krv_buf_reset(&bytes);
    assert_int_equal(store->driver->item_get(store, at, &item, &bytes), 0);
  }
  if (thorough && krv_store_sqlite_check(store, finding, found) != 0)
    fail_msg("seed %llu: %s", (unsigned long long)seed, found);
  krv_buf_release(&bytes);
}

static void path_in(const char *folder, const char *after, char out[192]) {
  (void)snprintf(out, 192, "%s/server.db%s", folder, after);
}

void krv_storelife_copy(const struct krv_storelife *life, const char *folder) {
  static const char *const files[] = {"", "-wal"};
  for (size_t i = 0; i < 2; i++) {
    char from[192], to[192], block[4096];
    path_in(life->folder, files[i], from);
    path_in(folder, files[i], to);
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(out);
    for (size_t got; in && (got = fread(block, 1, sizeof block, in)) > 0;)
      assert_int_equal(fwrite(block, 1, got, out), got);
    if (in) fclose(in);
    fclose(out);
  }
}

int krv_storelife_at(struct krv_storelife *life, const char *folder) {
  struct krv_kit *kit = &life->kit;
  struct krv_store *store;
  char path[192];
  assert(!life->own_store);
  path_in(folder, "", path);
  int status = krv_store_sqlite_open(&kit->t.env, path, &store);
  if (status != 0) return status;
  life->own_store = kit->store;
  life->own_batch = kit->batch;
  kit->store = store;
  status = krv_batch_new(&kit->t.env, store, kit->roster, &kit->fleet.server.pk, &kit->batch);
  if (status == 0) return 0;
  kit->batch = NULL;
  krv_storelife_back(life);
  return status;
}

void krv_storelife_back(struct krv_storelife *life) {
  struct krv_kit *kit = &life->kit;
  if (kit->batch) krv_batch_free(kit->batch);
  kit->store->driver->close(kit->store);
  kit->store = life->own_store;
  kit->batch = life->own_batch;
  life->own_store = NULL;
  life->own_batch = NULL;
}
