/* A vault that an older kerven wrote: its states lack what this one keeps of notes, their places.
 * They read as they did, and are folded anew from the commits when the vault is opened to write. */
#include "mock.h"

#include <stdio.h>

#include "fleet.h"
#include "upgrade.h"
#include "vaultkit.h"

enum { VERSION_AT = 63 }; /* the last byte of SQLite's user version */
static const char *const words[] = {"the first note", "the second", "the third", "the fourth"};
enum { NOTES = sizeof words / sizeof words[0] };

static struct fleet fleet;
static struct fleet_device *a, *b;
static struct krv_id kase;

/* One save with all the notes, which everybody has. */
static int setup(void **state) {
  (void)state;
  fleet_init(&fleet, 24, false);
  a = fleet_found(&fleet, "Aygul");
  b = fleet_join(&fleet, "office", "Bahar");
  struct krv_edit *edit;
  struct krv_intake *intake;
  bool written;
  assert_int_equal(krv_edit_new(a->world, NULL, &edit), 0);
  for (uint32_t i = 0; i < NOTES; i++)
    assert_int_equal(krv_edit_note(edit, krv_slice_str(""), krv_slice_str(words[i])), 0);
  assert_int_equal(krv_intake_begin(a->world, &intake), 0);
  assert_int_equal(krv_edit_save(edit, intake, &kase, &written), 0);
  assert_int_equal(krv_intake_commit(intake), 0);
  krv_edit_free(edit);
  fleet_rounds(&fleet, 2);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  fleet_release(&fleet);
  return 0;
}

static int64_t format_of(struct fleet_device *device) {
  int64_t format = 0;
  assert_int_equal(krv_vault_format(device->world->vault, &format), 0);
  return format;
}

/* An older one kept nothing of what receipts said: the count, 0, stands behind the waits. */
static void strip_voids(struct krv_buf *state) {
  struct krv_in in = krv_in(krv_buf_slice(state));
  uint8_t id[16];
  (void)krv_in_varint(&in, UINT32_MAX);
  (void)krv_in_varint(&in, UINT64_MAX);
  krv_in_copy(&in, id, sizeof id);
  (void)krv_in_varint(&in, UINT64_MAX);
  (void)krv_in_varint(&in, UINT64_MAX);
  for (uint64_t waits = 2 * krv_in_varint(&in, UINT32_MAX); waits > 0; waits--)
    (void)krv_in_varint(&in, UINT64_MAX);
  size_t at = state->len - krv_in_left(&in);
  assert_int_equal(state->data[at], 0);
  memmove(state->data + at, state->data + at + 1, state->len - at - 1);
  state->len--;
}

/* What an older one would have stored: [record, field, item, value, writer]. */
static void strip_places(struct krv_buf *state) {
  for (uint32_t i = 1; i < NOTES; i++) {
    enum { BEFORE = 1 + 1 + 3 + 10 + 1 }; /* array, record 0, field, item, head of the text */
    size_t len = strlen(words[i]), at = 0;
    while (memcmp(state->data + at, words[i], len) != 0) at++;
    assert_int_equal(state->data[at - BEFORE], 0x96);
    state->data[at - BEFORE] = 0x95;
    uint8_t *place = state->data + at + len + 1; /* behind the writer, which is below 128 */
    assert_int_equal(*place, i);
    memmove(place, place + 1, (size_t)(state->data + state->len - place) - 1);
    state->len--;
  }
}

static void set_version(const struct fleet_device *device, int version) {
  char path[128];
  (void)snprintf(path, sizeof path, "%s/vault.db", device->dir);
  FILE *file = fopen(path, "r+b");
  assert_non_null(file);
  assert_int_equal(fseek(file, VERSION_AT, SEEK_SET), 0);
  assert_int_equal(fputc(version, file), version);
  assert_int_equal(fclose(file), 0);
}

static void make_older(struct fleet_device *device) {
  struct krv_vault *vault = device->world->vault;
  const struct krv_card *card = fleet_card(device, &kase);
  struct krv_buf state, card_bytes;
  int64_t lid = card->lid;
  krv_buf_init(&state, &device->t.env);
  krv_buf_init(&card_bytes, &device->t.env);
  krv_card_encode(card, &card_bytes);
  assert_int_equal(krv_vault_case_state(vault, lid, &state), 0);
  strip_places(&state);
  strip_voids(&state);
  assert_int_equal(krv_vault_begin(vault), 0);
  assert_int_equal(krv_vault_case_put(vault, &lid, &kase, krv_buf_slice(&card_bytes),
                                      krv_buf_slice(&state)), 0);
  assert_int_equal(krv_vault_commit(vault), 0);
  krv_buf_release(&state);
  krv_buf_release(&card_bytes);
  fleet_close(device);
  set_version(device, 1);
}

/* In the order in which they were written? */
static bool in_order(struct fleet_device *device) {
  static const struct krv_record_id record_0;
  enum { NOTE_TEXT = 3329 };
  struct krv_folder *folder;
  struct krv_view view;
  bool right = true;
  assert_int_equal(krv_folder_load_id(device->world, &kase, &folder), 0);
  assert_int_equal(krv_view_init(&view, &device->t.env, krv_case_state(folder->kase),
                                 device->world->schema), 0);
  const struct krv_shown_field *field = krv_view_field(&view, &record_0, NOTE_TEXT);
  assert_int_equal(field->count, NOTES);
  for (uint32_t i = 0; i < NOTES; i++) {
    struct krv_value value;
    assert_int_equal(krv_value_decode(field->values[i].value, &value), 0);
    right = right && krv_slice_equal(value.as.text, krv_slice_str(words[i]));
  }
  krv_view_release(&view);
  krv_folder_free(folder);
  return right;
}

static bool is_sound(struct fleet_device *device) {
  bool same;
  assert_int_equal(krv_intake_audit(device->world, &kase, &same), 0);
  return same;
}

static void notes_of_one_save_are_shown_as_they_were_written_on_every_device(void **state) {
  (void)state;
  assert_true(in_order(a) && in_order(b));
  assert_true(fleet_agree(&fleet, &kase, 2));
  assert_int_equal(format_of(a), KRV_VAULT_FORMAT);
}

static void a_vault_of_the_first_format_is_folded_anew_once_when_it_is_opened(void **state) {
  (void)state;
  make_older(a);
  fleet_open(a);
  assert_int_equal(format_of(a), KRV_VAULT_FORMAT);
  assert_true(in_order(a) && is_sound(a));
  assert_true(fleet_agree(&fleet, &kase, 2));
  fleet_close(a);
  fleet_open(a);
  assert_int_equal(format_of(a), KRV_VAULT_FORMAT);
}

static void one_that_is_only_read_reads_as_it_did_and_stays_what_it_is(void **state) {
  (void)state;
  struct krv_vault_options options = krv_vaultkit_options;
  struct krv_vault *vault;
  make_older(a);
  options.read_only = true;
  assert_int_equal(krv_vault_open(&a->t.env, a->dir, krv_vaultkit_passphrase(), &options, &vault,
                                  NULL), 0);
  assert_int_equal(krv_world_open(&a->t.env, vault, &a->world), 0);
  assert_int_equal(format_of(a), 1);
  assert_false(in_order(a)); /* by their ids, which are random */
  fleet_close(a);
  fleet_open(a);
  assert_true(in_order(a));
}

static void a_vault_of_a_later_format_is_left_alone(void **state) {
  (void)state;
  struct krv_vault *vault;
  fleet_close(a);
  set_version(a, KRV_VAULT_FORMAT + 1);
  assert_int_equal(krv_vault_open(&a->t.env, a->dir, krv_vaultkit_passphrase(),
                                  &krv_vaultkit_options, &vault, NULL), KRV_NEWER);
  set_version(a, KRV_VAULT_FORMAT);
  fleet_open(a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(notes_of_one_save_are_shown_as_they_were_written_on_every_device),
      cmocka_unit_test(a_vault_of_the_first_format_is_folded_anew_once_when_it_is_opened),
      cmocka_unit_test(one_that_is_only_read_reads_as_it_did_and_stays_what_it_is),
      cmocka_unit_test(a_vault_of_a_later_format_is_left_alone),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
