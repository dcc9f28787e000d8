/* Every message of the table: its codec against golden vectors, and one form only:
 * whatever decodes encodes to the same bytes again. */
#include "msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "status.h"
#include "testenv.h"

/* ---- samples, one a codec; the same values as in vectors/messages.py ---- */

static uint8_t pool[512]; /* pool[i] = i, so that pool + n is a run from n */

static struct krv_id run_id(uint8_t first) {
  struct krv_id id;
  memcpy(id.b, pool + first, sizeof id.b);
  return id;
}

#define RUN(field, first) memcpy((field), pool + (first), sizeof(field))

static void sample_open(unsigned kind, struct krv_buf *out) {
  struct krv_msg_open m = {.version = 1, .head_seq = 70000, .cursor = 69700, .within = 129,
                           .roster_count = 7};
  (void)kind;
  RUN(m.head_chain8, 1);
  RUN(m.roster_head8, 9);
  krv_msg_open_encode(&m, out);
}

static void sample_ack(unsigned kind, struct krv_buf *out) {
  static const struct krv_ack_exception two[] = {{3, KRV_NEED_PREV}, {130, KRV_QUOTA}};
  struct krv_msg_ack answer = {513, 200, true, two, 2}, ack = {0, 1, false, NULL, 0};
  krv_msg_ack_encode(kind == KRV_MSG_ANSWER ? &answer : &ack, kind == KRV_MSG_ANSWER, out);
}

static void sample_cursor(unsigned kind, struct krv_buf *out) {
  struct krv_msg_cursor m = {.advance = 128, .more = true, .within = 5};
  (void)kind;
  RUN(m.chain8, 1);
  krv_msg_cursor_encode(&m, out);
}

static void sample_none(unsigned kind, struct krv_buf *out) {
  (void)kind;
  (void)out;
}

static void sample_refuse(unsigned kind, struct krv_buf *out) {
  (void)kind;
  krv_msg_refuse_encode(&(struct krv_msg_refuse){KRV_UPGRADE, 2}, out);
}

static void sample_genesis(unsigned kind, struct krv_buf *out) {
  static const uint8_t access[] = {2, 1, 2, 0x81, 1, 1};
  struct krv_msg_genesis m = {.device = 3, .suite = 1, .kind = 1, .has_vouch = true,
                              .access = {access, sizeof access}, .ciphertext = {pool + 0x50, 144}};
  (void)kind;
  RUN(m.key_commit, 0x60);
  RUN(m.salt, 0x30);
  RUN(m.vouch, 0x40);
  krv_msg_genesis_encode(&m, out);
}

static void sample_commit(unsigned kind, struct krv_buf *out) {
  struct krv_msg_commit m = {.device = 300, .kase = run_id(0x10), .n = 129, .prev_len = 4,
                             .suite = 1, .kind = 1, .epoch = 2, .has_vouch = true,
                             .ciphertext = {pool + 0x50, 144}};
  (void)kind;
  RUN(m.prev, 0xa0);
  RUN(m.key_id4, 0xb0);
  RUN(m.salt, 0x30);
  RUN(m.vouch, 0x40);
  krv_msg_commit_encode(&m, out);
}

static void sample_grant(unsigned kind, struct krv_buf *out) {
  struct krv_msg_grant m = {.kase = run_id(0x10), .epoch = 1, .key_id = run_id(0x20), .group = 4,
                            .group_epoch = 2, .mode = 2, .giver = 200};
  (void)kind;
  RUN(m.wrap, 0xc0);
  krv_msg_grant_encode(&m, out);
}

static void sample_unroute(unsigned kind, struct krv_buf *out) {
  (void)kind;
  krv_msg_unroute_encode(&(struct krv_msg_unroute){run_id(0x10), 130}, out);
}

static void sample_need(unsigned kind, struct krv_buf *out) {
  (void)kind;
  krv_msg_need_encode(&(struct krv_msg_need){run_id(0x10), run_id(0x20), 4}, out);
}

static void sample_box(unsigned kind, struct krv_buf *out) {
  struct krv_msg_box m = {.group = 1, .epoch = 2, .device = 5, .giver = 3};
  (void)kind;
  RUN(m.box, 0xd0);
  krv_msg_box_encode(&m, out);
}

static void sample_receipt(unsigned kind, struct krv_buf *out) {
  static const uint8_t reasons[] = {0, 3};
  struct krv_msg_receipt m = {.office = 1, .author = 2, .count = 2, .id8 = pool + 0xe0,
                              .reasons = reasons};
  (void)kind;
  RUN(m.mac, 1);
  krv_msg_receipt_encode(&m, out);
}

static void sample_doc(unsigned kind, struct krv_buf *out) {
  struct krv_msg_doc m = {.sealed = {pool, 40}};
  (void)kind;
  RUN(m.hash, 0x70);
  krv_msg_doc_encode(&m, out);
}

static void sample_roster(unsigned kind, struct krv_buf *out) {
  (void)kind;
  krv_msg_roster_encode(&(struct krv_msg_roster){{pool + 0x80, 50}}, out);
}

static void sample_join(unsigned kind, struct krv_buf *out) {
  (void)kind;
  krv_msg_join_encode(&(struct krv_msg_join){true, {pool + 0x90, 60}}, out);
}

static void sample_enrolled(unsigned kind, struct krv_buf *out) {
  (void)kind;
  krv_msg_enrolled_encode(&(struct krv_msg_enrolled){1, 1767225600}, out);
}

static void sample_want(unsigned kind, struct krv_buf *out) {
  struct krv_msg_want m = {.kase = run_id(0x10), .device = 300, .n = 129};
  (void)kind;
  RUN(m.id8, 1);
  krv_msg_want_encode(&m, out);
}

static void sample_confirm(unsigned kind, struct krv_buf *out) {
  (void)kind;
  krv_msg_confirm_encode(&(struct krv_msg_confirm){pool, 2}, out);
}

/* ---- decode, then encode what came of it ---- */

static void sample_notice(unsigned kind, struct krv_buf *out) {
  (void)kind;
  krv_msg_notice_encode(&(struct krv_msg_notice){300, KRV_QUOTA, 20454}, out);
}

#define AGAIN(codec)                                                                           \
  static int again_##codec(unsigned kind, struct krv_slice payload, struct krv_buf *out) {     \
    static const struct krv_msg_##codec nothing;                                               \
    struct krv_msg_##codec m;                                                                  \
    (void)kind;                                                                                \
    int status = krv_msg_##codec##_decode(payload, &m);                                        \
    if (status == 0) krv_msg_##codec##_encode(&m, out);                                        \
    if (status != 0) assert_memory_equal(&m, &nothing, sizeof m);                              \
    return status;                                                                             \
  }
AGAIN(open)
AGAIN(cursor)
AGAIN(refuse)
AGAIN(genesis)
AGAIN(commit)
AGAIN(grant)
AGAIN(unroute)
AGAIN(need)
AGAIN(box)
AGAIN(receipt)
AGAIN(doc)
AGAIN(roster)
AGAIN(join)
AGAIN(enrolled)
AGAIN(want)
AGAIN(confirm)
AGAIN(notice)

static int again_ack(unsigned kind, struct krv_slice payload, struct krv_buf *out) {
  static struct krv_ack_exception room[KRV_ACK_EXCEPTIONS_MAX];
  struct krv_msg_ack m;
  bool answer = kind == KRV_MSG_ANSWER;
  int status = krv_msg_ack_decode(payload, answer, room, &m);
  if (status == 0) krv_msg_ack_encode(&m, answer, out);
  return status;
}

static int again_none(unsigned kind, struct krv_slice payload, struct krv_buf *out) {
  (void)kind;
  (void)out;
  return payload.len == 0 ? 0 : KRV_MALFORMED;
}

/* A message that the table has and this list lacks does not compile. */
static const struct subject {
  unsigned kind;
  const char *name;
  unsigned cap;
  void (*sample)(unsigned kind, struct krv_buf *out);
  int (*again)(unsigned kind, struct krv_slice payload, struct krv_buf *out);
} subjects[] = {
#define X(number, name, direction, cap, codec) {number, #name, cap, sample_##codec, again_##codec},
    KRV_MESSAGE_MAP(X)
#undef X
};
enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

static struct krv_testenv world;

static int setup(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof pool; i++) pool[i] = (uint8_t)i;
  krv_testenv_init(&world, 31);
  return 0;
}

static struct krv_buf sample_of(const struct subject *s) {
  struct krv_buf buf;
  krv_buf_init(&buf, &world.env);
  s->sample(s->kind, &buf);
  assert_int_equal(buf.status, 0);
  return buf;
}

/* Whether it decodes; if so, it must be the one form of what it says. */
static bool decodes(const struct subject *s, const uint8_t *bytes, size_t len) {
  uint8_t *exact = malloc(len == 0 ? 1 : len); /* its end is the sanitizer's fence */
  assert_non_null(exact);
  if (len > 0) memcpy(exact, bytes, len);
  struct krv_buf out;
  krv_buf_init(&out, &world.env);
  int status = s->again(s->kind, krv_slice(exact, len), &out);
  bool other_version = s->kind == KRV_MSG_OPEN && len > 0 && bytes[0] != KRV_PROTOCOL_VERSION;
  if (status == 0 && !other_version) {
    assert_int_equal(out.len, len);
    if (len > 0) assert_memory_equal(out.data, bytes, len);
  }
  if (status != 0) assert_true(status == KRV_MALFORMED || status == KRV_TOO_LARGE);
  krv_buf_release(&out);
  free(exact);
  return status == 0 && !other_version;
}

/* ---- tests ---- */

static void every_message_has_a_golden_vector_and_meets_it(void **state) {
  (void)state;
  char path[512], name[32], hex[2048];
  bool seen[SUBJECTS] = {false};
  snprintf(path, sizeof path, "%s/vectors/messages.txt", KRV_TESTS_DIR);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  while (fscanf(f, "%31s %2047s", name, hex) == 2) {
    size_t i = 0;
    while (i < SUBJECTS && strcmp(subjects[i].name, name) != 0) i++;
    assert_true(i < SUBJECTS);
    seen[i] = true;
    struct krv_buf sample = sample_of(&subjects[i]);
    char ours[2048] = "-";
    for (size_t b = 0; b < sample.len; b++)
      snprintf(ours + 2 * b, sizeof ours - 2 * b, "%02x", sample.data[b]);
    assert_string_equal(ours, hex);
    krv_buf_release(&sample);
  }
  fclose(f);
  for (size_t i = 0; i < SUBJECTS; i++)
    if (!seen[i]) fail_msg("no golden vector for %s", subjects[i].name);
}

static void every_message_comes_back_as_it_was_and_fits_its_cap(void **state) {
  (void)state;
  for (size_t i = 0; i < SUBJECTS; i++) {
    struct krv_buf sample = sample_of(&subjects[i]);
    assert_true(decodes(&subjects[i], sample.data, sample.len));
    assert_true(sample.len <= subjects[i].cap);
    assert_int_equal(krv_message_cap(subjects[i].kind), subjects[i].cap);
    assert_string_equal(krv_message_name(subjects[i].kind), subjects[i].name);
    krv_buf_release(&sample);
  }
}

/* Those whose last part is "the rest" cannot notice an end that moved; a frame's tag does. */
static bool ends_in_rest(unsigned kind) {
  return kind == KRV_MSG_COMMIT || kind == KRV_MSG_GENESIS || kind == KRV_MSG_DOC ||
         kind == KRV_MSG_ROSTER || kind == KRV_MSG_JOIN || kind == KRV_MSG_CONFIRM;
}
/* ... and these end in a number that may be left out. */
static bool ends_in_optional(unsigned kind) {
  return kind == KRV_MSG_OPEN || kind == KRV_MSG_CURSOR || kind == KRV_MSG_REFUSE;
}

static void truncated_anywhere_it_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < SUBJECTS; i++) {
    const struct subject *s = &subjects[i];
    struct krv_buf sample = sample_of(s);
    for (size_t len = 0; len < sample.len; len++) {
      bool good = decodes(s, sample.data, len);
      if (!ends_in_rest(s->kind) && !ends_in_optional(s->kind)) assert_false(good);
      if (len < sample.len / 4 && s->kind != KRV_MSG_ROSTER && s->kind != KRV_MSG_JOIN)
        assert_false(good);
    }
    krv_buf_release(&sample);
  }
}

static void with_any_further_byte_it_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < SUBJECTS; i++) {
    const struct subject *s = &subjects[i];
    struct krv_buf sample = sample_of(s);
    size_t len = sample.len;
    for (unsigned byte = 0; byte < 256; byte++) {
      sample.len = len;
      krv_buf_u8(&sample, (uint8_t)byte);
      bool good = decodes(s, sample.data, sample.len);
      if (!ends_in_rest(s->kind) || s->kind == KRV_MSG_CONFIRM) assert_false(good);
    }
    krv_buf_release(&sample);
  }
}

static void mutated_it_never_gets_a_second_form(void **state) {
  (void)state;
  for (size_t i = 0; i < SUBJECTS; i++) {
    const struct subject *s = &subjects[i];
    struct krv_buf sample = sample_of(s);
    for (size_t at = 0; at < sample.len; at++) {
      uint8_t was = sample.data[at];
      for (unsigned byte = 0; byte < 256; byte++) {
        sample.data[at] = (uint8_t)byte;
        decodes(s, sample.data, sample.len);
      }
      sample.data[at] = was;
    }
    krv_buf_release(&sample);
  }
}

static void random_bytes_never_get_a_second_form(void **state) {
  (void)state;
  uint8_t bytes[96];
  for (unsigned round = 0; round < 20000; round++) {
    const struct subject *s = &subjects[krv_testenv_below(&world, SUBJECTS)];
    size_t len = (size_t)krv_testenv_below(&world, sizeof bytes);
    world.env.random(&world, bytes, len);
    decodes(s, bytes, len);
  }
}

static void a_commit_in_its_own_session_takes_185_bytes_at_most(void **state) {
  (void)state;
  struct krv_msg_commit m = {.device = KRV_MSG_NO_DEVICE, .kase = run_id(0x10), .n = 127,
                             .prev_len = 4, .suite = 1, .kind = 1, .ciphertext = {pool, 144}};
  struct krv_buf out;
  krv_buf_init(&out, &world.env);
  krv_msg_commit_encode(&m, &out);
  /* flags, suite and kind 2, case 16, n 1, prev 4, epoch 1, salt 16, ciphertext 144 */
  assert_int_equal(out.len, 184);
  krv_buf_reset(&out);
  m.same_case = true;
  krv_msg_commit_encode(&m, &out);
  assert_int_equal(out.len, 184 - 16);
  assert_true(decodes(&subjects[KRV_MSG_COMMIT - 1], out.data, out.len));
  krv_buf_release(&out);
}

static void a_commit_and_a_genesis_of_60_kib_are_read_and_a_byte_more_is_not(void **state) {
  (void)state;
  static uint8_t sealed[60 * 1024 + 1];
  struct krv_msg_commit commit = {.device = 1, .kase = run_id(0x10), .n = 1, .suite = 1, .kind = 1},
                        commit_back;
  struct krv_msg_genesis genesis = {.device = 1, .suite = 1, .kind = 1,
                                    .access = {pool, 3}}, genesis_back;
  struct krv_buf out;
  krv_buf_init(&out, &world.env);
  krv_msg_commit_encode(&commit, &out);
  size_t around = out.len;
  for (size_t over = 0; over < 2; over++) {
    krv_buf_reset(&out);
    commit.ciphertext = krv_slice(sealed, 60 * 1024 - around + over);
    krv_msg_commit_encode(&commit, &out);
    assert_int_equal(out.len, 60 * 1024 + over);
    assert_int_equal(krv_msg_commit_decode(krv_buf_slice(&out), &commit_back),
                     over ? KRV_TOO_LARGE : 0);
  }
  krv_buf_reset(&out);
  krv_msg_genesis_encode(&genesis, &out);
  around = out.len;
  for (size_t over = 0; over < 2; over++) {
    krv_buf_reset(&out);
    genesis.ciphertext = krv_slice(sealed, 60 * 1024 - around + over);
    krv_msg_genesis_encode(&genesis, &out);
    assert_int_equal(out.len, 60 * 1024 + over);
    assert_int_equal(krv_msg_genesis_decode(krv_buf_slice(&out), &genesis_back),
                     over ? KRV_TOO_LARGE : 0);
  }
  krv_buf_release(&out);
}

static void the_first_commit_of_a_line_has_no_prev_and_others_have(void **state) {
  (void)state;
  static const struct { uint64_t n; uint8_t prev_len; bool good; } rows[] = {
      {0, 0, false}, {0, 4, false}, {1, 0, true}, {1, 4, false}, {1, 16, false},
      {2, 0, false}, {2, 4, true},  {2, 16, true},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct krv_msg_commit m = {.device = 1, .n = rows[i].n, .prev_len = rows[i].prev_len,
                               .suite = 1, .kind = 1, .ciphertext = {pool, 144}}, back;
    struct krv_buf out;
    krv_buf_init(&out, &world.env);
    krv_msg_commit_encode(&m, &out);
    assert_int_equal(krv_msg_commit_decode(krv_buf_slice(&out), &back),
                     rows[i].good ? 0 : KRV_MALFORMED);
    krv_buf_release(&out);
  }
}

static void no_device_stands_for_the_own_one_and_a_box_for_the_recovery_key(void **state) {
  (void)state;
  struct krv_buf out;
  krv_buf_init(&out, &world.env);
  struct krv_msg_grant grant = {.kase = run_id(1), .group = 1, .mode = 2,
                                .giver = KRV_MSG_NO_DEVICE}, grant_back;
  krv_msg_grant_encode(&grant, &out);
  assert_int_equal(krv_msg_grant_decode(krv_buf_slice(&out), &grant_back), 0);
  assert_int_equal(grant_back.giver, KRV_MSG_NO_DEVICE);
  assert_int_equal(out.len, 1 + 16 + 1 + 1 + 1 + 48); /* epoch 0: no epoch, no key id */
  krv_buf_reset(&out);
  struct krv_msg_box box = {.device = KRV_MSG_NO_DEVICE}, box_back;
  krv_msg_box_encode(&box, &out);
  assert_int_equal(out.data[2], 0);
  assert_int_equal(krv_msg_box_decode(krv_buf_slice(&out), &box_back), 0);
  assert_int_equal(box_back.device, KRV_MSG_NO_DEVICE);
  krv_buf_release(&out);
}

/* A device of a group whose secret somebody knows who left it (R14). */
static void a_grant_to_one_device_names_it_after_its_giver(void **state) {
  (void)state;
  struct krv_buf out;
  krv_buf_init(&out, &world.env);
  struct krv_msg_grant grant = {.kase = run_id(1), .group = 1, .mode = 2, .giver = 200,
                                .to_device = true, .device = 0}, back;
  krv_msg_grant_encode(&grant, &out);
  assert_int_equal(out.data[0], KRV_GRANT_GIVER | KRV_GRANT_EPOCH0 | KRV_GRANT_DEVICE);
  /* group, its epoch, mode, giver, device */
  static const uint8_t middle[] = {1, 0, 2, 0xc8, 0x01, 0};
  assert_memory_equal(out.data + 1 + 16, middle, sizeof middle);
  assert_int_equal(out.len, 1 + 16 + sizeof middle + 48);
  assert_int_equal(krv_msg_grant_decode(krv_buf_slice(&out), &back), 0);
  assert_true(back.to_device);
  assert_int_equal(back.device, 0);
  out.data[0] |= 32; /* a flag that there is not */
  assert_int_equal(krv_msg_grant_decode(krv_buf_slice(&out), &back), KRV_MALFORMED);
  krv_buf_release(&out);
}

static void an_open_of_another_version_tells_only_its_version(void **state) {
  (void)state;
  static const uint8_t bytes[] = {9, 1, 2, 3};
  struct krv_msg_open m;
  assert_int_equal(krv_msg_open_decode(krv_slice(bytes, sizeof bytes), &m), 0);
  assert_int_equal(m.version, 9);
  assert_int_equal(m.head_seq, 0);
}

static void acks_name_rising_indexes_below_what_was_accepted(void **state) {
  (void)state;
  static struct krv_ack_exception room[KRV_ACK_EXCEPTIONS_MAX];
  static const struct { uint8_t bytes[6]; size_t len; int status; } rows[] = {
      {{4, 2, 0, 3, 1, 3}, 6, 0},
      {{4, 2, 1, 3, 0, 3}, 6, KRV_MALFORMED},
      {{4, 2, 1, 3, 1, 3}, 6, KRV_MALFORMED},
      {{4, 1, 2, 3}, 4, KRV_MALFORMED},
      {{4, 1, 0, 0}, 4, KRV_MALFORMED},
      {{0xff, 0xff, 0xff, 0xff, 0x3f, 0}, 6, KRV_TOO_LARGE},
      {{1, 0x81, 0x20}, 3, KRV_TOO_LARGE}, /* 4,097 exceptions */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct krv_msg_ack m;
    assert_int_equal(
        krv_msg_ack_decode(krv_slice(rows[i].bytes, rows[i].len), false, room, &m), rows[i].status);
  }
}

static void messages_are_wrapped_in_kind_and_length_and_capped(void **state) {
  (void)state;
  struct krv_buf out;
  krv_buf_init(&out, &world.env);
  krv_message_empty(&out, KRV_MSG_BYE);
  size_t mark = krv_message_begin(&out, KRV_MSG_DOC);
  for (unsigned i = 0; i < 300; i++) krv_buf_u8(&out, (uint8_t)i);
  krv_message_end(&out, mark);
  static const uint8_t head[] = {KRV_MSG_BYE, 0, KRV_MSG_DOC, 0xac, 2, 0, 1, 2};
  assert_int_equal(out.len, 2 + 3 + 300);
  assert_memory_equal(out.data, head, sizeof head);
  assert_int_equal(out.data[out.len - 1], 299 & 0xff);
  mark = krv_message_begin(&out, KRV_MSG_BYE);
  krv_buf_u8(&out, 0);
  krv_message_end(&out, mark);
  assert_int_equal(out.status, KRV_TOO_LARGE);
  krv_buf_release(&out);
}

static void only_the_right_end_may_send(void **state) {
  (void)state;
  assert_true(krv_message_known(KRV_MSG_OPEN, 'c'));
  assert_false(krv_message_known(KRV_MSG_OPEN, 's'));
  assert_false(krv_message_known(KRV_MSG_ACK, 'c'));
  assert_true(krv_message_known(KRV_MSG_COMMIT, 'c') && krv_message_known(KRV_MSG_COMMIT, 's'));
  assert_false(krv_message_known(0, 'c'));
  assert_false(krv_message_known(SUBJECTS + 1, 's'));
  assert_int_equal(krv_message_cap(255), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_message_has_a_golden_vector_and_meets_it),
      cmocka_unit_test(every_message_comes_back_as_it_was_and_fits_its_cap),
      cmocka_unit_test(truncated_anywhere_it_is_refused),
      cmocka_unit_test(with_any_further_byte_it_is_refused),
      cmocka_unit_test(mutated_it_never_gets_a_second_form),
      cmocka_unit_test(random_bytes_never_get_a_second_form),
      cmocka_unit_test(a_commit_in_its_own_session_takes_185_bytes_at_most),
      cmocka_unit_test(a_commit_and_a_genesis_of_60_kib_are_read_and_a_byte_more_is_not),
      cmocka_unit_test(the_first_commit_of_a_line_has_no_prev_and_others_have),
      cmocka_unit_test(no_device_stands_for_the_own_one_and_a_box_for_the_recovery_key),
      cmocka_unit_test(a_grant_to_one_device_names_it_after_its_giver),
      cmocka_unit_test(an_open_of_another_version_tells_only_its_version),
      cmocka_unit_test(acks_name_rising_indexes_below_what_was_accepted),
      cmocka_unit_test(messages_are_wrapped_in_kind_and_length_and_capped),
      cmocka_unit_test(only_the_right_end_may_send),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
