/* api_refused: what the server did not take, each with its reason: it stays here, is tried again,
 * and is listed for a person (R12, R31). */
#include <string.h>

#include "api.h"

struct refused {
  struct kerven_iter base;
  int64_t lid;
};

int kerven_refused(kerven *k, kerven_iter **out) {
  api_begin(k);
  *out = NULL;
  struct refused *r = api_iter_new(k, sizeof *r, NULL);
  if (!r) return KRV_NOMEM;
  *out = &r->base;
  return 0;
}

static const char *kind_name(uint8_t kind) {
  static const struct {
    uint8_t kind;
    const char *name;
  } names[] = {
      {KRV_MSG_GENESIS, "a new case"}, {KRV_MSG_COMMIT, "a change"},
      {KRV_MSG_GRANT, "a key"},        {KRV_MSG_UNROUTE, "a share taken back"},
      {KRV_MSG_BOX, "a group's key"},  {KRV_MSG_ROSTER, "an approval or a publication"},
      {KRV_MSG_DOC, "a schema"},       {KRV_MSG_NEED, "a question for a key"},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].kind == kind) return names[i].name;
  return "an item";
}

int kerven_refused_next(kerven_iter *iter, struct kerven_refused_item *out) {
  struct refused *r = (struct refused *)iter;
  const struct krv_world *world = iter->k->world;
  struct krv_vault_item item;
  struct krv_buf bytes;
  api_iter_step(iter);
  memset(out, 0, sizeof *out);
  krv_buf_init(&bytes, krv_host_env());
  int status = krv_vault_marked_next(world->vault, KRV_MARK_REFUSED, r->lid, &item, &bytes);
  krv_buf_release(&bytes);
  if (status != 0) return status == KRV_END ? KERVEN_END : status;
  r->lid = item.lid;
  const struct krv_card *card = krv_index_by_lid(world->index, item.case_lid);
  if (card) krv_id_hex(&card->id, out->kase);
  out->what = kind_name(item.kind);
  out->n = item.n;
  out->status = item.status;
  return 0;
}
