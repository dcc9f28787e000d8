/* accept is a pure function: every fact alone decides what its sentence says, and a duplicate comes
 * before the quota. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "accept.h"
#include "bounds.h"
#include "status.h"

static const struct krv_facts good = {
    .bringer_active = true, .author_known = true, .author_is_bringer = true, .case_known = true,
    .office_routed = true, .bringer_wrote = true, .receiver_known = true, .list_has_office = true,
};
static const struct krv_msg_commit commit = {
    .n = 2, .prev_len = 16, .prev = {1}, .suite = 1, .kind = 1};
static const struct krv_msg_grant grant = {.mode = KRV_ACCESS_WRITE};

enum kind { GENESIS, COMMIT, GRANT, UNROUTE, NEED, BOX, RECEIPT, DOC, KINDS };

static int ask(enum kind kind, const struct krv_facts *f) {
  switch (kind) {
    case GENESIS: return krv_accept_genesis(f);
    case COMMIT: return krv_accept_commit(f, &commit);
    case GRANT: return krv_accept_grant(f, &grant);
    case UNROUTE: return krv_accept_unroute(f);
    case NEED: return krv_accept_need(f);
    case BOX: return krv_accept_box(f);
    case RECEIPT: return krv_accept_receipt(f, true);
    default: return krv_accept_doc(f, true);
  }
}

/* what is wrong, and the answer of each kind */
static const struct {
  struct krv_facts flip; /* the members that are set here are inverted or added */
  int answers[KINDS];
} cases[] = {
    {{.bringer_active = true}, {-34, -34, -34, -34, -34, -34, -34, -34}},
    {{.author_known = true}, {-33, -33, -33, -33, -33, -33, -33, -33}},
    {{.case_known = true}, {0, -32, -32, -32, -32, 0, 0, 0}},
    {{.receiver_known = true}, {-2, 0, -2, -2, -2, -2, -2, 0}},
    {{.list_has_office = true}, {-40, 0, 0, 0, 0, 0, 0, 0}},
    {{.office_routed = true}, {0, -40, 0, 0, 0, 0, 0, 0}},
    {{.bringer_wrote = true}, {-21, -21, -21, -21, -21, 0, 0, 0}},
    {{.bringer_reads_only = true}, {-21, -21, -21, -21, 0, 0, 0, 0}},
    {{.author_is_bringer = true}, {0, 0, 0, 0, 0, 0, -21, 0}},
    {{.group_is_office = true}, {0, 0, 0, -21, 0, 0, 0, 0}},
    {{.duplicate = true}, {1, 1, 1, 1, 1, 1, 1, 1}},
    {{.genesis_known = true}, {1, 0, 0, 0, 0, 0, 0, 0}},
    {{.usage_bytes = KRV_QUOTA_BYTES}, {-35, -35, -35, 0, -35, -35, -35, -35}},
    {{.usage_commits = KRV_QUOTA_COMMITS}, {-35, -35, 0, 0, 0, 0, 0, 0}},
    {{.usage_commits = KRV_QUOTA_COMMITS - 1, .usage_bytes = KRV_QUOTA_BYTES - 1}, {0}},
};

static struct krv_facts flipped(struct krv_facts f, const struct krv_facts *by) {
  f.bringer_active ^= by->bringer_active;
  f.author_known ^= by->author_known;
  f.author_is_bringer ^= by->author_is_bringer;
  f.case_known ^= by->case_known;
  f.genesis_known ^= by->genesis_known;
  f.duplicate ^= by->duplicate;
  f.office_routed ^= by->office_routed;
  f.bringer_wrote ^= by->bringer_wrote;
  f.bringer_reads_only ^= by->bringer_reads_only;
  f.receiver_known ^= by->receiver_known;
  f.list_has_office ^= by->list_has_office;
  f.group_is_office ^= by->group_is_office;
  f.usage_bytes += by->usage_bytes;
  f.usage_commits += by->usage_commits;
  return f;
}

static void each_fact_alone_decides_as_its_row_says(void **state) {
  (void)state;
  for (unsigned k = 0; k < KINDS; k++) assert_int_equal(ask((enum kind)k, &good), 0);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct krv_facts f = flipped(good, &cases[i].flip);
    for (unsigned k = 0; k < KINDS; k++)
      if (ask((enum kind)k, &f) != cases[i].answers[k])
        fail_msg("row %zu, kind %u: %d", i, k, ask((enum kind)k, &f));
  }
}

static void a_duplicate_is_taken_even_when_the_quota_is_used_up(void **state) {
  (void)state;
  struct krv_facts f = good;
  f.duplicate = true;
  f.usage_bytes = UINT64_MAX;
  for (unsigned k = 0; k < KINDS; k++) assert_int_equal(ask((enum kind)k, &f), KRV_END);
}

static void a_commit_must_be_canonical(void **state) {
  (void)state;
  struct krv_msg_commit c = commit;
  c.suite = 2;
  assert_int_equal(krv_accept_commit(&good, &c), KRV_NEWER);
  c = commit;
  c.kind = 9;
  assert_int_equal(krv_accept_commit(&good, &c), KRV_NEWER);
  c = commit;
  c.prev[0] = 0;
  assert_int_equal(krv_accept_commit(&good, &c), KRV_MALFORMED);
  c.prev_len = 4; /* the first bytes of an id may be zeros */
  assert_int_equal(krv_accept_commit(&good, &c), 0);
  c = commit;
  c.n = 0;
  assert_int_equal(krv_accept_commit(&good, &c), KRV_MALFORMED);
  c = commit;
  c.n = 1;
  assert_int_equal(krv_accept_commit(&good, &c), KRV_MALFORMED);
  c = commit;
  c.key_id4[2] = 1;
  assert_int_equal(krv_accept_commit(&good, &c), KRV_MALFORMED);
  c.epoch = 1;
  assert_int_equal(krv_accept_commit(&good, &c), 0);
}

static void a_grant_reads_or_writes_and_a_receipt_comes_from_the_office(void **state) {
  (void)state;
  struct krv_msg_grant g = grant;
  g.mode = KRV_ACCESS_NONE;
  assert_int_equal(krv_accept_grant(&good, &g), KRV_MALFORMED);
  g.mode = 3;
  assert_int_equal(krv_accept_grant(&good, &g), KRV_MALFORMED);
  g.mode = KRV_ACCESS_READ;
  assert_int_equal(krv_accept_grant(&good, &g), 0);
  assert_int_equal(krv_accept_receipt(&good, false), KRV_DENIED);
  assert_int_equal(krv_accept_doc(&good, false), KRV_DENIED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_fact_alone_decides_as_its_row_says),
      cmocka_unit_test(a_duplicate_is_taken_even_when_the_quota_is_used_up),
      cmocka_unit_test(a_commit_must_be_canonical),
      cmocka_unit_test(a_grant_reads_or_writes_and_a_receipt_comes_from_the_office),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
