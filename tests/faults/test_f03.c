/* F3: a disk that lies about fsync. The last 1 to 64 syncs of a vault, or of the server's store,
 * never happened when power fails: what is left is a consistent prefix. Whoever was set back finds
 * out, and what others have seen comes back: a vault fetches its own commits from the server, and
 * the devices bring the server what it lost (I1, I3). Where sectors are torn besides, and lying
 * syncs held no order, damage can be no prefix at all: then the vault says so, or it is one. */
#include <stdio.h>

#include "cutvfs.h"
#include "faults.h"
#include "fleet.h"
#include "mock.h"
#include "vaultkit.h"

enum { DEVICES = 3, CASES = 3, POINTS_A_LIFE = 24, TORN_POINTS = 5000 };

static struct fleet fleet;
static struct krv_testenv dice;
static struct krv_id kases[CASES];

static uint64_t below(uint64_t n) {
  return krv_testenv_below(&dice, n);
}

static uint32_t lost_now(void) {
  return 1 + (uint32_t)below(below(4) ? 8 : KRV_CUT_LOST_MAX);
}

static void begin(uint64_t seed) {
  (void)krv_cutvfs();
  krv_cutvfs_reset();
  krv_cutvfs()->lazy = true;
  krv_testenv_init(&dice, seed);
  fleet_init(&fleet, seed, true);
  (void)fleet_found(&fleet, "Aygul");
  (void)fleet_join(&fleet, "office", "Bahar");
  (void)fleet_join(&fleet, "office", "Dursun");
  for (size_t i = 0; i < CASES; i++)
    kases[i] = fleet_case(&fleet.devices[i], "prs_FirstName", "Maya");
  fleet_rounds(&fleet, 3);
  krv_cutvfs_settle();
}

static void end(void) {
  krv_cutvfs_reset();
  fleet_release(&fleet);
}

/* Lives of a fleet, so many points each; returns how many in all. */
static uint64_t lives(void (*point)(uint64_t *sum), uint64_t *sum) {
  uint64_t count = krv_faults(1);
  for (uint64_t life = 0; life < count; life++) {
    begin(krv_faults_seed() + life);
    for (uint32_t i = 0; i < POINTS_A_LIFE; i++) point(sum);
    end();
  }
  return count * POINTS_A_LIFE;
}

static void work(struct fleet_device *device) {
  for (uint64_t left = 1 + below(5); left > 0; left--)
    assert_int_equal(fleet_note(device, &kases[below(CASES)], "told as saved"), 0);
}

static void some_days(void) {
  for (uint64_t left = 1 + below(6); left > 0; left--) {
    struct fleet_device *device = &fleet.devices[below(DEVICES)];
    work(device);
    if (below(3)) fleet_sync_well(device);
  }
}

static void cut_under(const char *dir, const char *file, struct krv_cut_choice choice) {
  char where[4096], under[4200];
  assert_non_null(realpath(dir, where));
  (void)snprintf(under, sizeof under, "%s/%s", where, file);
  choice.under = under;
  krv_cutvfs_cut(&choice);
}

/* The device's own commits in a vault, by case, or in the whole of it. */
static uint32_t own_commits(struct fleet_device *holder, krv_device_ix author, size_t kase) {
  struct krv_folder *folder;
  uint32_t own = 0;
  assert_int_equal(krv_folder_load_id(holder->world, &kases[kase], &folder), 0);
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  for (uint32_t i = 0; i < krv_lines_count(lines); i++)
    own += krv_lines_at(lines, i)->tip.device == author;
  krv_folder_free(folder);
  return own;
}

/* What the server has of the device, as the others hear it: nobody else has edited meanwhile. */
static uint32_t known_to_others(struct fleet_device *victim, size_t kase) {
  uint32_t most = 0;
  for (uint32_t i = 0; i < DEVICES; i++)
    if (&fleet.devices[i] != victim) {
      uint32_t own = own_commits(&fleet.devices[i], victim->world->member.device, kase);
      if (own > most) most = own;
    }
  return most;
}

static void all_whole(void) {
  for (size_t i = 0; i < CASES; i++) {
    assert_true(fleet_agree(&fleet, &kases[i], DEVICES));
    for (uint32_t d = 0; d < DEVICES; d++) {
      bool same = false;
      assert_int_equal(krv_intake_audit(fleet.devices[d].world, &kases[i], &same), 0);
      assert_true(same);
    }
  }
}

/* The vault after the cut, in the place of the one before it. */
static void set_back(struct fleet_device *device, struct krv_cut_choice choice) {
  char cut[64];
  (void)snprintf(cut, sizeof cut, "%s/cut", fleet.root);
  krv_vaultkit_remove(cut);
  assert_int_equal(krv_host_make_dir(cut), 0);
  choice.folder = cut;
  cut_under(device->dir, "vault.db", choice);
  fleet_close(device);
  krv_vaultkit_remove(device->dir);
  krv_vaultkit_copy(cut, device->dir);
}

static void one_vault(uint64_t *lost_own) {
  struct fleet_device *victim = &fleet.devices[below(DEVICES)];
  krv_device_ix ix = victim->world->member.device;
  uint32_t before[CASES], there[CASES], lost = 0;
  some_days();
  for (uint32_t i = 0; i < DEVICES; i++)
    if (&fleet.devices[i] != victim) fleet_sync_well(&fleet.devices[i]);
  for (size_t i = 0; i < CASES; i++) before[i] = known_to_others(victim, i);
  set_back(victim, (struct krv_cut_choice){.cut = KRV_CUT_SYNCED, .lost = lost_now()});
  fleet_open(victim);
  (void)krv_testenv_next(&victim->t); /* dice never fall the same way twice */
  for (size_t i = 0; i < CASES; i++) {
    there[i] = own_commits(victim, ix, i);
    lost += there[i] < before[i];
  }
  uint64_t alarms = fleet_alarms(victim, KRV_ALARM_COPY_IN_USE);
  if (below(2)) work(victim); /* and goes on, not knowing */
  fleet_rounds(&fleet, 3);
  all_whole();
  for (size_t i = 0; i < CASES; i++) assert_true(own_commits(victim, ix, i) >= before[i]);
  if (lost > 0 && fleet_alarms(victim, KRV_ALARM_COPY_IN_USE) == alarms)
    fail_msg("%s lost commits and was not told", victim->name);
  *lost_own += lost;
  krv_cutvfs_settle();
}

static void a_vault_that_lost_its_last_syncs_fetches_them_again(void **state) {
  uint64_t lost = 0, points = lives(one_vault, &lost);
  (void)state;
  print_message("F3 vault: %llu cuts, %llu lines set back and fetched (seed %llu)\n",
                (unsigned long long)points, (unsigned long long)lost,
                (unsigned long long)krv_faults_seed());
  assert_true(lost >= points / 6);
}

/* The store after the cut, its log taken in, in the place of the one before it. */
static void adopt(const char *cut, const char *file) {
  struct krv_store *left;
  char path[128], name[64];
  (void)snprintf(path, sizeof path, "%s/%s", cut, file);
  (void)snprintf(name, sizeof name, "cut/%s", file);
  assert_int_equal(krv_store_sqlite_open(&fleet.t.env, path, &left), 0);
  assert_int_equal(krv_store_sqlite_checkpoint(left, true), 0);
  left->driver->close(left);
  fleet_server_restore(&fleet, name);
}

static void one_server(uint64_t *set_back_by) {
  char cut[64], store[32];
  some_days();
  uint64_t before = fleet_server_head(&fleet);
  uint32_t commits[DEVICES][CASES];
  for (uint32_t d = 0; d < DEVICES; d++)
    for (size_t i = 0; i < CASES; i++)
      commits[d][i] = fleet_card(&fleet.devices[d], &kases[i])->commits;
  (void)snprintf(cut, sizeof cut, "%s/cut", fleet.root);
  krv_vaultkit_remove(cut);
  assert_int_equal(krv_host_make_dir(cut), 0);
  (void)snprintf(store, sizeof store, "store-%u", fleet.stores);
  cut_under(fleet.root, store,
            (struct krv_cut_choice){.folder = cut, .cut = KRV_CUT_SYNCED, .lost = lost_now()});
  adopt(cut, store);
  uint64_t now = fleet_server_head(&fleet);
  assert_true(now <= before);
  *set_back_by += before - now;
  fleet_rounds(&fleet, 3);
  all_whole();
  for (uint32_t d = 0; d < DEVICES; d++)
    for (size_t i = 0; i < CASES; i++)
      assert_true(fleet_card(&fleet.devices[d], &kases[i])->commits >= commits[d][i]);
  for (uint32_t d = 0; d < DEVICES; d++)
    assert_int_equal(fleet_marked(&fleet.devices[d], KRV_MARK_NONE), 0);
  krv_cutvfs_settle();
}

static void a_server_that_lost_its_last_syncs_is_brought_them_again(void **state) {
  uint64_t lost = 0, points = lives(one_server, &lost);
  (void)state;
  print_message("F3 server: %llu cuts, %llu items lost and brought (seed %llu)\n",
                (unsigned long long)points, (unsigned long long)lost,
                (unsigned long long)krv_faults_seed());
  assert_true(lost >= points);
}

/* ---- lying and tearing at once */

static struct krv_vaultkit kit;

static void finding(void *ctx, const char *sentence) {
  assert_non_null(sentence);
  ++*(unsigned *)ctx;
}

/* A prefix, or the damage is told. */
static bool prefix_or_seen(const char *dir, uint32_t saved, bool *seen) {
  struct krv_vault *vault;
  unsigned findings = 0;
  int status = krv_vaultkit_open_at(&kit, dir, &vault);
  *seen = status != 0;
  if (status != 0) return status == KRV_DAMAGED || status == KRV_IO || status == KRV_PASSPHRASE;
  int version = krv_vaultkit_version(vault, 1), other = krv_vaultkit_version(vault, 2);
  bool prefix = version >= 0 && other >= 0 && version <= (int)saved + 1 &&
                (other == version || other + 1 == version);
  if (!prefix) *seen = krv_vault_check(vault, finding, &findings) != 0 || findings > 0;
  krv_vault_close(vault);
  return prefix || *seen;
}

static void torn_after(uint32_t saved, uint64_t *points, uint64_t *seen) {
  char dir[64];
  (void)snprintf(dir, sizeof dir, "%s/cut", kit.root);
  for (uint32_t i = 0; i < 8; i++) {
    bool told;
    struct krv_cut_choice choice = {.folder = dir,
                                    .cut = KRV_CUT_TORN,
                                    .lost = lost_now(),
                                    .seed = krv_testenv_next(&dice)};
    krv_vaultkit_remove(dir);
    assert_int_equal(krv_host_make_dir(dir), 0);
    cut_under(kit.dir, "vault.db", choice);
    if (!prefix_or_seen(dir, saved, &told))
      fail_msg("seed %llu, %u syncs lost: neither a prefix nor seen",
               (unsigned long long)choice.seed, choice.lost);
    ++*points;
    *seen += told;
  }
}

static void a_lie_that_tore_as_well_is_a_prefix_or_is_seen(void **state) {
  uint64_t wanted = krv_faults(TORN_POINTS), points = 0, seen = 0;
  (void)state;
  (void)krv_cutvfs();
  krv_cutvfs_reset();
  krv_cutvfs()->lazy = true;
  krv_testenv_init(&dice, krv_faults_seed());
  for (uint64_t life = 0; points < wanted; life++) {
    krv_vaultkit_init(&kit, krv_faults_seed() + life);
    krv_cutvfs_settle();
    for (uint32_t version = 1; version <= 24 && points < wanted; version++) {
      for (uint32_t n = 1; n <= 2; n++)
        assert_int_equal(krv_vaultkit_save(kit.vault, n, version), 0);
      if (below(6) == 0) assert_int_equal(krv_vault_idle(kit.vault), 0);
      torn_after(version, &points, &seen);
    }
    krv_vaultkit_release(&kit);
  }
  print_message("F3 torn: %llu cuts, %llu of them seen as damage (seed %llu)\n",
                (unsigned long long)points, (unsigned long long)seen,
                (unsigned long long)krv_faults_seed());
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_vault_that_lost_its_last_syncs_fetches_them_again),
      cmocka_unit_test(a_server_that_lost_its_last_syncs_is_brought_them_again),
      cmocka_unit_test(a_lie_that_tore_as_well_is_a_prefix_or_is_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
