#include "plan.h"

#include <kerven/kerven.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct steps {
  char text[2048];
  int fail_at; /* the step that fails; 0: none */
  int count;
};

static int keep(void *ctx, const struct krv_plan_step *step) {
  struct steps *steps = ctx;
  size_t used = strlen(steps->text);
  snprintf(steps->text + used, sizeof steps->text - used, "%s%s=%s\n", step->note ? "+ " : "",
           step->path ? step->path : "", step->value);
  return ++steps->count == steps->fail_at ? KERVEN_ECODE : 0;
}

static int plan(const char *wanted, const char *present, struct steps *steps) {
  json_error_t error;
  json_t *want = json_loads(wanted, 0, &error);
  json_t *have = present ? json_loads(present, 0, &error) : NULL;
  assert_non_null(want);
  int status = krv_plan_make(want, have, keep, steps);
  json_decref(want);
  json_decref(have);
  return status;
}

static void expect(const char *wanted, const char *present, const char *steps_wanted) {
  struct steps steps = {.count = 0};
  assert_int_equal(plan(wanted, present, &steps), 0);
  assert_string_equal(steps.text, steps_wanted);
}

static const char whole[] =
    "{\"fields\": {\"name\": \"Aygul\", \"kids\": 2, \"dead\": false, \"means\": [\"A\", \"B\"]},"
    " \"records\": {\"consent\": [{\"rid\": \"r1\", \"d\": \"yes\"}, {\"rid\": \"r2\", \"d\": "
    "\"no\"}],"
    " \"note\": [{\"rid\": \"r3\", \"text\": [{\"text\": \"one\", \"by\": \"W\"},"
    " {\"text\": \"two\", \"by\": \"W\"}]}]}}";

static void a_new_case_gets_everything_in_one_go(void **state) {
  (void)state;
  expect(whole, NULL,
         "name=Aygul\nkids=2\ndead=false\nmeans=A;B\n"
         "consent[+1].d=yes\nconsent[+2].d=no\n"
         "+ note[+1].text=one\n+ note[+1].text=two\n");
}

static void the_same_case_needs_no_step(void **state) {
  (void)state;
  expect(whole, whole, "");
}

static void a_copy_under_other_record_ids_needs_no_step(void **state) {
  (void)state;
  expect(
      whole,
      "{\"fields\": {\"means\": [\"B\", \"A\"], \"name\": \"Aygul\", \"kids\": 2, \"dead\": false,"
      " \"more\": \"here\"}, \"records\": {\"note\": [{\"rid\": \"z\", \"text\": [{\"text\": "
      "\"two\"},"
      " {\"text\": \"one\"}]}], \"consent\": [{\"rid\": \"x\", \"d\": \"no\"},"
      " {\"rid\": \"y\", \"d\": \"yes\"}]}}",
      "");
}

static void only_what_differs_is_set(void **state) {
  (void)state;
  expect("{\"fields\": {\"a\": \"1\", \"b\": \"2\", \"c\": [\"X\"]}}",
         "{\"fields\": {\"a\": \"1\", \"b\": \"3\", \"c\": [\"X\", \"Y\"]}, \"records\": {}}",
         "b=2\nc=X\n");
}

static void records_are_matched_by_id_then_content_then_alone(void **state) {
  (void)state;
  expect("{\"fields\": {}, \"records\": {\"r\": [{\"rid\": \"a\", \"v\": \"new\"}]}}",
         "{\"fields\": {}, \"records\": {\"r\": [{\"rid\": \"b\", \"v\": \"o\"},"
         " {\"rid\": \"a\", \"v\": \"old\"}]}}",
         "r[a].v=new\n");
  expect("{\"fields\": {}, \"records\": {\"r\": [{\"rid\": \"a\", \"v\": \"1\"},"
         " {\"rid\": \"b\", \"v\": \"changed\"}]}}",
         "{\"fields\": {}, \"records\": {\"r\": [{\"rid\": \"x\", \"v\": \"2\"},"
         " {\"rid\": \"y\", \"v\": \"1\"}]}}",
         "r[x].v=changed\n");
  expect("{\"fields\": {}, \"records\": {\"r\": [{\"rid\": \"a\", \"v\": \"3\"}]}}",
         "{\"fields\": {}, \"records\": {\"r\": [{\"rid\": \"x\", \"v\": \"1\"},"
         " {\"rid\": \"y\", \"v\": \"2\"}]}}",
         "r[+1].v=3\n");
}

static void a_record_that_only_says_more_is_the_same_one(void **state) {
  (void)state;
  expect("{\"fields\": {}, \"records\": {\"r\": [{\"rid\": \"a\", \"v\": \"1\", \"more\": \"x\"},"
         " {\"rid\": \"b\", \"v\": \"2\", \"more\": \"y\"}]}}",
         "{\"fields\": {}, \"records\": {\"r\": [{\"rid\": \"p\", \"v\": \"2\"},"
         " {\"rid\": \"q\", \"v\": \"1\"}]}}",
         "r[q].more=x\nr[p].more=y\n");
}

static void a_known_note_is_not_appended_again(void **state) {
  (void)state;
  expect("{\"fields\": {\"n\": [{\"text\": \"old\"}, {\"text\": \"new\"}]}}",
         "{\"fields\": {\"n\": [{\"text\": \"old\", \"by\": \"W\"}]}}", "+ n=new\n");
  expect("{\"fields\": {}, \"notes\": [{\"text\": \"old\"}, {\"text\": \"new\"}]}",
         "{\"fields\": {}, \"notes\": [{\"text\": \"old\"}]}", "+ =new\n");
}

static void the_first_refusal_ends_the_plan(void **state) {
  (void)state;
  struct steps steps = {.fail_at = 2};
  assert_int_equal(plan(whole, NULL, &steps), KERVEN_ECODE);
  assert_int_equal(steps.count, 2);
}

static void other_shapes_are_unfit(void **state) {
  (void)state;
  static const char *const bad[] = {"{}",
                                    "{\"fields\": []}",
                                    "{\"fields\": {}, \"records\": []}",
                                    "{\"fields\": {}, \"records\": {\"r\": {}}}",
                                    "{\"fields\": {}, \"records\": {\"r\": [1]}}",
                                    "{\"fields\": {\"a\": {\"b\": 1}}}",
                                    "{\"fields\": {\"a\": 1.5}}",
                                    "{\"fields\": {\"a\": [1]}}"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct steps steps = {.count = 0};
    assert_int_equal(plan(bad[i], NULL, &steps), KERVEN_EUNFIT);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_case_gets_everything_in_one_go),
      cmocka_unit_test(the_same_case_needs_no_step),
      cmocka_unit_test(a_copy_under_other_record_ids_needs_no_step),
      cmocka_unit_test(only_what_differs_is_set),
      cmocka_unit_test(records_are_matched_by_id_then_content_then_alone),
      cmocka_unit_test(a_record_that_only_says_more_is_the_same_one),
      cmocka_unit_test(a_known_note_is_not_appended_again),
      cmocka_unit_test(the_first_refusal_ends_the_plan),
      cmocka_unit_test(other_shapes_are_unfit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
