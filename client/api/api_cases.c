/* api_cases: the list of cases, from cards in memory. */
#include <stdlib.h>
#include <string.h>

#include "api.h"

struct cases {
  struct kerven_iter base;
  int64_t *lids;
  size_t count, cap, next;
  bool held; /* those that are in no index are among them */
};

static void cases_release(struct kerven_iter *iter) {
  krv_free(krv_host_env(), ((struct cases *)iter)->lids);
}

/* Is the last day of a consent or referral over? */
static bool has_expired(const struct krv_world *world, const struct krv_card *card) {
  return card->expires != 0 && krv_world_today(world, 0) > card->expires;
}

/* Since when the office has not confirmed; 0: it has, or there is nothing to confirm. */
static int64_t waits_since(const struct krv_world *world, const struct krv_card *card) {
  return api_sync_state(world, card) == KERVEN_DELIVERED ? 0 : card->waits_s;
}

static uint32_t waits_days(const struct krv_world *world, const struct krv_card *card) {
  enum { DAY_S = 24 * 60 * 60 };
  uint8_t quality;
  int64_t since_s = waits_since(world, card), now_s = krv_world_now(world, &quality);
  return since_s > 0 && now_s > since_s ? (uint32_t)((now_s - since_s) / DAY_S) : 0;
}

struct filter {
  kerven *k;
  struct cases *cases;
  int32_t type; /* code index of kvn_CaseType; -1: all */
  bool conflicts_only, hide_expired, held;
  uint32_t limit, overdue_days;
};

static int add_lid(struct cases *cases, int64_t lid) {
  int status = krv_grow(krv_host_env(), &cases->lids, &cases->cap, cases->count,
                        sizeof *cases->lids);
  if (status == 0) cases->lids[cases->count++] = lid;
  return status;
}

static int add_card(struct filter *f, const struct krv_card *card) {
  if (f->type >= 0 && card->type != f->type) return 0;
  if (f->conflicts_only && card->conflicts == 0) return 0;
  if (f->held && card->held == 0) return 0;
  if (card->type != 0 && f->hide_expired && has_expired(f->k->world, card)) return 0;
  if (f->overdue_days > 0 && waits_days(f->k->world, card) < f->overdue_days) return 0;
  return add_lid(f->cases, card->lid);
}

static int add_hit(void *ctx, int64_t lid) {
  struct filter *f = ctx;
  const struct krv_card *card = krv_index_by_lid(f->k->world->index, lid);
  return card ? add_card(f, card) : 0;
}

static const struct krv_field *case_type_field(const kerven *k) {
  return krv_schema_field_named(k->world->schema, 0, krv_slice_str("kvn_CaseType"));
}

static int choose_type(kerven *k, const char *name, int32_t *out) {
  const struct krv_field *field = case_type_field(k);
  if (name && strcmp(name, "all") == 0) *out = -1;
  else if (!name) *out = 0;
  else *out = field ? krv_schema_code(k->world->schema, field->list, krv_slice_str(name)) : -1;
  if (name && *out < 0 && strcmp(name, "all") != 0)
    return api_fail(k, KRV_CODE, "type %.40s", name);
  return 0;
}

/* Those of which nothing opens: nobody knows of what type they are. */
static int add_asides(struct filter *f) {
  struct krv_id id;
  int64_t lid = 0;
  int status = 0;
  while (status == 0 && (f->limit == 0 || f->cases->count < f->limit)) {
    status = krv_vault_aside_next(f->k->world->vault, lid, &lid, &id);
    if (status == 0) status = add_lid(f->cases, lid);
  }
  return status == KRV_END ? 0 : status;
}

static int fill(struct filter *f, const char *search) {
  struct krv_index *index = f->k->world->index;
  int status = 0;
  if (search && search[0]) {
    status = krv_dossier_search(f->k->world);
    return status == 0 ? krv_search_find(f->k->world->search, krv_slice_str(search), add_hit, f)
                       : status;
  }
  for (uint32_t i = 0; status == 0 && i < krv_index_count(index); i++) {
    if (f->limit > 0 && f->cases->count == f->limit) break;
    status = add_card(f, krv_index_at(index, i));
  }
  return status == 0 && f->held && f->type < 0 ? add_asides(f) : status;
}

int kerven_cases(kerven *k, const struct kerven_case_query *given, kerven_iter **out) {
  struct kerven_case_query query;
  api_begin(k);
  *out = NULL;
  int status = api_options(&query, sizeof query, given, given ? given->size : 0);
  if (status == 0 && k->world->batch) status = krv_intake_settle(k->world->batch);
  if (status != 0) return status;
  struct filter f = {.k = k,
                     .conflicts_only = query.conflicts_only,
                     .hide_expired = query.hide_expired,
                     .held = query.held,
                     .limit = query.limit,
                     .overdue_days = query.overdue_days};
  status = choose_type(k, query.type, &f.type);
  if (status != 0) return status;
  f.cases = api_iter_new(k, sizeof *f.cases, cases_release);
  if (!f.cases) return KRV_NOMEM;
  f.cases->held = query.held;
  status = fill(&f, query.search);
  if (query.limit > 0 && f.cases->count > query.limit) f.cases->count = query.limit;
  if (status != 0) kerven_iter_free(&f.cases->base);
  else *out = &f.cases->base;
  return status;
}

static const struct krv_code *code_of(const struct krv_field *field, int32_t index) {
  bool known = field && field->list && index >= 0 && (uint32_t)index < field->list->count;
  return known ? &field->list->codes[index] : NULL;
}

static api_text put_title(const struct krv_world *world, struct krv_slice title,
                          struct api_texts *texts) {
  api_text handle = api_put_begin(texts);
  krv_dossier_title(world, title, &texts->buf);
  api_put_end(texts);
  return handle;
}

static int describe(kerven *k, struct api_texts *texts, const struct krv_card *card,
                    struct kerven_case_item *out) {
  const struct krv_field *status =
      krv_schema_field_named(k->world->schema, 0, krv_slice_str("cas_Status"));
  const struct krv_code *kind = code_of(case_type_field(k), card->type),
                        *code = code_of(status, card->status);
  api_text type = api_put(texts, kind ? kind->name : krv_slice_str(""));
  api_text status_name = api_put(texts, code ? code->name : krv_slice_str(""));
  api_text status_label = api_put(texts, code ? code->label[k->world->lang] : krv_slice_str(""));
  api_text title = put_title(k->world, card->title, texts);
  memset(out, 0, sizeof *out);
  krv_id_hex(&card->id, out->id);
  out->type = api_get(texts, type);
  out->title = api_get(texts, title);
  out->status = api_get(texts, status_name);
  out->status_label = api_get(texts, status_label);
  out->sync = api_sync_state(k->world, card);
  out->conflicts = card->conflicts;
  out->held = card->held;
  out->missing = card->missing;
  out->no_consent = (card->flags & KRV_CARD_NO_CONSENT) != 0;
  out->consent_refused = (card->flags & KRV_CARD_CONSENT_REFUSED) != 0;
  out->consent_withdrawn = (card->flags & KRV_CARD_CONSENT_WITHDRAWN) != 0;
  out->expired = has_expired(k->world, card);
  out->cut_off = (card->flags & KRV_CARD_CUT_OFF) != 0;
  out->missing_names = "";
  out->forked = (card->flags & KRV_CARD_FORKED) != 0;
  out->keyless = (card->flags & KRV_CARD_KEYLESS) != 0;
  out->quarantined = (card->flags & KRV_CARD_QUARANTINED) != 0;
  out->unanswered = (card->flags & KRV_CARD_UNANSWERED) != 0;
  out->expires = card->expires;
  out->due = card->due;
  out->changed_s = card->changed_s;
  out->commits = card->commits;
  out->without_effect = card->voids;
  out->waits_since_s = waits_since(k->world, card);
  out->waits_days = waits_days(k->world, card);
  return texts->buf.status;
}

/* What is known of a case of which nothing opens. */
static int describe_aside(struct kerven_iter *iter, int64_t lid, struct kerven_case_item *out) {
  struct krv_folder *folder;
  struct krv_card card;
  struct krv_buf text;
  int status = krv_folder_load(iter->k->world, lid, &folder);
  if (status != 0) return status;
  krv_buf_init(&text, krv_host_env());
  status = krv_vault_case_id(iter->k->world->vault, lid, &folder->id);
  if (status == 0) status = krv_folder_card(folder, &text, &card);
  if (status == 0) status = describe(iter->k, &iter->texts, &card, out);
  if (status == 0) {
    out->type = "";
    out->no_consent = out->cut_off = false;
    out->missing = 0;
  }
  krv_buf_wipe(&text);
  krv_folder_free(folder);
  return status;
}

int kerven_cases_next(kerven_iter *iter, struct kerven_case_item *out) {
  struct cases *cases = (struct cases *)iter;
  api_iter_step(iter);
  while (cases->next < cases->count) {
    int64_t lid = cases->lids[cases->next++];
    const struct krv_card *card = krv_index_by_lid(iter->k->world->index, lid);
    if (card) return describe(iter->k, &iter->texts, card, out);
    if (cases->held) return describe_aside(iter, lid, out);
  }
  return KERVEN_END;
}

int kerven_case_find(kerven *k, const char *prefix, char *id) {
  struct krv_id found;
  api_begin(k);
  int status = api_case(k, prefix, &found); /* prefix may be id itself */
  if (status == 0) krv_id_hex(&found, id);
  else id[0] = 0;
  return status;
}

int kerven_case_get(kerven *k, const char *kase, struct kerven_case_item *out) {
  struct krv_id id;
  api_begin(k);
  int status = api_case(k, kase, &id);
  if (status != 0) return status;
  struct krv_folder *folder;
  struct krv_buf missing;
  status = krv_folder_load_id(k->world, &id, &folder);
  if (status != 0) return status;
  krv_buf_init(&missing, krv_host_env());
  const struct krv_card *card = krv_index_find(k->world->index, &id);
  if (card->missing > 0) status = krv_dossier_missing(folder, &missing);
  krv_folder_free(folder);
  krv_buf_reset(&k->item_texts.buf);
  if (status == 0) {
    api_text names = api_put(&k->item_texts, krv_buf_slice(&missing));
    status = describe(k, &k->item_texts, card, out);
    out->missing_names = api_get(&k->item_texts, names);
  }
  krv_buf_release(&missing);
  return status;
}

int kerven_case_mark(kerven *k, const char *kase, const char *text, char *out) {
  struct krv_id id, mark;
  struct krv_folder *folder;
  api_begin(k);
  out[0] = 0;
  int status = text ? api_case(k, kase, &id) : KRV_INVALID;
  if (status == 0) status = krv_folder_load_id(k->world, &id, &folder);
  if (status != 0) return status;
  status = KRV_NO_KEY;
  for (size_t i = 0; status != 0 && i < folder->key_count; i++) {
    if (folder->keys[i].epoch != 0) continue;
    struct krv_slice parts[] = {krv_slice(folder->keys[i].key.b, sizeof folder->keys[i].key.b),
                                krv_slice_str(text)};
    krv_h(KRV_DOMAIN_CASE_MARK, parts, 2, mark.b, sizeof mark.b);
    krv_id_hex(&mark, out);
    status = 0;
  }
  krv_folder_free(folder);
  return status;
}
