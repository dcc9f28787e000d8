/* Documents from strangers and from the future: what is out of place is refused whole,
 * what is new is skipped, and memory that fails leaks nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mp.h"
#include "schema.h"
#include "schema_doc.h"
#include "status.h"
#include "testenv.h"

static struct krv_testenv t;
static struct krv_buf doc;

static int setup(void **state) {
  (void)state;
  krv_testenv_init(&t, 3);
  krv_buf_init(&doc, &t.env);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  krv_buf_release(&doc);
  return t.live == 0 ? 0 : -1;
}

/* ---- a small document, which a twist spoils or extends ---- */

struct twist {
  const char *code_name, *code_label, *code_alias, *type_name, *field_name, *field_alias;
  const char *language, *part;
  unsigned format, list, field_type, field_id, type_id, rank, codes, show, flags;
  bool no_languages, field_is_text, trailing;
};

static const struct twist plain = {
    .code_name = "yes", .code_label = "Yes", .code_alias = "y", .type_name = "risk",
    .field_name = "level", .field_alias = "grade", .language = "ru", .part = "health",
    .format = 1, .list = 0, .field_type = KRV_FIELD_CODE, .field_id = 0x0302, .type_id = 3,
    .rank = 5, .codes = 2, .show = KRV_SHOW_HIGHEST, .flags = KRV_FIELD_CARD,
};

static void str(const char *text) {
  krv_mp_put_str(&doc, krv_slice_str(text));
}

static void put_languages(const struct twist *w) {
  krv_mp_put_uint(&doc, KRV_DOC_LANGUAGES);
  krv_mp_put_array(&doc, w->no_languages ? 0 : 2);
  for (unsigned i = 0; i < (w->no_languages ? 0 : 2); i++) {
    krv_mp_put_array(&doc, 3);
    str(i == 0 ? "en" : w->language);
    str(i == 0 ? "English" : "other");
    krv_mp_put_bool(&doc, i == 1);
  }
}

static void put_lists(const struct twist *w) {
  krv_mp_put_uint(&doc, KRV_DOC_LISTS);
  krv_mp_put_array(&doc, 1);
  krv_mp_put_map(&doc, 2);
  krv_mp_put_uint(&doc, KRV_DOC_LIST_NAME);
  str("answers");
  krv_mp_put_uint(&doc, KRV_DOC_LIST_CODES);
  krv_mp_put_array(&doc, w->codes);
  for (unsigned i = 0; i < w->codes; i++) {
    krv_mp_put_array(&doc, i == 1 ? 5 : 2);
    str(i == 1 ? w->code_name : i == 0 ? "no" : "same");
    str(i == 1 ? w->code_label : "No");
    if (i != 1) continue;
    krv_mp_put_nil(&doc);
    krv_mp_put_uint(&doc, w->rank);
    str(w->code_alias);
  }
}

static void put_type(unsigned id, const char *name) {
  krv_mp_put_map(&doc, 2);
  krv_mp_put_uint(&doc, KRV_DOC_TYPE_ID);
  krv_mp_put_uint(&doc, id);
  krv_mp_put_uint(&doc, KRV_DOC_TYPE_NAME);
  str(name);
}

static void put_field(unsigned id, const char *name, const struct twist *w) {
  krv_mp_put_map(&doc, 8);
  krv_mp_put_uint(&doc, KRV_DOC_FIELD_ID);
  krv_mp_put_uint(&doc, id);
  krv_mp_put_uint(&doc, KRV_DOC_FIELD_NAME);
  str(name);
  krv_mp_put_uint(&doc, KRV_DOC_FIELD_TYPE);
  krv_mp_put_uint(&doc, w->field_type);
  krv_mp_put_uint(&doc, KRV_DOC_FIELD_LIST);
  krv_mp_put_uint(&doc, w->list);
  krv_mp_put_uint(&doc, KRV_DOC_FIELD_SHOW);
  krv_mp_put_uint(&doc, w->show);
  krv_mp_put_uint(&doc, KRV_DOC_FIELD_FLAGS);
  krv_mp_put_uint(&doc, w->flags);
  krv_mp_put_uint(&doc, KRV_DOC_FIELD_PART);
  str(w->part);
  krv_mp_put_uint(&doc, KRV_DOC_FIELD_ALIAS);
  krv_mp_put_array(&doc, id == 0x0301 ? 0 : 1);
  if (id != 0x0301) str(w->field_alias);
}

static void put_doc(const struct twist *w) {
  krv_buf_reset(&doc);
  krv_mp_put_map(&doc, 7);
  krv_mp_put_uint(&doc, KRV_DOC_FORMAT);
  krv_mp_put_uint(&doc, w->format);
  krv_mp_put_uint(&doc, KRV_DOC_VERSION);
  krv_mp_put_uint(&doc, 9);
  krv_mp_put_uint(&doc, KRV_DOC_SOURCE);
  str("a test");
  put_languages(w);
  put_lists(w);
  krv_mp_put_uint(&doc, KRV_DOC_TYPES);
  krv_mp_put_array(&doc, 3);
  put_type(0, "");
  put_type(w->type_id, w->type_name);
  put_type(200, "later");
  krv_mp_put_uint(&doc, KRV_DOC_FIELDS);
  krv_mp_put_array(&doc, 2);
  put_field(0x0301, "first", w);
  if (w->field_is_text)
    str("field");
  else
    put_field(w->field_id, w->field_name, w);
  if (w->trailing) krv_mp_put_nil(&doc);
}

static int read_doc(const struct twist *w, struct krv_schema **schema) {
  put_doc(w);
  return krv_schema_new(&t.env, krv_buf_slice(&doc), schema);
}

static void a_small_document_reads(void **state) {
  (void)state;
  struct krv_schema *schema;
  assert_int_equal(read_doc(&plain, &schema), 0);
  assert_int_equal(krv_schema_version(schema), 9);
  const struct krv_field *field = krv_schema_field_named(schema, 3, krv_slice_str("grade"));
  assert_ptr_equal(field, krv_schema_field(schema, 0x0302));
  assert_int_equal(field->list->codes[1].rank, 5);
  assert_int_equal(field->show, KRV_SHOW_HIGHEST);
  assert_int_equal(field->flags, KRV_FIELD_CARD);
  assert_true(krv_slice_equal(field->part, krv_slice_str("health")));
  assert_int_equal(krv_schema_code(schema, field->list, krv_slice_str("y")), 1);
  krv_schema_free(schema);
}

static void of_two_codes_that_differ_in_case_alone_only_the_exact_one_is_meant(void **state) {
  (void)state;
  struct krv_schema *schema;
  struct twist w = plain;
  w.code_name = "NO";
  w.code_label = "Never";
  w.code_alias = "y";
  assert_int_equal(read_doc(&w, &schema), 0);
  const struct krv_code_list *list = krv_schema_field(schema, 0x0302)->list;
  assert_int_equal(krv_schema_code(schema, list, krv_slice_str("no")), 0);
  assert_int_equal(krv_schema_code(schema, list, krv_slice_str("NO")), 1);
  assert_int_equal(krv_schema_code(schema, list, krv_slice_str("No")), 0); /* its label */
  assert_int_equal(krv_schema_code(schema, list, krv_slice_str("nO")), 0);
  assert_int_equal(krv_schema_code(schema, list, krv_slice_str("Y")), 1);
  krv_schema_free(schema);
  w.code_name = "y";
  w.code_alias = "Z";
  w.codes = 3;
  assert_int_equal(read_doc(&w, &schema), 0);
  list = krv_schema_field(schema, 0x0302)->list;
  assert_int_equal(krv_schema_code(schema, list, krv_slice_str("SAME")), 2);
  krv_schema_free(schema);
  w.code_name = "Same"; /* beside "same" */
  assert_int_equal(read_doc(&w, &schema), 0);
  list = krv_schema_field(schema, 0x0302)->list;
  assert_int_equal(krv_schema_code(schema, list, krv_slice_str("Same")), 1);
  assert_int_equal(krv_schema_code(schema, list, krv_slice_str("same")), 2);
  assert_int_equal(krv_schema_code(schema, list, krv_slice_str("SAME")), -1);
  krv_schema_free(schema);
}

static void what_lacks_a_text_has_the_first_languages_or_the_name(void **state) {
  (void)state;
  struct krv_schema *schema;
  assert_int_equal(read_doc(&plain, &schema), 0);
  const struct krv_field *field = krv_schema_field(schema, 0x0302);
  for (unsigned lang = 0; lang < KRV_LANG_COUNT; lang++) {
    assert_true(krv_slice_equal(field->list->codes[1].label[lang], krv_slice_str("Yes")));
    assert_true(krv_slice_equal(field->label[lang], krv_slice_str("level")));
    assert_int_equal(field->help[lang].len, 0);
  }
  assert_true(krv_schema_language(schema, KRV_LANG_RU)->rtl); /* as this document says */
  assert_int_equal(krv_schema_language(schema, KRV_LANG_TK)->name.len, 0);
  krv_schema_free(schema);
}

/* One thing wrong at a time: the member of a twist, and what it becomes. */
#define BAD(status_, ...)                                                          \
  { status_, {.code_name = "yes", .code_label = "Yes", .code_alias = "y",          \
    .type_name = "risk", .field_name = "level", .field_alias = "grade",            \
    .language = "ru", .part = "health", .format = 1, .field_type = KRV_FIELD_CODE, \
    .field_id = 0x0302, .type_id = 3, .codes = 2, __VA_ARGS__} }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct {
  int status;
  struct twist twist;
} bad[] = {
    BAD(0, .rank = 1),
    BAD(KRV_MALFORMED, .code_name = "no"),          /* a code twice */
    BAD(KRV_MALFORMED, .code_alias = "no"),         /* an alias that is another's name */
    BAD(KRV_MALFORMED, .code_alias = "yes"),        /* an alias that is its own name */
    BAD(KRV_MALFORMED, .code_name = ""),
    BAD(KRV_MALFORMED, .code_name = "a;b"),         /* the mark between choices */
    BAD(KRV_MALFORMED, .code_label = "\x1b[2J"),    /* drives a terminal */
    BAD(KRV_MALFORMED, .code_label = "\xc2\x9b" "2J"),
    BAD(KRV_MALFORMED, .codes = 4),                 /* "same" twice */
    BAD(KRV_MALFORMED, .rank = 40000),
    BAD(KRV_MALFORMED, .type_name = ""),            /* only type 0 is nameless */
    BAD(KRV_MALFORMED, .type_name = "a b"),
    BAD(KRV_MALFORMED, .type_name = "later"),       /* a type twice */
    BAD(KRV_MALFORMED, .type_id = 0),               /* ids ascend */
    BAD(KRV_MALFORMED, .type_id = 2),               /* fields of no type */
    BAD(KRV_MALFORMED, .type_id = 300),
    BAD(KRV_MALFORMED, .field_id = 0x0301),
    BAD(KRV_MALFORMED, .field_id = 0x0100),
    BAD(KRV_MALFORMED, .field_id = 0x10301),
    BAD(KRV_MALFORMED, .field_name = "first"),
    BAD(KRV_MALFORMED, .field_name = "a.b"),
    BAD(KRV_MALFORMED, .field_name = ""),
    BAD(KRV_MALFORMED, .field_alias = "first"),
    BAD(KRV_MALFORMED, .part = "a/b"),
    BAD(KRV_MALFORMED, .list = 1),                  /* no such list */
    BAD(KRV_MALFORMED, .language = "en"),           /* a language twice */
    BAD(KRV_MALFORMED, .no_languages = true),
    BAD(KRV_MALFORMED, .field_is_text = true),
    BAD(KRV_MALFORMED, .trailing = true),
    BAD(KRV_NEWER, .format = 2),
    BAD(KRV_TOO_LARGE, .field_name =
        "a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789"
        "a123456789a123456789a"),
};
#pragma GCC diagnostic pop

static void one_thing_out_of_place_refuses_the_document(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct krv_schema *schema;
    int rc = read_doc(&bad[i].twist, &schema);
    if (rc != bad[i].status) fail_msg("case %zu: %d instead of %d", i, rc, bad[i].status);
    assert_int_equal(schema != NULL, rc == 0);
    krv_schema_free(schema);
  }
}

static void what_is_cut_short_or_no_document_is_refused(void **state) {
  (void)state;
  struct krv_schema *schema;
  put_doc(&plain);
  for (size_t len = 0; len < doc.len; len++) {
    assert_int_equal(krv_schema_new(&t.env, krv_slice(doc.data, len), &schema), KRV_MALFORMED);
    assert_null(schema);
  }
  assert_int_equal(krv_schema_new(&t.env, krv_slice_str("\x80"), &schema), KRV_MALFORMED);
  assert_int_equal(krv_schema_new(&t.env, krv_slice_str("\x01"), &schema), KRV_MALFORMED);
  static uint8_t big[KRV_SCHEMA_SIZE_MAX + 1];
  assert_int_equal(krv_schema_new(&t.env, krv_slice(big, sizeof big), &schema), KRV_TOO_LARGE);
}

/* A document that claims counts of things which are all nil. */
static int read_counts(uint32_t lists, uint32_t types, uint32_t fields) {
  struct krv_schema *schema;
  uint32_t counts[] = {lists, types, fields};
  krv_buf_reset(&doc);
  krv_mp_put_map(&doc, 7);
  krv_mp_put_uint(&doc, KRV_DOC_FORMAT);
  krv_mp_put_uint(&doc, 1);
  krv_mp_put_uint(&doc, KRV_DOC_VERSION);
  krv_mp_put_uint(&doc, 1);
  krv_mp_put_uint(&doc, KRV_DOC_SOURCE);
  str("");
  put_languages(&plain);
  for (unsigned i = 0; i < 3; i++) {
    krv_mp_put_uint(&doc, KRV_DOC_LISTS + i);
    krv_mp_put_array(&doc, counts[i]);
    for (uint32_t k = 0; k < counts[i]; k++) krv_mp_put_nil(&doc);
  }
  int rc = krv_schema_new(&t.env, krv_buf_slice(&doc), &schema);
  krv_schema_free(schema);
  return rc;
}

static void counts_are_bounded_before_memory_is_taken(void **state) {
  (void)state;
  assert_int_equal(read_counts(0, 0, 0), 0);
  assert_int_equal(read_counts(KRV_SCHEMA_LISTS_MAX, 0, 0), KRV_MALFORMED);
  assert_int_equal(read_counts(KRV_SCHEMA_LISTS_MAX + 1, 0, 0), KRV_TOO_LARGE);
  assert_int_equal(read_counts(0, KRV_SCHEMA_TYPES_MAX, 0), KRV_MALFORMED);
  assert_int_equal(read_counts(0, KRV_SCHEMA_TYPES_MAX + 1, 0), KRV_TOO_LARGE);
  assert_int_equal(read_counts(0, 0, KRV_SCHEMA_FIELDS_MAX), KRV_MALFORMED);
  assert_int_equal(read_counts(0, 0, KRV_SCHEMA_FIELDS_MAX + 1), KRV_TOO_LARGE);
}

/* ---- the future ---- */

static void a_field_of_an_unknown_type_is_shown_and_not_written(void **state) {
  (void)state;
  struct krv_schema *schema;
  struct krv_buf out;
  struct twist w = plain;
  w.field_type = 77;
  w.show = 9;
  w.flags = 0xffff;
  krv_buf_init(&out, &t.env);
  assert_int_equal(read_doc(&w, &schema), 0);
  const struct krv_field *field = krv_schema_field(schema, 0x0302);
  assert_int_equal(field->type, KRV_FIELD_TEXT);
  assert_int_equal(field->show, KRV_SHOW_PLAIN);
  assert_int_equal(field->flags, 2 * KRV_FIELD_NEWER - 1);
  assert_null(field->list);
  assert_int_equal(krv_schema_parse(schema, field, krv_slice_str("x"), &out), KRV_NEWER);
  assert_int_equal(out.len, 0);
  krv_schema_format(schema, field, krv_slice_str("\x11"), &out);
  krv_schema_display(schema, field, KRV_LANG_TK, krv_slice_str("\xa2hi"), &out);
  assert_true(krv_slice_equal(krv_buf_slice(&out), krv_slice_str("17hi")));
  krv_schema_free(schema);
  krv_buf_release(&out);
}

static void the_newer_flag_is_not_the_documents_to_set(void **state) {
  (void)state;
  struct krv_schema *schema;
  struct twist w = plain;
  w.flags = 0xffff;
  assert_int_equal(read_doc(&w, &schema), 0);
  assert_int_equal(krv_schema_field(schema, 0x0302)->flags, KRV_FIELD_NEWER - 1);
  krv_schema_free(schema);
}

/* Copies a node; every map gets a key that nobody knows, every code an empty map. */
static void put_extended(struct krv_buf *out, const struct krv_mp *node, bool code) {
  uint32_t count = krv_mp_count(node);
  if (krv_mp_type(node) == KRV_MP_MAP) {
    krv_mp_put_map(out, count + 1);
    for (uint32_t i = 0; i < count; i++) {
      krv_mp_put_node(out, krv_mp_key(node, i));
      put_extended(out, krv_mp_val(node, i), false);
    }
    krv_mp_put_uint(out, 1000);
    krv_mp_put_bin(out, "new", 3);
  } else if (krv_mp_type(node) == KRV_MP_ARRAY) {
    const struct krv_mp *first = krv_mp_at(node, 0);
    bool codes = krv_mp_type(first) == KRV_MP_ARRAY && krv_mp_count(first) != 3;
    uint32_t labels = code && count < 4 ? 4 - count : 0; /* what was left off at the end */
    krv_mp_put_array(out, count + labels + (code ? 1 : 0));
    for (uint32_t i = 0; i < count; i++) put_extended(out, krv_mp_at(node, i), codes);
    for (uint32_t i = 0; i < labels; i++) krv_mp_put_nil(out);
    if (code) krv_mp_put_map(out, 0);
  } else {
    krv_mp_put_node(out, node);
  }
}

static void a_newer_document_reads_like_the_one_it_extends(void **state) {
  (void)state;
  struct krv_schema *old, *newer;
  struct krv_mp_doc tree;
  assert_int_equal(krv_mp_read(&tree, krv_schema_builtin()), 0);
  krv_buf_reset(&doc);
  put_extended(&doc, tree.root, false);
  krv_mp_doc_release(&tree);
  assert_true(doc.len > krv_schema_builtin().len + 290 * 5);
  assert_int_equal(krv_schema_new(&t.env, krv_schema_builtin(), &old), 0);
  assert_int_equal(krv_schema_new(&t.env, krv_buf_slice(&doc), &newer), 0);
  for (uint32_t i = 0; i < krv_schema_type_count(old); i++) {
    const struct krv_record_type *a = krv_schema_type_at(old, i);
    const struct krv_record_type *b = krv_schema_type_at(newer, i);
    assert_int_equal(a->count, b->count);
    for (uint32_t k = 0; k < a->count; k++) {
      assert_true(krv_slice_equal(a->fields[k].name, b->fields[k].name));
      assert_int_equal(a->fields[k].flags, b->fields[k].flags);
      assert_int_equal(a->fields[k].list ? a->fields[k].list->count : 0,
                       b->fields[k].list ? b->fields[k].list->count : 0);
    }
  }
  krv_schema_free(old);
  krv_schema_free(newer);
}

/* ---- faults ---- */

static void every_allocation_may_fail_and_nothing_leaks(void **state) {
  (void)state;
  struct krv_schema *schema;
  int64_t live = t.live;
  uint64_t before = t.allocations;
  assert_int_equal(krv_schema_new(&t.env, krv_schema_builtin(), &schema), 0);
  krv_schema_free(schema);
  uint64_t count = t.allocations - before;
  assert_in_range(count, 7, 40);
  for (uint64_t k = 1; k <= count; k++) {
    t.fail_at = t.allocations + k;
    assert_int_equal(krv_schema_new(&t.env, krv_schema_builtin(), &schema), KRV_NOMEM);
    assert_null(schema);
    assert_int_equal(t.live, live);
  }
  t.fail_at = 0;
}

/* What was read from bytes that somebody changed must still be safe to use. */
static void use(const struct krv_schema *schema) {
  static const char *const values[] = {"\xc0", "\x00", "\x11", "\xa1x", "\xc3"};
  struct krv_buf out;
  krv_buf_init(&out, &t.env);
  for (uint32_t i = 0; i < krv_schema_type_count(schema); i++) {
    const struct krv_record_type *type = krv_schema_type_at(schema, i);
    for (uint32_t k = 0; k < type->count; k++) {
      const struct krv_field *field = &type->fields[k];
      assert_ptr_equal(krv_schema_field(schema, field->id), field);
      assert_ptr_equal(krv_schema_field_named(schema, type->id, field->name), field);
      for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        struct krv_slice bytes = krv_slice(values[v], v == 1 ? 1 : strlen(values[v]));
        krv_schema_display(schema, field, KRV_LANG_RU, bytes, &out);
        (void)krv_schema_show_rank(field, bytes);
      }
      (void)krv_schema_parse(schema, field, krv_slice_str("1"), &out);
    }
  }
  (void)krv_schema_nearest(schema, krv_slice_str("prs_FirstNam"));
  assert_int_equal(out.status, 0);
  krv_buf_release(&out);
}

static void changed_documents_are_refused_or_safe_to_use(void **state) {
  (void)state;
  unsigned good = 0;
  for (unsigned i = 0; i < 20000; i++) {
    struct krv_schema *schema;
    put_doc(&plain);
    for (uint64_t k = 0; k <= krv_testenv_below(&t, 2); k++)
      doc.data[krv_testenv_below(&t, doc.len)] ^= (uint8_t)(1u << krv_testenv_below(&t, 8));
    if (krv_schema_new(&t.env, krv_buf_slice(&doc), &schema) != 0) continue;
    use(schema);
    good++;
    krv_schema_free(schema);
  }
  assert_in_range(good, 1000, 19000);
}

static void the_changed_builtin_document_is_refused_or_safe_to_use(void **state) {
  (void)state;
  unsigned good = 0;
  for (unsigned i = 0; i < 200; i++) {
    struct krv_schema *schema;
    krv_buf_reset(&doc);
    krv_buf_put(&doc, krv_schema_builtin());
    doc.data[krv_testenv_below(&t, doc.len)] ^= (uint8_t)(1u << krv_testenv_below(&t, 8));
    if (krv_schema_new(&t.env, krv_buf_slice(&doc), &schema) != 0) continue;
    use(schema);
    good++;
    krv_schema_free(schema);
  }
  assert_in_range(good, 20, 199);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_small_document_reads),
      cmocka_unit_test(of_two_codes_that_differ_in_case_alone_only_the_exact_one_is_meant),
      cmocka_unit_test(what_lacks_a_text_has_the_first_languages_or_the_name),
      cmocka_unit_test(one_thing_out_of_place_refuses_the_document),
      cmocka_unit_test(what_is_cut_short_or_no_document_is_refused),
      cmocka_unit_test(counts_are_bounded_before_memory_is_taken),
      cmocka_unit_test(a_field_of_an_unknown_type_is_shown_and_not_written),
      cmocka_unit_test(the_newer_flag_is_not_the_documents_to_set),
      cmocka_unit_test(a_newer_document_reads_like_the_one_it_extends),
      cmocka_unit_test(every_allocation_may_fail_and_nothing_leaks),
      cmocka_unit_test(changed_documents_are_refused_or_safe_to_use),
      cmocka_unit_test(the_changed_builtin_document_is_refused_or_safe_to_use),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
