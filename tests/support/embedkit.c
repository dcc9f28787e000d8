#define _GNU_SOURCE
#include "embedkit.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "childkit.h"

char embed_code[KERVEN_INVITE_TEXT_MAX];
static char folder[64];
static pid_t server;
static int server_out = -1;

const char *embed_path(const char *name) {
  static char paths[2][192];
  static unsigned turn;
  char *path = paths[turn++ % 2];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

/* ---- the server */

static pid_t start(char *const arguments[], int *out) {
  int ends[2];
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  pid_t pid = krv_child_fork();
  if (pid == 0) {
    dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    dup2(open(embed_path("server.log"), O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
    execv(KRV_SERVER, arguments);
    _exit(127);
  }
  close(ends[1]);
  *out = ends[0];
  return pid;
}

/* The next line of fd without its end; false at the end. */
static bool read_line(int fd, char *line, size_t cap) {
  size_t len = 0;
  char c = 0;
  while (read(fd, &c, 1) == 1 && c != '\n')
    if (len < cap - 1) line[len++] = c;
  line[len] = 0;
  return len > 0 || c == '\n';
}

void embed_init_server(void) {
  char dir[192], line[KERVEN_INVITE_TEXT_MAX];
  int out, how;
  snprintf(dir, sizeof dir, "%s", embed_path("programme"));
  char *arguments[] = {(char *)KRV_SERVER, (char *)"init",        dir,
                       (char *)"--listen", (char *)"127.0.0.1:0", NULL};
  pid_t pid = start(arguments, &out);
  while (read_line(out, line, sizeof line))
    if (line[0]) memcpy(embed_code, line, sizeof line);
  close(out);
  assert_int_equal(waitpid(pid, &how, 0), pid);
  assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

void embed_run_server(void) {
  char dir[192], line[128];
  snprintf(dir, sizeof dir, "%s", embed_path("programme"));
  char *arguments[] = {(char *)KRV_SERVER, (char *)"run", dir, NULL};
  server = start(arguments, &server_out);
  assert_true(read_line(server_out, line, sizeof line));
  assert_memory_equal(line, "listening on 127.0.0.1:", 23);
}

void embed_stop_server(void) {
  int how;
  if (server == 0) return;
  kill(server, SIGTERM);
  assert_int_equal(waitpid(server, &how, 0), server);
  server = 0;
  close(server_out);
  assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

/* ---- the folder */

int embed_set_up(void **state) {
  const char *base = getenv("TMPDIR");
  (void)state;
  if (!base || strlen(base) >= 40) base = "/tmp";
  snprintf(folder, sizeof folder, "%s/krv-embed-XXXXXX", base);
  return mkdtemp(folder) ? 0 : -1;
}

static void remove_tree(const char *path) {
  DIR *files = opendir(path);
  for (struct dirent *entry = files ? readdir(files) : NULL; entry; entry = readdir(files)) {
    char below[512];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(below, sizeof below, "%.250s/%.250s", path, entry->d_name);
    if (entry->d_type == DT_DIR) remove_tree(below);
    else unlink(below);
  }
  if (files) closedir(files);
  rmdir(path);
}

int embed_tear_down(void **state) {
  (void)state;
  embed_stop_server();
  remove_tree(folder);
  return 0;
}

/* ---- vaults */

struct kerven_open_options embed_cheap(void) {
  return (struct kerven_open_options){
      .size = sizeof(struct kerven_open_options), .argon_mem_kib = 32 * 1024, .argon_ops = 4};
}

kerven *embed_create(const char *name) {
  struct kerven_open_options options = embed_cheap();
  kerven *k;
  assert_int_equal(kerven_create(embed_path(name), EMBED_PASSPHRASE, &options, &k), 0);
  return k;
}

kerven *embed_open(const char *name) {
  kerven *k;
  assert_int_equal(kerven_open(embed_path(name), EMBED_PASSPHRASE, NULL, &k), 0);
  return k;
}

kerven *embed_found(const char *name) {
  struct kerven_found_options options = {
      .size = sizeof options, .programme = "Programme", .name = "Head", .practice = true};
  kerven *k = embed_create(name);
  embed_init_server();
  embed_run_server();
  assert_ok(k, kerven_found(k, embed_code, &options));
  return k;
}

void embed_sync(kerven *k) {
  assert_ok(k, kerven_sync_run(k, NULL, NULL));
}

kerven *embed_member(kerven *office, const char *name, const char *role) {
  struct kerven_invite_options invite = {.size = sizeof invite, .role = role, .name = name};
  struct kerven_approve_options approve = {.size = sizeof approve};
  struct kerven_status_report status = {.size = sizeof status};
  char code[KERVEN_INVITE_TEXT_MAX];
  kerven *k = embed_create(name);
  assert_ok(office, kerven_invite(office, &invite, code));
  assert_ok(k, kerven_join(k, code, 0));
  assert_ok(k, kerven_status(k, &status));
  approve.words = status.words;
  embed_sync(office);
  assert_ok(office, kerven_approve(office, &approve, NULL, NULL));
  embed_sync(office);
  embed_sync(k);
  return k;
}

/* ---- cases */

void embed_case(kerven *k, const char *first_name, char id[33]) {
  kerven_edit *edit;
  assert_ok(k, kerven_edit_new(k, NULL, &edit));
  assert_ok(k, kerven_edit_set(edit, "prs_FirstName", first_name));
  assert_ok(k, kerven_edit_save(edit, id));
  kerven_edit_free(edit);
}

int embed_set(kerven *k, const char *id, const char *path, const char *value) {
  kerven_edit *edit;
  int status = kerven_edit_new(k, id, &edit);
  if (status == 0) status = kerven_edit_set(edit, path, value);
  if (status == 0) status = kerven_edit_save(edit, NULL);
  kerven_edit_free(edit);
  return status;
}

const char *embed_value(kerven *k, const char *id, const char *field) {
  static char value[512];
  struct kerven_field_item item;
  kerven_iter *iter;
  int status;
  value[0] = 0;
  assert_ok(k, kerven_fields(k, id, NULL, &iter));
  while ((status = kerven_fields_next(iter, &item)) == 0)
    if (strcmp(item.field, field) == 0 && item.count > 0)
      snprintf(value, sizeof value, "%s", item.values[0].value);
  assert_int_equal(status, KERVEN_END);
  kerven_iter_free(iter);
  return value;
}

uint32_t embed_cases(kerven *k) {
  struct kerven_case_item item;
  kerven_iter *iter;
  uint32_t count = 0;
  assert_ok(k, kerven_cases(k, NULL, &iter));
  while (kerven_cases_next(iter, &item) == 0) count++;
  kerven_iter_free(iter);
  return count;
}
