/* status: numbers of a running server, or of a folder at rest. */
#define _POSIX_C_SOURCE 200809L
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin.h"
#include "cmd.h"
#include "env_uv.h"
#include "ledger.h"

/* Has the programme moved here, or been founded here? 0 also while its roster is being brought. */
static int is_founded(const char *dir, const struct krv_roster *roster, bool *out) {
  struct krv_server_key key;
  int status = krv_server_key_load(dir, krv_env_real(), &key);
  *out = status == 0 && krv_roster_serves(roster, &key.server.pk);
  krv_wipe(&key, sizeof key);
  return status;
}

/* The same lines as the running server's. */
static int ask_folder(const char *dir, struct krv_buf *out) {
  char path[KRV_PATH_MAX], line[256];
  struct krv_ledger ledger;
  struct stat st;
  uint64_t items;
  uint8_t chain[KRV_CHAIN_LEN];
  int lock, status = krv_dir_lock(dir, &lock);
  if (status != 0) return status;
  status = krv_path_join(dir, KRV_DIR_STORE, path);
  if (status == 0) status = krv_ledger_open(krv_env_real(), path, &ledger);
  if (status == 0) {
    bool founded = false;
    status = ledger.store->driver->head(ledger.store, &items, chain);
    if (status == 0) status = is_founded(dir, ledger.roster, &founded);
    snprintf(line, sizeof line, "founded %d\ndevices %u\nitems %llu\nroster %u\nstore_bytes %llu\n",
             founded, (unsigned)krv_roster_device_count(ledger.roster), (unsigned long long)items,
             (unsigned)krv_roster_count(ledger.roster),
             stat(path, &st) == 0 ? (unsigned long long)st.st_size : 0ull);
    krv_buf_put(out, krv_slice_str(line));
    if (status == 0) status = krv_ledger_usage(&ledger, out);
    krv_ledger_close(&ledger);
  }
  close(lock);
  return status;
}

/* Calls put for each "name value" line; text ends with a newline and is cut up. */
static void each_line(char *text, void (*put)(void *ctx, const char *name, const char *value),
                      void *ctx) {
  char *rest = NULL;
  for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    char *value = strchr(line, ' ');
    if (!value) continue;
    *value++ = 0;
    put(ctx, line, value);
  }
}

/* Of a line "usage DEVICE BYTES COMMITS", what follows the name; false: another line. */
static bool read_usage(const char *name, const char *value, long long out[3]) {
  return strcmp(name, "usage") == 0 &&
         sscanf(value, "%lld %lld %lld", &out[0], &out[1], &out[2]) == 3;
}

static void put_json(void *ctx, const char *name, const char *value) {
  long long usage[3];
  if (!read_usage(name, value, usage))
    json_object_set_new(ctx, name, json_integer(strtoll(value, NULL, 10)));
  else
    json_array_append_new(json_object_get(ctx, "usage"),
                          json_pack("{s:I, s:I, s:I}", "device", (json_int_t)usage[0], "bytes",
                                    (json_int_t)usage[1], "commits", (json_int_t)usage[2]));
}

static void put_text(void *ctx, const char *name, const char *value) {
  long long usage[3];
  (void)ctx;
  if (!read_usage(name, value, usage)) printf("%-12s %s\n", name, value);
  else
    printf("%-12s device %lld: %lld bytes, %lld commits\n", name, usage[0], usage[1], usage[2]);
}

static int print(struct krv_buf *lines, bool running, bool json) {
  krv_buf_u8(lines, 0);
  if (lines->status != 0) return lines->status;
  if (!json) {
    printf("%-12s %s\n", "running", running ? "yes" : "no");
    each_line((char *)lines->data, put_text, NULL);
    return 0;
  }
  json_t *object = json_object();
  json_object_set_new(object, "running", json_boolean(running));
  json_object_set_new(object, "usage", json_array());
  each_line((char *)lines->data, put_json, object);
  int status = json_dumpf(object, stdout, JSON_COMPACT) == 0 ? 0 : KRV_IO;
  putchar('\n');
  json_decref(object);
  return status;
}

static int run(const struct krv_command *command, int argc, char **argv) {
  bool json = false;
  const char *dir = NULL;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--json") == 0) json = true;
    else if (argv[i][0] == '-' || dir) return krv_cmd_usage(command);
    else dir = argv[i];
  }
  if (!dir) return krv_cmd_usage(command);
  int exit = krv_cmd_folder(dir);
  if (exit != 0) return exit;
  struct krv_buf lines;
  krv_buf_init(&lines, krv_env_real());
  int status = krv_admin_ask(dir, "status", &lines);
  bool running = status == 0;
  if (status == KRV_NOT_FOUND) status = ask_folder(dir, &lines);
  if (status == 0) status = print(&lines, running, json);
  krv_buf_release(&lines);
  if (status == 0) return KRV_EXIT_OK;
  return krv_cmd_fail(krv_cmd_exit(status), "the status of %s cannot be read: %s", dir,
                      krv_cmd_why(status));
}

const struct krv_command krv_cmd_status = {
    "status", "DIR [--json]", "shows connections, devices, items, size and uptime",
    "  --json   one JSON object on one line\n\n"
    "founded: 1 once the programme is here; 0 before, and while its list of members is being\n"
    "brought from another server.\n"
    "usage: what is charged to the devices that brought most, by their number in the roster.\n"
    "Works with a running server (through its admin socket) and with a stopped one.\n",
    run};
