/* api_edit: changing cases. */
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "share.h"

int kerven_edit_new(kerven *k, const char *kase, kerven_edit **out) {
  struct krv_id id;
  api_begin(k);
  *out = NULL;
  int status = krv_world_ready(k->world);
  if (status == 0 && kase) status = api_case(k, kase, &id);
  if (status != 0) return status;
  kerven_edit *edit = krv_zalloc(krv_host_env(), 1, sizeof *edit);
  if (!edit) return KRV_NOMEM;
  edit->k = k;
  status = krv_edit_new(k->world, kase ? &id : NULL, &edit->edit);
  if (status != 0) krv_free(krv_host_env(), edit);
  else *out = edit;
  return status;
}

void kerven_edit_free(kerven_edit *edit) {
  if (!edit) return;
  krv_edit_free(edit->edit);
  krv_free(krv_host_env(), edit);
}

static struct krv_slice text(const char *s) {
  return krv_slice_str(s ? s : "");
}

/* Every call on an edit begins so. */
static int begin(kerven_edit *edit) {
  api_begin(edit->k);
  return edit->saved ? api_fail(edit->k, KRV_STATE, "this edit was saved") : 0;
}

static int told(kerven_edit *edit, int status) {
  const char *detail = krv_edit_detail(edit->edit);
  if (status != 0 && detail[0]) return api_fail(edit->k, status, "%s", detail);
  return status;
}

int kerven_edit_set(kerven_edit *edit, const char *path, const char *value) {
  int status = begin(edit);
  return status == 0 ? told(edit, krv_edit_set(edit->edit, text(path), text(value))) : status;
}

int kerven_edit_option(kerven_edit *edit, const char *path, const char *option, bool on) {
  int status = begin(edit);
  return status == 0 ? told(edit, krv_edit_option(edit->edit, text(path), text(option), on))
                     : status;
}

int kerven_edit_note(kerven_edit *edit, const char *path, const char *note) {
  int status = begin(edit);
  return status == 0 ? told(edit, krv_edit_note(edit->edit, text(path), text(note))) : status;
}

int kerven_edit_resolve(kerven_edit *edit, const char *path, const char *value) {
  int status = begin(edit);
  return status == 0 ? told(edit, krv_edit_resolve(edit->edit, text(path), text(value))) : status;
}

int kerven_edit_delete(kerven_edit *edit, const char *record, bool deleted) {
  int status = begin(edit);
  return status == 0 ? told(edit, krv_edit_delete(edit->edit, text(record), deleted)) : status;
}

bool kerven_edit_technical(const kerven_edit *edit, const char *path) {
  return krv_edit_technical(edit->edit, text(path));
}

const char *kerven_edit_doubt(const kerven_edit *edit) {
  static const char *const texts[] = {
      [KRV_DOUBT_NONE] = "",
      [KRV_DOUBT_PHONE] = "no phone number with its country code, such as +993 12 345678",
      [KRV_DOUBT_EMAIL] = "no e-mail address",
      [KRV_DOUBT_FUTURE] = "a day in the future",
  };
  enum krv_doubt doubt = krv_edit_doubt(edit->edit);
  return doubt == KRV_DOUBT_LIST ? krv_edit_unlisted(edit->edit) : texts[doubt];
}

uint32_t kerven_edit_pending(const kerven_edit *edit) {
  return edit->saved ? 0 : krv_edit_count(edit->edit);
}

int kerven_edit_save(kerven_edit *edit, char *id) {
  struct krv_intake *intake;
  struct krv_id kase;
  bool own, written;
  if (id) id[0] = 0;
  int status = begin(edit);
  if (status == 0) status = api_intake(edit->k, &intake, &own);
  if (status != 0) return status;
  status = told(edit, krv_edit_save(edit->edit, intake, &kase, &written));
  if (status == KRV_DENIED && !edit->k->detail[0])
    api_fail(edit->k, status, "this case is shared with you to read, not to change");
  status = api_close(intake, own, status);
  edit->saved = status == 0 && written;
  if (status == 0 && id && !krv_id_is_zero(&kase)) krv_id_hex(&kase, id);
  return status;
}

int kerven_batch_begin(kerven *k) {
  api_begin(k);
  int status = api_alone(k);
  return status == 0 ? krv_intake_begin(k->world, &k->world->batch) : status;
}

int kerven_batch_end(kerven *k) {
  api_begin(k);
  struct krv_intake *batch = k->world->batch;
  k->world->batch = NULL;
  return batch ? krv_intake_commit(batch) : KRV_STATE;
}

int kerven_case_by_key(kerven *k, const char *import_key, char *id) {
  uint8_t key8[8];
  api_begin(k);
  id[0] = 0;
  if (!import_key) return KRV_INVALID;
  int status = k->world->batch ? krv_intake_settle(k->world->batch) : 0;
  if (status != 0) return status;
  krv_import_key8(import_key, strlen(import_key), key8);
  const struct krv_card *card = krv_index_by_import_key(k->world->index, key8);
  if (card) krv_id_hex(&card->id, id);
  return 0;
}

static int find_group(kerven *k, const char *name, krv_group_ix *group) {
  if (!name) return api_fail(k, KRV_INVALID, "nobody is named");
  int status = api_group(k, name, group);
  if (status == KRV_NOT_FOUND)
    return api_fail(k, status, "nobody and no group is called %.60s; `kerven members` lists them",
                    name);
  return status;
}

/* The case and the group that a command names, and the transaction for it. */
static int begin_sharing(kerven *k, const char *kase, const char *with, struct krv_id *id,
                         krv_group_ix *group, struct krv_intake **intake, bool *own) {
  api_begin(k);
  int status = krv_world_ready(k->world);
  if (status == 0) status = api_case(k, kase, id);
  if (status == 0) status = find_group(k, with, group);
  return status == 0 ? api_intake(k, intake, own) : status;
}

int kerven_share(kerven *k, const char *kase, const char *with, bool read_only) {
  struct krv_intake *intake;
  struct krv_id id;
  krv_group_ix group;
  bool own;
  int status = begin_sharing(k, kase, with, &id, &group, &intake, &own);
  if (status != 0) return status;
  status = group == KRV_GROUP_OFFICE && read_only /* it would be void (R9) */
               ? api_fail(k, KRV_DENIED, "the office reads and writes every case")
               : krv_share(intake, &id, group, read_only);
  return api_close(intake, own, status);
}

/* Who reads it through another group reads on: "no longer shared" would be wrong. */
static int shared_with(kerven *k, struct krv_intake *intake, const struct krv_id *id,
                       krv_group_ix group, const char *with) {
  struct krv_case_rights rights = krv_world_rights(k->world);
  struct krv_access_list list;
  struct krv_folder *folder;
  int status = krv_intake_folder(intake, id, &folder);
  if (status != 0) return status;
  krv_case_access(folder->kase, &rights, &list);
  if (krv_access_list_mode(&list, group) != KRV_ACCESS_NONE) return 0;
  return api_fail(k, KRV_NOT_FOUND, "the case is not shared with %.200s", with);
}

int kerven_unshare(kerven *k, const char *kase, const char *with) {
  struct krv_intake *intake;
  struct krv_id id;
  krv_group_ix group;
  bool own;
  int status = begin_sharing(k, kase, with, &id, &group, &intake, &own);
  if (status != 0) return status;
  if (group == KRV_GROUP_OFFICE)
    status = api_fail(k, KRV_DENIED, "the office reads every case by the programme's policy");
  if (status == 0) status = shared_with(k, intake, &id, group, with);
  return api_close(intake, own, status == 0 ? krv_unshare(intake, &id, group) : status);
}

struct empties {
  const struct kerven_refer_options *options;
};

static void tell_empty(void *ctx, struct krv_slice path) {
  const struct kerven_refer_options *options = ((struct empties *)ctx)->options;
  char name[256];
  snprintf(name, sizeof name, "%.*s", (int)path.len, (const char *)path.data);
  options->empty(options->ctx, name);
}

int kerven_refer(kerven *k, const char *kase, const struct kerven_refer_options *given,
                 char *child_id) {
  struct kerven_refer_options options;
  struct krv_referral referral;
  struct krv_intake *intake;
  struct krv_id id, child;
  bool own;
  child_id[0] = 0;
  api_begin(k);
  int status = api_options(&options, sizeof options, given, given ? given->size : 0);
  if (status != 0) return status;
  memset(&referral, 0, sizeof referral);
  referral.paths = text(options.share);
  referral.service = text(options.service);
  referral.reason = text(options.reason);
  referral.expires = text(options.expires);
  struct empties empties = {&options};
  if (options.empty) {
    referral.empty = tell_empty;
    referral.ctx = &empties;
  }
  status = begin_sharing(k, kase, options.to, &id, &referral.to, &intake, &own);
  if (status != 0) return status;
  struct krv_buf to;
  krv_buf_init(&to, krv_host_env());
  krv_world_group_name(k->world, referral.to, &to); /* not the digits that somebody wrote */
  referral.to_name = krv_buf_slice(&to);
  char detail[256];
  status = krv_refer(intake, &id, &referral, &child, detail, sizeof detail);
  krv_buf_release(&to);
  if (status != 0 && detail[0]) api_fail(k, status, "%s", detail);
  bool taken_back = status != 0 && !own;
  status = api_close(intake, own, status);
  if (taken_back)
    (void)krv_world_reload(k->world); /* of two cases, one may have got into the lists */
  if (status == 0) krv_id_hex(&child, child_id);
  return status;
}
