/* init: a new server's folder, built aside, synced, renamed; prints the founding code last. */
#define _GNU_SOURCE
#include <getopt.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aside.h"
#include "cmd.h"
#include "env_uv.h"
#include "invitation.h"
#include "store.h"

struct init_options {
  const char *dir, *listen, *advertise;
  bool everywhere; /* --public */
};

static bool is_wildcard(const char *host) {
  return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 || strcmp(host, "*") == 0;
}

static int parse(const struct krv_command *command, int argc, char **argv,
                 struct init_options *out) {
  static const struct option names[] = {{"listen", required_argument, NULL, 'l'},
                                        {"advertise", required_argument, NULL, 'a'},
                                        {"public", no_argument, NULL, 'p'},
                                        {NULL, 0, NULL, 0}};
  *out = (struct init_options){0};
  optind = 1;
  opterr = 0;
  for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    if (c == 'l') out->listen = optarg;
    else if (c == 'a') out->advertise = optarg;
    else if (c == 'p') out->everywhere = true;
    else return krv_cmd_usage(command);
  }
  if (optind + 1 != argc || !out->listen) return krv_cmd_usage(command);
  out->dir = argv[optind];
  return 0;
}

/* Port 0: the system chooses one that is free now; it is kept. */
static int pick_port(const char *host, uint16_t *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
  struct sockaddr_storage name;
  socklen_t len = sizeof name;
  if (getaddrinfo(host, "0", &hints, &found) != 0) return KRV_NOT_FOUND;
  int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int status = fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 ||
                       getsockname(fd, (struct sockaddr *)&name, &len) != 0
                   ? KRV_NOT_FOUND
                   : 0;
  if (status == 0)
    *port = ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                             : ((struct sockaddr_in *)&name)->sin_port);
  if (fd >= 0) close(fd);
  freeaddrinfo(found);
  return status;
}

static int make_config(const struct init_options *options, struct krv_config *config) {
  char host[KRV_ADDRESS_SIZE_MAX + 1];
  uint16_t port;
  krv_config_default(config);
  if (krv_address_parse(options->listen, config->host, &config->port) != 0)
    return krv_cmd_fail(KRV_EXIT_USAGE,
                        "--listen takes HOST:PORT, an IPv6 address in brackets, a port from 1 to "
                        "65535, or 0 for a free one");
  if (is_wildcard(config->host) && !options->everywhere)
    return krv_cmd_fail(KRV_EXIT_USAGE,
                        "%s listens on every network of this machine; say --public if that is "
                        "meant",
                        config->host);
  if (is_wildcard(config->host) && !options->advertise)
    return krv_cmd_fail(KRV_EXIT_USAGE,
                        "devices cannot connect to %s; give the address that they use with "
                        "--advertise HOST:PORT", config->host);
  if (strcmp(config->host, "*") == 0) memcpy(config->host, "::", 3);
  if (options->advertise && (strlen(options->advertise) > KRV_ADDRESS_SIZE_MAX ||
                             krv_address_parse(options->advertise, host, &port) != 0 || port == 0))
    return krv_cmd_fail(KRV_EXIT_USAGE, "--advertise takes HOST:PORT, a port from 1 to 65535");
  if (config->port == 0 && pick_port(config->host, &config->port) != 0)
    return krv_cmd_fail(KRV_EXIT_ADDRESS, "this machine has no address %s", config->host);
  return 0;
}

static int set_advertise(const struct krv_env *env, const struct init_options *options,
                         struct krv_config *config) {
  struct krv_buf address;
  krv_buf_init(&address, env);
  if (options->advertise) krv_buf_put(&address, krv_slice_str(options->advertise));
  else krv_address_format(config->host, config->port, &address);
  int status = address.status != 0                     ? address.status
               : address.len > KRV_ADDRESS_SIZE_MAX ? KRV_TOO_LARGE
                                                      : 0;
  if (status == 0) {
    memcpy(config->advertise, address.data, address.len);
    config->advertise[address.len] = 0;
  }
  krv_buf_release(&address);
  return status;
}

static int fill(const struct krv_env *env, const char *folder, const struct krv_config *config,
                const struct krv_server_key *key) {
  char path[KRV_PATH_MAX];
  struct krv_buf text;
  struct krv_store *store;
  krv_buf_init(&text, env);
  krv_config_format(config, &text);
  int status = text.status;
  if (status == 0) status = krv_path_join(folder, KRV_DIR_CONFIG, path);
  if (status == 0) status = krv_file_write(path, krv_buf_slice(&text));
  if (status == 0) status = krv_server_key_save(folder, env, key);
  if (status == 0) status = krv_path_join(folder, KRV_DIR_STORE, path);
  if (status == 0) status = krv_store_sqlite_open(env, path, &store);
  if (status == 0) {
    status = krv_store_sqlite_checkpoint(store, true);
    store->driver->close(store);
  }
  krv_buf_release(&text);
  return status;
}

/* A code that nobody could read is none: FULL or IO where stdout takes no more. */
static int print_code(const struct krv_env *env, const char *dir, const struct krv_config *config,
                      const struct krv_server_key *key) {
  struct krv_founding_code code = {.server_pk = key->server.pk, .psk = key->founding_psk};
  struct krv_buf text;
  memcpy(code.address, config->advertise, sizeof code.address);
  krv_buf_init(&text, env);
  krv_founding_format(&code, &text);
  int status = text.status;
  if (status == 0)
    printf(
        "will listen on %s port %u\ndevices will connect to %s\n"
        "next: kerven-server run %s\n"
        "the founding code, for the first device only (kerven found, or kerven server move where\n"
        "the server before was lost); it works once, keep it secret:\n%.*s\n",
        config->host, (unsigned)config->port, config->advertise, dir, (int)text.len,
        (const char *)text.data);
  if (status == 0 && (fflush(stdout) != 0 || ferror(stdout))) status = krv_errno_status();
  krv_buf_wipe(&text);
  krv_wipe(&code, sizeof code);
  return status;
}

static int build(const struct init_options *options, struct krv_config *config) {
  const struct krv_env *env = krv_env_real();
  struct krv_aside aside;
  struct krv_server_key key;
  int status = set_advertise(env, options, config);
  if (status == 0) status = krv_aside_begin(options->dir, &aside);
  if (status != 0) return status;
  krv_server_key_make(env, &key);
  status = fill(env, aside.path, config, &key);
  if (status == 0) status = krv_aside_settle(&aside);
  if (status == 0) status = print_code(env, options->dir, config, &key);
  krv_wipe(&key, sizeof key);
  return krv_aside_end(&aside, status);
}

static int run(const struct krv_command *command, int argc, char **argv) {
  struct init_options options;
  struct krv_config config;
  int exit = parse(command, argc, argv, &options);
  if (exit == 0) exit = make_config(&options, &config);
  if (exit != 0) return exit;
  signal(SIGPIPE, SIG_IGN); /* a reader of the code who is gone: nothing was founded */
  int status = build(&options, &config);
  if (status == 0) return KRV_EXIT_OK;
  if (status == KRV_EXISTS)
    return krv_cmd_fail(KRV_EXIT_EXISTS, "%s is there already; choose a new folder", options.dir);
  return krv_cmd_fail(krv_cmd_exit(status), "%s could not be made: %s", options.dir,
                      krv_cmd_why(status));
}

const struct krv_command krv_cmd_init = {
    "init", "DIR --listen HOST:PORT [--advertise HOST:PORT] [--public]",
    "makes a new server's folder and prints the founding code",
    "  --listen HOST:PORT     where to listen; port 0 picks a free one and keeps it\n"
    "  --advertise HOST:PORT  the address that devices use, if it is another one\n"
    "  --public               allows 0.0.0.0 and [::], that is, every network\n\n"
    "The last line printed is the founding code: whoever holds it founds the\n"
    "programme, once. Example:\n"
    "  kerven-server init /var/lib/kerven/main --listen 192.0.2.7:7440\n",
    run};
