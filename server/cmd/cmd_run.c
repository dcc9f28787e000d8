/* run: the server, in the foreground, until SIGTERM or SIGINT. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "env_uv.h"
#include "log.h"
#include "node.h"

static void listening(void *ctx, const char *host, uint16_t port) {
  char text[KRV_ADDRESS_SIZE_MAX + 32];
  struct krv_buf address;
  (void)ctx;
  krv_buf_init(&address, krv_env_real());
  krv_address_format(host, port, &address);
  printf("listening on %.*s\n", (int)address.len, (const char *)address.data);
  fflush(stdout);
  snprintf(text, sizeof text, "listen=%.*s", (int)address.len, (const char *)address.data);
  krv_log_note("start", text);
  krv_buf_release(&address);
}

static int load_config(const char *dir, struct krv_config *out) {
  char path[KRV_PATH_MAX];
  struct krv_buf text;
  unsigned line = 0;
  krv_buf_init(&text, krv_env_real());
  int status = krv_path_join(dir, KRV_DIR_CONFIG, path);
  if (status == 0) status = krv_file_read(path, &text);
  if (status == 0) status = krv_config_parse(krv_buf_slice(&text), out, &line);
  krv_buf_release(&text);
  if (status == 0) return 0;
  if (line > 0)
    return krv_cmd_fail(KRV_EXIT_USAGE, "%s, line %u is not understood; see kerven-server(1)", path,
                        line);
  return krv_cmd_fail(krv_cmd_exit(status), "%s cannot be read: %s", path, krv_cmd_why(status));
}

static int fail_address(const struct krv_config *config, int status) {
  const char *why = status == KRV_EXISTS   ? "another program listens there"
                    : status == KRV_DENIED ? "it is not allowed; ports below 1024 need the right to"
                                           : "this machine has no such address";
  return krv_cmd_fail(KRV_EXIT_ADDRESS, "cannot listen on %s port %u: %s", config->host,
                      (unsigned)config->port, why);
}

static int fail_at(const char *dir, const struct krv_config *config, enum krv_node_place place,
                   int status) {
  if (status == KRV_BUSY)
    return krv_cmd_fail(KRV_EXIT_IN_USE,
                        "%s is in use by another kerven-server; stop that one first", dir);
  switch (place) {
    case KRV_NODE_ADDRESS: return fail_address(config, status);
    case KRV_NODE_KEY:
      return krv_cmd_fail(krv_cmd_exit(status), "the key of %s cannot be read: %s", dir,
                          krv_cmd_why(status));
    case KRV_NODE_STORE:
      if (status == KRV_DAMAGED)
        return krv_cmd_fail(KRV_EXIT_DAMAGED,
                            "the store of %s is damaged; run kerven-server check, then restore the "
                            "newest backup", dir);
      break;
    default: break;
  }
  return krv_cmd_fail(krv_cmd_exit(status), "the server stopped: %s", krv_cmd_why(status));
}

static int run(const struct krv_command *command, int argc, char **argv) {
  struct krv_config config;
  enum krv_node_place place;
  if (!krv_cmd_plain(argc, argv, 1)) return krv_cmd_usage(command);
  const char *dir = argv[1];
  int exit = krv_cmd_folder(dir);
  if (exit == 0) exit = load_config(dir, &config);
  if (exit != 0) return exit;
  const struct krv_node_options options = {
      .dir = dir, .host = config.host, .port = config.port,
      .connections_max = config.connections_max,
      .unknown_per_address_max = config.unknown_per_address_max,
      .tickets_save_s = config.tickets_save_s, .log = krv_log_write, .listening = listening};
  int status = krv_node_run(&options, &place);
  if (status != 0) return fail_at(dir, &config, place, status);
  krv_log_note("stop", "");
  return KRV_EXIT_OK;
}

const struct krv_command krv_cmd_run = {
    "run", "DIR", "runs the server in the foreground",
    "The first line printed is \"listening on HOST:PORT\"; from then on devices are\n"
    "served. The log goes to stderr. SIGTERM or SIGINT end it cleanly, status 0.\n",
    run};
