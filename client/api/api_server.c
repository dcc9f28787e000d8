/* api_server: moving the programme to another server, and the codes that tell it (R17). */
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "pin.h"
#include "sync_uv.h"

static const struct api_meaning speaking[] = {
    {KRV_DENIED, "only an administrator may do that, or whoever holds the recovery key"},
    {KRV_NO_KEY, "the recovery key is not in this vault"},
    {KRV_STATE, "the list of members does not name this server yet; sync with it first"},
    {KRV_INVALID, "the address is not HOST:PORT"},
    {0, NULL}};

static const struct api_meaning using[] = {
    {KRV_NOT_APPROVED,
     "this vault was never let in; ask for a new invitation, and take it with kerven join, here"},
    {KRV_OTHER_PROGRAMME, "the code is of another programme"},
    {KRV_NOT_FOUND, "this device does not know who signed the code; ask for one by an "
                    "administrator whom it knows, "
                    "or by the recovery key (kerven server code --recovery)"},
    {KRV_CRYPTO,
     "the code's signature is not that of an administrator whom this device knows; ask for one by "
     "the recovery key (kerven server code --recovery)"},
    {KRV_DENIED, "who signed the code is no administrator, as far as this device knows; ask "
                 "another one, or for "
                 "one by the recovery key (kerven server code --recovery)"},
    {KRV_STALE, "the code is older than what this device knows; ask for a newer one"},
    {KRV_FORK,
     "another server is known to this device for the same entry of the list of members; ask which "
     "one is right, see kerven roster show, or ask for a code by the recovery key"},
    {0, NULL}};

static int copy_code(struct krv_buf *text, int status, char *code) {
  if (status == 0) status = text->status;
  if (status == 0 && text->len >= KERVEN_INVITE_TEXT_MAX) status = KRV_TOO_LARGE;
  if (status == 0) {
    memcpy(code, text->data, text->len);
    code[text->len] = 0;
  }
  krv_buf_wipe(text);
  return status;
}

static int make_code(kerven *k, enum krv_word word, const char *address, char *code) {
  struct krv_buf text;
  krv_buf_init(&text, krv_host_env());
  int status = krv_pin_code(k->world, word, address, &text);
  return api_explain(k, copy_code(&text, status, code), speaking);
}

static int begin(kerven *k, const struct kerven_server_options *given,
                 struct kerven_server_options *options) {
  api_begin(k);
  int status = api_options(options, sizeof *options, given, given ? given->size : 0);
  if (status == 0) status = api_alone(k);
  if (status == 0 && k->syncing) status = api_fail(k, KRV_STATE, "a sync is under way");
  return status;
}

static enum krv_word word_of(const struct kerven_server_options *options) {
  return options->recovery ? KRV_WORD_RECOVERY : KRV_WORD_DEVICE;
}

/* The list of members, and then a sync like any other. What fails after the new server has the list
 * goes on with the next sync. */
static int bring(kerven *k, int timeout_ms) {
  struct krv_sync_link link = {.timeout_ms = timeout_ms > 0 ? (uint32_t)timeout_ms : 30000};
  struct krv_sync_counts counts;
  int status = krv_sync_over_tcp(k->world, &link, &counts);
  if (status != 0) status = api_sync_failed(k, status, &counts);
  return k->world->pin.moving ? status : 0;
}

int kerven_server_move(kerven *k, const char *founding_code,
                       const struct kerven_server_options *given, char *code) {
  struct kerven_server_options options;
  struct krv_founding_code founding;
  code[0] = 0;
  int status = begin(k, given, &options);
  if (status == 0 && !founding_code) status = KRV_INVALID;
  if (status == 0) status = krv_founding_parse(krv_slice_str(founding_code), &founding);
  if (status != 0) return status;
  status = krv_pin_move(k->world, &founding, word_of(&options));
  krv_wipe(&founding, sizeof founding);
  if (status != 0) return api_explain(k, status, speaking);
  status = bring(k, options.timeout_ms);
  if (status != 0) return status;
  char sync_failed[sizeof k->detail];
  memcpy(sync_failed, k->detail, sizeof sync_failed);
  status = make_code(k, word_of(&options), NULL, code);
  if (status == 0) memcpy(k->detail, sync_failed, sizeof k->detail);
  return status;
}

int kerven_server_code(kerven *k, const struct kerven_server_options *given, char *code) {
  struct kerven_server_options options;
  code[0] = 0;
  int status = begin(k, given, &options);
  if (status == 0 && k->world->pin.moving)
    status = api_fail(k, KRV_STATE, "a move to %s is under way; finish it with kerven sync",
                      k->world->member.address);
  return status == 0 ? make_code(k, word_of(&options), options.address, code) : status;
}

int kerven_server_use(kerven *k, const char *code) {
  struct kerven_server_options options;
  struct krv_server_code server;
  int status = begin(k, NULL, &options);
  if (status == 0 && !code) status = KRV_INVALID;
  if (status == 0) status = krv_server_code_parse(krv_slice_str(code), &server);
  if (status != 0) return status;
  return api_explain(k, krv_pin_use(k->world, &server), using);
}

int kerven_server(kerven *k, struct kerven_server_report *out) {
  struct kerven_server_report report = {.size = sizeof report};
  const struct krv_world *world = k->world;
  api_begin(k);
  size_t size = out->size;
  if (size < sizeof(size_t) || size > 65536) return KRV_INVALID;
  if (!krv_roster_founded(world->roster)) return KRV_NOT_APPROVED;
  snprintf(report.address, sizeof report.address, "%s", world->member.address);
  for (size_t i = 0; i < 8; i++)
    snprintf(report.key + 2 * i, 3, "%02x", world->member.server_pk.b[i]);
  report.moving = world->pin.moving;
  report.confirmed = krv_pin_settled(world);
  report.since = report.confirmed ? krv_roster_server_since(world->roster) : world->pin.since;
  report.size = size;
  memcpy(out, &report, size < sizeof report ? size : sizeof report);
  return 0;
}

int kerven_server_void(kerven *k, void (*each)(void *ctx, const char *name), void *ctx) {
  api_begin(k);
  return krv_pin_void(k->world, each, ctx);
}
