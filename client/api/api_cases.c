/* api_cases: the list of cases, from cards in memory. */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api.h"

struct cases {
  struct kerven_iter base;
  int64_t *lids;
  size_t count, cap, next;
};

static void cases_release(struct kerven_iter *iter) {
  krv_free(krv_host_env(), ((struct cases *)iter)->lids);
}

/* Is the last day of a consent or referral over, by our clock, such as it is? */
static bool has_expired(const struct krv_world *world, const struct krv_card *card) {
  uint8_t quality;
  struct tm today;
  time_t now = (time_t)krv_world_now(world, &quality);
  if (card->expires == 0 || !gmtime_r(&now, &today)) return false;
  uint32_t date =
      (uint32_t)((today.tm_year + 1900) * 10000 + (today.tm_mon + 1) * 100 + today.tm_mday);
  return date > card->expires;
}

struct filter {
  kerven *k;
  struct cases *cases;
  int32_t type; /* code index of kvn_CaseType; -1: all */
  bool conflicts_only, hide_expired;
  uint32_t limit;
};

static int add_card(struct filter *f, const struct krv_card *card) {
  if (f->type >= 0 && card->type != f->type) return 0;
  if (f->conflicts_only && card->conflicts == 0) return 0;
  if (card->type != 0 && f->hide_expired && has_expired(f->k->world, card)) return 0;
  int status = krv_grow(krv_host_env(), &f->cases->lids, &f->cases->cap, f->cases->count,
                        sizeof *f->cases->lids);
  if (status == 0) f->cases->lids[f->cases->count++] = card->lid;
  return status;
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
  return status;
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
                     .limit = query.limit};
  status = choose_type(k, query.type, &f.type);
  if (status != 0) return status;
  f.cases = api_iter_new(k, sizeof *f.cases, cases_release);
  if (!f.cases) return KRV_NOMEM;
  status = fill(&f, query.search);
  if (query.limit > 0 && f.cases->count > query.limit) f.cases->count = query.limit;
  if (status != 0) kerven_iter_free(&f.cases->base);
  else *out = &f.cases->base;
  return status;
}

static api_text put_code(struct api_texts *texts, const struct krv_field *field, int32_t index) {
  bool known = field && field->list && index >= 0 && (uint32_t)index < field->list->count;
  return api_put(texts, known ? field->list->codes[index].name : krv_slice_str(""));
}

static int describe(kerven *k, struct api_texts *texts, const struct krv_card *card,
                    struct kerven_case_item *out) {
  const struct krv_field *status =
      krv_schema_field_named(k->world->schema, 0, krv_slice_str("cas_Status"));
  api_text type = put_code(texts, case_type_field(k), card->type);
  api_text code = put_code(texts, status, card->status);
  api_text title = api_put(texts, card->title);
  memset(out, 0, sizeof *out);
  krv_id_hex(&card->id, out->id);
  out->type = api_get(texts, type);
  out->title = api_get(texts, title);
  out->status = api_get(texts, code);
  out->sync = api_sync_state(k->world, card);
  out->conflicts = card->conflicts;
  out->held = card->held;
  out->missing = card->missing;
  out->no_consent = (card->flags & KRV_CARD_NO_CONSENT) != 0;
  out->consent_refused = (card->flags & KRV_CARD_CONSENT_REFUSED) != 0;
  out->expired = has_expired(k->world, card);
  out->cut_off = (card->flags & KRV_CARD_CUT_OFF) != 0;
  out->missing_names = "";
  out->forked = (card->flags & KRV_CARD_FORKED) != 0;
  out->keyless = (card->flags & KRV_CARD_KEYLESS) != 0;
  out->quarantined = (card->flags & KRV_CARD_QUARANTINED) != 0;
  out->changed_s = card->changed_s;
  out->commits = card->commits;
  return texts->buf.status;
}

int kerven_cases_next(kerven_iter *iter, struct kerven_case_item *out) {
  struct cases *cases = (struct cases *)iter;
  api_iter_step(iter);
  while (cases->next < cases->count) {
    const struct krv_card *card =
        krv_index_by_lid(iter->k->world->index, cases->lids[cases->next++]);
    if (card) return describe(iter->k, &iter->texts, card, out);
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
