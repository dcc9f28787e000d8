/* documents: schema documents, sealed to `everyone`, right if the roster names their hash (R22). A newer
 * one that this version cannot read leaves the one before in use. Sealed form: epoch u32, groupseal's bytes
 * of the packed document (zip.h). */
#include <string.h>

#include "groupseal.h"
#include "msg.h"
#include "world.h"

static int open_document(struct krv_world *world, struct krv_slice sealed, const uint8_t hash[32],
                         struct krv_buf *out) {
  struct krv_in in = krv_in(sealed);
  struct krv_buf packed;
  uint8_t got[KRV_HASH_LEN];
  uint32_t epoch = krv_in_u32(&in);
  const struct krv_secret *secret = krv_world_secret(world, KRV_GROUP_EVERYONE, epoch);
  if (in.status != 0 || !secret) return KRV_NO_KEY;
  krv_buf_init(&packed, world->env);
  int status = krv_groupseal_open(&secret->pair.sk, KRV_GROUP_EVERYONE, epoch, krv_in_rest(&in), &packed);
  if (status == 0) status = krv_zip_unpack(world->zip, krv_buf_slice(&packed), out);
  if (status == 0) {
    struct krv_slice document = krv_buf_slice(out);
    krv_h(KRV_DOMAIN_DOCUMENT, &document, 1, got, sizeof got);
    if (memcmp(got, hash, sizeof got) != 0) status = KRV_CRYPTO;
  }
  krv_buf_release(&packed);
  return status;
}

int krv_world_use_documents(struct krv_world *world) {
  struct krv_buf row, document;
  struct krv_msg_doc msg;
  struct krv_schema *fresh;
  uint32_t version;
  uint8_t hash[KRV_HASH_LEN];
  int64_t lid = 0;
  int status;
  if (!krv_roster_founded(world->roster)) return 0;
  krv_roster_schema(world->roster, &version, hash);
  krv_buf_init(&row, world->env);
  krv_buf_init(&document, world->env);
  while ((status = krv_vault_row_next(world->vault, KRV_TABLE_DOCS, lid, &lid, &row)) == 0) {
    bool named = krv_msg_doc_decode(krv_buf_slice(&row), &msg) == 0 &&
                 memcmp(msg.hash, hash, sizeof hash) == 0;
    if (named && open_document(world, msg.sealed, hash, &document) == 0 &&
        krv_schema_new(world->env, krv_buf_slice(&document), &fresh) == 0) {
      krv_schema_free(world->schema);
      world->schema = fresh;
    }
    krv_buf_reset(&row);
    krv_buf_reset(&document);
  }
  krv_buf_release(&row);
  krv_buf_release(&document);
  return status == KRV_END ? 0 : status;
}
