#define _GNU_SOURCE
#include "rig.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char rig_passphrase[] = "correct horse battery staple";
const struct kerven_open_options rig_cost = {
    .size = sizeof rig_cost, .argon_mem_kib = 32 * 1024, .argon_ops = 4};

static const char *const folders[RIG_VAULTS] = {"office", "one", "two", "small"};
static const char *const names[RIG_VAULTS] = {"Office", "Worker One", "Worker Two", "Worker Small"};

static _Noreturn void give_up(const char *what) {
  perror(what);
  exit(2);
}

void rig_must(kerven *k, int status, const char *what) {
  if (status == 0) return;
  fprintf(stderr, "%s: %s %s\n", what, kerven_strerror(status), k ? kerven_detail(k) : "");
  exit(2);
}

/* ------------------------------------------------------------------ processes */

static pid_t start(const char *program, const char *verb, const char *dir, const char *flag,
                   const char *value, int *out) {
  int ends[2];
  char *const arguments[] = {(char *)program, (char *)verb,  (char *)dir,
                             (char *)flag,    (char *)value, NULL};
  if (pipe2(ends, O_CLOEXEC) != 0) give_up("pipe");
  pid_t pid = fork();
  if (pid < 0) give_up("fork");
  if (pid == 0) {
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execv(program, arguments);
    _exit(127);
  }
  close(ends[1]);
  *out = ends[0];
  return pid;
}

static void wait_for(pid_t pid, const char *what) {
  int how;
  if (waitpid(pid, &how, 0) != pid || !WIFEXITED(how) || WEXITSTATUS(how) != 0) give_up(what);
}

/* init's last line is the founding code. */
static void init_server(const char *program, const char *dir, char *code, size_t cap) {
  char text[8192];
  size_t len = 0;
  int out;
  pid_t pid = start(program, "init", dir, "--listen", "127.0.0.1:0", &out);
  for (ssize_t n; (n = read(out, text + len, sizeof text - 1 - len)) > 0;) len += (size_t)n;
  close(out);
  wait_for(pid, "kerven-server init");
  while (len > 0 && text[len - 1] == '\n') len--;
  text[len] = '\0';
  const char *last = strrchr(text, '\n');
  last = last ? last + 1 : text;
  if (strlen(last) >= cap) give_up("founding code");
  memcpy(code, last, strlen(last) + 1);
}

static void run_server(struct rig *rig, const char *program, const char *dir) {
  char line[128];
  size_t len = 0;
  rig->server = start(program, "run", dir, NULL, NULL, &rig->server_out);
  while (len < sizeof line && read(rig->server_out, line + len, 1) == 1 && line[len] != '\n') len++;
  if (len < 10 || memcmp(line, "listening ", 10) != 0) give_up("kerven-server run");
}

/* --------------------------------------------------------------------- vaults */

void rig_path(const struct rig *rig, enum rig_who who, char out[128]) {
  snprintf(out, 128, "%s/%s", rig->dir, folders[who]);
}

static void enrol(struct rig *rig, enum rig_who who) {
  kerven *office = rig->vaults[RIG_OFFICE], *k = rig->vaults[who];
  char code[KERVEN_INVITE_TEXT_MAX];
  struct kerven_invite_options invite = {
      .size = sizeof invite, .role = "worker", .name = names[who]};
  rig_must(office, kerven_invite(office, &invite, code), "invite");
  rig_must(k, kerven_join(k, code, 0), "join");
}

static void ignore_approval(void *ctx, const struct kerven_approval *approval) {
  (void)ctx;
  (void)approval;
}

static void approve_all(struct rig *rig) {
  kerven *office = rig->vaults[RIG_OFFICE];
  struct kerven_approve_options all = {.size = sizeof all, .all = true};
  struct rig_traffic traffic;
  rig_sync(office, false, &traffic);
  rig_must(office, kerven_approve(office, &all, ignore_approval, NULL), "approve");
  rig_sync(office, false, &traffic);
  for (int who = RIG_OFFICE + 1; who < RIG_VAULTS; who++)
    rig_sync(rig->vaults[who], false, &traffic);
}

void rig_init(struct rig *rig, const char *server) {
  char path[128], code[KERVEN_INVITE_TEXT_MAX];
  signal(SIGPIPE, SIG_IGN);
  snprintf(rig->dir, sizeof rig->dir, "/tmp/kerven-bench.XXXXXX");
  if (!mkdtemp(rig->dir)) give_up("mkdtemp");
  snprintf(path, sizeof path, "%s/server", rig->dir);
  init_server(server, path, code, sizeof code);
  run_server(rig, server, path);
  for (int who = 0; who < RIG_VAULTS; who++) {
    rig_path(rig, (enum rig_who)who, path);
    rig_must(NULL, kerven_create(path, rig_passphrase, &rig_cost, &rig->vaults[who]), "create");
  }
  struct kerven_found_options found = {
      .size = sizeof found, .programme = "Bench", .name = names[0]};
  kerven *office = rig->vaults[RIG_OFFICE];
  rig_must(office, kerven_found(office, code, &found), "found");
  for (int who = RIG_OFFICE + 1; who < RIG_VAULTS; who++) enrol(rig, (enum rig_who)who);
  approve_all(rig);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
  (void)st;
  (void)type;
  (void)at;
  return remove(path);
}

void rig_release(struct rig *rig) {
  for (int who = 0; who < RIG_VAULTS; who++) kerven_close(rig->vaults[who]);
  kill(rig->server, SIGTERM);
  wait_for(rig->server, "kerven-server");
  close(rig->server_out);
  nftw(rig->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---------------------------------------------------------------------- cases */

void rig_record(kerven *k, const struct krv_casegen_case *c, char *id) {
  kerven_edit *edit;
  rig_must(k, kerven_edit_new(k, NULL, &edit), "edit");
  for (size_t i = 0; i < KRV_CASEGEN_FIELDS; i++)
    rig_must(k, kerven_edit_set(edit, c->fields[i].path, c->fields[i].value), c->fields[i].path);
  rig_must(k, kerven_edit_save(edit, id), "save");
  kerven_edit_free(edit);
}

void rig_set(kerven *k, const char *id, const char *path, const char *value) {
  kerven_edit *edit;
  rig_must(k, kerven_edit_new(k, id, &edit), "edit");
  rig_must(k, kerven_edit_set(edit, path, value), path);
  rig_must(k, kerven_edit_save(edit, NULL), "save");
  kerven_edit_free(edit);
}

uint64_t rig_memory_kib(pid_t pid, const char *name) {
  char path[64], line[256];
  unsigned long long kib = 0;
  size_t len = strlen(name);
  if (pid) snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
  else snprintf(path, sizeof path, "/proc/self/status");
  FILE *f = fopen(path, "r");
  if (!f) give_up(path);
  while (fgets(line, sizeof line, f))
    if (!strncmp(line, name, len) && line[len] == ':') kib = strtoull(line + len + 1, NULL, 10);
  fclose(f);
  return kib;
}
