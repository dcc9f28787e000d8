/* api_vault: making, opening, closing; status; doctor. */
#include <stdio.h>
#include <string.h>

#include "alarm.h"
#include "api.h"
#include "admit.h"
#include "approve.h"
#include "join.h"
#include "recovery.h"

struct opening {
  struct kerven_open_options options;
  struct krv_vault_options vault;
  struct krv_buf key_file;
};

static int read_options(const char *dir, const char *passphrase,
                        const struct kerven_open_options *given, struct opening *o) {
  krv_buf_init(&o->key_file, krv_host_env());
  memset(&o->vault, 0, sizeof o->vault);
  int status = api_options(&o->options, sizeof o->options, given, given ? given->size : 0);
  if (status == 0 && (!dir || !passphrase)) status = KRV_INVALID;
  if (status == 0 && o->options.key_file)
    status = krv_host_read_file(o->options.key_file, 64 * 1024, &o->key_file);
  o->vault.key_file = krv_buf_slice(&o->key_file);
  o->vault.read_only = o->options.read_only;
  o->vault.wait_ms = o->options.wait ? 5000 : 0;
  o->vault.cost = (struct krv_password_cost){o->options.argon_ops, o->options.argon_mem_kib};
  return status;
}

/* Takes vault and key file over, whatever comes of it. */
static int handle_new(struct krv_vault *vault, struct krv_buf *key_file, kerven **out) {
  kerven *k = krv_zalloc(krv_host_env(), 1, sizeof *k);
  if (!k) {
    krv_buf_wipe(key_file);
    krv_vault_close(vault);
    return KRV_NOMEM;
  }
  k->key_file = *key_file;
  krv_buf_init(&k->item_texts.buf, krv_host_env());
  int status = krv_world_open(krv_host_env(), vault, &k->world);
  if (status == 0) *out = k;
  if (status == 0) return 0;
  krv_buf_wipe(&k->key_file);
  krv_free(krv_host_env(), k);
  return status;
}

/* A new vault's first transaction: its keys. */
static int make_keys(struct krv_vault *vault) {
  struct krv_own_keys keys;
  krv_own_keys_random(krv_host_env(), &keys);
  int status = krv_vault_begin(vault);
  if (status == 0) status = krv_own_keys_save(vault, krv_host_env(), &keys);
  if (status == 0) status = krv_vault_commit(vault);
  krv_wipe(&keys, sizeof keys);
  return status;
}

bool kerven_passphrase_fits(const char *passphrase) {
  size_t characters = 0;
  bool words = false; /* something that is no number, however it is written */
  for (const char *c = passphrase; c && *c; c++) {
    characters += ((unsigned char)*c & 0xc0) != 0x80; /* not inside one of UTF-8 */
    words |= !strchr("0123456789 .,-/:", *c);
  }
  return words && characters >= KERVEN_PASSPHRASE_MIN;
}

void kerven_harden(void) {
  krv_host_harden();
}

int kerven_create(const char *dir, const char *passphrase,
                  const struct kerven_open_options *options, kerven **out) {
  struct opening o;
  struct krv_vault *vault = NULL;
  *out = NULL;
  krv_host_harden();
  if (krv_crypto_start() != 0) return KRV_CRYPTO;
  int status = read_options(dir, passphrase, options, &o);
  if (status == 0 && !kerven_passphrase_fits(passphrase)) status = KRV_PASSPHRASE;
  if (status == 0)
    status = krv_vault_create(krv_host_env(), dir, krv_slice_str(passphrase), &o.vault, &vault);
  if (status == 0) status = make_keys(vault);
  if (status == 0) return handle_new(vault, &o.key_file, out);
  krv_buf_wipe(&o.key_file);
  krv_vault_close(vault);
  return status;
}

int kerven_open_holder(const char *dir, const char *passphrase,
                       const struct kerven_open_options *options, kerven **out, long *holder) {
  struct opening o;
  struct krv_vault *vault = NULL;
  *out = NULL;
  *holder = 0;
  krv_host_harden();
  if (krv_crypto_start() != 0) return KRV_CRYPTO;
  int status = read_options(dir, passphrase, options, &o);
  if (status == 0)
    status =
        krv_vault_open(krv_host_env(), dir, krv_slice_str(passphrase), &o.vault, &vault, holder);
  if (status == 0) return handle_new(vault, &o.key_file, out);
  krv_buf_wipe(&o.key_file);
  return status;
}

int kerven_open(const char *dir, const char *passphrase, const struct kerven_open_options *options,
                kerven **out) {
  long holder;
  return kerven_open_holder(dir, passphrase, options, out, &holder);
}

void kerven_close(kerven *k) {
  if (!k) return;
  if (k->world->batch) krv_intake_rollback(k->world->batch);
  krv_buf_wipe(&k->key_file);
  krv_buf_wipe(&k->item_texts.buf);
  krv_world_close(k->world);
  krv_wipe(k, sizeof *k);
  krv_free(krv_host_env(), k);
}

int kerven_passphrase(kerven *k, const char *fresh) {
  struct krv_vault_options options;
  memset(&options, 0, sizeof options);
  options.key_file = krv_buf_slice(&k->key_file);
  api_begin(k);
  if (!fresh) return KRV_INVALID;
  int status = api_alone(k);
  if (status != 0) return status;
  if (!kerven_passphrase_fits(fresh))
    return api_fail(k, KRV_PASSPHRASE, "the new one has under %d characters, or digits alone",
                    KERVEN_PASSPHRASE_MIN);
  return krv_vault_passphrase(k->world->vault, krv_slice_str(fresh), &options);
}

bool api_lang(const char *name, enum krv_lang *out) {
  static const char *const names[KRV_LANG_COUNT] = {"en", "ru", "tk"};
  for (unsigned i = 0; name && i < KRV_LANG_COUNT; i++) {
    if (strcmp(name, names[i]) != 0) continue;
    *out = (enum krv_lang)i;
    return true;
  }
  return false;
}

void kerven_language(kerven *k, const char *lang) {
  enum krv_lang known;
  if (k && api_lang(lang, &known)) k->world->lang = known;
}

/* ---- status */

/* Takes what was appended to buf, cut to fit. */
static void name_into(char *out, size_t cap, struct krv_buf *buf) {
  size_t len = buf->len < cap - 1 ? buf->len : cap - 1;
  if (len > 0) memcpy(out, buf->data, len);
  out[len] = 0;
  krv_buf_reset(buf);
}

static void describe_member(const struct krv_world *world, struct kerven_status_report *out) {
  const struct krv_device *self = krv_world_self(world);
  struct krv_buf buf;
  krv_buf_init(&buf, world->env);
  out->membership = world->member.state == KRV_MEMBER_ALONE      ? KERVEN_ALONE
                    : world->member.state == KRV_MEMBER_FOUNDING ? KERVEN_FOUNDING
                                                                 : KERVEN_JOINING;
  out->practice = world->member.practice;
  out->last_sync_s = world->member.last_sync_s;
  out->roster_height = krv_roster_height(world->roster);
  snprintf(out->server, sizeof out->server, "%s", world->member.address);
  if (self) {
    out->membership = krv_device_active(self) ? KERVEN_MEMBER : KERVEN_REVOKED;
    krv_world_programme_name(world, &buf);
    name_into(out->programme, sizeof out->programme, &buf);
    krv_world_device_name(world, self->ix, &buf);
    name_into(out->name, sizeof out->name, &buf);
    krv_roles_format(self->roles, &buf);
    name_into(out->roles, sizeof out->roles, &buf);
    krv_id_hex(&self->id, out->device);
  } else {
    char words[64];
    if (krv_join_words(world, words) == 0) snprintf(out->words, sizeof out->words, "%.31s", words);
  }
  krv_buf_release(&buf);
}

/* The code of a type of case; -1: the schema has none of that name. */
static int32_t case_type(const struct krv_world *world, const char *name) {
  const struct krv_field *field =
      krv_schema_field_named(world->schema, 0, krv_slice_str("kvn_CaseType"));
  return field && field->list ? krv_schema_code(world->schema, field->list, krv_slice_str(name))
                              : -1;
}

static void count_cards(const struct krv_world *world, struct kerven_status_report *out) {
  int32_t referral = case_type(world, "referral"), directory = case_type(world, "directory");
  for (uint32_t i = 0; i < krv_index_count(world->index); i++) {
    const struct krv_card *card = krv_index_at(world->index, i);
    out->referrals += card->type == referral;
    out->directory += card->type == directory;
    out->cases += card->type != referral && card->type != directory;
    out->commits += card->commits;
    out->held += card->held;
    out->conflicts += card->conflicts > 0;
    out->forked += (card->flags & KRV_CARD_FORKED) != 0;
    out->keyless += (card->flags & KRV_CARD_KEYLESS) != 0;
    out->quarantined += (card->flags & KRV_CARD_QUARANTINED) != 0;
    out->without_effect += card->voids;
    if (api_sync_state(world, card) != KERVEN_DELIVERED && card->own_n > card->own_receipt_n)
      out->unreceipted += card->own_n - card->own_receipt_n;
  }
}

struct asking {
  struct krv_world *world;
  uint64_t count, plain;
};

/* Devices that an administrator signed in and that wait for a group which this one keeps. */
static void count_waiting(const struct krv_world *world, struct kerven_status_report *out) {
  for (krv_device_ix i = 0; i < krv_roster_device_count(world->roster); i++)
    out->requests += world->member.state == KRV_MEMBER_IN && i != world->member.device &&
                     krv_admit_waits(world, krv_roster_device(world->roster, i));
}

/* Who cannot approve it need not be told of it. */
static int count_request(void *ctx, const struct krv_request *request) {
  struct asking *asking = ctx;
  bool counts =
      !request->approved && !request->refused && krv_request_ours(asking->world, request);
  asking->count += counts;
  asking->plain += counts && krv_request_plain(asking->world, request);
  return 0;
}

static int count_alarms(struct krv_world *world, struct kerven_status_report *out) {
  uint64_t copies = 0;
  int status = krv_alarm_unseen(world, &out->alarms);
  if (status == 0) status = krv_alarm_count(world, KRV_ALARM_COPY_IN_USE, &copies);
  if (status == 0)
    status = krv_alarm_count(world, KRV_ALARM_STRANGE_RECEIPT, &out->strange_receipts);
  out->copy_in_use = copies > 0;
  return status;
}

/* A practice programme has nothing to be recovered. */
static int count_recovery(struct krv_world *world, struct kerven_status_report *report) {
  struct krv_recovery_state state;
  int status = krv_recovery_state(world, &state);
  bool due = state.here && !state.exported && !report->practice;
  report->recovery_due = status == 0 && due && world->member.state == KRV_MEMBER_IN;
  return status;
}

int kerven_status(kerven *k, struct kerven_status_report *out) {
  struct kerven_status_report report = {.size = sizeof report};
  api_begin(k);
  size_t size = out->size;
  if (size < sizeof(size_t) || size > 65536) return KRV_INVALID;
  describe_member(k->world, &report);
  count_cards(k->world, &report);
  report.vault_bytes = krv_vault_bytes(k->world->vault);
  report.unsent = api_unsent(k->world);
  struct asking asking = {.world = k->world};
  uint64_t aside;
  int status = krv_vault_count(k->world->vault, KRV_MARK_REFUSED, &report.refused);
  if (status == 0) status = krv_vault_aside_count(k->world->vault, &aside);
  if (status == 0) report.keyless += aside;
  if (status == 0) status = krv_requests(k->world, count_request, &asking);
  report.requests = asking.count;
  report.requests_plain = asking.plain;
  count_waiting(k->world, &report);
  if (status == 0) status = count_alarms(k->world, &report);
  if (status == 0) status = count_recovery(k->world, &report);
  report.size = size;
  memcpy(out, &report, size < sizeof report ? size : sizeof report);
  return status;
}

/* ---- doctor */

struct doctor {
  void (*finding)(void *ctx, const char *sentence);
  void *ctx;
  uint32_t count;
};

static void found(void *ctx, const char *sentence) {
  struct doctor *d = ctx;
  d->count++;
  if (d->finding) d->finding(d->ctx, sentence);
}

/* Every case is folded anew from its sealed commits and compared with what is stored. */
static int examine_case(struct krv_world *world, const struct krv_id *id, struct doctor *d) {
  char hex[KRV_ID_HEX_LEN], sentence[160];
  bool same = false;
  krv_id_hex(id, hex);
  int status = krv_intake_audit(world, id, &same);
  if (status == KRV_NOMEM || status == KRV_IO) return status;
  if (status == 0 && same) return 0;
  snprintf(sentence, sizeof sentence, "case %s: its merged state is not what its commits make (%s)",
           hex, krv_status_text(status == 0 ? KRV_DAMAGED : status));
  found(d, sentence);
  return 0;
}

int kerven_doctor(kerven *k, void (*finding)(void *ctx, const char *sentence), void *ctx) {
  struct doctor d = {finding, ctx, 0};
  api_begin(k);
  int status = api_alone(k); /* it judges what is saved */
  if (status == 0) status = krv_vault_check(k->world->vault, found, &d);
  if (status != 0 && status != KRV_DAMAGED) return status;
  for (uint32_t i = 0; i < krv_index_count(k->world->index); i++) {
    struct krv_id id = krv_index_at(k->world->index, i)->id;
    status = examine_case(k->world, &id, &d);
    if (status != 0) return status;
  }
  return d.count == 0 ? 0 : KRV_DAMAGED;
}
