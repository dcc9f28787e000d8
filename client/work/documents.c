/* documents: schema documents, sealed to `everyone`, right if the roster names their hash (R22). A
 * newer one that this version cannot read leaves the one before in use. Sealed form: epoch u32,
 * groupseal's bytes of the packed document (zip.h). */
#include <string.h>

#include "again.h"
#include "alarm.h"
#include "groupseal.h"
#include "intake_in.h"
#include "msg.h"
#include "propose.h"
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
  int status =
      krv_groupseal_open(&secret->pair.sk, KRV_GROUP_EVERYONE, epoch, krv_in_rest(&in), &packed);
  if (status == 0) status = krv_zip_unpack(world->zip, krv_buf_slice(&packed), out);
  if (status == 0) {
    struct krv_slice document = krv_buf_slice(out);
    krv_h(KRV_DOMAIN_DOCUMENT, &document, 1, got, sizeof got);
    if (memcmp(got, hash, sizeof got) != 0) status = KRV_CRYPTO;
  }
  krv_buf_release(&packed);
  return status;
}

int krv_world_try_document(struct krv_world *world, struct krv_slice sealed,
                           const uint8_t hash[32]) {
  struct krv_buf document;
  krv_buf_init(&document, world->env);
  int status = open_document(world, sealed, hash, &document);
  krv_buf_release(&document);
  return status;
}

static bool named(const struct krv_world *world, const struct krv_msg_doc *msg) {
  uint32_t version;
  uint8_t hash[KRV_HASH_LEN];
  krv_roster_schema(world->roster, &version, hash);
  return memcmp(msg->hash, hash, sizeof hash) == 0;
}

/* The rows of the table that hold the document which the roster names. */
static int each_named(struct krv_world *world,
                      int (*visit)(void *ctx, struct krv_slice row, const struct krv_msg_doc *msg),
                      void *ctx) {
  struct krv_msg_doc msg;
  struct krv_buf row;
  int64_t lid = 0;
  int status;
  if (!krv_roster_founded(world->roster)) return 0;
  krv_buf_init(&row, world->env);
  while ((status = krv_vault_row_next(world->vault, KRV_TABLE_DOCS, lid, &lid, &row)) == 0) {
    if (krv_msg_doc_decode(krv_buf_slice(&row), &msg) == 0 && named(world, &msg))
      status = visit(ctx, krv_buf_slice(&row), &msg);
    krv_buf_reset(&row);
    if (status != 0) break;
  }
  krv_buf_release(&row);
  return status == KRV_END ? 0 : status;
}

/* One that does not open, or is newer than this program, leaves the one before in use. */
static int use_row(void *ctx, struct krv_slice row, const struct krv_msg_doc *msg) {
  struct krv_world *world = ctx;
  struct krv_schema *fresh;
  struct krv_buf document;
  (void)row;
  krv_buf_init(&document, world->env);
  if (open_document(world, msg->sealed, msg->hash, &document) == 0 &&
      krv_schema_new(world->env, krv_buf_slice(&document), &fresh) == 0) {
    krv_schema_free(world->schema);
    world->schema = fresh;
  }
  krv_buf_release(&document);
  return 0;
}

int krv_world_use_documents(struct krv_world *world) {
  return each_named(world, use_row, world);
}

/* u32 epoch, groupseal's bytes of the packed document. */
static int seal_document(struct krv_world *world, struct krv_slice document, struct krv_buf *out) {
  const struct krv_secret *newest = krv_world_newest_secret(world, KRV_GROUP_EVERYONE);
  struct krv_buf packed;
  if (!newest) return KRV_NO_KEY;
  krv_buf_init(&packed, world->env);
  int status = krv_zip_pack(world->zip, document, &packed);
  krv_buf_u32(out, newest->epoch);
  if (status == 0)
    krv_groupseal(&newest->pair.sk, KRV_GROUP_EVERYONE, newest->epoch, krv_buf_slice(&packed), out);
  krv_buf_release(&packed);
  if (status == 0) status = out->status;
  return status == 0 && out->len > KRV_MESSAGE_SIZE_MAX - 64 ? KRV_TOO_LARGE : status;
}

static int check_document(const struct krv_world *world, struct krv_slice document,
                          struct krv_statement *statement) {
  struct krv_schema *schema;
  uint32_t version;
  uint8_t hash[KRV_HASH_LEN];
  int status = krv_schema_new(world->env, document, &schema);
  if (status != 0) return status;
  krv_roster_schema(world->roster, &version, hash);
  statement->kind = KRV_STATEMENT_SCHEMA;
  statement->schema_version = krv_schema_version(schema);
  krv_h(KRV_DOMAIN_DOCUMENT, &document, 1, statement->schema_hash, sizeof statement->schema_hash);
  krv_schema_free(schema);
  return statement->schema_version > version &&
                 memcmp(statement->schema_hash, hash, sizeof hash) != 0
             ? 0
             : KRV_EXISTS;
}

/* To be sent; once. */
static int put_item(struct krv_world *world, struct krv_slice payload) {
  struct krv_vault_item item = {.kind = KRV_MSG_DOC, .bytes = payload};
  krv_item_id(KRV_MSG_DOC, payload, &item.id);
  return krv_vault_item_put(world->vault, &item);
}

/* The document as an item that follows its entry, and in the table from which it is used. */
static int keep_document(struct krv_world *world, struct krv_slice document,
                         const uint8_t hash[32]) {
  struct krv_buf sealed, payload;
  struct krv_msg_doc msg;
  int64_t lid = 0;
  krv_buf_init(&sealed, world->env);
  krv_buf_init(&payload, world->env);
  int status = seal_document(world, document, &sealed);
  memcpy(msg.hash, hash, sizeof msg.hash);
  msg.sealed = krv_buf_slice(&sealed);
  if (status == 0) krv_msg_doc_encode(&msg, &payload);
  if (status == 0) status = payload.status;
  if (status == 0) status = put_item(world, krv_buf_slice(&payload));
  if (status == 0)
    status = krv_vault_row_put(world->vault, KRV_TABLE_DOCS, &lid, krv_buf_slice(&payload));
  krv_buf_release(&sealed);
  krv_buf_release(&payload);
  return status;
}

/* A row of the table that is no item yet. What does not open is nobody's need. */
static int bring_row(void *ctx, struct krv_slice row, const struct krv_msg_doc *msg) {
  struct krv_intake *intake = ctx;
  struct krv_id id;
  krv_item_id(KRV_MSG_DOC, row, &id);
  int status = krv_intake_known(intake, &id, NULL);
  if (status != KRV_NOT_FOUND) return status;
  status = krv_world_try_document(intake->world, msg->sealed, msg->hash);
  if (status == KRV_NOMEM) return status;
  return status == 0 ? put_item(intake->world, row) : 0;
}

int krv_intake_bring_document(struct krv_intake *intake) {
  return each_named(intake->world, bring_row, intake);
}

int krv_world_publish(struct krv_world *world, struct krv_slice document) {
  struct krv_statement statement;
  struct krv_roster *roster = NULL;
  memset(&statement, 0, sizeof statement);
  int status = krv_world_ready(world);
  if (status == 0) status = krv_again_if_due(world);
  if (status == 0) status = check_document(world, document, &statement);
  if (status == 0) status = krv_propose_roster(world, &roster);
  if (status == 0) status = krv_propose(world, roster, &statement, 1);
  krv_roster_free(roster);
  return status == 0 ? keep_document(world, document, statement.schema_hash) : status;
}

/* Is a document of ours newer than what the roster names? EXISTS: no. */
static int newer(struct krv_world *world, const struct krv_msg_doc *msg,
                 struct krv_statement *statement) {
  struct krv_buf document;
  memset(statement, 0, sizeof *statement);
  krv_buf_init(&document, world->env);
  int status = open_document(world, msg->sealed, msg->hash, &document);
  if (status == 0) status = check_document(world, krv_buf_slice(&document), statement);
  krv_buf_release(&document);
  return status;
}

static int drop_overtaken(struct krv_world *world, const struct krv_vault_item *item) {
  int status = krv_vault_item_delete(world->vault, item->lid);
  return status != 0 ? status
                     : krv_alarm_raise(world, &(struct krv_alarm){.kind = KRV_ALARM_OVERTAKEN,
                                                                  .device = KRV_NO_INDEX});
}

/* Its entry came too late: it is said again, unless that is no longer to be said, since this device
 * is no administrator any more, or somebody has published a newer one: then a person is told. */
static int say_again(struct krv_world *world, const struct krv_vault_item *item,
                     const struct krv_msg_doc *msg) {
  struct krv_statement statement;
  struct krv_roster *roster = NULL;
  if (named(world, msg)) return 0;
  int status = newer(world, msg, &statement);
  if (status == 0) status = krv_propose_roster(world, &roster);
  if (status == 0) status = krv_propose(world, roster, &statement, 1);
  krv_roster_free(roster);
  bool in_vain = status == KRV_EXISTS || status == KRV_INVALID || status == KRV_DENIED;
  return in_vain ? drop_overtaken(world, item) : status;
}

/* The server takes none but the newest, which the head has just named, and nobody needs another. */
static int forget_older(struct krv_world *world, const struct krv_vault_item *item,
                        const struct krv_msg_doc *msg) {
  struct krv_statement statement;
  if (named(world, msg)) return 0;
  int status = newer(world, msg, &statement);
  if (status != KRV_EXISTS) return status;
  bool ours = krv_roster_signer(world->roster, krv_roster_height(world->roster)) ==
              world->member.device; /* a newer one of ours */
  return ours ? krv_vault_item_delete(world->vault, item->lid) : drop_overtaken(world, item);
}

/* Every document of ours that is not at the server. */
static int each_unsent(struct krv_world *world,
                       int (*visit)(struct krv_world *world, const struct krv_vault_item *item,
                                    const struct krv_msg_doc *msg)) {
  static const enum krv_mark marks[] = {KRV_MARK_NONE, KRV_MARK_REFUSED};
  struct krv_vault_item item;
  struct krv_msg_doc msg;
  struct krv_buf bytes;
  int status = KRV_END;
  krv_buf_init(&bytes, world->env);
  for (size_t i = 0; status == KRV_END && i < sizeof marks / sizeof *marks; i++) {
    int64_t lid = 0;
    while ((status = krv_vault_marked_next(world->vault, marks[i], lid, &item, &bytes)) == 0) {
      lid = item.lid;
      if (item.kind == KRV_MSG_DOC && krv_msg_doc_decode(item.bytes, &msg) == 0)
        status = visit(world, &item, &msg);
      krv_buf_reset(&bytes);
      if (status != 0) break;
    }
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

int krv_publish_again(struct krv_world *world) {
  return each_unsent(world, say_again);
}

int krv_publish_settle(struct krv_world *world) {
  return each_unsent(world, forget_older);
}
