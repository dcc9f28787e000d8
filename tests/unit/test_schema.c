/* The built-in document: complete against the standard's table, and what people type
 * into it comes back. Documents that break a rule: see test_schema_read.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <zstd.h>

#include "bounds.h"
#include "mp.h"
#include "schema.h"
#include "status.h"
#include "testenv.h"

static struct krv_testenv t;
static struct krv_schema *schema;
static struct krv_buf value, text;

static int setup(void **state) {
  (void)state;
  krv_testenv_init(&t, 5);
  krv_buf_init(&value, &t.env);
  krv_buf_init(&text, &t.env);
  return krv_schema_new(&t.env, krv_schema_builtin(), &schema);
}

static int teardown(void **state) {
  (void)state;
  krv_schema_free(schema);
  krv_buf_release(&value);
  krv_buf_release(&text);
  return t.live == 0 ? 0 : -1;
}

static void assert_text(struct krv_slice got, const char *wanted) {
  if (!krv_slice_equal(got, krv_slice_str(wanted)))
    fail_msg("\"%.*s\" is not \"%s\"", (int)got.len, (const char *)got.data, wanted);
}

static const struct krv_field *field_of(uint8_t type, const char *name) {
  const struct krv_field *field = krv_schema_field_named(schema, type, krv_slice_str(name));
  if (!field) fail_msg("no field %s", name);
  return field;
}

static const struct krv_record_type *type_of(const char *name) {
  const struct krv_record_type *type = krv_schema_type_named(schema, krv_slice_str(name));
  if (!type) fail_msg("no type %s", name);
  return type;
}

static int parse(const struct krv_field *field, struct krv_slice input) {
  krv_buf_reset(&value);
  return krv_schema_parse(schema, field, input, &value);
}

static struct krv_slice format(const struct krv_field *field) {
  krv_buf_reset(&text);
  krv_schema_format(schema, field, krv_buf_slice(&value), &text);
  return krv_buf_slice(&text);
}

static struct krv_slice display(const struct krv_field *field, enum krv_lang lang) {
  krv_buf_reset(&text);
  krv_schema_display(schema, field, lang, krv_buf_slice(&value), &text);
  return krv_buf_slice(&text);
}

/* ---- the standard ---- */

static json_t *standard(void) {
  json_error_t error;
  json_t *root = json_load_file(KRV_TESTS_DIR "/vectors/htcds-2.0.json", 0, &error);
  if (!root) fail_msg("htcds-2.0.json: %s", error.text);
  return root;
}

static const char *string_of(json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

static void the_84_fields_of_htcds_have_their_names_and_ids(void **state) {
  (void)state;
  json_t *root = standard(), *fields = json_object_get(root, "fields"), *row;
  size_t i, core = 0;
  json_array_foreach(fields, i, row) {
    const struct krv_field *field = krv_schema_field(schema, (uint16_t)(i + 1));
    assert_non_null(field);
    assert_text(field->name, string_of(row, "name"));
    assert_ptr_equal(field, field_of(0, string_of(row, "name")));
    assert_int_equal((field->flags & KRV_FIELD_CORE) != 0,
                     json_is_true(json_object_get(row, "core")));
    assert_int_equal((field->flags & KRV_FIELD_DEPRECATED) != 0,
                     strcmp(string_of(row, "status"), "DEPRECATED") == 0);
    core += (field->flags & KRV_FIELD_CORE) != 0;
  }
  assert_int_equal(i, 84);
  assert_int_equal(core, 40);
  json_decref(root);
}

static void every_code_of_htcds_has_its_place(void **state) {
  (void)state;
  json_t *root = standard(), *row, *code;
  size_t i, k, lists = 0;
  json_array_foreach(json_object_get(root, "fields"), i, row) {
    const struct krv_field *field = krv_schema_field(schema, (uint16_t)(i + 1));
    json_t *codes = json_object_get(row, "values");
    if (json_array_size(codes) == 0) continue;
    lists++;
    assert_non_null(field->list);
    json_array_foreach(codes, k, code) {
      const char *name = string_of(code, "name");
      assert_text(field->list->codes[k].name, name);
      assert_int_equal(krv_schema_code(schema, field->list, krv_slice_str(name)), k);
    }
  }
  assert_int_equal(lists, 21);
  json_decref(root);
}

static void methods_of_control_is_the_union_of_table_and_definitions(void **state) {
  (void)state;
  const struct krv_code_list *list = field_of(0, "vic_MethodsOfControl")->list;
  assert_int_equal(list->count, 18);
  assert_int_equal(krv_schema_code(schema, list, krv_slice_str("Other")), 15);
  assert_int_equal(krv_schema_code(schema, list, krv_slice_str("RestrictsMovement")), 16);
  assert_int_equal(krv_schema_code(schema, list, krv_slice_str("UsesChildren")), 17);
}

static void names_of_the_survey_form_are_aliases(void **state) {
  (void)state;
  static const struct {
    const char *alias, *name;
  } rows[] = {{"prs_First_Name", "prs_FirstName"},
              {"prs_Second_Name", "prs_SecondName"},
              {"vic_Methods_of_Control", "vic_MethodsOfControl"}};
  for (size_t i = 0; i < 3; i++) assert_text(field_of(0, rows[i].alias)->name, rows[i].name);
  assert_null(krv_schema_field_named(schema, 0, krv_slice_str("prs_first_name")));
  /* The form has spaces after some codes, and gives several industries. */
  assert_int_equal(parse(field_of(0, "vic_MethodsOfControl"), krv_slice_str("DebtBondage ")), 0);
  assert_text(format(field_of(0, "vic_MethodsOfControl")), "DebtBondage");
  assert_int_equal(field_of(0, "vic_ForcedLabourIndustry")->type, KRV_FIELD_CODES);
}

static void every_column_of_published_statistics_has_a_field(void **state) {
  (void)state;
  static const struct {
    const char *column, *field, *cell, *code;
  } rows[] = {
      {"Age Band", "kvn_AgeBand", "7", "30-38"},
      {"Trafficking Duration", "kvn_TraffickingDuration", "1", "under1year"},
      {NULL, "kvn_MeansOfControl", "Means Debt Bondage Earnings", "DebtBondageEarnings"},
      {NULL, "kvn_MeansOfControl", "Means Threats", "Threats"},
      {NULL, "kvn_MeansOfControl", "Means Abuse", "Abuse"},
      {NULL, "kvn_MeansOfControl", "Means False Promises", "FalsePromises"},
      {NULL, "kvn_MeansOfControl", "Means Drugs Alcohol", "DrugsAlcohol"},
      {NULL, "kvn_MeansOfControl", "Means Deny Basic Needs", "DenyBasicNeeds"},
      {NULL, "kvn_MeansOfControl", "Means Excessive Work Hours", "ExcessiveWorkHours"},
      {NULL, "kvn_MeansOfControl", "Means Withhold Docs", "WithholdDocuments"},
      {NULL, "vic_TypeOfExploitation", "isForcedLabour", "ForcedLabour"},
      {NULL, "vic_TypeOfExploitation", "isSexualExploit", "SexualExploitation"},
      {NULL, "kvn_RecruiterRelation", "Recruiter Relation Intimate Partner", "IntimatePartner"},
      {NULL, "kvn_RecruiterRelation", "Recruiter Relation Friend", "Friend"},
      {NULL, "kvn_RecruiterRelation", "Recruiter Relation Family", "Family"},
      {NULL, "kvn_RecruiterRelation", "Recruiter Relation Other", "Other"},
      {NULL, "prs_Gender", "Trans/NonConforming", "NonConforming"},
      {NULL, "prs_Gender", "Woman", "Feminine"},
      {"Is Citizen of Country", "kvn_CitizenOfCountry", "1", "true"},
  };
  assert_int_equal(sizeof rows / sizeof *rows, 19);
  for (size_t i = 0; i < 19; i++) {
    const struct krv_field *field = field_of(0, rows[i].column ? rows[i].column : rows[i].field);
    assert_text(field->name, rows[i].field);
    assert_int_equal(parse(field, krv_slice_str(rows[i].cell)), 0);
    assert_text(format(field), rows[i].code);
  }
}

/* ---- the rest of the document ---- */

static void record_types_stand_at_their_numbers(void **state) {
  (void)state;
  static const char *const names[] = {
      "",          "screening", "consent", "risk",          "need", "plan", "referral",  "service",
      "directory", "linked",    "shelter", "reintegration", "task", "note", "attachment"};
  assert_int_equal(krv_schema_type_count(schema), 15);
  for (uint32_t i = 0; i < 15; i++) {
    const struct krv_record_type *type = krv_schema_type_at(schema, i);
    assert_text(type->name, names[i]);
    assert_ptr_equal(type, krv_schema_type(schema, (uint8_t)i));
    assert_ptr_equal(type, type_of(names[i]));
    for (uint32_t k = 0; k < type->count; k++) {
      assert_int_equal(type->fields[k].id >> 8, i);
      assert_ptr_equal(krv_schema_field(schema, type->fields[k].id), &type->fields[k]);
    }
  }
  assert_null(krv_schema_type_at(schema, 15));
  assert_null(krv_schema_type(schema, 200));
  assert_null(krv_schema_field(schema, 0));
  assert_null(krv_schema_field(schema, 0xffff));
}

/* All three, each in its own script; a label may be a name that no language changes. */
static void assert_texts(const struct krv_slice texts[KRV_LANG_COUNT], struct krv_slice name) {
  for (unsigned lang = 0; lang < KRV_LANG_COUNT; lang++)
    if (texts[lang].len == 0) fail_msg("%.*s lacks a text", (int)name.len, (const char *)name.data);
  bool same = krv_slice_equal(texts[KRV_LANG_EN], texts[KRV_LANG_RU]) ||
              krv_slice_equal(texts[KRV_LANG_EN], texts[KRV_LANG_TK]);
  if (same) fail_msg("%.*s is not translated", (int)name.len, (const char *)name.data);
}

static void labels_and_help_are_there_in_three_languages(void **state) {
  (void)state;
  for (uint32_t i = 0; i < krv_schema_type_count(schema); i++) {
    const struct krv_record_type *type = krv_schema_type_at(schema, i);
    assert_texts(type->label, type->name);
    assert_texts(type->help, type->name);
    for (uint32_t k = 0; k < type->count; k++) {
      assert_texts(type->fields[k].label, type->fields[k].name);
      assert_texts(type->fields[k].help, type->fields[k].name);
    }
  }
  assert_text(krv_schema_language(schema, KRV_LANG_RU)->tag, "ru");
  assert_text(krv_schema_language(schema, KRV_LANG_TK)->name, "Türkmençe");
  assert_false(krv_schema_language(schema, KRV_LANG_EN)->rtl);
  assert_non_null(strstr((const char *)krv_schema_source(schema).data, "CC BY 4.0"));
  assert_non_null(strstr((const char *)krv_schema_source(schema).data, "Unicode License V3"));
}

static unsigned nodes_of(const struct krv_mp *node) {
  unsigned count = 1;
  bool map = krv_mp_type(node) == KRV_MP_MAP;
  for (uint32_t i = 0; i < krv_mp_count(node); i++)
    count += map ? nodes_of(krv_mp_key(node, i)) + nodes_of(krv_mp_val(node, i))
                 : nodes_of(krv_mp_at(node, i));
  return count;
}

static void the_document_fits_into_a_message_with_room_to_grow(void **state) {
  (void)state;
  struct krv_slice document = krv_schema_builtin();
  static uint8_t packed[KRV_SCHEMA_SIZE_MAX];
  size_t len = ZSTD_compress(packed, sizeof packed, document.data, document.len, 19);
  struct krv_mp_doc doc;
  assert_int_equal(krv_mp_read(&doc, document), 0);
  unsigned nodes = nodes_of(doc.root);
  krv_mp_doc_release(&doc);
  print_message("%zu bytes, %zu compressed, %u nodes\n", document.len, len, nodes);
  assert_false(ZSTD_isError(len));
  assert_in_range(len, 1, KRV_MESSAGE_SIZE_MAX - 8 * 1024);
  assert_in_range(nodes, 1, KRV_MP_NODES_MAX * 7 / 8);
}

/* ---- parse, format, display ---- */

static void round_trip_of_codes(const struct krv_field *field) {
  for (uint32_t i = 0; i < field->list->count; i++) {
    const struct krv_code *code = &field->list->codes[i];
    assert_int_equal(parse(field, code->name), 0);
    assert_true(krv_slice_equal(format(field), code->name));
    for (unsigned lang = 0; lang < KRV_LANG_COUNT; lang++) {
      assert_true(display(field, (enum krv_lang)lang).len > 0);
      assert_true(krv_slice_equal(krv_buf_slice(&text), code->label[lang]));
      assert_int_equal(krv_schema_code(schema, field->list, code->label[lang]), i);
    }
  }
}

static void every_field_and_every_code_makes_the_round_trip(void **state) {
  (void)state;
  static const char *const samples[][2] = {
      [KRV_FIELD_TEXT] = {"Gülşat Öwezowa", "Gülşat Öwezowa"},
      [KRV_FIELD_LONG_TEXT] = {"one\ntwo\tthree", "one\ntwo\tthree"},
      [KRV_FIELD_OPEN_CODE] = {"something else", "something else"},
      [KRV_FIELD_BOOL] = {"Hawa", "true"},
      [KRV_FIELD_INTEGER] = {"0042", "42"},
      [KRV_FIELD_DECIMAL] = {"58,380", "58.38"},
      [KRV_FIELD_DATE] = {"~2001-04", "~2001-04"},
      [KRV_FIELD_PHONE] = {"+993 (65) 12-34-56", "+99365123456"},
      [KRV_FIELD_CASE] = {"000102030405060708090A0B0C0D0E0F", "000102030405060708090a0b0c0d0e0f"},
      [KRV_FIELD_RECORD] = {"0011223344556677", "0011223344556677"},
      [KRV_FIELD_NOTES] = {"a note\nof two lines", "a note\nof two lines"},
  };
  size_t fields = 0;
  for (uint32_t i = 0; i < krv_schema_type_count(schema); i++) {
    const struct krv_record_type *type = krv_schema_type_at(schema, i);
    for (uint32_t k = 0; k < type->count; k++, fields++) {
      const struct krv_field *field = &type->fields[k];
      if (field->list) round_trip_of_codes(field);
      if (field->type == KRV_FIELD_CODE || field->type == KRV_FIELD_CODES) continue;
      assert_int_equal(parse(field, krv_slice_str(samples[field->type][0])), 0);
      assert_text(format(field), samples[field->type][1]);
      assert_int_equal(parse(field, krv_slice_str(" ")), 0);
      assert_text(krv_buf_slice(&value), "\xc0");
      assert_text(format(field), "");
    }
  }
  assert_in_range(fields, 280, 400);
}

static void codes_are_found_by_name_alias_and_label_without_case(void **state) {
  (void)state;
  static const struct {
    const char *field, *input, *code;
  } rows[] = {
      {"prs_Citizenship", "TM", "TM"},
      {"prs_Citizenship", "TKM", "TM"},
      {"prs_Citizenship", "turkmenistan", "TM"},
      {"prs_Citizenship", "ТУРКМЕНИСТАН", "TM"},
      {"prs_Citizenship", " özbegistan ", "UZ"},
      {"prs_PrimaryLanguage", "tk", "tuk"},
      {"prs_PrimaryLanguage", "ger", "deu"},
      {"prs_PrimaryLanguage", "Русский", "rus"},
      {"prs_Gender", "zenan ýa-da gyz", "Feminine"},
      {"prs_HighestLevelOfEducation", "ISCED6", "BachelorsOrEquivalentLevel"},
      {"vic_ForcedLabourIndustry", "F", "F_Construction"},
      {"prs_MailingCountry", "Afghanistan", "AF"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct krv_field *field = field_of(0, rows[i].field);
    assert_int_equal(parse(field, krv_slice_str(rows[i].input)), 0);
    assert_text(format(field), rows[i].code);
  }
}

static void what_does_not_fit_is_refused_and_leaves_nothing(void **state) {
  (void)state;
  static const struct {
    const char *field, *input;
    int status;
  } rows[] = {
      {"prs_Gender", "femmine", KRV_CODE},
      {"prs_Gender", "#2", KRV_CODE},
      {"prs_Citizenship", "TM;UZ", KRV_CODE},
      {"prs_Birthdate", "2001-02-29", KRV_DATE},
      {"prs_NumberOfChildren", "-1", KRV_VALUE},
      {"prs_NumberOfChildren", "2.5", KRV_VALUE},
      {"prs_NumberOfChildren", "9223372036854775808", KRV_VALUE},
      {"prs_MailingLatitude", "north", KRV_VALUE},
      {"con_Consent", "maybe", KRV_VALUE},
      {"kvn_ParentCase", "12", KRV_VALUE},
      {"prs_FirstName", "a\x01", KRV_VALUE},
      {"prs_FirstName", "\xff", KRV_VALUE},
      {"prs_FirstName", "\xc2\x9b", KRV_VALUE},
      {"prs_MailingCountry", "\xff", KRV_VALUE},
      {"prs_MobilePhone", "\x1b[2J", KRV_VALUE},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int rc = parse(field_of(0, rows[i].field), krv_slice_str(rows[i].input));
    if (rc != rows[i].status) fail_msg("%s=%s: %d", rows[i].field, rows[i].input, rc);
    assert_int_equal(value.len, 0);
  }
  static uint8_t big[KRV_TEXT_SIZE_MAX + 1];
  memset(big, 'a', sizeof big);
  assert_int_equal(parse(field_of(0, "kvn_Narrative"), krv_slice(big, sizeof big - 1)), 0);
  assert_int_equal(parse(field_of(0, "kvn_Narrative"), krv_slice(big, sizeof big)), KRV_TOO_LARGE);
}

/* Pieces that reach into every parser, in any mixture. */
static struct krv_slice random_input(uint8_t *out, size_t size) {
  static const char *const pieces[] = {"1",  "0",    "-",    ".",  "+",   "~",     "2001",
                                       "TM", " ",    "\n",   "\t", "yes", "Other", "ý",
                                       "ж",  "\xff", "\x1b", "#1", "a",   ";"};
  size_t len = 0;
  for (uint64_t k = krv_testenv_below(&t, 8); k > 0; k--) {
    const char *piece = pieces[krv_testenv_below(&t, sizeof pieces / sizeof *pieces)];
    assert_true(len + strlen(piece) <= size);
    memcpy(out + len, piece, strlen(piece));
    len += strlen(piece);
  }
  return krv_slice(out, len);
}

static void what_is_accepted_is_read_again_as_the_same_value(void **state) {
  (void)state;
  unsigned good = 0, total = 0;
  for (uint32_t i = 0; i < krv_schema_type_count(schema); i++) {
    const struct krv_record_type *type = krv_schema_type_at(schema, i);
    for (uint32_t k = 0; k < type->count * 50; k++, total++) {
      const struct krv_field *field = &type->fields[k / 50];
      uint8_t input[64], first[64];
      if (parse(field, random_input(input, sizeof input)) != 0) {
        assert_int_equal(value.len, 0);
        continue;
      }
      size_t len = value.len;
      assert_in_range(len, 1, sizeof first);
      memcpy(first, value.data, len);
      struct krv_value decoded;
      assert_int_equal(krv_value_decode(krv_buf_slice(&value), &decoded), 0);
      assert_int_equal(parse(field, format(field)), 0);
      assert_true(krv_slice_equal(krv_buf_slice(&value), krv_slice(first, len)));
      good++;
    }
  }
  assert_in_range(good, total / 5, total - total / 5);
}

static void phones_are_e164_or_as_they_were_told(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"+99365123456", "+99365123456"},
      {"00993 65 123456", "+99365123456"},
      {"+7 (912) 345-67-89", "+79123456789"},
      {"8 12 34 56", "8 12 34 56"},
      {"+1 2", "+1 2"},
      {"+0 123456789", "+0 123456789"},
      {"+1 234567890123456", "+1 234567890123456"},
      {"+1 23456789012345", "+123456789012345"},
      {"ask at the shop", "ask at the shop"},
      {"+993 65 12 ask Maral", "+993 65 12 ask Maral"},
      {"00", "00"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(parse(field_of(0, "prs_MobilePhone"), krv_slice_str(rows[i][0])), 0);
    assert_text(format(field_of(0, "prs_MobilePhone")), rows[i][1]);
  }
}

static void lines_become_spaces_where_a_field_has_one_line(void **state) {
  (void)state;
  const struct krv_field *street = field_of(0, "prs_MailingStreet");
  assert_int_equal(parse(street, krv_slice_str("Street 1\nHouse 2\n")), 0);
  assert_text(format(street), "Street 1 House 2");
  assert_int_equal(parse(street, krv_slice_str("  Street 1 ")), 0);
  assert_text(format(street), "Street 1");
}

static void a_yes_is_said_in_many_ways(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"true", "true"}, {"TRUE", "true"},   {"1", "true"},  {"yes", "true"},  {"Да", "true"},
      {"hawa", "true"}, {"false", "false"}, {"0", "false"}, {"НЕТ", "false"}, {"ÝOK", "false"}};
  const struct krv_field *field = field_of(0, "con_Consent");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(parse(field, krv_slice_str(rows[i][0])), 0);
    assert_text(format(field), rows[i][1]);
  }
  assert_text(display(field, KRV_LANG_TK), "Ýok");
}

static void what_a_field_cannot_hold_is_shown_raw(void **state) {
  (void)state;
  static const struct {
    const char *field, *bytes, *shown;
  } rows[] = {
      {"prs_Gender", "\x11", "#17"},
      {"prs_Gender", "\xff", "#-1"},
      {"prs_Gender", "\xa1x", "x"},
      {"prs_FirstName", "\x11", "#17"},
      {"prs_Birthdate", "\xc3", "true"},
      {"prs_NumberOfChildren", "\x11", "17"},
      {"prs_NumberOfChildren", "\xff", "-1"},
      {"prs_Gender", "\x91\x01", "?9101"},
      {NULL, "\x11", "17"},
      {NULL, "\xa1x", "x"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct krv_field *field = rows[i].field ? field_of(0, rows[i].field) : NULL;
    krv_buf_reset(&value);
    krv_buf_put(&value, krv_slice_str(rows[i].bytes));
    assert_text(format(field), rows[i].shown);
    if (strcmp(rows[i].shown, "true") != 0) assert_text(display(field, KRV_LANG_RU), rows[i].shown);
  }
}

/* ---- survivor-safe ranks (R24) ---- */

static int32_t rank_of(const char *type, const char *name, const char *bytes, size_t len) {
  const struct krv_field *field = field_of(type_of(type)->id, name);
  return krv_schema_show_rank(field, krv_slice(bytes, len));
}

static int32_t rank_of_text(const char *type, const char *name, const char *input) {
  const struct krv_field *field = field_of(type_of(type)->id, name);
  assert_int_equal(parse(field, krv_slice_str(input)), 0);
  return krv_schema_show_rank(field, krv_buf_slice(&value));
}

/* Inputs of a field from what is shown first to what gives way; "" is nothing. */
static void assert_order(const char *type, const char *name, const char *const *inputs) {
  int32_t before = INT32_MAX;
  for (size_t i = 0; inputs[i]; i++) {
    int32_t rank = rank_of_text(type, name, inputs[i]);
    if (rank >= before) fail_msg("%s.%s: %s does not give way", type, name, inputs[i]);
    before = rank;
  }
}

static void refusals_dangers_and_early_dates_are_shown_first(void **state) {
  (void)state;
  static const char *const decision[] = {"withdrawn", "refused", "", "granted", NULL};
  static const char *const consent[] = {"no", "", "yes", NULL};
  static const char *const level[] = {"extreme", "high", "medium", "low", "none", "", NULL};
  static const char *const expiry[] = {"2025", "2026-01-01", "2026-01-02", "", NULL};
  static const char *const status[] = {"revoked", "declined", "", "accepted", NULL};
  static const char *const score[] = {"12", "3", "0", "", NULL};
  static const char *const near[] = {"yes", "", "no", NULL};
  static const char *const relation[] = {"suspectedPerpetrator", "sibling", NULL};
  static const char *const withheld[] = {"the police", "", NULL};
  assert_order("consent", "decision", decision);
  assert_order("", "con_Consent", consent);
  assert_order("risk", "level", level);
  assert_order("consent", "expiresOn", expiry);
  assert_order("referral", "status", status);
  assert_order("screening", "score", score);
  assert_order("risk", "perpetratorNear", near);
  assert_order("linked", "relation", relation);
  assert_order("consent", "withheldFrom", withheld);
  assert_int_equal(rank_of_text("referral", "status", "done"),
                   rank_of_text("referral", "status", "accepted"));
}

static void unknown_codes_are_most_restrictive_and_highest(void **state) {
  (void)state;
  assert_int_equal(rank_of("consent", "decision", "\x63", 1), INT32_MAX);
  assert_int_equal(rank_of("risk", "level", "\x63", 1), INT32_MAX);
  assert_int_equal(rank_of("risk", "level", "\xff", 1), INT32_MAX);
  assert_int_equal(rank_of("risk", "level", "\xa1x", 2), INT32_MAX); /* a text in a code field */
  assert_int_equal(rank_of("risk", "level", "\x91", 1), INT32_MAX); /* no value at all */
  assert_int_equal(rank_of("need", "kind", "\x63", 1), 0); /* no show rule */
  assert_true(rank_of_text("consent", "decision", "withdrawn") < INT32_MAX);
  assert_true(rank_of_text("risk", "level", "extreme") < INT32_MAX);
  assert_true(rank_of_text("screening", "score", "9000000000000000000") < INT32_MAX);
}

/* ---- did you mean ---- */

static void a_mistyped_name_finds_the_nearest(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"prs_FristName", "prs_FirstName"},
      {"prs_firstname", "prs_FirstName"},
      {"FirstName", "prs_FirstName"},
      {"prs_First_Nam", "prs_FirstName"},
      {"vic_MethodOfControl", "vic_MethodsOfControl"},
      {"consent.purpos", "purposes"},
      {"referral.stats", "status"},
      {"refferal.status", "referral"},
      {"quite another thing", ""},
      {"", ""},
      {"consent.", ""},
      {".", ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_text(krv_schema_nearest(schema, krv_slice_str(rows[i][0])), rows[i][1]);
  static uint8_t big[1000];
  memset(big, 'a', sizeof big);
  assert_text(krv_schema_nearest(schema, krv_slice(big, sizeof big)), "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_84_fields_of_htcds_have_their_names_and_ids),
      cmocka_unit_test(every_code_of_htcds_has_its_place),
      cmocka_unit_test(methods_of_control_is_the_union_of_table_and_definitions),
      cmocka_unit_test(names_of_the_survey_form_are_aliases),
      cmocka_unit_test(every_column_of_published_statistics_has_a_field),
      cmocka_unit_test(record_types_stand_at_their_numbers),
      cmocka_unit_test(labels_and_help_are_there_in_three_languages),
      cmocka_unit_test(the_document_fits_into_a_message_with_room_to_grow),
      cmocka_unit_test(every_field_and_every_code_makes_the_round_trip),
      cmocka_unit_test(codes_are_found_by_name_alias_and_label_without_case),
      cmocka_unit_test(what_does_not_fit_is_refused_and_leaves_nothing),
      cmocka_unit_test(what_is_accepted_is_read_again_as_the_same_value),
      cmocka_unit_test(phones_are_e164_or_as_they_were_told),
      cmocka_unit_test(lines_become_spaces_where_a_field_has_one_line),
      cmocka_unit_test(a_yes_is_said_in_many_ways),
      cmocka_unit_test(what_a_field_cannot_hold_is_shown_raw),
      cmocka_unit_test(refusals_dangers_and_early_dates_are_shown_first),
      cmocka_unit_test(unknown_codes_are_most_restrictive_and_highest),
      cmocka_unit_test(a_mistyped_name_finds_the_nearest),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
