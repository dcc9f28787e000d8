/* msgpack from strangers: what is accepted, what is refused, and that a bomb
 * costs nothing (F14). Forms are written by hand from the msgpack specification. */
#include <stdio.h>
#include <stdlib.h>

#include "bounds.h"
#include "hex.h"
#include "mp.h"
#include "status.h"
#include "testenv.h"

static struct krv_testenv t;

static struct krv_buf new_buf(void) {
  struct krv_buf buf;
  krv_testenv_init(&t, 11);
  krv_buf_init(&buf, &t.env);
  return buf;
}

static int check_hex(const char *hex) {
  /* exactly as large as the bytes, so that the sanitizer sees a read beyond */
  size_t len = strlen(hex) / 2;
  uint8_t *bytes = malloc(len ? len : 1);
  hex_bytes(hex, bytes, len);
  int status = krv_mp_check(krv_slice(bytes, len), NULL);
  struct krv_mp_doc doc;
  assert_int_equal(krv_mp_read(&doc, krv_slice(bytes, len)), status);
  assert_int_equal(doc.root != NULL, status == 0);
  krv_mp_doc_release(&doc);
  krv_mp_doc_release(&doc);
  free(bytes);
  return status;
}

static void every_plain_form_is_accepted(void **state) {
  (void)state;
  static const char *const good[] = {
      "00", "7f", "cc80", "ccff", "cd0100", "cdffff", "ce00010000", "ceffffffff",
      "cf0000000100000000", "cfffffffffffffffff", "ff", "e0", "d0df", "d080", "d1ff7f", "d18000",
      "d2ffff7fff", "d280000000", "d3ffffffff7fffffff", "d38000000000000000", "c0", "c2", "c3",
      "a0", "a161", "a2c3a9", "a3e282ac", "a4f09f9880", "a100", "c400", "c40101", "90", "9100",
      "80", "810001", "9191919191c0", "81a16b91c3", "a4f48fbfbf", "a3ed9fbf", "a3efbfbf",
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    if (check_hex(good[i]) != 0) fail_msg("refused: %s", good[i]);
}

static void longer_forms_and_foreign_types_are_refused(void **state) {
  (void)state;
  static const char *const bad[] = {
      "", "c1", /* nothing; never used */
      "cc00", "cc7f", "cd00ff", "ce0000ffff", "cf00000000ffffffff",       /* unsigned */
      "d000", "d07f", "d0e0", "d0ff", "d10000", "d17fff", "d1ff80", "d1ffff", "d200000000",
      "d2ffff8000", "d30000000000000000", "d3ffffffff80000000", "d37fffffffffffffff", /* signed */
      "ca00000000", "cb0000000000000000",                                 /* floats */
      "d40000", "d5000000", "d600000000", "c70000", "c8000000", "c90000000000", /* extensions */
      "d90161", "da000161", "db0000000161", "c5000101", "c60000000101",   /* strings, bins */
      "dc000100", "dd0000000100", "de00010000", "df000000010000",         /* containers */
      "a180", "a1ff", "a2c080", "a2c1bf", "a3e08080", "a3eda080", "a3edbfbf", "a4f0808080",
      "a4f4908080", "a4f5808080", "a2c361", "a1c3", "a2e282", "a3f09f98", "a3e28261", /* UTF-8 */
      "a8616161616161c361", "ac6161616161616161616161c3", /* also behind eight of ASCII */
      "0000", "c0c0", "9000",                                             /* beyond the end */
      "91", "9200", "81", "8100", "a261", "cc", "cd01", "c4", "c401", "d9", "da01", "dc",
      "dd000100",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (check_hex(bad[i]) != KRV_MALFORMED) fail_msg("not malformed: %s", bad[i]);
}

static void depth_and_nodes_are_bounded(void **state) {
  (void)state;
  char deep[2 * KRV_MP_DEPTH_MAX + 3] = "";
  for (unsigned i = 1; i < KRV_MP_DEPTH_MAX; i++) strcat(deep, "91");
  strcat(deep, "90");
  assert_int_equal(check_hex(deep), 0);
  deep[0] = '\0';
  for (unsigned i = 0; i < KRV_MP_DEPTH_MAX; i++) strcat(deep, "91");
  strcat(deep, "90");
  assert_int_equal(check_hex(deep), KRV_TOO_LARGE);

  struct krv_buf buf = new_buf();
  for (uint32_t extra = 0; extra < 2; extra++) {
    krv_buf_reset(&buf);
    krv_mp_put_array(&buf, KRV_MP_NODES_MAX - 1 + extra);
    for (uint32_t i = 0; i < KRV_MP_NODES_MAX - 1 + extra; i++) krv_mp_put_nil(&buf);
    assert_int_equal(krv_mp_check(krv_buf_slice(&buf), NULL), extra ? KRV_TOO_LARGE : 0);
  }
  krv_buf_release(&buf);
}

static void one_object_may_be_taken_from_the_front(void **state) {
  (void)state;
  static const uint8_t bytes[] = {0x92, 0x01, 0xa1, 'x', 0xc1};
  size_t used;
  assert_int_equal(krv_mp_check(krv_slice(bytes, 5), &used), 0);
  assert_int_equal(used, 4);
  assert_int_equal(krv_mp_check(krv_slice(bytes, 5), NULL), KRV_MALFORMED);
  assert_int_equal(krv_mp_check(krv_slice(bytes, 3), &used), KRV_MALFORMED);
  assert_int_equal(used, 0);
}

static void integers_of_all_sizes_come_back(void **state) {
  (void)state;
  struct krv_buf buf = new_buf();
  for (unsigned bits = 0; bits < 64; bits++)
    for (int delta = -1; delta <= 1; delta++)
      for (int negative = 0; negative < 2; negative++) {
        uint64_t u = (UINT64_C(1) << bits) + (uint64_t)(int64_t)delta;
        if (negative) u = ~u + 1;
        struct krv_mp_doc doc;
        uint64_t got_u;
        int64_t got_i;
        krv_buf_reset(&buf);
        krv_mp_put_uint(&buf, u);
        assert_int_equal(krv_mp_read(&doc, krv_buf_slice(&buf)), 0);
        assert_int_equal(krv_mp_uint(doc.root, UINT64_MAX, &got_u), 0);
        assert_true(got_u == u);
        assert_int_equal(krv_mp_int(doc.root, &got_i), u > INT64_MAX ? KRV_TOO_LARGE : 0);
        if (u > 0) assert_int_equal(krv_mp_uint(doc.root, u - 1, &got_u), KRV_TOO_LARGE);
        krv_mp_doc_release(&doc);
        krv_buf_reset(&buf);
        krv_mp_put_int(&buf, (int64_t)u);
        assert_int_equal(krv_mp_read(&doc, krv_buf_slice(&buf)), 0);
        assert_int_equal(krv_mp_int(doc.root, &got_i), 0);
        assert_true(got_i == (int64_t)u);
        krv_mp_doc_release(&doc);
      }
  krv_buf_release(&buf);
}

/* A map with everything in it. */
static void put_sample(struct krv_buf *buf) {
  krv_mp_put_map(buf, 5);
  krv_mp_put_uint(buf, 1);
  krv_mp_put_str(buf, krv_slice_str("one \xc3\xa9"));
  krv_mp_put_uint(buf, 300);
  krv_mp_put_bin(buf, "\x00\xff", 2);
  krv_mp_put_str(buf, krv_slice_str("list"));
  krv_mp_put_array(buf, 4);
  krv_mp_put_nil(buf);
  krv_mp_put_bool(buf, true);
  krv_mp_put_int(buf, -70000);
  krv_mp_put_map(buf, 0);
  krv_mp_put_str(buf, krv_slice_str("false"));
  krv_mp_put_bool(buf, false);
  krv_mp_put_str(buf, krv_slice_str("empty"));
  krv_mp_put_bin(buf, NULL, 0);
}

static void a_tree_is_walked_and_written_back_byte_for_byte(void **state) {
  (void)state;
  struct krv_buf buf = new_buf(), again;
  krv_buf_init(&again, &t.env);
  put_sample(&buf);
  struct krv_mp_doc doc;
  assert_int_equal(krv_mp_read(&doc, krv_buf_slice(&buf)), 0);
  const struct krv_mp *root = doc.root, *list = krv_mp_find(root, "list");
  struct krv_slice s;
  uint8_t two[2];
  bool flag = false;
  int64_t number;
  assert_int_equal(krv_mp_type(root), KRV_MP_MAP);
  assert_int_equal(krv_mp_count(root), 5);
  assert_int_equal(krv_mp_str(krv_mp_get(root, 1), &s), 0);
  assert_true(krv_slice_equal(s, krv_slice_str("one \xc3\xa9")));
  assert_true(s.data > buf.data && s.data < buf.data + buf.len); /* borrowed */
  assert_int_equal(krv_mp_fixed(krv_mp_get(root, 300), two, 2), 0);
  assert_hex(two, 2, "00ff");
  assert_int_equal(krv_mp_fixed(krv_mp_get(root, 300), two, 1), KRV_MALFORMED);
  assert_int_equal(krv_mp_bin(krv_mp_find(root, "empty"), &s), 0);
  assert_int_equal(s.len, 0);
  assert_int_equal(krv_mp_count(list), 4);
  assert_true(krv_mp_is_nil(krv_mp_at(list, 0)));
  assert_int_equal(krv_mp_bool(krv_mp_at(list, 1), &flag), 0);
  assert_true(flag);
  assert_int_equal(krv_mp_int(krv_mp_at(list, 2), &number), 0);
  assert_int_equal(number, -70000);
  assert_int_equal(krv_mp_type(krv_mp_at(list, 2)), KRV_MP_NINT);
  assert_int_equal(krv_mp_count(krv_mp_at(list, 3)), 0);
  assert_null(krv_mp_at(list, 4));
  assert_null(krv_mp_at(root, 0));
  assert_null(krv_mp_key(list, 0));
  assert_null(krv_mp_val(root, 5));
  assert_null(krv_mp_get(root, 2));
  assert_null(krv_mp_find(root, "lis"));
  assert_ptr_equal(krv_mp_val(root, 2), list);
  krv_mp_put_node(&again, root);
  assert_true(krv_slice_equal(krv_buf_slice(&again), krv_buf_slice(&buf)));
  krv_mp_doc_release(&doc);
  krv_buf_release(&again);
  krv_buf_release(&buf);
}

static void getters_refuse_other_types_and_nothing(void **state) {
  (void)state;
  static const char *const by_type[] = {
      [KRV_MP_NIL] = "c0", [KRV_MP_BOOL] = "c3", [KRV_MP_UINT] = "05", [KRV_MP_NINT] = "ff",
      [KRV_MP_STR] = "a161", [KRV_MP_BIN] = "c40161", [KRV_MP_ARRAY] = "90", [KRV_MP_MAP] = "80",
  };
  for (int type = KRV_MP_NIL - 1; type <= KRV_MP_MAP; type++) {
    uint8_t bytes[4];
    struct krv_mp_doc doc = {0}; /* type -1: no node at all */
    if (type >= 0)
      assert_int_equal(krv_mp_read(&doc, hex_bytes(by_type[type], bytes, sizeof bytes)), 0);
    const struct krv_mp *node = doc.root;
    bool b;
    uint64_t u;
    int64_t i;
    struct krv_slice s;
    uint8_t one;
    if (node) assert_int_equal(krv_mp_type(node), type);
    assert_int_equal(krv_mp_bool(node, &b) == 0, type == KRV_MP_BOOL);
    assert_int_equal(krv_mp_uint(node, 9, &u) == 0, type == KRV_MP_UINT);
    assert_int_equal(krv_mp_int(node, &i) == 0, type == KRV_MP_UINT || type == KRV_MP_NINT);
    assert_int_equal(krv_mp_str(node, &s) == 0, type == KRV_MP_STR);
    assert_int_equal(krv_mp_bin(node, &s) == 0, type == KRV_MP_BIN);
    assert_int_equal(krv_mp_fixed(node, &one, 1) == 0, type == KRV_MP_BIN);
    assert_int_equal(krv_mp_is_nil(node), type == KRV_MP_NIL);
    assert_int_equal(krv_mp_count(node), 0);
    assert_null(krv_mp_at(node, 0));
    assert_null(krv_mp_get(node, 0));
    assert_null(krv_mp_find(node, ""));
    krv_mp_doc_release(&doc);
  }
}

/* The process's address space at its highest, in KiB: a bomb shows here even if
 * its memory is never touched. */
static long peak_kib(void) {
  char line[256];
  long kib = 0;
  FILE *f = fopen("/proc/self/status", "r");
  assert_non_null(f);
  while (fgets(line, sizeof line, f))
    if (sscanf(line, "VmPeak: %ld", &kib) == 1) break;
  fclose(f);
  assert_true(kib > 0);
  return kib;
}

/* The least bomb would take 8 GiB; a sanitizer's quarantine keeps freed blocks
 * up to 256 MiB. */
enum { PEAK_GROWTH_KIB = 512 * 1024 };

static void try_bytes(const uint8_t *bytes, size_t len, unsigned *accepted) {
  struct krv_mp_doc doc;
  struct krv_slice slice = krv_slice(bytes, len);
  int status = krv_mp_read(&doc, slice);
  assert_int_equal(status, krv_mp_check(slice, NULL));
  if (status == 0) {
    /* what is accepted has one form: written back, it is the same bytes */
    struct krv_buf again;
    krv_buf_init(&again, &t.env);
    krv_mp_put_node(&again, doc.root);
    assert_true(krv_slice_equal(krv_buf_slice(&again), slice));
    krv_buf_release(&again);
    ++*accepted;
  } else {
    assert_null(doc.root);
  }
  krv_mp_doc_release(&doc);
}

static void bombs_are_refused_and_cost_nothing(void **state) {
  (void)state;
  static const char *const heads[] = {"dd0fffffff", "df0fffffff", "ddff000000", "dcffff", "deffff",
                                      "dbffffffff", "c6ffffffff", "dd7fffffff", "df80000000",
                                      "ddffffffff", "dfffffffff", "dd00ffffff"};
  krv_testenv_init(&t, 0xb0b);
  long before = peak_kib();
  unsigned bombs = 0, accepted = 0;
  for (size_t h = 0; h < sizeof heads / sizeof *heads; h++)
    for (unsigned nest = 1; nest <= 40; nest++)
      for (unsigned tail = 0; tail < 5; tail++) {
        uint8_t bytes[512] = {0};
        size_t len = 0, head = strlen(heads[h]) / 2;
        for (unsigned i = 0; i < nest; i++, len += head)
          hex_bytes(heads[h], bytes + len, sizeof bytes - len);
        len += tail;
        /* refused at the first head, before depth or nodes come into it */
        assert_int_equal(krv_mp_check(krv_slice(bytes, len), NULL), KRV_MALFORMED);
        try_bytes(bytes, len, &accepted);
        bombs++;
      }
  assert_int_equal(bombs, 2400);
  assert_int_equal(accepted, 0);
  assert_true(peak_kib() - before < PEAK_GROWTH_KIB);
}

static void mutated_objects_are_read_or_refused_within_bounds(void **state) {
  (void)state;
  struct krv_buf sample = new_buf();
  put_sample(&sample);
  long before = peak_kib();
  unsigned accepted = 0;
  for (unsigned round = 0; round < 20000; round++) {
    uint8_t bytes[128];
    size_t len = sample.len;
    memcpy(bytes, sample.data, len);
    for (uint64_t hits = 1 + krv_testenv_below(&t, 4); hits > 0; hits--)
      bytes[krv_testenv_below(&t, len)] = (uint8_t)krv_testenv_next(&t);
    if (krv_testenv_below(&t, 4) == 0) len = krv_testenv_below(&t, len);
    try_bytes(bytes, len, &accepted);
  }
  for (size_t len = 0; len < sample.len; len++)
    assert_int_not_equal(krv_mp_check(krv_slice(sample.data, len), NULL), 0);
  assert_true(accepted > 100 && accepted < 19000);
  assert_true(peak_kib() - before < PEAK_GROWTH_KIB);
  krv_buf_release(&sample);
}

static void each_allocation_of_the_writer_that_fails_is_told(void **state) {
  (void)state;
  for (uint64_t k = 1;; k++) {
    struct krv_buf buf = new_buf();
    t.fail_at = k;
    for (unsigned i = 0; i < 20; i++) put_sample(&buf);
    int status = buf.status;
    uint64_t allocations = t.allocations;
    krv_buf_release(&buf);
    assert_int_equal(t.live, 0);
    if (status == 0) {
      assert_true(k > 4 && allocations == k - 1);
      return;
    }
    assert_int_equal(status, KRV_NOMEM);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_plain_form_is_accepted),
      cmocka_unit_test(longer_forms_and_foreign_types_are_refused),
      cmocka_unit_test(depth_and_nodes_are_bounded),
      cmocka_unit_test(one_object_may_be_taken_from_the_front),
      cmocka_unit_test(integers_of_all_sizes_come_back),
      cmocka_unit_test(a_tree_is_walked_and_written_back_byte_for_byte),
      cmocka_unit_test(getters_refuse_other_types_and_nothing),
      cmocka_unit_test(bombs_are_refused_and_cost_nothing),
      cmocka_unit_test(mutated_objects_are_read_or_refused_within_bounds),
      cmocka_unit_test(each_allocation_of_the_writer_that_fails_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
