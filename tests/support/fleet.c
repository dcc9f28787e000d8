#define _GNU_SOURCE
#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "approve.h"
#include "fleet_in.h"
#include "found.h"
#include "join.h"
#include "propose.h"
#include "rights.h"
#include "vaultkit.h"

void fleet_must(int status, const char *what, const char *who) {
  if (status == 0) return;
  fprintf(stderr, "fleet: %s (%s): %s\n", what, who, krv_status_text(status));
  abort();
}

static uint64_t next_seed(struct fleet *fleet) {
  return fleet->seed = fleet->seed * 6364136223846793005u + 1442695040888963407u;
}

/* ---- the server */

static void store_path(const struct fleet *fleet, char out[96]) {
  (void)snprintf(out, 96, "%s/store-%u", fleet->root, fleet->store);
}

static int load_roster(struct krv_service *service) {
  struct krv_buf entry;
  int status = 0;
  krv_buf_init(&entry, service->env);
  for (uint32_t height = 0; status == 0; height++) {
    krv_buf_reset(&entry);
    status = service->store->driver->roster_get(service->store, height, &entry);
    if (status == 0) status = krv_roster_append(service->roster, krv_buf_slice(&entry));
  }
  krv_buf_release(&entry);
  return status == KRV_NOT_FOUND ? 0 : status;
}

static void start_server(struct fleet *fleet) {
  struct krv_service *s = &fleet->service;
  char path[96];
  store_path(fleet, path);
  s->env = &fleet->t.env;
  fleet_must(fleet->sqlite ? krv_store_sqlite_open(s->env, path, &s->store)
                           : krv_store_mem_new(s->env, &s->store),
             "store", "server");
  fleet_must(krv_roster_new(s->env, &s->roster), "roster", "server");
  fleet_must(load_roster(s), "load roster", "server");
  fleet_must(krv_batch_new(s->env, s->store, s->roster, &s->server.pk, &s->batch), "batch",
             "server");
  fleet_must(krv_tickets_new(s->env, &s->tickets), "tickets", "server");
  fleet_must(krv_live_new(s->env, &s->live), "live", "server");
}

static void stop_server(struct fleet *fleet) {
  struct krv_service *s = &fleet->service;
  krv_live_free(s->live);
  krv_tickets_free(s->tickets);
  krv_batch_free(s->batch);
  krv_roster_free(s->roster);
  s->store->driver->close(s->store);
}

static void copy_file(const char *from, const char *to) {
  char block[4096];
  FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
  if (!in || !out) fleet_must(KRV_IO, "copy", from);
  for (size_t got; (got = fread(block, 1, sizeof block, in)) > 0;)
    if (fwrite(block, 1, got, out) != got) fleet_must(KRV_IO, "copy", to);
  fclose(in);
  fclose(out);
}

void fleet_server_copy(struct fleet *fleet, const char *name) {
  char path[96];
  (void)snprintf(path, sizeof path, "%s/%s", fleet->root, name);
  (void)unlink(path);
  fleet_must(krv_store_sqlite_copy(fleet->service.store, path), "copy", "server");
}

void fleet_server_restore(struct fleet *fleet, const char *name) {
  char from[96], to[96];
  (void)snprintf(from, sizeof from, "%s/%s", fleet->root, name);
  stop_server(fleet);
  fleet->store = ++fleet->stores;
  store_path(fleet, to);
  copy_file(from, to);
  start_server(fleet);
}

void fleet_server_restart(struct fleet *fleet) {
  stop_server(fleet);
  start_server(fleet);
}

static void keep_server(const struct fleet *fleet, struct fleet_server *out) {
  *out = (struct fleet_server){fleet->service.server, fleet->service.founding_psk, fleet->store};
}

void fleet_server_burn(struct fleet *fleet, struct fleet_server *old) {
  if (old) keep_server(fleet, old);
  stop_server(fleet);
  fleet->store = ++fleet->stores;
  krv_dh_pair_random(&fleet->t.env, &fleet->service.server);
  krv_key_random(&fleet->t.env, &fleet->service.founding_psk);
  start_server(fleet);
}

void fleet_server_return(struct fleet *fleet, struct fleet_server *other) {
  const struct fleet_server back = *other;
  keep_server(fleet, other);
  stop_server(fleet);
  fleet->store = back.store;
  fleet->service.server = back.server;
  fleet->service.founding_psk = back.founding_psk;
  start_server(fleet);
}

struct krv_founding_code fleet_founding_code(const struct fleet *fleet) {
  struct krv_founding_code code = {.server_pk = fleet->service.server.pk,
                                   .psk = fleet->service.founding_psk};
  (void)snprintf(code.address, sizeof code.address, "fleet:%u", fleet->stores + 1);
  return code;
}

uint64_t fleet_server_head(struct fleet *fleet) {
  uint8_t chain[KRV_CHAIN_LEN];
  uint64_t seq;
  fleet_must(fleet->service.store->driver->head(fleet->service.store, &seq, chain), "head",
             "server");
  return seq;
}

/* ---- the fleet */

void fleet_init(struct fleet *fleet, uint64_t seed, bool sqlite) {
  memset(fleet, 0, sizeof *fleet);
  fleet->seed = seed;
  fleet->sqlite = sqlite;
  krv_testenv_init(&fleet->t, next_seed(fleet));
  krv_buf_init(&fleet->tap, &fleet->t.env);
  fleet_must(krv_crypto_start(), "crypto", "fleet");
  (void)snprintf(fleet->root, sizeof fleet->root, "fleet-XXXXXX");
  if (!mkdtemp(fleet->root)) fleet_must(KRV_IO, "folder", "fleet");
  krv_dh_pair_random(&fleet->t.env, &fleet->service.server);
  krv_key_random(&fleet->t.env, &fleet->service.founding_psk);
  start_server(fleet);
}

void fleet_release(struct fleet *fleet) {
  for (uint32_t i = 0; i < fleet->count; i++) fleet_close(&fleet->devices[i]);
  stop_server(fleet);
  krv_buf_release(&fleet->tap);
  krv_vaultkit_remove(fleet->root);
}

static int make_keys(const struct krv_env *env, struct krv_vault *vault) {
  struct krv_own_keys keys;
  krv_own_keys_random(env, &keys);
  int status = krv_vault_begin(vault);
  if (status == 0) status = krv_own_keys_save(vault, env, &keys);
  if (status == 0) status = krv_vault_commit(vault);
  krv_wipe(&keys, sizeof keys);
  return status;
}

struct fleet_device *fleet_add(struct fleet *fleet, const char *name) {
  struct fleet_device *device = &fleet->devices[fleet->count++];
  struct krv_vault *vault;
  memset(device, 0, sizeof *device);
  device->fleet = fleet;
  krv_testenv_init(&device->t, next_seed(fleet));
  device->t.mono_ms = fleet->t.mono_ms;
  device->t.wall_s = fleet->t.wall_s;
  (void)snprintf(device->name, sizeof device->name, "%s", name);
  char root[sizeof fleet->root]; /* the compiler cannot know that the two do not overlap */
  memcpy(root, fleet->root, sizeof root);
  (void)snprintf(device->dir, sizeof device->dir, "%s/v%u", root, fleet->count);
  fleet_must(krv_vault_create(&device->t.env, device->dir, krv_vaultkit_passphrase(),
                              &krv_vaultkit_options, &vault),
             "create", name);
  fleet_must(make_keys(&device->t.env, vault), "keys", name);
  fleet_must(krv_world_open(&device->t.env, vault, &device->world), "world", name);
  return device;
}

void fleet_close(struct fleet_device *device) {
  krv_world_close(device->world);
  device->world = NULL;
}

void fleet_open(struct fleet_device *device) {
  struct krv_vault *vault;
  fleet_must(krv_vault_open(&device->t.env, device->dir, krv_vaultkit_passphrase(),
                            &krv_vaultkit_options, &vault, NULL),
             "open", device->name);
  fleet_must(krv_world_open(&device->t.env, vault, &device->world), "world", device->name);
}

static void copy_path(const struct fleet_device *device, const char *name, char out[128]) {
  (void)snprintf(out, 128, "%s/copy-%s-%s", device->fleet->root, device->name, name);
}

void fleet_copy(struct fleet_device *device, const char *name) {
  char path[128];
  copy_path(device, name, path);
  krv_vaultkit_remove(path);
  krv_vaultkit_copy(device->dir, path);
}

void fleet_restore(struct fleet_device *device, const char *name) {
  char path[128];
  copy_path(device, name, path);
  fleet_close(device);
  krv_vaultkit_remove(device->dir);
  krv_vaultkit_copy(path, device->dir);
  fleet_open(device);
  (void)krv_testenv_next(&device->t); /* dice never fall the same way twice */
}

/* ---- founding and joining */

struct fleet_device *fleet_found(struct fleet *fleet, const char *name) {
  struct fleet_device *device = fleet_add(fleet, name);
  struct krv_found_terms terms = {.programme = "Lighthouse", .name = device->name};
  terms.code.server_pk = fleet->service.server.pk;
  terms.code.psk = fleet->service.founding_psk;
  (void)snprintf(terms.code.address, sizeof terms.code.address, "fleet:1");
  fleet_must(krv_found_prepare(device->world, &terms), "found", name);
  fleet_sync_well(device);
  return device;
}

void fleet_invite(struct fleet_device *by, const char *roles, const char *name,
                  struct krv_buf *code) {
  struct krv_invite_request request = {.name = name, .days = 14};
  fleet_must(krv_roles_parse(krv_slice_str(roles), &request.roles), "roles", roles);
  fleet_must(krv_invite_make(by->world, &request, code), "invite", name);
}

void fleet_accept(struct fleet_device *device, const struct krv_buf *code) {
  fleet_must(krv_join_prepare(device->world, krv_buf_slice(code)), "join", device->name);
}

void fleet_approve(struct fleet_device *by, struct fleet_device *joiner) {
  char words[64];
  fleet_must(krv_join_words(joiner->world, words), "words", joiner->name);
  struct krv_approve_choice choice = {.words = words, .name = joiner->name};
  fleet_must(krv_approve(by->world, &choice, NULL, NULL), "approve", joiner->name);
}

void fleet_propose(struct fleet_device *by, struct krv_statement *statements, uint32_t count) {
  struct krv_world *world = by->world;
  struct krv_roster *roster;
  fleet_must(krv_vault_begin(world->vault), "begin", by->name);
  fleet_must(krv_propose_roster(world, &roster), "roster", by->name);
  fleet_must(krv_propose(world, roster, statements, count), "propose", by->name);
  fleet_must(krv_vault_commit(world->vault), "commit", by->name);
  krv_roster_free(roster);
}

struct fleet_device *fleet_join(struct fleet *fleet, const char *roles, const char *name) {
  struct fleet_device *first = &fleet->devices[0], *device = fleet_add(fleet, name);
  struct krv_buf code;
  krv_buf_init(&code, &first->t.env);
  fleet_invite(first, roles, name, &code);
  fleet_accept(device, &code);
  krv_buf_release(&code);
  fleet_sync_well(device); /* asks */
  fleet_sync_well(first); /* hears of it */
  fleet_approve(first, device);
  fleet_sync_well(first);
  fleet_sync_well(device); /* is in */
  fleet_sync_well(first);
  fleet_sync_well(device); /* has the keys of its groups */
  fleet_must(krv_world_ready(device->world), "ready", name);
  return device;
}

uint64_t fleet_alarms(struct fleet_device *device, enum krv_alarm_kind kind) {
  uint64_t count;
  fleet_must(krv_alarm_count(device->world, kind, &count), "alarms", device->name);
  return count;
}

uint64_t fleet_marked(struct fleet_device *device, enum krv_mark mark) {
  uint64_t count;
  fleet_must(krv_vault_count(device->world->vault, mark, &count), "count", device->name);
  return count;
}
