/* R17: the server is lost and nothing of it is left. A new one takes its place; its key reaches
 * devices by a code that an administrator, or the recovery key, signed; and what any device holds
 * comes together there again. Nobody enrols anew, and nothing but what was signed decides. */
#include <stdlib.h>

#include "fleet.h"
#include "found.h"
#include "invite.h"
#include "mock.h"
#include "propose.h"

struct town {
  struct fleet fleet;
  struct fleet_device *a, *b, *w, *v; /* two administrators of the office, two workers */
  struct krv_id kase, vs;
  struct fleet_server old;
};

static int set_up(void **state) {
  struct town *k = calloc(1, sizeof *k);
  if (!k) return -1;
  fleet_init(&k->fleet, 1717, true);
  k->a = fleet_found(&k->fleet, "Aygul");
  k->b = fleet_join(&k->fleet, "administrator+office", "Bahar");
  k->w = fleet_join(&k->fleet, "worker", "Dursun");
  k->v = fleet_join(&k->fleet, "worker", "Vera");
  k->kase = fleet_case(k->w, "prs_FirstName", "Maya");
  k->vs = fleet_case(k->v, "prs_FirstName", "Nina");
  fleet_rounds(&k->fleet, 2);
  *state = k;
  return 0;
}

static int tear_down(void **state) {
  struct town *k = *state;
  fleet_release(&k->fleet);
  free(k);
  return 0;
}

static int begin_move(struct fleet_device *by, enum krv_word word) {
  struct krv_founding_code code = fleet_founding_code(by->fleet);
  return krv_pin_move(by->world, &code, word);
}

static struct krv_server_code code_by(struct fleet_device *by, enum krv_word word) {
  struct krv_server_code code;
  struct krv_buf text;
  krv_buf_init(&text, &by->t.env);
  assert_int_equal(krv_pin_code(by->world, word, NULL, &text), 0);
  assert_int_equal(krv_server_code_parse(krv_buf_slice(&text), &code), 0);
  krv_buf_release(&text);
  return code;
}

static struct krv_server_code move(struct fleet_device *by) {
  assert_int_equal(begin_move(by, KRV_WORD_DEVICE), 0);
  fleet_sync_well(by);
  return code_by(by, KRV_WORD_DEVICE);
}

static void take(struct fleet_device *device, const struct krv_server_code *code) {
  assert_int_equal(krv_pin_use(device->world, code), 0);
}

static bool goes_to_server(const struct fleet_device *device) {
  return memcmp(&device->world->member.server_pk, &device->fleet->service.server.pk,
                KRV_KEY_LEN) == 0;
}

static bool settled(const struct fleet_device *device) {
  return goes_to_server(device) && krv_pin_settled(device->world);
}

static void all_settled(struct town *k) {
  for (uint32_t i = 0; i < k->fleet.count; i++) {
    struct fleet_device *device = &k->fleet.devices[i];
    assert_true(settled(device));
    assert_int_equal(fleet_marked(device, KRV_MARK_REFUSED), 0);
    assert_int_equal(fleet_marked(device, KRV_MARK_NONE), 0);
  }
}

/* Signed by the device's own key, whatever it may say. */
static struct krv_server_code forge(const struct fleet_device *by, uint32_t since,
                                    const struct krv_key *pk) {
  struct krv_server_code code = {.programme = by->world->member.programme, .server_pk = *pk,
                                 .since = since, .signer = by->world->member.device,
                                 .address = "fleet:9"};
  krv_server_code_sign(&code, &by->world->keys.sign);
  return code;
}

static uint32_t height(const struct fleet_device *device) {
  return krv_roster_height(device->world->roster);
}

/* ---- all comes together */

static void all_that_any_device_holds_comes_together_on_the_new_server(void **state) {
  struct town *k = *state;
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_Gender", "Feminine"), 0);
  fleet_sync_well(k->w); /* at the server, and nowhere else */
  struct krv_id never = fleet_case(k->w, "prs_FirstName", "Olga"); /* never sent */
  assert_int_equal(fleet_share(k->b, &k->kase, "Vera"), 0);
  fleet_sync_well(k->b);
  struct krv_id bs = fleet_case(k->b, "prs_FirstName", "Rosa");
  fleet_sync_well(k->b); /* the other office device has not heard of it */
  fleet_server_burn(&k->fleet, NULL);
  assert_int_equal(fleet_note(k->w, &k->kase, "written while there was no server"), 0);
  struct krv_server_code code = move(k->a);
  assert_true(krv_roster_serves(k->fleet.service.roster, &k->fleet.service.server.pk));
  assert_int_equal(code.since, height(k->a));
  take(k->w, &code);
  take(k->v, &code);
  take(k->b, &code);
  fleet_rounds(&k->fleet, 3);
  all_settled(k);
  struct krv_id *cases[] = {&k->kase, &k->vs, &never, &bs};
  for (size_t i = 0; i < 4; i++) {
    assert_true(fleet_same(k->a, k->b, cases[i]));
    assert_int_equal(fleet_card(k->a, cases[i])->held, 0);
  }
  assert_true(fleet_same(k->a, k->w, &k->kase));
  assert_true(fleet_same(k->a, k->v, &k->kase)); /* the grant too */
  assert_true(fleet_same(k->a, k->w, &never));
  assert_string_equal(fleet_shown(k->b, &k->kase, "prs_Gender"), "Feminine");
  const struct krv_card *card = fleet_card(k->w, &k->kase);
  assert_int_equal(card->own_receipt_n, card->own_n);
  card = fleet_card(k->v, &k->vs);
  assert_int_equal(card->own_receipt_n, card->own_n);
  fleet_close(k->w);
  fleet_open(k->w);
  assert_true(settled(k->w));
  fleet_sync_well(k->w); /* a ticket of the new one */
  assert_true(k->w->counts.ticket);
  assert_false(k->w->counts.restarted);
}

/* Vera has not heard of Jeren; Jeren is let in, and Vera learns it from the new server. */
static void a_device_that_was_behind_in_the_roster_comes_along(void **state) {
  struct town *k = *state;
  struct fleet_device *jeren = fleet_join(&k->fleet, "worker", "Jeren");
  fleet_sync_well(k->a);
  struct krv_id js = fleet_case(jeren, "prs_FirstName", "Zoya");
  fleet_server_burn(&k->fleet, NULL);
  assert_true(height(k->v) < height(k->a));
  struct krv_server_code code = move(k->a);
  assert_true(code.since > height(k->v) + 1);
  take(k->v, &code);
  take(jeren, &code);
  take(k->b, &code);
  take(k->w, &code);
  fleet_rounds(&k->fleet, 3);
  all_settled(k);
  assert_int_equal(height(k->v), height(k->a));
  assert_true(fleet_same(k->b, jeren, &js));
}

/* What waited for the old server goes along, before the entry that names the new one. */
static void an_approval_that_was_not_sent_goes_along(void **state) {
  struct town *k = *state;
  struct fleet_device *jeren = fleet_add(&k->fleet, "Jeren");
  struct krv_buf text;
  krv_buf_init(&text, &k->a->t.env);
  fleet_invite(k->a, "worker", "Jeren", &text);
  fleet_accept(jeren, &text);
  krv_buf_release(&text);
  fleet_sync_well(jeren);
  fleet_sync_well(k->a);
  fleet_approve(k->a, jeren);
  fleet_server_burn(&k->fleet, NULL);
  uint32_t before = height(k->a);
  struct krv_server_code code = move(k->a);
  assert_int_equal(code.since, before + 2);
  assert_int_equal(krv_roster_device_count(k->a->world->roster), 5);
  /* he is in the list, but was never told so: his vault knows no administrator to believe */
  assert_int_equal(krv_pin_use(jeren->world, &code), KRV_NOT_APPROVED);
}

/* ---- cut, and repeated */

static void cut_at_any_byte_the_move_goes_on_with_the_same_bytes(void **state) {
  struct town *k = *state;
  enum { STEP = 211 };
  fleet_copy(k->a, "before");
  for (int down = 0; down < 2; down++) {
    bool through = false;
    for (uint64_t cut = 1; !through; cut += STEP) {
      fleet_restore(k->a, "before");
      fleet_server_burn(&k->fleet, NULL);
      assert_int_equal(begin_move(k->a, KRV_WORD_DEVICE), 0);
      struct krv_roster *brought;
      assert_int_equal(krv_pin_brings(k->a->world, &brought), 0);
      struct fleet_link link = {.cut_up = down ? 0 : cut, .cut_down = down ? cut : 0, .chunk = 100};
      through = fleet_sync(k->a, &link) == 0;
      fleet_server_restart(&k->fleet);
      fleet_close(k->a);
      fleet_open(k->a);
      assert_true(goes_to_server(k->a));
      assert_int_equal(begin_move(k->a, KRV_WORD_DEVICE), 0); /* the same command again */
      fleet_sync_well(k->a);
      assert_true(settled(k->a));
      uint32_t since = krv_roster_server_since(brought);
      assert_int_equal(height(k->a), since);
      for (uint32_t h = 0; h <= since; h++)
        assert_true(krv_slice_equal(krv_roster_entry(k->fleet.service.roster, h),
                                    krv_roster_entry(brought, h)));
      krv_roster_free(brought);
    }
  }
}

static void a_move_that_never_arrived_is_followed_by_another_on_top(void **state) {
  struct town *k = *state;
  uint32_t before = height(k->a);
  fleet_server_burn(&k->fleet, NULL);
  assert_int_equal(begin_move(k->a, KRV_WORD_DEVICE), 0); /* and that one burns as well */
  assert_int_equal(fleet_note(k->a, &k->kase, "work goes on"), 0);
  fleet_server_burn(&k->fleet, NULL);
  struct krv_server_code code = move(k->a);
  assert_int_equal(code.since, before + 2);
  take(k->w, &code);
  take(k->v, &code);
  take(k->b, &code);
  fleet_rounds(&k->fleet, 3);
  all_settled(k);
  assert_true(fleet_same(k->a, k->w, &k->kase));
}

static void it_can_be_lost_once_more(void **state) {
  struct town *k = *state;
  for (int i = 0; i < 2; i++) {
    fleet_server_burn(&k->fleet, NULL);
    struct krv_server_code code = move(i == 0 ? k->a : k->b);
    for (uint32_t d = 0; d < k->fleet.count; d++) take(&k->fleet.devices[d], &code);
    fleet_rounds(&k->fleet, 3);
    all_settled(k);
  }
  assert_int_equal(krv_roster_server_since(k->w->world->roster), height(k->w));
  struct fleet_device *jeren = fleet_join(&k->fleet, "worker", "Jeren"); /* hears of all three */
  assert_true(settled(jeren));
}

static void the_recovery_key_moves_it_where_no_administrator_is_left(void **state) {
  struct town *k = *state;
  struct krv_statement roles[] = {
      {.kind = KRV_STATEMENT_ROLES, .device = 0, .roles = KRV_ROLE_OFFICE},
      {.kind = KRV_STATEMENT_ROLES, .device = 1, .roles = KRV_ROLE_OFFICE}};
  fleet_propose(k->a, &roles[1], 1);
  fleet_propose(k->a, &roles[0], 1);
  fleet_rounds(&k->fleet, 2);
  fleet_server_burn(&k->fleet, NULL);
  assert_int_equal(begin_move(k->a, KRV_WORD_DEVICE), KRV_DENIED);
  assert_int_equal(begin_move(k->w, KRV_WORD_DEVICE), KRV_DENIED);
  assert_int_equal(begin_move(k->b, KRV_WORD_RECOVERY), KRV_NO_KEY);
  assert_int_equal(begin_move(k->a, KRV_WORD_RECOVERY), 0);
  fleet_sync_well(k->a);
  struct krv_server_code code = code_by(k->a, KRV_WORD_RECOVERY);
  assert_int_equal(code.signer, KRV_NO_INDEX);
  take(k->w, &code);
  fleet_sync_well(k->w);
  assert_true(settled(k->w));
}

/* ---- who may not */

static void refused(struct fleet_device *device, const struct krv_server_code *code, int status) {
  const struct krv_key before = device->world->member.server_pk;
  assert_int_equal(krv_pin_use(device->world, code), status);
  assert_memory_equal(&device->world->member.server_pk, &before, sizeof before);
}

static void a_code_counts_by_an_administrator_whom_the_device_knows(void **state) {
  struct town *k = *state;
  struct krv_key evil;
  krv_key_random(&k->fleet.t.env, &evil);
  uint32_t next = height(k->w) + 1;
  struct krv_server_code code = forge(k->v, next, &evil);
  refused(k->w, &code, KRV_DENIED); /* a worker */
  code.signer = k->a->world->member.device;
  refused(k->w, &code, KRV_CRYPTO); /* in another's name */
  code.signer = KRV_NO_INDEX;
  refused(k->w, &code, KRV_CRYPTO); /* in the recovery key's */
  code.signer = 77;
  refused(k->w, &code, KRV_NOT_FOUND);
  code = forge(k->b, next, &evil);
  code.programme.b[0] ^= 1;
  krv_server_code_sign(&code, &k->b->world->keys.sign);
  refused(k->w, &code, KRV_OTHER_PROGRAMME);
  struct krv_statement revoke = {.kind = KRV_STATEMENT_REVOKE, .device = k->b->world->member.device,
                                 .how = KRV_REVOKE_LOST};
  fleet_propose(k->a, &revoke, 1);
  fleet_sync_well(k->a);
  fleet_sync_well(k->w);
  code = forge(k->b, height(k->w) + 1, &evil);
  refused(k->w, &code, KRV_DENIED); /* revoked */
  struct fleet_device *alone = fleet_add(&k->fleet, "Zoya");
  assert_int_equal(krv_pin_use(alone->world, &code), KRV_NOT_APPROVED);
}

static void every_bit_of_a_code_counts(void **state) {
  struct town *k = *state;
  fleet_server_burn(&k->fleet, NULL);
  struct krv_server_code code = move(k->a), bad;
  struct { void *field; size_t len; } fields[] = {
      {bad.programme.b, sizeof bad.programme.b}, {bad.server_pk.b, sizeof bad.server_pk.b},
      {&bad.since, sizeof bad.since},            {&bad.signer, sizeof bad.signer},
      {bad.signature, sizeof bad.signature},     {bad.address, strlen(code.address)}};
  for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
    for (size_t bit = 0; bit < fields[f].len * 8; bit++) {
      bad = code;
      ((uint8_t *)fields[f].field)[bit / 8] ^= (uint8_t)(1u << bit % 8);
      const struct krv_key before = k->w->world->member.server_pk;
      assert_int_not_equal(krv_pin_use(k->w->world, &bad), 0);
      assert_memory_equal(&k->w->world->member.server_pk, &before, sizeof before);
    }
  }
  take(k->w, &code);
}

static void an_older_code_is_not_taken(void **state) {
  struct town *k = *state;
  struct krv_key other;
  krv_key_random(&k->fleet.t.env, &other);
  struct krv_server_code first = code_by(k->a, KRV_WORD_DEVICE); /* the founding's */
  fleet_server_burn(&k->fleet, NULL);
  struct krv_server_code second = move(k->a);
  take(k->w, &second);
  refused(k->w, &first, KRV_STALE); /* also before an entry shows the second */
  struct krv_server_code beside = forge(k->b, second.since, &other);
  refused(k->w, &beside, KRV_FORK);
  fleet_sync_well(k->w);
  refused(k->w, &first, KRV_STALE);
  refused(k->w, &beside, KRV_FORK);
  take(k->w, &second); /* twice is fine */
  take(k->w, &second);
  fleet_sync_well(k->w);
  assert_true(k->w->counts.ticket); /* nothing was dropped for it */
}

/* He names an entry that will never be: no administrator's code would be new enough after it. */
static void a_height_that_is_never_reached_locks_nobody_in(void **state) {
  struct town *k = *state;
  struct krv_key evil;
  krv_key_random(&k->fleet.t.env, &evil);
  fleet_server_burn(&k->fleet, NULL);
  struct krv_server_code bad = forge(k->b, KRV_ROSTER_HEIGHT_MAX, &evil), good = move(k->a);
  take(k->w, &bad); /* an administrator, as far as Dursun knows */
  assert_int_equal(fleet_sync(k->w, NULL), KRV_OTHER_PROGRAMME);
  refused(k->w, &good, KRV_STALE);
  good = code_by(k->a, KRV_WORD_RECOVERY);
  take(k->w, &good);
  fleet_sync_well(k->w);
  assert_true(settled(k->w));
}

static void the_address_alone_moves_by_a_code_too(void **state) {
  struct town *k = *state;
  struct krv_server_code code;
  struct krv_buf text;
  krv_buf_init(&text, &k->a->t.env);
  static const char *const bad[] = {"",       "host",    ":7440",       "host:",
                                    "host:x", "ho st:1", "host:1234567"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(krv_pin_code(k->a->world, KRV_WORD_DEVICE, bad[i], &text), KRV_INVALID);
  assert_int_equal(krv_pin_code(k->w->world, KRV_WORD_DEVICE, NULL, &text), KRV_DENIED);
  assert_int_equal(krv_pin_code(k->a->world, KRV_WORD_DEVICE, "elsewhere:7440", &text), 0);
  assert_string_equal(k->a->world->member.address, "elsewhere:7440");
  assert_int_equal(krv_server_code_parse(krv_buf_slice(&text), &code), 0);
  krv_buf_release(&text);
  take(k->w, &code);
  assert_string_equal(k->w->world->member.address, "elsewhere:7440");
  fleet_sync_well(k->w);
  assert_true(k->w->counts.ticket); /* it is the same server */
  assert_true(settled(k->w));
}

static void nobody_is_invited_before_the_list_names_the_server(void **state) {
  struct town *k = *state;
  struct krv_invite_request request = {.name = "Nurana", .days = 14, .roles = KRV_ROLE_WORKER};
  struct krv_buf text;
  krv_buf_init(&text, &k->a->t.env);
  fleet_server_burn(&k->fleet, NULL);
  assert_int_equal(begin_move(k->a, KRV_WORD_DEVICE), 0);
  assert_int_equal(krv_invite_make(k->a->world, &request, &text), KRV_STATE);
  assert_int_equal(krv_pin_code(k->a->world, KRV_WORD_DEVICE, NULL, &text), KRV_STATE);
  fleet_sync_well(k->a);
  struct krv_server_code code = code_by(k->a, KRV_WORD_DEVICE);
  take(k->b, &code);
  assert_int_equal(krv_invite_make(k->b->world, &request, &text), KRV_STATE);
  assert_int_equal(krv_pin_code(k->b->world, KRV_WORD_DEVICE, NULL, &text), KRV_STATE);
  fleet_sync_well(k->b);
  assert_int_equal(krv_invite_make(k->b->world, &request, &text), 0);
  krv_buf_wipe(&text);
}

static void count_name(void *ctx, const char *name) {
  assert_string_equal(name, "Nurana");
  (*(uint32_t *)ctx)++;
}

static void invitations_by_the_old_key_are_told_and_no_others(void **state) {
  struct town *k = *state;
  uint32_t count = 0;
  struct krv_buf text;
  krv_buf_init(&text, &k->a->t.env);
  fleet_invite(k->a, "worker", "Nurana", &text);
  assert_int_equal(krv_pin_void(k->a->world, count_name, &count), 0);
  assert_int_equal(count, 0);
  fleet_server_burn(&k->fleet, NULL);
  (void)move(k->a);
  krv_buf_reset(&text);
  fleet_invite(k->a, "worker", "Jeren", &text);
  assert_int_equal(krv_pin_void(k->a->world, count_name, &count), 0); /* but who is in */
  assert_int_equal(count, 1);
  krv_buf_wipe(&text);
}

/* ---- two who move it, and who has the code */

static void a_second_administrator_with_the_founding_code_hears_that_it_is_used(void **state) {
  struct town *k = *state;
  fleet_server_burn(&k->fleet, NULL);
  assert_int_equal(begin_move(k->a, KRV_WORD_DEVICE), 0);
  assert_int_equal(begin_move(k->b, KRV_WORD_DEVICE), 0);
  struct fleet_device *thief = fleet_add(&k->fleet, "Zoya");
  struct krv_found_terms terms = {.programme = "Hers", .name = "Zoya",
                                  .code = fleet_founding_code(&k->fleet)};
  assert_int_equal(krv_found_prepare(thief->world, &terms), 0);
  struct fleet_link cut = {.cut_up = 1100};
  assert_int_equal(fleet_sync(k->a, &cut), KRV_CUT); /* the founding entry has come, no more */
  assert_in_range(krv_roster_count(k->fleet.service.roster), 1, height(k->a));
  assert_int_equal(fleet_sync(k->b, NULL), KRV_INVITE_USED);
  assert_int_equal(fleet_sync(thief, NULL), KRV_INVITE_USED);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_sync(k->b, NULL), KRV_INVITE_USED);
  assert_int_equal(fleet_sync(thief, NULL), KRV_INVITE_USED);
  struct krv_server_code code = code_by(k->a, KRV_WORD_DEVICE);
  assert_true(k->b->world->pin.moving);
  take(k->b, &code);
  fleet_sync_well(k->b);
  fleet_sync_well(k->b);
  assert_true(settled(k->b));
  assert_null(k->b->world->fork);
  assert_int_equal(height(k->b), height(k->a));
  fleet_close(thief); /* in no programme: the rounds pass it over */
}

static void both_move_it_to_servers_of_their_own(void **state) {
  struct town *k = *state;
  struct fleet_server bs;
  fleet_server_burn(&k->fleet, NULL);
  struct krv_server_code his = move(k->b);
  take(k->v, &his);
  fleet_sync_well(k->v);
  fleet_server_burn(&k->fleet, &bs);
  struct krv_server_code hers = move(k->a);
  assert_int_equal(his.since, hers.since);
  take(k->w, &his);
  struct fleet_device *others[] = {k->w, k->v, k->b};
  for (size_t i = 0; i < 3; i++) refused(others[i], &hers, KRV_FORK);
  hers = code_by(k->a, KRV_WORD_RECOVERY);
  for (size_t i = 0; i < 3; i++) {
    take(others[i], &hers);
    fleet_sync_well(others[i]);
  }
  assert_true(settled(k->w));
  assert_null(k->w->world->fork);
  assert_non_null(k->v->world->fork); /* who went to his server has another list: that is ended */
  assert_int_equal(krv_fork_say_end(k->b->world, KRV_WORD_DEVICE), 0);
  fleet_sync_well(k->b);
  fleet_sync_well(k->a);
  assert_int_equal(krv_fork_say_end(k->a->world, KRV_WORD_DEVICE), 0);
  fleet_rounds(&k->fleet, 3);
  assert_null(k->v->world->fork);
  all_settled(k);
}

/* ---- the old one, and the server's own word */

static void the_old_server_alive_again_hears_nothing_more(void **state) {
  struct town *k = *state;
  fleet_server_burn(&k->fleet, &k->old);
  struct krv_server_code code = move(k->a);
  take(k->w, &code);
  fleet_sync_well(k->w);
  struct krv_id fresh = fleet_case(k->w, "prs_FirstName", "Olga");
  fleet_server_return(&k->fleet, &k->old);
  uint64_t head = fleet_server_head(&k->fleet);
  assert_int_equal(fleet_sync(k->w, NULL), KRV_OTHER_PROGRAMME);
  assert_int_equal(fleet_sync(k->a, NULL), KRV_OTHER_PROGRAMME);
  assert_int_equal(fleet_server_head(&k->fleet), head);
  fleet_sync_well(k->v); /* who was not told goes on there, and loses nothing by it */
  assert_int_equal(fleet_note(k->v, &k->vs, "to the old one"), 0);
  fleet_sync_well(k->v);
  fleet_server_return(&k->fleet, &k->old);
  take(k->v, &code);
  take(k->b, &code);
  fleet_rounds(&k->fleet, 3);
  all_settled(k);
  assert_true(fleet_same(k->v, k->b, &k->vs));
  assert_true(fleet_same(k->w, k->b, &fresh));
}

/* An old server that learns the entry that names another one may tell it: that is signed. The key
 * follows; the ticket of the session in which it was told is not kept. */
static void the_key_follows_a_signed_entry_and_keeps_no_ticket(void **state) {
  struct town *k = *state;
  fleet_sync_well(k->w);
  assert_int_equal(k->w->world->standing.ticketed, true);
  struct krv_key fresh;
  krv_key_random(&k->fleet.t.env, &fresh);
  struct krv_statement server = {.kind = KRV_STATEMENT_SERVER, .server_pk = fresh};
  struct krv_roster *roster;
  fleet_propose(k->a, &server, 1);
  assert_int_equal(krv_propose_on(k->a->world, k->a->world->roster, &roster), 0);
  struct krv_slice entry = krv_roster_entry(roster, krv_roster_height(roster));
  assert_int_equal(krv_batch_roster(k->fleet.service.batch, entry), KRV_DENIED); /* an honest one */
  krv_batch_rollback(k->fleet.service.batch);
  assert_int_equal(krv_roster_append(k->fleet.service.roster, entry), 0); /* and one that is none */
  k->fleet.service.server.pk = fresh; /* under a ticket nobody asks who it is */
  fleet_sync_well(k->w);
  assert_memory_equal(&k->w->world->member.server_pk, &fresh, sizeof fresh);
  assert_int_equal(k->w->world->standing.ticketed, false);
  assert_int_equal(fleet_sync(k->w, NULL), KRV_OTHER_PROGRAMME);
  krv_roster_free(roster);
}

/* Behind the code that Dursun took lie entries that name servers before it. */
static void the_roster_takes_no_key_back_below_a_code(void **state) {
  struct town *k = *state;
  struct krv_statement server = {.kind = KRV_STATEMENT_SERVER};
  struct krv_key keys[3];
  struct krv_roster *roster;
  uint32_t top = height(k->w);
  for (size_t i = 0; i < 3; i++) {
    krv_key_random(&k->fleet.t.env, &keys[i]);
    server.server_pk = keys[i];
    if (i < 2) fleet_propose(k->a, &server, 1); /* two entries above what he knows */
  }
  assert_int_equal(krv_propose_on(k->a->world, k->a->world->roster, &roster), 0);
  struct krv_server_code code = forge(k->a, top + 2, &keys[2]);
  take(k->w, &code);
  for (uint32_t h = top + 1; h <= top + 2; h++) {
    assert_int_equal(krv_vault_begin(k->w->world->vault), 0);
    assert_int_equal(krv_world_roster_append(k->w->world, krv_roster_entry(roster, h)), 0);
    assert_int_equal(krv_vault_commit(k->w->world->vault), 0);
    /* the entry of the code's own height is what counts in the end */
    const struct krv_key *now = h == top + 1 ? &keys[2] : &keys[1];
    assert_memory_equal(&k->w->world->member.server_pk, now, sizeof *now);
  }
  fleet_close(k->w);
  fleet_open(k->w);
  assert_memory_equal(&k->w->world->member.server_pk, &keys[1], sizeof keys[1]);
  krv_roster_free(roster);
}

/* A joiner hears of every server there was; what its invitation says is newer than all of them. */
static void who_joins_goes_to_the_server_of_his_invitation(void **state) {
  struct town *k = *state;
  fleet_server_burn(&k->fleet, NULL);
  assert_int_equal(begin_move(k->a, KRV_WORD_DEVICE), 0);
  fleet_server_burn(&k->fleet, NULL); /* an entry that names a server that never was */
  (void)move(k->a);
  struct fleet_device *jeren = fleet_join(&k->fleet, "worker", "Jeren");
  assert_true(settled(jeren));
  struct krv_id js = fleet_case(jeren, "prs_FirstName", "Zoya");
  fleet_sync_well(jeren);
  fleet_sync_well(k->a);
  assert_true(fleet_same(k->a, jeren, &js));
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      T(all_that_any_device_holds_comes_together_on_the_new_server),
      T(a_device_that_was_behind_in_the_roster_comes_along),
      T(an_approval_that_was_not_sent_goes_along),
      T(cut_at_any_byte_the_move_goes_on_with_the_same_bytes),
      T(a_move_that_never_arrived_is_followed_by_another_on_top),
      T(it_can_be_lost_once_more),
      T(the_recovery_key_moves_it_where_no_administrator_is_left),
      T(a_code_counts_by_an_administrator_whom_the_device_knows),
      T(every_bit_of_a_code_counts),
      T(an_older_code_is_not_taken),
      T(a_height_that_is_never_reached_locks_nobody_in),
      T(the_address_alone_moves_by_a_code_too),
      T(nobody_is_invited_before_the_list_names_the_server),
      T(invitations_by_the_old_key_are_told_and_no_others),
      T(a_second_administrator_with_the_founding_code_hears_that_it_is_used),
      T(both_move_it_to_servers_of_their_own),
      T(the_old_server_alive_again_hears_nothing_more),
      T(the_key_follows_a_signed_entry_and_keeps_no_ticket),
      T(the_roster_takes_no_key_back_below_a_code),
      T(who_joins_goes_to_the_server_of_his_invitation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
