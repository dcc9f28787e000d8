/* bench_memory: what a client of 500 cases needs, in a process of its own. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { CASES = 500 };

/* The peak counts from here: Argon2id's memory is given back already. */
static void forget_peak(void) {
  int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, "5", 1) != 1) rig_must(NULL, KERVEN_EIO, "clear_refs");
  close(fd);
}

static void list_all(kerven *k, const char *search, char id[33]) {
  struct kerven_case_query query = {.size = sizeof query, .search = search};
  struct kerven_case_item item;
  kerven_iter *iter;
  rig_must(k, kerven_cases(k, &query, &iter), "cases");
  while (kerven_cases_next(iter, &item) == 0) memcpy(id, item.id, 33);
  kerven_iter_free(iter);
}

static void show(kerven *k, const char *id) {
  struct kerven_field_item item;
  kerven_iter *iter;
  rig_must(k, kerven_fields(k, id, NULL, &iter), "fields");
  while (kerven_fields_next(iter, &item) == 0) continue;
  kerven_iter_free(iter);
}

/* Unlocks, lists, searches, shows, edits, syncs; tells its peak in KiB. */
int bench_probe(const char *dir) {
  struct rig_traffic traffic;
  char id[33] = "";
  kerven *k;
  rig_must(NULL, kerven_open(dir, rig_passphrase, &rig_cost, &k), "open");
  forget_peak();
  list_all(k, NULL, id);
  list_all(k, "an", id);
  show(k, id);
  rig_set(k, id, "kvn_WorkerGender", "any");
  rig_sync(k, false, &traffic);
  printf("%llu\n", (unsigned long long)rig_memory_kib(0, "VmHWM"));
  kerven_close(k);
  return fflush(stdout) ? 2 : 0;
}

static double run_probe(const char *self, const char *dir) {
  char text[64] = "";
  int ends[2], how = 0;
  if (pipe(ends) != 0) rig_must(NULL, KERVEN_EIO, "pipe");
  pid_t pid = fork();
  if (pid == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execl(self, self, "--probe", dir, (char *)NULL);
    _exit(127);
  }
  close(ends[1]);
  ssize_t n = read(ends[0], text, sizeof text - 1);
  close(ends[0]);
  if (waitpid(pid, &how, 0) != pid || how != 0 || n <= 0) rig_must(NULL, KERVEN_EIO, "probe");
  return strtod(text, NULL) / 1024;
}

void bench_memory(struct rig *rig, const char *self) {
  static struct krv_casegen_case c;
  struct krv_casegen gen;
  struct rig_traffic traffic;
  char path[128];
  kerven *k = rig->vaults[RIG_SMALL];
  krv_casegen_init(&gen, 300, KRV_CASEGEN_FAR);
  for (int i = 0; i < CASES; i++) {
    krv_casegen_next(&gen, &c);
    if (i % 250 == 0) rig_must(k, kerven_batch_begin(k), "batch");
    rig_record(k, &c, NULL);
    if (i % 250 == 249) rig_must(k, kerven_batch_end(k), "batch");
  }
  rig_sync(k, false, &traffic);
  kerven_close(k);
  rig->vaults[RIG_SMALL] = NULL;
  rig_path(rig, RIG_SMALL, path);
  bench_add(&(struct bench_row){.what = "client memory, 500 cases, beside Argon2id's",
                                .unit = BENCH_MIB,
                                .goal = 12,
                                .measured = run_probe(self, path)});
}
