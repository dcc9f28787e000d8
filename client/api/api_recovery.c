/* api_recovery: the programme's recovery key, its shares, and what it mends (R13). */
#include <string.h>

#include "api.h"
#include "mend.h"
#include "recovery.h"

_Static_assert((int)KERVEN_SHARES == (int)KRV_SHARES, "one number of shares");
_Static_assert((int)KERVEN_SHARE_TEXT_MAX == (int)KRV_SHARE_TEXT_MAX, "one length of a share");

static const struct api_meaning taking[] = {
    {KRV_INVITE_BAD, "the share is not complete, or has a typing error"},
    {KRV_OTHER_PROGRAMME, "the share is of another programme"},
    {KRV_EXISTS, "this is the same share twice; two different ones are needed"},
    {KRV_INVALID,
     "these two shares do not belong together: they are of two different exports, and fit only "
     "shares of their own"},
    {KRV_CRYPTO, "these two shares do not give the recovery key: one of them is wrong"},
    {KRV_STATE, "the recovery key is in this vault already"},
    {KRV_NO_KEY, "the recovery key is not in this vault"},
    {0, NULL}};

static const struct api_meaning forgetting[] = {
    {KRV_NO_KEY, "the recovery key is not in this vault"},
    {KRV_STATE, "its shares were never exported, so it would be lost for good"},
    {KRV_BUSY, "what this vault has signed has not gone out yet"},
    {0, NULL}};

static const struct api_meaning mending[] = {
    {KRV_NO_KEY, "the recovery key is not in this vault"},
    {KRV_INVALID, "of a device's number at least 16 digits are needed"},
    {KRV_NOT_FOUND, "no active device has this number"},
    {KRV_EXISTS, "it is so already, or will be after the next sync"},
    {0, NULL}};

int kerven_recovery(kerven *k, struct kerven_recovery_report *out) {
  struct kerven_recovery_report report;
  struct krv_recovery_state state;
  api_begin(k);
  size_t size = out->size;
  if (size < sizeof(size_t) || size > 65536) return KRV_INVALID;
  memset(&report, 0, sizeof report);
  int status = krv_recovery_state(k->world, &state);
  if (status == 0) status = krv_recovery_boxed(k->world, KRV_GROUP_OFFICE, &report.office);
  report.here = state.here;
  report.exported = state.exported;
  report.taken = state.taken;
  report.forgotten = state.forgotten;
  report.size = size;
  memcpy(out, &report, size < sizeof report ? size : sizeof report);
  return status;
}

static int write_share(const struct krv_recovery_share *share, char out[KERVEN_SHARE_TEXT_MAX]) {
  struct krv_buf text;
  krv_buf_init(&text, krv_host_env());
  krv_recovery_share_format(share, &text);
  int status = text.status;
  if (status == 0 && text.len >= KERVEN_SHARE_TEXT_MAX) status = KRV_TOO_LARGE;
  if (status == 0) memcpy(out, text.data, text.len);
  krv_buf_wipe(&text);
  return status;
}

int kerven_recovery_export(kerven *k, bool fresh,
                           char shares[KERVEN_SHARES][KERVEN_SHARE_TEXT_MAX]) {
  struct krv_recovery_share split[KRV_SHARES];
  const size_t size = (size_t)KERVEN_SHARES * KERVEN_SHARE_TEXT_MAX;
  api_begin(k);
  memset(shares, 0, size);
  int status = api_alone(k);
  if (status == 0) status = krv_recovery_split(k->world, fresh, split);
  for (size_t i = 0; status == 0 && i < KERVEN_SHARES; i++)
    status = write_share(&split[i], shares[i]);
  if (status != 0) krv_wipe(shares, size);
  krv_wipe(split, sizeof split);
  return api_explain(k, status, taking);
}

int kerven_recovery_share(kerven *k, const char *share, unsigned *number) {
  struct krv_recovery_share read;
  api_begin(k);
  *number = 0;
  int status = share ? krv_recovery_share_parse(krv_slice_str(share), &read) : KRV_INVITE_BAD;
  if (status == 0) {
    status = krv_recovery_fits(k->world, &read);
    if (status == 0) *number = read.number;
    krv_wipe(&read, sizeof read);
  }
  return api_explain(k, status, taking);
}

int kerven_recovery_take(kerven *k, const char *first, const char *second) {
  struct krv_recovery_share a, b;
  api_begin(k);
  memset(&b, 0, sizeof b);
  int status = api_alone(k);
  if (status == 0 && (!first || !second)) status = KRV_INVITE_BAD;
  if (status != 0) return status;
  status = krv_recovery_share_parse(krv_slice_str(first), &a);
  if (status == 0) status = krv_recovery_share_parse(krv_slice_str(second), &b);
  if (status == 0) status = krv_recovery_take(k->world, &a, &b);
  krv_wipe(&a, sizeof a);
  krv_wipe(&b, sizeof b);
  return api_explain(k, status, taking);
}

int kerven_recovery_forget(kerven *k) {
  api_begin(k);
  int status = api_alone(k);
  if (status == 0) status = api_explain(k, krv_recovery_forget(k->world), forgetting);
  return status == KRV_BUSY ? KRV_STATE : status;
}

int kerven_recovery_keeper(kerven *k, const char *group, const char *device) {
  krv_group_ix ix;
  api_begin(k);
  int status = api_alone(k);
  if (status == 0 && !group) status = KRV_INVALID;
  if (status == 0) status = api_group(k, group, &ix);
  if (status == KRV_NOT_FOUND) return api_fail(k, status, "no group is called %.100s", group);
  if (status != 0) return status;
  return api_explain(k, krv_mend_keeper(k->world, ix, device), mending);
}

int kerven_recovery_administrator(kerven *k, const char *device) {
  api_begin(k);
  int status = api_alone(k);
  return status == 0 ? api_explain(k, krv_mend_administrator(k->world, device), mending) : status;
}
