/* api_clash: what an edit was refused for (R24): of each field what the person was shown, and what
 * it holds now, by whom. */
#include <stdio.h>
#include <string.h>

#include "api.h"

struct side {
  struct krv_view view;
  bool viewed;
  struct api_values values;
  struct api_texts texts; /* its own: the other side's must not move them */
};

struct clashes {
  struct kerven_iter base;
  const kerven_edit *edit;
  struct krv_folder *now; /* the case as it stands; NULL: a new one */
  struct krv_schema *schema; /* kept: a newer one may come while it is read */
  struct side was, is;
  size_t next;
};

static void side_release(struct side *side) {
  if (side->viewed) krv_view_release(&side->view);
  api_values_release(&side->values);
  krv_buf_wipe(&side->texts.buf);
}

static void clashes_release(struct kerven_iter *iter) {
  struct clashes *c = (struct clashes *)iter;
  side_release(&c->was);
  side_release(&c->is);
  krv_schema_free(c->schema);
  krv_folder_free(c->now);
}

static int side_init(struct side *side, const struct krv_folder *folder,
                     const struct krv_schema *schema) {
  int status = krv_view_init(&side->view, krv_host_env(), krv_case_state(folder->kase), schema);
  side->viewed = status == 0;
  return status;
}

int kerven_edit_clashes(kerven_edit *edit, kerven_iter **out) {
  kerven *k = edit->k;
  api_begin(k);
  *out = NULL;
  struct clashes *c = api_iter_new(k, sizeof *c, clashes_release);
  if (!c) return KRV_NOMEM;
  const struct krv_folder *shown = krv_edit_shown(edit->edit);
  krv_buf_init(&c->was.texts.buf, krv_host_env());
  krv_buf_init(&c->is.texts.buf, krv_host_env());
  c->edit = edit;
  c->schema = krv_schema_keep(k->world->schema);
  int status = shown && k->world->batch ? krv_intake_settle(k->world->batch) : 0;
  if (status == 0 && shown) status = krv_folder_load_id(k->world, &shown->id, &c->now);
  if (status == 0 && shown) status = side_init(&c->was, shown, c->schema);
  if (status == 0 && shown) status = side_init(&c->is, c->now, c->schema);
  if (status != 0) kerven_iter_free(&c->base);
  else *out = &c->base;
  return status;
}

/* The field on one side; where nothing stands there, no values. */
static int fill(const struct clashes *c, struct side *side, const struct krv_folder *folder,
                const struct krv_record_id *record, uint16_t field) {
  const struct api_shown at = {c->base.k->world, c->schema, krv_case_state(folder->kase)};
  const struct krv_shown_field *shown = krv_view_field(&side->view, record, field);
  krv_buf_reset(&side->texts.buf);
  side->values.count = 0;
  return shown ? api_values_fill(&side->values, &at, shown, &side->texts) : 0;
}

/* As a command names it: "prs_FirstName", "consent[<rid>].decision". */
static api_text put_path(struct clashes *c, const struct krv_record_id *record, uint16_t id,
                         const struct krv_field *field) {
  const struct krv_record_type *type = krv_schema_type(c->schema, (uint8_t)(id >> 8));
  struct krv_buf *out = &c->base.texts.buf;
  char rid[17], unknown[16];
  krv_rid_format(record, rid);
  snprintf(unknown, sizeof unknown, "#%u", id);
  api_text path = api_put_begin(&c->base.texts);
  if (*rid) {
    krv_buf_put(out, type ? type->name : krv_slice_str("#"));
    krv_buf_u8(out, '[');
    krv_buf_put(out, krv_slice_str(rid));
    krv_buf_put(out, krv_slice_str("]."));
  }
  krv_buf_put(out, field ? field->name : krv_slice_str(unknown));
  api_put_end(&c->base.texts);
  return path;
}

int kerven_edit_clashes_next(kerven_iter *iter, struct kerven_clash_item *out) {
  struct clashes *c = (struct clashes *)iter;
  struct krv_record_id record;
  uint16_t id;
  api_iter_step(iter);
  if (!c->now ||
      !krv_edit_clash(c->edit->edit, krv_case_state(c->now->kase), c->next, &record, &id))
    return KERVEN_END;
  c->next++;
  const struct krv_field *field = krv_schema_field(c->schema, id);
  api_text path = put_path(c, &record, id, field);
  api_text label =
      api_put(&iter->texts, field ? field->label[iter->k->world->lang] : krv_slice_str(""));
  int status = fill(c, &c->was, krv_edit_shown(c->edit->edit), &record, id);
  if (status == 0) status = fill(c, &c->is, c->now, &record, id);
  memset(out, 0, sizeof *out);
  out->path = api_get(&iter->texts, path);
  out->label = api_get(&iter->texts, label);
  out->shown = c->was.values.items;
  out->shown_count = c->was.values.count;
  out->now = c->is.values.items;
  out->now_count = c->is.values.count;
  return status != 0 ? status : iter->texts.buf.status;
}
