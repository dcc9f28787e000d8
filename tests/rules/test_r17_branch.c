/* R17: the server moves while not all know the same list of members. A device that knows a longer
 * one than who moved it comes all the same: that is the fork that two administrators end. Who is
 * suspended moves nobody. */
#include <stdlib.h>

#include "fleet.h"
#include "forkkit.h"
#include "mock.h"

static struct krv_server_code move(struct fleet_device *by, enum krv_word word) {
  struct krv_founding_code founding = fleet_founding_code(by->fleet);
  struct krv_server_code code;
  struct krv_buf text;
  assert_int_equal(krv_pin_move(by->world, &founding, word), 0);
  fleet_sync_well(by);
  krv_buf_init(&text, &by->t.env);
  assert_int_equal(krv_pin_code(by->world, word, NULL, &text), 0);
  assert_int_equal(krv_server_code_parse(krv_buf_slice(&text), &code), 0);
  krv_buf_release(&text);
  return code;
}

static bool settled(const struct fleet_device *device) {
  return krv_pin_settled(device->world) &&
         memcmp(&device->world->member.server_pk, &device->fleet->service.server.pk,
                KRV_KEY_LEN) == 0;
}

/* All of a roster, as anybody may bring it. */
static void hear(struct fleet_device *device, const struct krv_roster *roster) {
  struct krv_intake *intake;
  assert_int_equal(krv_intake_begin(device->world, &intake), 0);
  for (uint32_t h = 0; h < krv_roster_count(roster); h++) {
    struct krv_buf payload;
    krv_buf_init(&payload, &device->t.env);
    krv_msg_roster_encode(&(struct krv_msg_roster){krv_roster_entry(roster, h)}, &payload);
    assert_int_equal(krv_intake_item(intake, KRV_ORIGIN_SERVER, KRV_MSG_ROSTER,
                                     krv_buf_slice(&payload)), 0);
    krv_buf_release(&payload);
  }
  assert_int_equal(krv_intake_commit(intake), 0);
}

/* Bahar's list has Kerim, Aygul's and Dursun's have Jeren. Bahar moves the server. */
static void who_knows_another_list_comes_and_it_is_ended(void **state) {
  struct fork_kit *k = *state;
  fleet_server_burn(&k->fleet, NULL);
  struct krv_server_code code = move(k->b, KRV_WORD_DEVICE);
  fleet_copy(k->w, "untold");
  assert_int_equal(krv_pin_use(k->a->world, &code), 0);
  assert_int_equal(krv_pin_use(k->w->world, &code), 0);
  fleet_sync_well(k->a);
  fleet_sync_well(k->w);
  assert_non_null(k->a->world->fork);
  assert_false(krv_pin_settled(k->a->world)); /* what it believes names the old server still */
  struct krv_founding_code founding = fleet_founding_code(&k->fleet);
  founding.server_pk.b[0] ^= 1;
  assert_int_equal(krv_pin_move(k->a->world, &founding, KRV_WORD_DEVICE), KRV_FORK);
  assert_int_equal(fleet_note(k->w, &k->kase, "work goes on"), 0);
  fork_say(k->a, KRV_WORD_DEVICE);
  fleet_sync_well(k->b);
  fork_say(k->b, KRV_WORD_DEVICE);
  for (int i = 0; i < 3; i++) {
    fleet_sync_well(k->a);
    fleet_sync_well(k->w);
    fleet_sync_well(k->b);
  }
  assert_null(k->a->world->fork);
  assert_true(settled(k->a));
  assert_true(settled(k->w));
  assert_true(fleet_same(k->b, k->w, &k->kase));
  fleet_restore(k->w, "untold"); /* he hears of the end alone, and needs no code for it */
  assert_false(settled(k->w));
  hear(k->w, k->a->world->roster);
  assert_null(k->w->world->fork);
  assert_true(settled(k->w));
}

/* Aygul's vault is restored from before she let Jeren in, and she moves the server: she signed
 * two at one height. Dursun sees both, and believes no code of hers any more; the recovery key's
 * he does. */
static void who_is_suspended_moves_nobody_on(void **state) {
  struct fork_kit *k = *state;
  struct krv_key evil;
  (void)state;
  fleet_server_restore(&k->fleet, "hers");
  fleet_sync_well(k->w);
  assert_int_equal(fleet_note(k->w, &k->kase, "names the first"), 0);
  fleet_server_restore(&k->fleet, "backup");
  fleet_restore(k->b, "before");
  fleet_sync_well(k->b);
  fleet_server_burn(&k->fleet, NULL);
  fleet_restore(k->a, "unaware");
  struct krv_server_code code = move(k->a, KRV_WORD_DEVICE);
  assert_int_equal(fleet_note(k->a, &k->kase, "names the second"), 0);
  fleet_sync_well(k->a);
  assert_int_equal(krv_pin_use(k->w->world, &code), 0);
  fleet_sync_well(k->w);
  fleet_sync_well(k->w);
  assert_int_equal(krv_fork_suspect(k->w->world), KRV_DEVICE_FOUNDER);
  krv_key_random(&k->fleet.t.env, &evil);
  code.server_pk = evil;
  code.since++;
  krv_server_code_sign(&code, &k->a->world->keys.sign);
  assert_int_equal(krv_pin_use(k->w->world, &code), KRV_DENIED);
  struct krv_buf text;
  krv_buf_init(&text, &k->a->t.env);
  assert_int_equal(krv_pin_code(k->a->world, KRV_WORD_RECOVERY, "elsewhere:1", &text), 0);
  assert_int_equal(krv_server_code_parse(krv_buf_slice(&text), &code), 0);
  krv_buf_release(&text);
  assert_int_equal(krv_pin_use(k->w->world, &code), 0);
  assert_string_equal(k->w->world->member.address, "elsewhere:1");
}

/* Memory that runs out anywhere leaves the vault where it was, or there. */
static void no_memory_on_the_way_breaks_nothing(void **state) {
  enum { STRIDE = 23 };
  struct fork_kit *k = *state;
  bool through = false;
  fleet_sync_well(k->w); /* it knows the other list, too */
  fleet_copy(k->b, "settled");
  fleet_copy(k->w, "untold");
  for (uint64_t nth = 1; !through; nth += STRIDE) {
    fleet_server_burn(&k->fleet, NULL);
    fleet_restore(k->b, "settled");
    struct krv_founding_code founding = fleet_founding_code(&k->fleet);
    k->b->t.fail_at = k->b->t.allocations + nth;
    int status = krv_pin_move(k->b->world, &founding, KRV_WORD_DEVICE);
    through = status == 0 && fleet_sync(k->b, NULL) == 0;
    k->b->t.fail_at = 0;
    if (status != 0) assert_false(k->b->world->pin.moving);
    struct krv_server_code code = move(k->b, KRV_WORD_DEVICE);
    assert_true(settled(k->b));
    fleet_restore(k->w, "untold");
    const struct krv_key before = k->w->world->member.server_pk;
    k->w->t.fail_at = k->w->t.allocations + (nth + STRIDE - 1) / STRIDE;
    status = krv_pin_use(k->w->world, &code);
    k->w->t.fail_at = 0;
    if (status != 0)
      assert_memory_equal(&k->w->world->member.server_pk, &before, sizeof before);
    assert_int_equal(krv_pin_use(k->w->world, &code), 0);
    assert_memory_equal(&k->w->world->member.server_pk, &code.server_pk, KRV_KEY_LEN);
  }
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, fork_kit_setup, fork_kit_teardown)
  const struct CMUnitTest tests[] = {
      T(who_knows_another_list_comes_and_it_is_ended),
      T(who_is_suspended_moves_nobody_on),
      T(no_memory_on_the_way_breaks_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
