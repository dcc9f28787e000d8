/* node_uv: composition, the turn of the loop, and the end.
 *
 *   start: lock > key > store, roster > tickets > admin > listen
 *   stop:  SIGTERM > the door shut > batch committed > connections cut and
 *          flushed (3 s at most) > tickets saved > checkpoint > closed
 *
 * A store that failed to sync stops the server with its status: nothing that a
 * failed fsync left in memory is trusted, a restart reads the disk. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "env_uv.h"
#include "node_in.h"

enum { TICK_MS = 1000, STOP_MS = 3000, IDLE_CHECKPOINT_MS = 5000 };

/* ---- tickets: a cache of their own file (R26) ---- */

static int save_tickets(struct krv_node *node) {
  char path[KRV_PATH_MAX];
  struct krv_buf blob;
  krv_buf_init(&blob, node->env);
  int status = krv_path_join(node->options.dir, KRV_DIR_TICKETS, path);
  if (status == 0) status = krv_tickets_save(node->service.tickets, &blob);
  if (status == 0) status = krv_file_write(path, krv_buf_slice(&blob));
  krv_buf_wipe(&blob);
  return status;
}

/* Whatever is wrong with the file, the cost is one handshake a device. */
static void load_tickets(struct krv_node *node) {
  char path[KRV_PATH_MAX];
  struct krv_buf blob;
  krv_buf_init(&blob, node->env);
  if (krv_path_join(node->options.dir, KRV_DIR_TICKETS, path) == 0 &&
      krv_file_read(path, &blob) == 0)
    (void)krv_tickets_load(node->service.tickets, krv_buf_slice(&blob));
  krv_buf_wipe(&blob);
}

/* ---- the turn of the loop ---- */

static void on_check(uv_check_t *check) {
  krv_node_commit(check->data);
}

static void housekeeping(struct krv_node *node, uint64_t now_ms) {
  if (now_ms - node->tickets_ms >= (uint64_t)node->options.tickets_save_s * 1000) {
    node->tickets_ms = now_ms;
    (void)save_tickets(node);
  }
  if (!node->dirty || krv_batch_open(node->service.batch)) return;
  bool idle = now_ms - node->committed_ms >= IDLE_CHECKPOINT_MS;
  krv_node_distrust(node, krv_store_sqlite_checkpoint(node->ledger.store, idle));
  if (idle) node->dirty = false;
}

static void on_tick(uv_timer_t *tick) {
  struct krv_node *node = tick->data;
  uint64_t now_ms = node->env->mono_ms(node->env->ctx);
  for (struct krv_peer *peer = node->peers; peer; peer = peer->next) krv_peer_tick(peer, now_ms);
  if (!node->stopping) housekeeping(node, now_ms);
  else if (!node->peers || now_ms >= node->stop_ms) uv_stop(&node->loop);
}

static void cut(void *ctx, struct krv_conn *conn) {
  (void)ctx;
  krv_conn_cut(conn, KRV_CUT);
}

static void on_signal(uv_signal_t *handle, int number) {
  (void)number;
  struct krv_node *node = handle->data;
  if (node->stopping) return;
  node->stopping = true;
  node->stop_ms = node->env->mono_ms(node->env->ctx) + STOP_MS;
  krv_door_shut(&node->door);
  krv_node_commit(node);
  krv_live_each(node->service.live, cut, NULL);
  for (struct krv_peer *peer = node->peers; peer; peer = peer->next) krv_peer_flush(peer);
  uv_timer_start(&node->tick, on_tick, 0, TICK_MS / 20);
}

/* ---- start ---- */

static int open_service(struct krv_node *node, enum krv_node_place *place) {
  struct krv_service *service = &node->service;
  struct krv_server_key key;
  char path[KRV_PATH_MAX];
  *place = KRV_NODE_KEY;
  int status = krv_server_key_load(node->options.dir, node->env, &key);
  service->server = key.server;
  service->founding_psk = key.founding_psk;
  krv_wipe(&key, sizeof key);
  if (status != 0) return status;
  *place = KRV_NODE_STORE;
  status = krv_path_join(node->options.dir, KRV_DIR_STORE, path);
  if (status == 0) status = krv_ledger_open(node->env, path, &node->ledger);
  if (status != 0) return status;
  service->env = node->env;
  service->store = node->ledger.store;
  service->roster = node->ledger.roster;
  service->log = node->options.log;
  service->log_ctx = node->options.ctx;
  status = krv_batch_new(node->env, service->store, service->roster, &service->server.pk,
                         &service->batch);
  if (status == 0) status = krv_tickets_new(node->env, &service->tickets);
  if (status == 0) status = krv_live_new(node->env, &service->live);
  if (status == 0) load_tickets(node);
  return status;
}

static void close_service(struct krv_node *node) {
  struct krv_service *service = &node->service;
  krv_live_free(service->live);
  krv_tickets_free(service->tickets);
  krv_batch_free(service->batch);
  krv_ledger_close(&node->ledger);
  krv_wipe(service, sizeof *service);
}

static void watch_signal(struct krv_node *node, uv_signal_t *handle, int number) {
  uv_signal_init(&node->loop, handle);
  handle->data = node;
  uv_signal_start(handle, on_signal, number);
}

static void start_loop(struct krv_node *node) {
  uv_check_init(&node->loop, &node->check);
  node->check.data = node;
  uv_check_start(&node->check, on_check);
  uv_timer_init(&node->loop, &node->tick);
  node->tick.data = node;
  uv_timer_start(&node->tick, on_tick, TICK_MS, TICK_MS);
  watch_signal(node, &node->terminate, SIGTERM);
  watch_signal(node, &node->interrupt, SIGINT);
}

/* ---- end ---- */

static void close_handle(uv_handle_t *handle, void *ctx) {
  struct krv_node *node = ctx;
  for (struct krv_peer *peer = node->peers; peer; peer = peer->next)
    if (handle == (uv_handle_t *)&peer->tcp) {
      krv_peer_close(peer);
      return;
    }
  krv_admin_close(handle);
}

static void close_loop(struct krv_node *node) {
  node->stopping = true;
  krv_door_shut(&node->door);
  krv_door_shut(&node->admin);
  uv_walk(&node->loop, close_handle, node);
  uv_run(&node->loop, UV_RUN_DEFAULT);
  uv_loop_close(&node->loop);
}

static int run(struct krv_node *node, enum krv_node_place *place) {
  if (uv_loop_init(&node->loop) != 0) return KRV_NOMEM;
  start_loop(node);
  *place = KRV_NODE_ADMIN;
  int status = krv_admin_listen(node);
  if (status == 0) {
    *place = KRV_NODE_ADDRESS;
    status = krv_node_listen(node);
  }
  if (status == 0) {
    *place = KRV_NODE_RUN;
    uv_run(&node->loop, UV_RUN_DEFAULT);
    status = node->status;
    if (status == 0) status = save_tickets(node);
  }
  close_loop(node);
  if (*place == KRV_NODE_RUN && status == 0)
    status = krv_store_sqlite_checkpoint(node->ledger.store, true);
  return status;
}

int krv_node_run(const struct krv_node_options *options, enum krv_node_place *place) {
  const struct krv_env *env = krv_env_real();
  struct krv_node *node = krv_zalloc(env, 1, sizeof *node);
  *place = KRV_NODE_FOLDER;
  if (!node) return KRV_NOMEM;
  node->options = *options;
  node->env = env;
  node->started_ms = node->tickets_ms = env->mono_ms(env->ctx);
  krv_key_random(env, &node->unknown_key);
  signal(SIGPIPE, SIG_IGN);
  int status = krv_dir_lock(options->dir, &node->lock_fd);
  if (status == 0) {
    status = open_service(node, place);
    if (status == 0) status = run(node, place);
    close_service(node);
    close(node->lock_fd);
  }
  krv_wipe(node, sizeof *node);
  krv_free(env, node);
  return status;
}
