/* No plaintext reaches the disk: planted strings are searched for in every file of the vault, in
 * every form in which they could have been written, while it is open and after closing. */
#define _GNU_SOURCE
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vaultkit.h"

enum { PLANTED = 200, FORMS_MAX = 8 };

static struct krv_vaultkit kit;

static void planted(unsigned i, char out[24]) {
  (void)snprintf(out, 24, "Zq%05uXcanary%03uKw", i * 7919, i);
}

/* base64 of the text with `skip` bytes before it, whole groups only, so that it is found in the
 * middle of something longer. */
static size_t base64(const char *text, size_t skip, uint8_t *out) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t len = strlen(text), n = 0;
  for (size_t i = (3 - skip) % 3; i + 3 <= len; i += 3) {
    uint32_t v = (uint32_t)(uint8_t)text[i] << 16 | (uint32_t)(uint8_t)text[i + 1] << 8 |
                 (uint32_t)(uint8_t)text[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) out[n++] = (uint8_t)digits[v >> shift & 63];
  }
  return n;
}

struct form {
  uint8_t bytes[80];
  size_t len;
};

static size_t forms_of(const char *text, struct form forms[FORMS_MAX]) {
  memset(forms, 0, FORMS_MAX * sizeof *forms);
  for (size_t i = 0; text[i]; i++) {
    char hex[3];
    forms[0].bytes[forms[0].len++] = (uint8_t)text[i];
    forms[1].bytes[forms[1].len++] =
        (uint8_t)text[i]; /* UTF-16LE; BE is the same, one byte later */
    forms[1].bytes[forms[1].len++] = 0;
    (void)snprintf(hex, sizeof hex, "%02x", text[i]);
    memcpy(forms[2].bytes + 2 * i, hex, 2);
    (void)snprintf(hex, sizeof hex, "%02X", text[i]);
    memcpy(forms[3].bytes + 2 * i, hex, 2);
    forms[2].len = forms[3].len = 2 * i + 2;
  }
  forms[1].len--;
  for (size_t skip = 0; skip < 3; skip++)
    forms[4 + skip].len = base64(text, skip, forms[4 + skip].bytes);
  return 7;
}

static unsigned hits_in(const uint8_t *bytes, size_t len) {
  unsigned hits = 0;
  for (unsigned i = 0; i < PLANTED; i++) {
    struct form forms[FORMS_MAX];
    char text[24];
    planted(i, text);
    size_t count = forms_of(text, forms);
    for (size_t f = 0; f < count; f++)
      if (memmem(bytes, len, forms[f].bytes, forms[f].len)) hits++;
  }
  return hits;
}

static unsigned hits_in_file(const char *path) {
  static uint8_t bytes[8 << 20];
  FILE *f = fopen(path, "rb");
  if (!f) return 0;
  size_t len = fread(bytes, 1, sizeof bytes, f);
  assert_true(len < sizeof bytes);
  fclose(f);
  return hits_in(bytes, len);
}

static unsigned hits_in_folder(const char *dir, unsigned *files) {
  unsigned hits = 0;
  DIR *d = opendir(dir);
  assert_non_null(d);
  for (struct dirent *e; (e = readdir(d));) {
    char path[600];
    if (e->d_name[0] == '.') continue;
    (void)snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
    hits += hits_in_file(path);
    ++*files;
  }
  closedir(d);
  return hits;
}

/* One planted string in everything that can be put. */
static void plant(unsigned i) {
  char text[24];
  struct krv_id id = {{0}};
  int64_t lid = 0, row = 0;
  planted(i, text);
  struct krv_slice bytes = krv_slice_str(text);
  memcpy(id.b, text, sizeof id.b);
  assert_int_equal(krv_vault_begin(kit.vault), 0);
  assert_int_equal(krv_vault_case_put(kit.vault, &lid, &id, bytes, bytes), 0);
  assert_int_equal(krv_vault_case_card(kit.vault, lid, bytes), 0);
  assert_int_equal(krv_vault_casekey_put(kit.vault, lid, bytes), 0);
  struct krv_vault_item item = {.case_lid = lid, .kind = 2, .n = 1, .id = id, .bytes = bytes};
  assert_int_equal(krv_vault_item_put(kit.vault, &item), 0);
  assert_int_equal(krv_vault_meta_put(kit.vault, (enum krv_meta)(1 + i % 8), bytes), 0);
  assert_int_equal(krv_vault_row_put(kit.vault, (enum krv_vault_table)(1 + i % 4), &row, bytes), 0);
  if (i % 5 == 0) krv_vault_rollback(kit.vault);
  else assert_int_equal(krv_vault_commit(kit.vault), 0);
}

static void planted_strings_are_nowhere_on_the_disk(void **state) {
  (void)state;
  char temp[64];
  unsigned files = 0, temps = 0;
  (void)snprintf(temp, sizeof temp, "%s/tmp", kit.root);
  assert_int_equal(krv_host_make_dir(temp), 0);
  setenv("SQLITE_TMPDIR", temp, 1);
  setenv("TMPDIR", temp, 1);
  for (unsigned i = 0; i < PLANTED; i++) plant(i);
  assert_int_equal(hits_in_folder(kit.dir, &files), 0);
  assert_int_equal(krv_vault_idle(kit.vault), 0);
  for (unsigned i = 0; i < PLANTED; i++) plant(i);
  assert_int_equal(hits_in_folder(kit.dir, &files), 0);
  krv_vaultkit_close(&kit);
  assert_int_equal(hits_in_folder(kit.dir, &files), 0);
  assert_true(files >= 9); /* database, WAL and lock, three times */
  assert_int_equal(hits_in_folder(temp, &temps), 0);
  assert_int_equal(temps, 0); /* and no temporary file at all */
}

static void temporary_files_do_not_exist_while_it_works(void **state) {
  (void)state;
  char fd[64], target[512];
  unsigned seen = 0;
  assert_int_equal(krv_vault_begin(kit.vault), 0);
  for (int64_t i = 0; i < 400; i++) {
    struct krv_vault_item item = {.kind = 2, .bytes = krv_slice_str("x")};
    assert_int_equal(krv_vault_item_put(kit.vault, &item), 0);
    assert_int_equal(krv_vault_item_mark(kit.vault, item.lid, KRV_MARK_AT_SERVER, 0), 0);
  }
  assert_int_equal(krv_vault_unmark_all(kit.vault), 0);
  for (int i = 3; i < 64; i++) {
    (void)snprintf(fd, sizeof fd, "/proc/self/fd/%d", i);
    ssize_t len = readlink(fd, target, sizeof target - 1);
    if (len <= 0) continue;
    target[len] = 0;
    assert_null(strstr(target, "etilqs")); /* SQLite's name for temporary files */
    if (strstr(target, kit.root)) seen++;
  }
  assert_int_equal(seen, 3); /* database, WAL, lock */
  krv_vault_rollback(kit.vault);
}

/* The search finds each form, or it would prove nothing. */
static void the_search_finds_what_is_there(void **state) {
  (void)state;
  struct form forms[FORMS_MAX];
  char text[24];
  planted(17, text);
  size_t count = forms_of(text, forms);
  for (size_t f = 0; f < count; f++) {
    uint8_t hay[200];
    memset(hay, 0x55, sizeof hay);
    memcpy(hay + 61, forms[f].bytes, forms[f].len);
    assert_true(forms[f].len >= 16);
    assert_int_equal(hits_in(hay, sizeof hay), 1);
  }
}

static int set_up(void **state) {
  (void)state;
  krv_vaultkit_init(&kit, 17);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  krv_vaultkit_release(&kit);
  return 0;
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_search_finds_what_is_there),
      T(planted_strings_are_nowhere_on_the_disk),
      T(temporary_files_do_not_exist_while_it_works),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
