/* api_member: founding, inviting, joining, approving; who is in the programme. */
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "admit.h"
#include "approve.h"
#include "found.h"
#include "join.h"
#include "recoveryshare.h"
#include "servercode.h"
#include "sync_uv.h"

/* One session for founding or joining. */
static int talk_once(kerven *k, int timeout_ms) {
  struct krv_sync_link link = {.timeout_ms = timeout_ms > 0 ? (uint32_t)timeout_ms : 30000};
  struct krv_sync_counts counts;
  int status = krv_sync_over_tcp(k->world, &link, &counts);
  if (status == KRV_DENIED)
    return api_fail(k, status, "%s refuses this code: who made it has left, or may not invite",
                    k->world->member.address);
  return api_sync_failed(k, status, &counts);
}

/* Why this vault takes no such code. */
static int taken(kerven *k, int status) {
  bool in = k->world->member.state == KRV_MEMBER_IN;
  return api_fail(k, status, "%s",
                  in ? "this vault belongs to a programme already"
                     : "this vault has begun with another code; take a new folder for this one");
}

int kerven_found(kerven *k, const char *code, const struct kerven_found_options *given) {
  struct kerven_found_options options;
  struct krv_found_terms terms;
  api_begin(k);
  int status = api_options(&options, sizeof options, given, given ? given->size : 0);
  if (status != 0 || !code || !options.programme || !options.name)
    return api_fail(k, KRV_INVALID, "a code, a programme and a name are needed");
  status = api_alone(k);
  if (status == 0 && k->syncing) status = KRV_STATE;
  if (status == 0) status = api_name_free(k, options.name);
  if (status != 0) return status;
  memset(&terms, 0, sizeof terms);
  terms.programme = options.programme;
  terms.name = options.name;
  terms.practice = options.practice;
  status = krv_founding_parse(krv_slice_str(code), &terms.code);
  if (status == 0) status = krv_found_prepare(k->world, &terms);
  krv_wipe(&terms.code, sizeof terms.code);
  if (status == KRV_STATE) return taken(k, status);
  if (status == 0) status = talk_once(k, options.timeout_ms);
  return status;
}

static bool name_fits(const char *name) {
  return *name && strlen(name) <= KRV_NAME_SIZE_MAX;
}

static void own_name(const struct krv_world *world, char own[KRV_NAME_SIZE_MAX + 1]) {
  struct krv_buf name;
  krv_buf_init(&name, world->env);
  krv_world_device_name(world, world->member.device, &name);
  snprintf(own, KRV_NAME_SIZE_MAX + 1, "%.*s", (int)name.len,
           name.len > 0 ? (char *)name.data : "");
  krv_buf_wipe(&name);
}

/* One that is there, however it is named, or a new one by a name that may be had. */
static int free_agency(kerven *k, const char *name) {
  krv_group_ix group;
  int status = krv_world_agency_named(k->world, name, &group);
  return status == KRV_NOT_FOUND ? api_name_free(k, name) : status;
}

int kerven_invite(kerven *k, const struct kerven_invite_options *given, char *code) {
  struct kerven_invite_options options;
  struct krv_invite_request request = {.days = 14};
  char own[KRV_NAME_SIZE_MAX + 1];
  struct krv_buf text;
  api_begin(k);
  code[0] = 0;
  int status = api_options(&options, sizeof options, given, given ? given->size : 0);
  if (status != 0) return status;
  if (!options.my_device && (!options.name || !options.role))
    return api_fail(k, KRV_INVALID, "a role and a name are needed");
  status = api_alone(k);
  if (status == 0) status = krv_world_ready(k->world);
  if (status != 0) return status;
  if (!options.name) own_name(k->world, own);
  request.name = options.name ? options.name : own;
  if (!name_fits(request.name) || (options.agency && !name_fits(options.agency)))
    return api_fail(k, KRV_INVALID, "a name has 1 to %d bytes", KRV_NAME_SIZE_MAX);
  if (options.name) status = api_name_free(k, options.name);
  if (status == 0 && options.agency) status = free_agency(k, options.agency);
  if (status != 0) return status;
  request.agency = options.agency;
  request.my_device = options.my_device;
  if (options.days > 0) request.days = options.days;
  if (options.role) status = krv_roles_parse(krv_slice_str(options.role), &request.roles);
  if (status != 0) return api_fail(k, status, "role %.60s", options.role);
  krv_buf_init(&text, krv_host_env());
  status = krv_invite_make(k->world, &request, &text);
  if (status == 0 && text.len >= KERVEN_INVITE_TEXT_MAX) status = KRV_TOO_LARGE;
  if (status == 0) {
    memcpy(code, text.data, text.len);
    code[text.len] = 0;
  }
  krv_buf_wipe(&text);
  return status == 0 && !options.my_device ? api_name_doubt(k, options.name) : status;
}

enum kerven_code kerven_code_kind(const char *code) {
  struct krv_invitation invitation;
  struct krv_founding_code founding;
  struct krv_server_code server;
  struct krv_recovery_share share;
  struct krv_slice text = krv_slice_str(code ? code : "");
  enum kerven_code kind = krv_invitation_parse(text, &invitation) == 0 ? KERVEN_CODE_INVITATION
                          : krv_founding_parse(text, &founding) == 0   ? KERVEN_CODE_FOUNDING
                          : krv_server_code_parse(text, &server) == 0  ? KERVEN_CODE_SERVER
                          : krv_recovery_share_parse(text, &share) == 0 ? KERVEN_CODE_SHARE
                                                                        : KERVEN_CODE_NONE;
  krv_wipe(&invitation, sizeof invitation);
  krv_wipe(&founding, sizeof founding);
  krv_wipe(&share, sizeof share);
  return kind;
}

int kerven_join(kerven *k, const char *code, int timeout_ms) {
  api_begin(k);
  if (!code) return api_fail(k, KRV_INVALID, "a code is needed");
  int status = api_alone(k);
  if (status == 0 && k->syncing) status = KRV_STATE;
  if (status != 0) return status;
  const struct krv_member before = k->world->member;
  status = krv_join_prepare(k->world, krv_slice_str(code));
  if (status == KRV_STATE) return taken(k, status);
  if (status == 0) status = talk_once(k, timeout_ms);
  bool moved = before.state == KRV_MEMBER_JOINING &&
               memcmp(&before.server_pk, &k->world->member.server_pk, sizeof before.server_pk) != 0;
  if (status != 0 || !moved) return status;
  return api_fail(k, 0,
                  "the programme has moved to another server since this device asked: what it "
                  "asked there is void, and so are the check words that it showed");
}

struct approving {
  void (*each)(void *ctx, const struct kerven_approval *approval);
  void *ctx;
};

static void approved(void *ctx, const struct krv_request *request, int why_not) {
  struct approving *a = ctx;
  struct kerven_approval out = {
      .approved = why_not == 0, .why_not = why_not, .refused = request->refused};
  struct krv_buf roles;
  krv_buf_init(&roles, krv_host_env());
  krv_roles_format(request->join.terms.roles, &roles);
  snprintf(out.name, sizeof out.name, "%s", request->note.name);
  snprintf(out.words, sizeof out.words, "%s", request->words);
  snprintf(out.roles, sizeof out.roles, "%.*s", (int)roles.len,
           roles.len > 0 ? (char *)roles.data : "");
  krv_buf_release(&roles);
  if (a->each) a->each(a->ctx, &out);
}

/* A request with these words that the command cannot approve as it stands. */
struct spoken {
  kerven *k;
  const struct kerven_approve_options *options;
  bool found, further; /* further: a device of somebody who is in */
};

/* What is to be said of whom somebody else invited, and must not be said of whom this vault did. */
static int check_names(const struct spoken *s, const struct krv_request *request) {
  const struct kerven_approve_options *o = s->options;
  const struct krv_invite_note *note = &request->note;
  bool makes = request->join.has_agency_pk;
  if (request->own_invitation && ((o->name && strcmp(o->name, note->name) != 0) || o->agency))
    return api_fail(s->k, KRV_USAGE, "this vault invited it, as %s: leave --name and --agency out",
                    note->name);
  if (request->own_invitation || request->approved) return 0;
  if (o->name && (o->agency || !makes)) return 0;
  return api_fail(s->k, KRV_USAGE, "%s",
                  !makes ? "somebody else invited it, and only that person knows whose it is: "
                           "ask, and give --name"
                  : !o->name
                      ? "somebody else invited it, and only that person knows whose it is and "
                        "what the agency is called that it makes: ask, and give --name and --agency"
                      : "it makes an agency, and only who invited it knows what that is called: "
                        "ask, and give --agency");
}

static int doubtful(void *ctx, const struct krv_request *request) {
  struct spoken *s = ctx;
  struct krv_world *world = s->k->world;
  if (!krv_words_same(request->words, krv_slice_str(s->options->words))) return 0;
  s->found = true;
  s->further = !request->join.has_member_pk;
  if (!krv_request_ours(world, request)) {
    bool further = !request->join.has_member_pk;
    return api_fail(s->k, KRV_DENIED, "%s",
                    further ? "a further device is approved by the member whose it is"
                            : "an administrator approves it");
  }
  if (!s->options->refuse) return check_names(s, request);
  if (!request->approved) return 0;
  return api_fail(s->k, KRV_STATE, "it is approved already: the next sync lets it in");
}

static int explain(const struct spoken *s, int status) {
  kerven *k = s->k;
  const struct kerven_approve_options *options = s->options;
  if (status == KRV_NOT_FOUND && options->device)
    return api_fail(k, status, "no device with this number waits for a group of this vault");
  if (status == KRV_INVALID && options->device)
    return api_fail(k, status, "give at least %d digits", KRV_ADMIT_DIGITS_MIN);
  if (status == KRV_NOT_FOUND && s->found)
    return api_fail(k, status, "there is no agency called %.100s", options->agency);
  if (status == KRV_NOT_FOUND) return api_fail(k, status, "no request has these words");
  return status;
}

int kerven_approve(kerven *k, const struct kerven_approve_options *given,
                   void (*each)(void *ctx, const struct kerven_approval *approval), void *ctx) {
  struct kerven_approve_options options;
  struct approving a = {each, ctx};
  api_begin(k);
  int status = api_options(&options, sizeof options, given, given ? given->size : 0);
  if (status == 0) status = api_alone(k);
  if (status != 0) return status;
  if ((options.name && !name_fits(options.name)) || (options.agency && !name_fits(options.agency)))
    return api_fail(k, KRV_INVALID, "a name has 1 to %d bytes", KRV_NAME_SIZE_MAX);
  if (options.name) status = api_name_free(k, options.name);
  if (status == 0 && options.agency) status = free_agency(k, options.agency);
  if (status != 0) return status;
  struct krv_approve_choice choice = {.all = options.all,
                                      .words = options.words,
                                      .device = options.device,
                                      .refuse = options.refuse,
                                      .name = options.name,
                                      .agency = options.agency};
  struct spoken spoken = {.k = k, .options = &options};
  if (options.words) status = krv_requests(k->world, doubtful, &spoken);
  if (status != 0) return status;
  status = krv_approve(k->world, &choice, approved, &a);
  bool named = status == 0 && options.name && !spoken.further;
  return named ? api_name_doubt(k, options.name) : explain(&spoken, status);
}

/* ---- members */

struct members {
  struct kerven_iter base;
  krv_device_ix next;
  struct krv_request *requests;
  size_t request_count, request_cap, request_next;
  const char **groups; /* of the device that is told; NULL-terminated */
  api_text *handles;
};

static void members_release(struct kerven_iter *iter) {
  struct members *m = (struct members *)iter;
  /* the notes of our own invitations have their secrets */
  if (m->requests) krv_wipe(m->requests, m->request_cap * sizeof *m->requests);
  krv_free(krv_host_env(), m->requests);
  krv_free(krv_host_env(), m->groups);
  krv_free(krv_host_env(), m->handles);
}

static int keep_request(void *ctx, const struct krv_request *request) {
  struct members *m = ctx;
  int status = krv_grow(krv_host_env(), &m->requests, &m->request_cap, m->request_count,
                        sizeof *m->requests);
  if (status == 0) m->requests[m->request_count++] = *request;
  return status;
}

int kerven_members(kerven *k, kerven_iter **out) {
  api_begin(k);
  *out = NULL;
  struct members *m = api_iter_new(k, sizeof *m, members_release);
  if (!m) return KRV_NOMEM;
  int status = krv_requests(k->world, keep_request, m);
  if (status != 0) kerven_iter_free(&m->base);
  else *out = &m->base;
  return status;
}

/* Room for one that is in all groups. */
static int make_room(struct members *m) {
  uint32_t count = krv_roster_group_count(m->base.k->world->roster) + 1;
  krv_free(krv_host_env(), m->groups);
  krv_free(krv_host_env(), m->handles);
  m->groups = krv_zalloc(krv_host_env(), count, sizeof *m->groups);
  m->handles = krv_zalloc(krv_host_env(), count, sizeof *m->handles);
  return m->groups && m->handles ? 0 : KRV_NOMEM;
}

/* One by one; group_names when the texts rest. */
static uint32_t put_group_names(struct members *m, const struct krv_device *device) {
  const struct krv_world *world = m->base.k->world;
  uint32_t count = 0;
  for (krv_group_ix g = 0; g < krv_roster_group_count(world->roster); g++) {
    if (!krv_roster_membership(world->roster, device->ix, g, UINT32_MAX)) continue;
    m->handles[count++] = api_put_begin(&m->base.texts);
    krv_world_group_name(world, g, &m->base.texts.buf);
    api_put_end(&m->base.texts);
  }
  return count;
}

static api_text put_groups(struct members *m, const struct krv_device *device) {
  const struct krv_world *world = m->base.k->world;
  api_text handle = api_put_begin(&m->base.texts);
  bool first = true;
  for (krv_group_ix g = 0; g < krv_roster_group_count(world->roster); g++) {
    if (!krv_roster_membership(world->roster, device->ix, g, UINT32_MAX)) continue;
    if (!first) krv_buf_put(&m->base.texts.buf, krv_slice_str(", "));
    krv_world_group_name(world, g, &m->base.texts.buf);
    first = false;
  }
  api_put_end(&m->base.texts);
  return handle;
}

static int next_device(struct members *m, struct kerven_member_item *out) {
  const struct krv_world *world = m->base.k->world;
  const struct krv_device *device = krv_roster_device(world->roster, m->next++);
  struct api_texts *texts = &m->base.texts;
  int status = make_room(m);
  if (status != 0) return status;
  api_text name = api_put_begin(texts);
  krv_world_device_name(world, device->ix, &texts->buf);
  api_put_end(texts);
  api_text roles = api_put_begin(texts);
  krv_roles_format(device->roles, &texts->buf);
  api_put_end(texts);
  api_text agency = api_put_begin(texts);
  if (device->agency_group != KRV_NO_INDEX)
    krv_world_group_name(world, device->agency_group, &texts->buf);
  api_put_end(texts);
  api_text groups = put_groups(m, device);
  uint32_t group_count = put_group_names(m, device);
  for (uint32_t i = 0; i < group_count; i++) m->groups[i] = api_get(texts, m->handles[i]);
  memset(out, 0, sizeof *out);
  krv_id_hex(&device->id, out->device);
  out->self = world->member.state == KRV_MEMBER_IN && device->ix == world->member.device;
  out->active = krv_device_active(device);
  out->waits = !out->self && krv_admit_waits(world, device);
  out->name = api_get(texts, name);
  out->roles = api_get(texts, roles);
  out->agency = api_get(texts, agency);
  out->groups = api_get(texts, groups);
  out->group_names = m->groups;
  out->words = "";
  out->invited_by = "";
  return texts->buf.status;
}

static int next_request(struct members *m, struct kerven_member_item *out) {
  const struct krv_request *request = &m->requests[m->request_next++];
  struct api_texts *texts = &m->base.texts;
  api_text roles = api_put_begin(texts);
  krv_roles_format(request->join.terms.roles, &texts->buf);
  api_put_end(texts);
  api_text inviter = api_put_begin(texts);
  krv_world_device_name(m->base.k->world, request->join.terms.inviter, &texts->buf);
  api_put_end(texts);
  memset(out, 0, sizeof *out);
  out->pending = true;
  out->further = !request->join.has_member_pk;
  out->refused = request->refused;
  out->expired = request->expired;
  out->invited_by = api_get(texts, inviter);
  out->name = request->note.name;
  out->agency = request->note.agency;
  out->words = request->words;
  out->roles = api_get(texts, roles);
  static const char *const none[] = {NULL};
  out->groups = "";
  out->group_names = none;
  return texts->buf.status;
}

int kerven_members_next(kerven_iter *iter, struct kerven_member_item *out) {
  struct members *m = (struct members *)iter;
  api_iter_step(iter);
  if (m->next < krv_roster_device_count(iter->k->world->roster)) return next_device(m, out);
  return m->request_next < m->request_count ? next_request(m, out) : KERVEN_END;
}

/* ---- access to a case */

struct access_iter {
  struct kerven_iter base;
  struct krv_groupnames names;
  struct krv_access_list list;
  uint32_t next;
};

static void access_release(struct kerven_iter *iter) {
  struct access_iter *a = (struct access_iter *)iter;
  if (a->names.world) krv_groupnames_release(&a->names);
}

int kerven_access(kerven *k, const char *kase, kerven_iter **out) {
  struct krv_case_rights rights = krv_world_rights(k->world);
  struct krv_folder *folder;
  struct krv_id id;
  api_begin(k);
  *out = NULL;
  int status = api_case(k, kase, &id);
  if (status == 0) status = krv_folder_load_id(k->world, &id, &folder);
  if (status != 0) return status;
  struct access_iter *a = api_iter_new(k, sizeof *a, access_release);
  if (a) krv_case_access(folder->kase, &rights, &a->list);
  status = a ? krv_groupnames_load(k->world, &a->names) : KRV_NOMEM;
  krv_folder_free(folder);
  if (status != 0) kerven_iter_free(a ? &a->base : NULL);
  else *out = &a->base;
  return status;
}

int kerven_access_next(kerven_iter *iter, struct kerven_access_item *out) {
  struct access_iter *a = (struct access_iter *)iter;
  api_iter_step(iter);
  if (a->next == a->list.count) return KERVEN_END;
  const struct krv_access_item *item = &a->list.items[a->next++];
  api_text name = api_put_begin(&iter->texts);
  krv_world_group_name(iter->k->world, item->group, &iter->texts.buf);
  api_put_end(&iter->texts);
  api_text say = api_put_begin(&iter->texts);
  if (item->group < a->names.count)
    (void)krv_groupnames_say(&a->names, item->group, &iter->texts.buf);
  api_put_end(&iter->texts);
  *out = (struct kerven_access_item){.group = api_get(&iter->texts, name),
                                     .write = item->mode == KRV_ACCESS_WRITE,
                                     .say = api_get(&iter->texts, say)};
  return iter->texts.buf.status;
}
