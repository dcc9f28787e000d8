/* Where others lost data, continued: what a full disk must never lead to. */
#define _GNU_SOURCE
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cutvfs.h"
#include "fleet.h"
#include "vaultkit.h"

enum { NOTES = 3 };

struct kit {
  struct fleet fleet;
  struct fleet_device *a, *w; /* an office device and a worker */
  struct krv_id kases[NOTES];
};

/* sqlite: the server's disk is the one that fills; else only the devices'. */
static void begin(struct kit *k, bool sqlite) {
  memset(k, 0, sizeof *k);
  (void)krv_cutvfs();
  krv_cutvfs_reset();
  krv_cutvfs()->lazy = true;
  fleet_init(&k->fleet, 177, sqlite);
  k->a = fleet_found(&k->fleet, "Aygul");
  k->w = fleet_join(&k->fleet, "worker", "Dursun");
  for (size_t i = 0; i < NOTES; i++) k->kases[i] = fleet_case(k->w, "prs_FirstName", "Maya");
  fleet_rounds(&k->fleet, 2);
}

static void end(struct kit *k) {
  krv_cutvfs_reset();
  fleet_release(&k->fleet);
}

static void full_from(uint64_t call) {
  krv_cutvfs_reset();
  krv_cutvfs()->lazy = true;
  krv_cutvfs()->fail_at = call;
  krv_cutvfs()->fail_on = true;
  krv_cutvfs()->fail_code = KRV_DISK_FULL;
}

static void room_again(void) {
  krv_cutvfs_reset();
  krv_cutvfs()->lazy = true;
}

/* What the office knows of all cases together: it never gets less. */
static uint32_t known(struct kit *k, struct fleet_device *device) {
  uint32_t commits = 0;
  for (size_t i = 0; i < NOTES; i++) {
    commits += fleet_card(device, &k->kases[i])->commits;
    assert_string_equal(fleet_shown(device, &k->kases[i], "prs_FirstName"), "Maya");
  }
  return commits;
}

/* The client's disk was full, and the file was deleted on the server. Full from every call on,
 * while the worker fetches, saves and sends. */
static void seafile_177_full_disk_on_the_client_deletes_nothing_on_the_server(void **state) {
  struct kit k;
  uint64_t points = 0;
  (void)state;
  begin(&k, false);
  for (uint64_t at = 1;; at++, points++) {
    assert_int_equal(fleet_note(k.a, &k.kases[points % NOTES], "from the office"), 0);
    fleet_sync_well(k.a);
    uint32_t before = known(&k, k.a);
    uint64_t head = fleet_server_head(&k.fleet);
    full_from(at);
    (void)fleet_sync(k.w, NULL);
    int saved = fleet_note(k.w, &k.kases[0], "from the street");
    (void)fleet_sync(k.w, NULL);
    (void)known(&k, k.w); /* reading goes on */
    bool through = krv_cutvfs()->calls < at;
    assert_true(through ? saved == 0 : saved == 0 || saved == KRV_FULL || saved == KRV_IO);
    assert_true(fleet_server_head(&k.fleet) >= head);
    room_again();
    fleet_sync_well(k.a);
    assert_true(known(&k, k.a) >= before);
    fleet_close(k.w);
    fleet_open(k.w);
    fleet_rounds(&k.fleet, 2);
    for (size_t i = 0; i < NOTES; i++) assert_true(fleet_agree(&k.fleet, &k.kases[i], 2));
    if (saved == 0) assert_int_equal(known(&k, k.a), before + 1);
    if (through) break;
  }
  print_message("full from %llu calls on\n", (unsigned long long)points);
  assert_true(points > 3);
  end(&k);
}

/* ---- disk full: "removing broken db" */

struct file {
  ino_t inode;
  off_t size;
};

static struct file file_at(const char *path) {
  struct stat st;
  if (stat(path, &st) != 0) fail_msg("%s is gone", path);
  return (struct file){st.st_ino, st.st_size};
}

/* The same file, never cut to nothing. */
static void same_file(const char *path, struct file before) {
  struct file now = file_at(path);
  assert_int_equal(now.inode, before.inode);
  assert_true(now.size >= before.size);
}

static void owncloud_5357_a_full_disk_never_removes_or_remakes_the_vault(void **state) {
  struct kit k;
  char path[96];
  uint64_t points = 0;
  (void)state;
  begin(&k, false);
  (void)snprintf(path, sizeof path, "%s/vault.db", k.w->dir);
  for (uint64_t at = 1;; at++, points++) {
    uint32_t before = known(&k, k.w);
    fleet_close(k.w);
    struct file file = file_at(path);
    struct krv_vault *vault;
    full_from(at);
    int saved = krv_vault_open(&k.w->t.env, k.w->dir, krv_vaultkit_passphrase(),
                               &krv_vaultkit_options, &vault, NULL);
    if (saved == 0) {
      assert_int_equal(krv_world_open(&k.w->t.env, vault, &k.w->world), 0); /* it reads */
      saved = fleet_note(k.w, &k.kases[0], "into the full disk");
      (void)krv_vault_idle(vault);
      fleet_close(k.w); /* a checkpoint that fails as well */
    }
    bool through = krv_cutvfs()->calls < at;
    same_file(path, file);
    room_again();
    fleet_open(k.w);
    same_file(path, file);
    uint32_t now = known(&k, k.w);
    assert_true(saved == 0 ? now == before + 1 : now == before || now == before + 1);
    if (through) break;
  }
  print_message("full from %llu calls on\n", (unsigned long long)points);
  assert_true(points > 3);
  end(&k);
}

static void owncloud_5357_a_full_disk_never_removes_or_remakes_the_store(void **state) {
  struct kit k;
  char path[96];
  uint64_t points = 0;
  (void)state;
  begin(&k, true);
  for (uint64_t at = 1;; at++, points++) {
    (void)snprintf(path, sizeof path, "%s/store-%u", k.fleet.root, k.fleet.stores);
    struct file file = file_at(path);
    uint64_t head = fleet_server_head(&k.fleet);
    struct krv_batch *batch = k.fleet.service.batch;
    assert_int_equal(fleet_note(k.w, &k.kases[0], "more than there is room for"), 0);
    full_from(at);
    int status = krv_batch_kv_put(batch, KRV_KV_META, krv_slice("fill", 4), krv_slice(path, 90));
    if (status == 0) status = krv_batch_commit(batch);
    (void)krv_store_sqlite_checkpoint(k.fleet.service.store, true);
    bool through = krv_cutvfs()->calls < at;
    same_file(path, file);
    if (through) assert_int_equal(status, 0);
    room_again();
    fleet_server_restart(&k.fleet);
    same_file(path, file);
    assert_true(fleet_server_head(&k.fleet) >= head);
    fleet_rounds(&k.fleet, 2);
    for (size_t i = 0; i < NOTES; i++) assert_true(fleet_agree(&k.fleet, &k.kases[i], 2));
    if (through) break;
  }
  print_message("full from %llu calls on\n", (unsigned long long)points);
  assert_true(points > 3);
  end(&k);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(seafile_177_full_disk_on_the_client_deletes_nothing_on_the_server),
      cmocka_unit_test(owncloud_5357_a_full_disk_never_removes_or_remakes_the_vault),
      cmocka_unit_test(owncloud_5357_a_full_disk_never_removes_or_remakes_the_store),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
