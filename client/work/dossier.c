/* dossier: what lists show of a case, and what searches look through, from the merged state. */
#include <string.h>

#include "dossier.h"

static const struct krv_record_id record_0;
enum { TITLE_TEXT_MAX = 160, TITLE_PART_HEAD = 2 + 2 }; /* field, and the length of a small blob */

/* The shown value of a field of record 0, NULL when not set or cleared. */
static const struct krv_shown_value *shown(const struct krv_view *view,
                                           const struct krv_schema *schema, const char *name) {
  const struct krv_field *field = krv_schema_field_named(schema, 0, krv_slice_str(name));
  const struct krv_shown_field *f = field ? krv_view_field(view, &record_0, field->id) : NULL;
  if (!f || f->count == 0) return NULL;
  struct krv_value value;
  if (krv_value_decode(f->values[0].value, &value) == 0 && value.kind == KRV_VALUE_NIL) return NULL;
  return &f->values[0];
}

/* The number of a code; what no list can have, which any peer may write, is `most`: set, but not
 * to anything that is known. */
static int32_t shown_code(const struct krv_view *view, const struct krv_schema *schema,
                          const char *name, int32_t otherwise, int32_t most) {
  const struct krv_shown_value *v = shown(view, schema, name);
  struct krv_value value;
  if (!v || krv_value_decode(v->value, &value) != 0 || value.kind != KRV_VALUE_INT)
    return otherwise;
  bool fits = value.as.integer >= 0 && value.as.integer < most;
  return fits ? (int32_t)value.as.integer : most;
}

/* One value of a title. A long text is cut, and what does not fit is left out: a card is small,
 * whatever somebody wrote. */
static void add_part(const struct krv_field *field, struct krv_slice bytes, struct krv_buf *title) {
  struct krv_buf part;
  struct krv_value value;
  if (krv_value_decode(bytes, &value) != 0 || value.kind == KRV_VALUE_NIL) return;
  krv_buf_init(&part, title->env);
  if (value.kind == KRV_VALUE_TEXT && value.as.text.len > TITLE_TEXT_MAX) {
    value.as.text.len = TITLE_TEXT_MAX;
    while ((value.as.text.data[value.as.text.len] & 0xc0) == 0x80) value.as.text.len--;
  }
  krv_value_encode(&value, &part);
  if (part.status != 0) title->status = part.status;
  else if (title->len + part.len + TITLE_PART_HEAD <= KRV_CARD_TITLE_MAX) {
    krv_buf_u16(title, field->id);
    krv_buf_blob(title, krv_buf_slice(&part));
  }
  krv_buf_wipe(&part);
}

static void add_option(const struct krv_field *field, uint32_t option, struct krv_buf *title) {
  struct krv_buf code;
  krv_buf_init(&code, title->env);
  krv_value_encode(&(struct krv_value){.kind = KRV_VALUE_INT, .as.integer = option}, &code);
  if (code.status == 0) add_part(field, krv_buf_slice(&code), title);
  krv_buf_release(&code);
}

/* The lowest answer of a field that warns: a list says what there is, not what there is not. */
static bool says_no(const struct krv_field *field, struct krv_slice value) {
  return field->show == KRV_SHOW_HIGHEST && krv_schema_show_rank(field, value) == 1;
}

/* What the schema marks for lists in one record. */
static void add_titles(const struct krv_view *view, const struct krv_record_id *record,
                       struct krv_buf *title) {
  for (uint32_t i = 0; i < view->field_count; i++) {
    const struct krv_shown_field *f = &view->fields[i];
    bool here = memcmp(&f->record, record, sizeof *record) == 0;
    if (!here || !f->schema || !(f->schema->flags & KRV_FIELD_CARD)) continue;
    if (f->count > 0 && !says_no(f->schema, f->values[0].value))
      add_part(f->schema, f->values[0].value, title);
    for (uint32_t o = 0; o < f->option_count; o++) add_option(f->schema, f->options[o], title);
  }
}

/* The record that a referral or a directory entry is about has the name of its kind of case. */
static const struct krv_shown_record *subject(const struct krv_view *view,
                                              const struct krv_schema *schema, uint8_t type) {
  const struct krv_field *kind = krv_schema_field_named(schema, 0, krv_slice_str("kvn_CaseType"));
  if (!kind || !kind->list || type == 0 || type >= kind->list->count) return NULL;
  const struct krv_record_type *t = krv_schema_type_named(schema, kind->list->codes[type].name);
  return t ? krv_view_record(view, t->id, 1) : NULL;
}

static void add_title(const struct krv_view *view, const struct krv_schema *schema, uint8_t type,
                      struct krv_buf *title) {
  const struct krv_shown_record *record = subject(view, schema, type);
  add_titles(view, &record_0, title);
  if (record) add_titles(view, &record->id, title);
}

static bool is_text(struct krv_slice bytes) {
  struct krv_value value;
  return krv_value_decode(bytes, &value) == 0 && value.kind == KRV_VALUE_TEXT;
}

/* A part of the person's name, written by hand? */
static bool is_name(const struct krv_field *field, struct krv_slice value) {
  static const char prefix[] = "prs_";
  size_t len = sizeof prefix - 1;
  return field && is_text(value) && field->name.len > len &&
         memcmp(field->name.data, prefix, len) == 0;
}

/* The parts of a name stand together; all else is set off. */
void krv_dossier_title(const struct krv_world *world, struct krv_slice title, struct krv_buf *out) {
  struct krv_in in = krv_in(title);
  size_t start = out->len;
  bool name = false;
  while (in.status == 0 && krv_in_left(&in) > 0) {
    uint16_t id = krv_in_u16(&in);
    struct krv_slice value = krv_in_blob(&in, KRV_CARD_TITLE_MAX);
    if (in.status != 0) return;
    const struct krv_field *field = krv_schema_field(world->schema, id);
    bool part = is_name(field, value);
    if (out->len > start) krv_buf_put(out, krv_slice_str(name && part ? " " : ", "));
    name = part;
    krv_schema_display(world->schema, field, world->lang, value, out);
  }
}

static const struct krv_record_type *consent_type(const struct krv_schema *schema) {
  return krv_schema_type_named(schema, krv_slice_str("consent"));
}

static bool consent_recorded(const struct krv_view *view, const struct krv_schema *schema) {
  const struct krv_record_type *type = consent_type(schema);
  return (type && krv_view_record(view, type->id, 1)) || shown(view, schema, "con_Consent");
}

static bool is_withdrawn(const struct krv_field *decision, struct krv_slice bytes) {
  struct krv_value value;
  int64_t count = decision->list ? decision->list->count : 0;
  if (krv_value_decode(bytes, &value) != 0 || value.kind != KRV_VALUE_INT) return false;
  return value.as.integer >= 0 && value.as.integer < count &&
         krv_slice_equal(decision->list->codes[value.as.integer].name, krv_slice_str("withdrawn"));
}

/* Does any consent that stands show a decision that restricts more than none: refused, withdrawn,
 * or one that this schema does not know? Withdrawn is said where that is all. */
static uint8_t consent_refused(const struct krv_view *view, const struct krv_schema *schema) {
  const struct krv_record_type *type = consent_type(schema);
  const struct krv_field *decision =
      type ? krv_schema_field_named(schema, type->id, krv_slice_str("decision")) : NULL;
  const struct krv_shown_record *record;
  uint8_t flags = 0;
  for (uint32_t i = 1; decision && (record = krv_view_record(view, type->id, i)) != NULL; i++) {
    const struct krv_shown_field *f = krv_view_field(view, &record->id, decision->id);
    if (!f || f->count == 0 || krv_schema_show_rank(decision, f->values[0].value) <= 0) continue;
    if (!is_withdrawn(decision, f->values[0].value)) return KRV_CARD_CONSENT_REFUSED;
    flags = KRV_CARD_CONSENT_REFUSED | KRV_CARD_CONSENT_WITHDRAWN;
  }
  return flags;
}

/* Required, and neither recorded nor answered by a record: con_Consent is, by a consent. */
static bool is_missing(const struct krv_view *view, const struct krv_schema *schema,
                       const struct krv_field *field) {
  if (!(field->flags & KRV_FIELD_REQUIRED)) return false;
  if (krv_slice_equal(field->name, krv_slice_str("con_Consent")) && consent_recorded(view, schema))
    return false;
  const struct krv_shown_field *f = krv_view_field(view, &record_0, field->id);
  return !f || (f->count == 0 && f->option_count == 0);
}

static uint32_t count_missing(const struct krv_view *view, const struct krv_schema *schema) {
  const struct krv_record_type *type = krv_schema_type(schema, 0);
  uint32_t missing = 0;
  for (uint32_t i = 0; type && i < type->count; i++)
    missing += is_missing(view, schema, &type->fields[i]);
  return missing;
}

int krv_dossier_missing(const struct krv_folder *folder, struct krv_buf *out) {
  const struct krv_world *world = folder->world;
  const struct krv_record_type *type = krv_schema_type(world->schema, 0);
  struct krv_view view;
  int status = krv_view_init(&view, world->env, krv_case_state(folder->kase), world->schema);
  if (status != 0) return status;
  for (uint32_t i = 0, count = 0; type && i < type->count; i++) {
    if (!is_missing(&view, world->schema, &type->fields[i])) continue;
    if (count++ > 0) krv_buf_put(out, krv_slice_str(", "));
    krv_buf_put(out, type->fields[i].label[world->lang]);
  }
  krv_view_release(&view);
  return out->status;
}

uint32_t krv_last_day(const struct krv_date *date) {
  uint32_t month = date->month > 0 ? date->month : 12, day = date->day > 0 ? date->day : 31;
  return (uint32_t)date->year * 10000 + month * 100 + day;
}

/* The first of the records of a type to end, by a date field of theirs (R24: expiry warns and
 * hides). */
static void add_expiry(const struct krv_view *view, const struct krv_schema *schema,
                       const char *type_name, const char *field_name, struct krv_card *card) {
  const struct krv_record_type *type = krv_schema_type_named(schema, krv_slice_str(type_name));
  const struct krv_field *field =
      type ? krv_schema_field_named(schema, type->id, krv_slice_str(field_name)) : NULL;
  const struct krv_shown_record *record;
  struct krv_value value;
  for (uint32_t i = 1; field && (record = krv_view_record(view, type->id, i)) != NULL; i++) {
    const struct krv_shown_field *f = krv_view_field(view, &record->id, field->id);
    for (uint32_t v = 0; f && v < f->count; v++) {
      if (krv_value_decode(f->values[v].value, &value) != 0 || value.kind != KRV_VALUE_DATE)
        continue;
      uint32_t end = krv_last_day(&value.as.date);
      if (card->expires == 0 || end < card->expires) card->expires = end;
    }
  }
}

/* The shown value of a record's field; false where there is none, or it is cleared. */
static bool value_in(const struct krv_view *view, const struct krv_schema *schema,
                     const struct krv_shown_record *record, const char *name,
                     struct krv_value *out) {
  const struct krv_field *field =
      krv_schema_field_named(schema, record->type, krv_slice_str(name));
  const struct krv_shown_field *f = field ? krv_view_field(view, &record->id, field->id) : NULL;
  if (!f || f->count == 0 || krv_value_decode(f->values[0].value, out) != 0) return false;
  return out->kind != KRV_VALUE_NIL;
}

/* The first follow-up that is due and not done. */
static void add_due(const struct krv_view *view, const struct krv_schema *schema,
                    struct krv_card *card) {
  const struct krv_record_type *type = krv_schema_type_named(schema, krv_slice_str("task"));
  const struct krv_shown_record *record;
  struct krv_value value;
  for (uint32_t i = 1; type && (record = krv_view_record(view, type->id, i)) != NULL; i++) {
    bool done = value_in(view, schema, record, "done", &value) &&
                value.kind == KRV_VALUE_BOOL && value.as.boolean;
    if (done || !value_in(view, schema, record, "due", &value) || value.kind != KRV_VALUE_DATE)
      continue;
    uint32_t due = krv_last_day(&value.as.date);
    if (card->due == 0 || due < card->due) card->due = due;
  }
}

/* A referral that was asked for, or has arrived, and no more. */
static bool is_unanswered(const struct krv_view *view, const struct krv_schema *schema,
                          uint8_t type) {
  static const char *const open[] = {"requested", "delivered"};
  const struct krv_shown_record *record = subject(view, schema, type);
  struct krv_value value;
  const struct krv_field *status =
      record ? krv_schema_field_named(schema, record->type, krv_slice_str("status")) : NULL;
  if (!status || !status->list || !value_in(view, schema, record, "status", &value)) return false;
  for (size_t i = 0; i < sizeof open / sizeof *open; i++)
    if (value.kind == KRV_VALUE_INT &&
        value.as.integer == krv_schema_code(schema, status->list, krv_slice_str(open[i])))
      return true;
  return false;
}

/* What a case lacks; a referral has its consent in its parent, a directory entry needs none. */
static void add_consent(const struct krv_view *view, const struct krv_schema *schema,
                        struct krv_card *card) {
  if (card->type != 0) {
    add_expiry(view, schema, "referral", "expiry", card);
    return;
  }
  add_expiry(view, schema, "consent", "expiresOn", card);
  card->missing = count_missing(view, schema);
  if (!consent_recorded(view, schema)) card->flags |= KRV_CARD_NO_CONSENT;
  card->flags |= consent_refused(view, schema);
}

/* Is none of our groups let in by the list as it now stands? */
static void add_access(const struct krv_folder *folder, struct krv_card *card) {
  const struct krv_world *world = folder->world;
  struct krv_case_rights rights = krv_world_rights(world);
  struct krv_access_list list;
  bool in = false;
  krv_case_access(folder->kase, &rights, &list);
  for (uint32_t i = 0; i < list.count; i++)
    in |= krv_roster_membership(world->roster, world->member.device, list.items[i].group,
                                UINT32_MAX) != NULL;
  if (!in) card->flags |= KRV_CARD_CUT_OFF;
}

static void count_lines(const struct krv_lines *lines, struct krv_card *card) {
  for (uint32_t i = 0; i < krv_lines_count(lines); i++) {
    const struct krv_line_commit *c = krv_lines_at(lines, i);
    if (c->verdict == KRV_VERDICT_HELD) card->held++;
    if (c->verdict == KRV_VERDICT_HELD && c->reason == -KRV_NO_KEY) card->flags |= KRV_CARD_KEYLESS;
    if (c->verdict == KRV_VERDICT_QUARANTINED) card->flags |= KRV_CARD_QUARANTINED;
  }
  for (uint32_t i = 1; i < krv_lines_count(lines); i++) {
    const struct krv_tip *a = &krv_lines_at(lines, i - 1)->tip, *b = &krv_lines_at(lines, i)->tip;
    if (a->device == b->device && a->n == b->n) card->flags |= KRV_CARD_FORKED;
  }
  card->commits = krv_lines_count(lines);
}

static int newest_wall(void *ctx, const struct krv_writer *writer) {
  int64_t *newest = ctx;
  if (writer->wall_s > *newest) *newest = writer->wall_s;
  return 0;
}

void krv_import_key8(const char *key, size_t len, uint8_t out[8]) {
  struct krv_slice part = krv_slice(key, len);
  krv_h(KRV_DOMAIN_ROW, &part, 1, out, 8);
}

static void add_import_key(const struct krv_view *view, const struct krv_schema *schema,
                           struct krv_card *card) {
  const struct krv_shown_value *v = shown(view, schema, "kvn_ImportKey");
  struct krv_value value;
  if (!v || krv_value_decode(v->value, &value) != 0 || value.kind != KRV_VALUE_TEXT) return;
  krv_import_key8((const char *)value.as.text.data, value.as.text.len, card->import_key8);
}

int krv_folder_card(struct krv_folder *folder, struct krv_buf *text, struct krv_card *out) {
  const struct krv_world *world = folder->world;
  const struct krv_state *state = krv_case_state(folder->kase);
  struct krv_view view;
  memset(out, 0, sizeof *out);
  int status = krv_view_init(&view, world->env, state, world->schema);
  if (status != 0) return status;
  out->id = folder->id;
  out->lid = folder->lid;
  out->type = (uint8_t)shown_code(&view, world->schema, "kvn_CaseType", 0, UINT8_MAX);
  out->status = shown_code(&view, world->schema, "cas_Status", -1, INT32_MAX);
  out->conflicts = view.conflict_count;
  add_consent(&view, world->schema, out);
  add_due(&view, world->schema, out);
  if (is_unanswered(&view, world->schema, out->type)) out->flags |= KRV_CARD_UNANSWERED;
  count_lines(krv_case_lines(folder->kase), out);
  krv_state_writers(state, newest_wall, &out->changed_s);
  out->own_n = folder->own.n;
  out->own_server_n = folder->own_server_n;
  out->own_receipt_n = folder->own_receipt_n;
  out->waits_s = folder->wait_count > 0 ? folder->waits[0].since_s : 0;
  out->voids = folder->void_count;
  add_import_key(&view, world->schema, out);
  add_title(&view, world->schema, out->type, text);
  out->title = krv_buf_slice(text);
  krv_view_release(&view);
  add_access(folder, out);
  return text->status;
}

/* Texts of the searched fields, one after another; ends[] has where each ends. */
static int gather(const struct krv_world *world, const struct krv_state *state,
                  struct krv_buf *text, struct krv_slice **texts, uint32_t *count) {
  size_t cap = 0;
  uint32_t items = krv_state_item_count(state), regs = krv_state_reg_count(state);
  *texts = NULL;
  *count = 0;
  for (uint32_t i = 0; i < regs + items; i++) {
    bool is_reg = i < regs;
    const struct krv_reg *reg = is_reg ? krv_state_reg(state, i) : NULL;
    const struct krv_item *item = is_reg ? NULL : krv_state_item(state, i - regs);
    const struct krv_field *field =
        krv_schema_field(world->schema, is_reg ? reg->field : item->field);
    if (!field || !(field->flags & KRV_FIELD_SEARCH)) continue;
    uint32_t values = is_reg ? reg->count : 1;
    for (uint32_t v = 0; v < values; v++) {
      size_t start = text->len;
      krv_schema_format(world->schema, field, is_reg ? reg->values[v].value : item->value, text);
      int status = krv_grow(world->env, texts, &cap, *count, sizeof **texts);
      if (status == 0) status = text->status;
      if (status != 0) return status;
      (*texts)[(*count)++] = krv_slice(NULL, text->len - start);
    }
  }
  return 0;
}

int krv_dossier_search_put(struct krv_world *world, int64_t lid, const struct krv_state *state) {
  struct krv_buf text;
  struct krv_slice *texts;
  uint32_t count;
  krv_buf_init(&text, world->env);
  int status = gather(world, state, &text, &texts, &count);
  for (size_t i = 0, at = 0; status == 0 && i < count; at += texts[i++].len)
    texts[i].data = text.data + at; /* the buffer moves no more */
  if (status == 0) status = krv_search_put(world->search, lid, texts, count);
  krv_free(world->env, texts);
  krv_buf_wipe(&text);
  return status;
}

static int fill_one(void *ctx, int64_t lid, struct krv_slice bytes) {
  struct krv_world *world = ctx;
  struct krv_folder folder;
  memset(&folder, 0, sizeof folder);
  folder.world = world;
  int status = krv_folder_decode(&folder, bytes);
  if (status == 0) status = krv_dossier_search_put(world, lid, krv_case_state(folder.kase));
  krv_case_free(folder.kase);
  return status;
}

int krv_dossier_search(struct krv_world *world) {
  if (world->search) return 0;
  int status = krv_search_new(world->env, &world->search);
  if (status == 0) status = krv_vault_states(world->vault, fill_one, world);
  if (status != 0) {
    krv_search_free(world->search);
    world->search = NULL;
  }
  return status;
}
