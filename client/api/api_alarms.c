/* api_alarms: what a person must be told, as sentences: what happened, and what to do. Names come
 * from the roster; nothing of a case but its id is told. */
#include <stdio.h>
#include <string.h>

#include "alarm.h"
#include "api.h"
#include "fork.h"

struct alarms {
  struct kerven_iter base;
  int64_t lid;
};

/* %d in a sentence stands for the device and whose it is, %c for the case. */
static const struct text {
  enum krv_alarm_kind kind;
  const char *name, *what, *advice;
} texts[] = {
    {KRV_ALARM_COPY_IN_USE, "copy_in_use",
     "This vault was restored from a copy, or a copy of it is in use: changes came that it has "
     "signed and does not know. They were taken in, nothing is lost.",
     "Tell the office. If nobody restored this vault from a copy, its keys are in other hands: "
     "stop using it, and ask for a new invitation."},
    {KRV_ALARM_LINE_FORK, "line_fork",
     "%d wrote two histories in %c: its vault was restored from a copy, or a copy is in use. Both "
     "were taken in.",
     "Ask whoever uses the device whether the vault was restored. If it was not, its keys are in "
     "other hands: have it taken out of use."},
    {KRV_ALARM_ROSTER_FORK, "roster_fork",
     "Two lists of members are in use in this programme, signed by %d: the server lost its disk "
     "between two approvals, or somebody does not keep to the rules. Nobody is added meanwhile.",
     "Look at kerven roster show, and speak with the other administrators: two of them end it."},
    {KRV_ALARM_QUOTA, "quota",
     "The server refused changes of %d: the device has used up its quota. They stay on the device.",
     "Find out what the device sends. If it is honest work, enrol a further device of this member; "
     "if it is not, have it taken out of use."},
    {KRV_ALARM_STRANGE_RECEIPT, "strange_receipt",
     "%d confirmed changes of this vault that it does not know: it was restored from a copy, or a "
     "copy is in use, or the server makes confirmations up.",
     "Sync once more. If the changes do not come, tell the office."},
    {KRV_ALARM_PASSED_OVER, "passed_over",
     "More came in the name of %d than a vault or a case takes: requests to join, documents, keys, "
     "or changes. It was passed over, or waits in its case; all else goes on.",
     "Find out what the device sends. If it is no honest work, have it taken out of use."},
    {KRV_ALARM_OVERTAKEN, "overtaken",
     "A change that this device has signed for the list of members, about %d, was overtaken: "
     "somebody else changed the list first, and it does not hold any more.",
     "Look at kerven members and kerven group list, and make it again if it is still meant."},
    {KRV_ALARM_DAMAGED_CASE, "damaged_case",
     "Something of %c is damaged in this vault: what comes for it waits at the server. All else "
     "goes on.",
     "Look closer with kerven doctor, keep a copy of the vault as it is, and tell the office."},
};

/* About nobody, or several. */
static const char overtaken[] = "A change that this device has signed for the list of members, or "
                                "a publication, was overtaken: "
                                "somebody else came first, and it does not hold any more.";
/* A fork of no one case. */
static const char two_lives[] = "%d has signed changes that its vault does not know: that was "
                                "restored from a copy, or a copy is "
                                "in use. All were taken in.";

static const struct text *text_of(enum krv_alarm_kind kind) {
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (texts[i].kind == kind) return &texts[i];
  return NULL;
}

static void put_device(const struct krv_world *world, krv_device_ix ix, struct krv_buf *out) {
  const struct krv_device *device = krv_world_author(world, ix);
  char hex[KRV_ID_HEX_LEN], text[32];
  if (!device) {
    krv_buf_put(out, krv_slice_str("several devices"));
    return;
  }
  krv_id_hex(&device->id, hex);
  snprintf(text, sizeof text, "device %.8s of ", hex);
  krv_buf_put(out, krv_slice_str(text));
  krv_world_device_name(world, ix, out);
}

static void put_case(const struct krv_id *kase, struct krv_buf *out) {
  char hex[KRV_ID_HEX_LEN];
  krv_id_hex(kase, hex);
  if (krv_id_is_zero(kase)) krv_buf_put(out, krv_slice_str("several cases"));
  else krv_buf_put(out, krv_slice_str("case "));
  if (!krv_id_is_zero(kase)) krv_buf_put(out, krv_slice(hex, 12));
}

static api_text put_sentence(struct alarms *a, const struct krv_alarm *alarm, const char *form) {
  struct krv_buf *out = &a->base.texts.buf;
  api_text handle = api_put_begin(&a->base.texts);
  size_t start = out->len;
  for (const char *hole; (hole = strchr(form, '%')) != NULL; form = hole + 2) {
    krv_buf_put(out, krv_slice(form, (size_t)(hole - form)));
    if (hole[1] == 'd') put_device(a->base.k->world, alarm->device, out);
    else put_case(&alarm->kase, out);
  }
  krv_buf_put(out, krv_slice_str(form));
  if (out->len > start && out->data[start] >= 'a' && out->data[start] <= 'z')
    out->data[start] = (uint8_t)(out->data[start] - 'a' + 'A');
  api_put_end(&a->base.texts);
  return handle;
}

int kerven_alarms(kerven *k, kerven_iter **out) {
  api_begin(k);
  *out = NULL;
  struct alarms *a = api_iter_new(k, sizeof *a, NULL);
  if (!a) return KRV_NOMEM;
  *out = &a->base;
  return 0;
}

static const char *sentence(const struct text *text, const struct krv_alarm *alarm,
                            const struct krv_device *device) {
  if (alarm->kind == KRV_ALARM_LINE_FORK && krv_id_is_zero(&alarm->kase)) return two_lives;
  return alarm->kind == KRV_ALARM_OVERTAKEN && !device ? overtaken : text->what;
}

int kerven_alarms_next(kerven_iter *iter, struct kerven_alarm_item *out) {
  static const struct text unknown = {.name = "unknown",
                                      .what = "Something that a newer kerven knows of.",
                                      .advice = "Use that version."};
  struct alarms *a = (struct alarms *)iter;
  struct krv_world *world = iter->k->world;
  struct krv_alarm alarm;
  api_iter_step(iter);
  memset(out, 0, sizeof *out);
  int status = krv_alarm_next(world, a->lid, &alarm);
  if (status != 0) return status == KRV_END ? KERVEN_END : status;
  a->lid = alarm.lid;
  const struct text *text = text_of(alarm.kind);
  const struct krv_device *device = krv_world_author(world, alarm.device);
  if (!text) text = &unknown;
  api_text name = api_put_begin(&iter->texts);
  if (device) krv_world_device_name(world, alarm.device, &iter->texts.buf);
  api_put_end(&iter->texts);
  api_text what = put_sentence(a, &alarm, sentence(text, &alarm, device));
  out->number = alarm.lid;
  out->kind = text->name;
  out->since_s = alarm.since_s;
  out->last_s = alarm.last_s;
  out->count = alarm.count;
  out->seen = alarm.seen;
  if (device) krv_id_hex(&device->id, out->device);
  if (!krv_id_is_zero(&alarm.kase)) krv_id_hex(&alarm.kase, out->kase);
  out->name = api_get(&iter->texts, name);
  out->what = api_get(&iter->texts, what);
  out->advice = text->advice;
  return iter->texts.buf.status;
}

int kerven_alarm_see(kerven *k, int64_t number) {
  struct krv_intake *intake;
  bool own;
  api_begin(k);
  if (number < 0) return KRV_INVALID;
  int status = api_intake(k, &intake, &own);
  if (status != 0) return status;
  status = api_close(intake, own, krv_alarm_see(k->world, number));
  if (status == KRV_NOT_FOUND)
    return api_fail(k, status, "no alarm has the number %lld", (long long)number);
  return status;
}
