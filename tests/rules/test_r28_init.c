/* R28: `init` builds aside, syncs, renames. Whichever of its calls to the disk fails, or is the
 * last before it is killed: there is no folder, or a whole one that runs; nothing is left beside
 * it; the next init works; and the founding code is printed when everything is synced, and only
 * then. */
#define _GNU_SOURCE
#include "mock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serverkit.h"

enum { CALLS_MAX = 400, KILLED = 0 };

static char text[SRV_TEXT_MAX];
static char parent[SRV_PATH_MAX], dir[SRV_PATH_MAX + 8], log_path[SRV_PATH_MAX];
static char lines[CALLS_MAX][256]; /* of a run that nothing disturbed: name, and what it is about */
static size_t calls;

static int set_up(void **state) {
  if (srv_setup(state) != 0) return -1;
  srv_path("place", parent);
  srv_path("log", log_path);
  snprintf(dir, sizeof dir, "%s/main", parent);
  return mkdir(parent, 0700);
}

/* Nothing but, perhaps, the folder itself. */
static unsigned left_beside(void) {
  unsigned count = 0;
  DIR *files = opendir(parent);
  assert_non_null(files);
  for (struct dirent *entry = readdir(files); entry; entry = readdir(files))
    count += entry->d_name[0] != '.' && strcmp(entry->d_name, "main") != 0;
  closedir(files);
  return count;
}

static bool there(void) {
  return access(dir, F_OK) == 0;
}

/* init, its call number `at` disturbed (0: none): its exit status, -1: killed. */
static int init(size_t at, int error, const char *log) {
  static char preload[512], place[64], how[64], where[SRV_PATH_MAX + 32];
  char *arguments[] = {(char *)KRV_SERVER, (char *)"init", dir, (char *)"--listen",
                       (char *)"127.0.0.1:0", NULL};
  char *environment[] = {preload, place, how, log ? where : NULL, NULL};
  int out;
  const char *first = KRV_PRELOAD_FIRST;
  snprintf(preload, sizeof preload, "LD_PRELOAD=%s%s" KRV_STUMBLE, first, *first ? ":" : "");
  snprintf(place, sizeof place, "KRV_STUMBLE_AT=%zu", at);
  snprintf(how, sizeof how, "KRV_STUMBLE_ERRNO=%d", error);
  if (log) snprintf(where, sizeof where, "KRV_STUMBLE_LOG=%s", log);
  pid_t pid = srv_begin(arguments, environment, &out);
  return srv_end(pid, out, text);
}

/* A server that checks, and that starts and stops. */
static void runs(void) {
  char ignored[SRV_TEXT_MAX];
  struct srv server;
  assert_int_equal(srv_run(ignored, "check", dir, NULL, NULL, NULL), 0);
  srv_start(&server, dir);
  assert_int_equal(srv_stop(&server, SIGTERM), 0);
}

static void init_works(void) {
  struct krv_founding_code code;
  assert_int_equal(init(0, KILLED, NULL), 0);
  assert_true(srv_code(text, &code));
  assert_true(there());
  assert_int_equal(left_beside(), 0);
  srv_remove_tree(dir);
}

static void learn_calls(void **state) {
  struct krv_founding_code code;
  (void)state;
  assert_int_equal(init(0, KILLED, log_path), 0);
  assert_true(srv_code(text, &code));
  runs();
  srv_remove_tree(dir);
  FILE *log = fopen(log_path, "re");
  assert_non_null(log);
  for (calls = 0; calls < CALLS_MAX && fgets(lines[calls], sizeof lines[0], log); calls++)
    lines[calls][strcspn(lines[calls], "\n")] = 0;
  fclose(log);
  print_message("%zu calls\n", calls);
  assert_in_range(calls, 40, CALLS_MAX - 1);
}

static bool is_call(size_t i, const char *name) {
  size_t len = strlen(name);
  return strncmp(lines[i], name, len) == 0 && lines[i][len] == ' ';
}

static const char *about(size_t i) {
  return strchr(lines[i], ' ') + 1;
}

/* The last call of this name about a path that ends so; 0: none. */
static size_t last(const char *name, const char *end) {
  for (size_t i = calls; i-- > 0;) {
    size_t len = strlen(about(i)), tail = strlen(end);
    if (is_call(i, name) && len >= tail && strcmp(about(i) + len - tail, end) == 0) return i + 1;
  }
  return 0;
}

/* Every file, then the folder, then its name, then the folder that it lies in. */
static void everything_is_synced_before_it_has_its_name(void **state) {
  static const char *const files[][2] = {
      {"/kerven.conf.new", "fsync"}, {"/server.key.new", "fsync"}, {"/store.db", "fdatasync"}};
  (void)state;
  size_t named = last("renameat2", dir), folder = 0;
  assert_true(named > 0);
  for (size_t i = 0; i < named; i++) {
    size_t len = strlen(dir);
    if (is_call(i, "fsync") && strncmp(about(i), dir, len) == 0 && !strchr(about(i) + len, '/'))
      folder = i + 1;
  }
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    size_t synced = last(files[i][1], files[i][0]);
    size_t written = last("write", files[i][0]), in_place = last("pwrite", files[i][0]);
    assert_true(written + in_place > 0);
    assert_true(synced > written && synced > in_place);
    assert_true(synced < folder);
  }
  assert_in_range(folder, last("rename", "/server.key"), named);
  size_t above = last("fsync", parent);
  assert_true(above > named);
}

/* After a call that failed: no folder and no word of a code, or, where it can do without that call,
 * both. What it cannot do without are its own syncs, writes and names. */
static void check_failed(size_t k, int exit) {
  static const char *const needed[] = {"mkdtemp", "write",  "pwrite",
                                       "fsync",   "rename", "renameat2"};
  struct krv_founding_code code;
  bool told = srv_code(text, &code);
  if (exit == 0)
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
      if (is_call(k - 1, needed[i])) fail_msg("call %zu, %s: it went on", k, lines[k - 1]);
  if ((exit == 0) != told || (exit == 0) != there() || left_beside() != 0)
    fail_msg("call %zu, %s: exit %d, code %d, folder %d, left %u", k, lines[k - 1], exit, told,
             there(), left_beside());
  if (exit != 0) return;
  runs();
  srv_remove_tree(dir);
}

static void whatever_fails_there_is_no_folder_or_a_whole_one(void **state) {
  static const int errors[] = {EIO, ENOSPC};
  (void)state;
  unsigned went_on = 0;
  for (size_t e = 0; e < 2; e++)
    for (size_t k = 1; k <= calls; k++) {
      int exit = init(k, errors[e], NULL);
      went_on += exit == 0;
      check_failed(k, exit);
      if (e == 0 && k % 8 == 0) init_works();
    }
  print_message("%zu calls that failed, %u of no consequence\n", 2 * calls, went_on);
  assert_true(went_on < calls / 2);
  init_works();
}

/* Just before each call. */
static void killed_anywhere_there_is_no_folder_or_a_whole_one(void **state) {
  struct krv_founding_code code;
  unsigned whole = 0;
  (void)state;
  for (size_t k = 1; k <= calls; k++) {
    unsigned cleared = left_beside(); /* an open and a flock each */
    assert_int_equal(init(k + 2 * cleared, KILLED, NULL), -1);
    assert_false(srv_code(text, &code));
    if (there()) {
      runs();
      whole++;
      assert_int_equal(left_beside(), 0); /* it had cleared what was there */
      assert_int_equal(init(0, KILLED, NULL), 7);
      srv_remove_tree(dir);
    } else if (k % 8 == 0) {
      init_works(); /* and clears what those before it left */
    }
  }
  print_message("killed at %zu calls, whole at %u\n", calls, whole);
  assert_true(whole > 0);
  init_works();
}

/* What is built just now, and what only looks alike, is not cleared. */
static void only_what_nobody_holds_is_cleared(void **state) {
  char held[SRV_PATH_MAX + 32], other[SRV_PATH_MAX + 32], file[SRV_PATH_MAX + 64];
  (void)state;
  snprintf(held, sizeof held, "%s.new-aaaaaa", dir);
  snprintf(other, sizeof other, "%s.new-documents", dir);
  assert_int_equal(mkdir(held, 0700) | mkdir(other, 0700), 0);
  snprintf(file, sizeof file, "%s/letter", other);
  close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  snprintf(file, sizeof file, "%s/lock", held);
  int lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
  assert_int_equal(init(0, KILLED, NULL), 0);
  srv_remove_tree(dir);
  assert_int_equal(access(file, F_OK), 0);
  assert_int_equal(left_beside(), 2);
  close(lock);
  assert_int_equal(init(0, KILLED, NULL), 0);
  srv_remove_tree(dir);
  assert_int_equal(access(held, F_OK), -1);
  assert_int_equal(left_beside(), 1);
  srv_remove_tree(other);
}

/* A code that could not be printed is none: the folder goes as well. */
static void a_code_that_nobody_can_read_makes_no_server(void **state) {
  char *arguments[] = {(char *)KRV_SERVER, (char *)"init", dir, (char *)"--listen",
                       (char *)"127.0.0.1:0", NULL};
  int out;
  (void)state;
  pid_t pid = srv_begin(arguments, NULL, &out);
  close(out); /* nobody reads */
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  assert_int_equal(srv_end(pid, null, text), 1);
  assert_false(there());
  assert_int_equal(left_beside(), 0);
  init_works();
}

#define TEST(name) cmocka_unit_test_teardown(name, srv_stop_what_runs)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(learn_calls),
      TEST(everything_is_synced_before_it_has_its_name),
      TEST(whatever_fails_there_is_no_folder_or_a_whole_one),
      TEST(killed_anywhere_there_is_no_folder_or_a_whole_one),
      TEST(only_what_nobody_holds_is_cleared),
      TEST(a_code_that_nobody_can_read_makes_no_server),
  };
  return cmocka_run_group_tests(tests, set_up, srv_teardown);
}
