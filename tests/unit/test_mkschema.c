/* The build's gate on builtin.json must be able to fail: each rule is broken once. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

static char folder[] = "mkschema-XXXXXX";
static char in_path[64], out_path[64];

static int setup(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  snprintf(in_path, sizeof in_path, "%s/in.json", folder);
  snprintf(out_path, sizeof out_path, "%s/out.c", folder);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  unlink(in_path);
  unlink(out_path);
  return rmdir(folder);
}

static json_t *load(void) {
  json_error_t error;
  json_t *root = json_load_file(KRV_BUILTIN_JSON, 0, &error);
  if (!root) fail_msg("builtin.json: %s", error.text);
  return root;
}

/* Runs the tool on in_path; its exit status, and what it said. */
static int run(char *said, size_t size) {
  char command[512];
  snprintf(command, sizeof command, "'%s' '%s' '%s' 2>&1", KRV_MKSCHEMA, in_path, out_path);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  size_t len = fread(said, 1, size - 1, pipe);
  said[len] = 0;
  return pclose(pipe);
}

/* The node that a path such as "types/0/fields/2" leads to. */
static json_t *walk(json_t *node, const char *path, size_t len) {
  while (len > 0) {
    char word[64];
    size_t n = strcspn(path, "/");
    if (n > len) n = len;
    snprintf(word, sizeof word, "%.*s", (int)n, path);
    bool array = json_is_array(node);
    node = array ? json_array_get(node, strtoul(word, NULL, 10)) : json_object_get(node, word);
    if (!node) fail_msg("no %s", path);
    if (n < len) n++;
    path += n;
    len -= n;
  }
  return node;
}

/* Puts value at path; an array takes it in place of what is there. */
static void put(json_t *root, const char *path, const char *value) {
  const char *last = strrchr(path, '/');
  json_t *parent = last ? walk(root, path, (size_t)(last - path)) : root;
  json_t *node = json_loads(value, JSON_DECODE_ANY, NULL);
  last = last ? last + 1 : path;
  assert_non_null(node);
  if (json_is_array(parent))
    assert_int_equal(json_array_set_new(parent, strtoul(last, NULL, 10), node), 0);
  else
    assert_int_equal(json_object_set_new(parent, last, node), 0);
}

static void the_document_passes_as_it_is(void **state) {
  (void)state;
  char said[1000];
  json_t *root = load();
  assert_int_equal(json_dump_file(root, in_path, 0), 0);
  int rc = run(said, sizeof said);
  if (rc != 0) fail_msg("%s", said);
  json_decref(root);
}

static void each_broken_rule_is_told_with_its_place(void **state) {
  (void)state;
  static const struct {
    const char *path, *value, *message;
  } rows[] = {
      {"format", "2", "\"format\" is out of range"},
      {"version", "-1", "\"version\" is out of range"},
      {"source", "1", "\"source\" is of the wrong type"},
      {"colour", "1", "unknown key \"colour\""},
      {"languages/0/direction", "\"up\"", "direction is ltr or rtl"},
      {"lists/gender", "[]", "gender: a list without codes"},
      {"lists/gender/1", "[\"Feminine\", \"M\"]", "gender: \"Feminine\" leads to"},
      {"lists/gender/1", "[\"Masculine\", \"Woman or girl\"]", "\"Woman or girl\" leads to"},
      {"lists/gender/1", "[\"Masculine\", \"M\", {\"alias\": [\"Woman\"]}]", "\"Woman\" leads to"},
      {"lists/gender/1", "[\"Masculine\"]", "gender: needs a name and 1 to 3 labels"},
      {"lists/gender/1", "[\"Masculine\", null, \"M\"]", "the first language needs a label"},
      {"lists/gender/1", "[\"Masculine\", \"M\", {\"rank\": \"x\"}]", "rank is not a number"},
      {"lists/gender/1", "[\"Masculine\", \"M\", {\"ranc\": 1}]", "unknown key \"ranc\""},
      {"lists/gender/1", "[\"Masculine\", \"M\", {\"help\": [\"x\"]}]", "exactly 3 texts"},
      {"lists/riskLevel", "[[\"low\", \"Low\"]]", "level: a show rule, but no code"},
      {"types/1/id", "0", "screening: ids of types must ascend"},
      {"types/1/name", "\"\"", "type 0, and no other"},
      {"types/1/name", "\"consent\"", "the name is taken"},
      {"types/1/label", "[\"one\", \"two\"]", "exactly 3 texts"},
      {"types/0/fields/1/id", "1", "org_ShippingCity: ids must ascend and differ"},
      {"types/0/fields/1/id", "300", "does not belong to the record type"},
      {"types/1/fields/0/id", "256", "does not belong to the record type"},
      {"types/0/fields/1/name", "\"org_Name\"", "org_Name: the name is taken"},
      {"types/0/fields/1/alias", "[\"org_Name\"]", "the alias \"org_Name\" is taken"},
      {"types/0/fields/1/type", "\"txt\"", "unknown word \"txt\""},
      {"types/0/fields/1/list", "\"gender\"", "a list goes with a type of code"},
      {"types/0/fields/2/list", "\"countries\"", "there is no list \"countries\""},
      {"types/0/fields/1/flags", "[\"hidden\"]", "unknown word \"hidden\""},
      {"types/0/fields/1/show", "\"best\"", "unknown word \"best\""},
      {"types/0/fields/1/help", "[\"a\", \"b\", \"\"]", "text 3 of a list is missing or empty"},
      {"types/0/fields/1/lable", "[]", "unknown key \"lable\""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char said[1000];
    json_t *root = load();
    put(root, rows[i].path, rows[i].value);
    assert_int_equal(json_dump_file(root, in_path, 0), 0);
    json_decref(root);
    assert_int_not_equal(run(said, sizeof said), 0);
    if (!strstr(said, rows[i].message)) fail_msg("%s: said \"%s\"", rows[i].path, said);
  }
}

static void what_is_no_json_is_told_with_its_line(void **state) {
  (void)state;
  char said[1000];
  FILE *file = fopen(in_path, "w");
  assert_non_null(file);
  fputs("{\n \"format\": 1,\n \"format\": 1\n}\n", file); /* a key twice */
  fclose(file);
  assert_int_not_equal(run(said, sizeof said), 0);
  assert_non_null(strstr(said, "line 3"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_document_passes_as_it_is),
      cmocka_unit_test(each_broken_rule_is_told_with_its_place),
      cmocka_unit_test(what_is_no_json_is_told_with_its_line),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
