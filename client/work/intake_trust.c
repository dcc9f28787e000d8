/* intake_trust: roster entries, boxes, join requests, documents and receipts. */
#include <string.h>

#include "alarm.h"
#include "approve.h"
#include "fork.h"
#include "groupseal.h"
#include "intake_in.h"
#include "keep.h"
#include "receipt.h"
#include "recovery.h"

int krv_intake_roster(struct krv_intake *intake, const struct krv_arrival *arrival) {
  struct krv_world *world = intake->world;
  struct krv_msg_roster msg;
  uint32_t before = krv_roster_count(world->roster), schema, schema_before;
  uint8_t hash[KRV_HASH_LEN];
  krv_roster_schema(world->roster, &schema_before, hash);
  int status = krv_msg_roster_decode(arrival->payload, &msg);
  if (status != 0) return status;
  if (world->fork) return krv_fork_entry(intake, msg.entry);
  status = krv_world_roster_append(world, msg.entry);
  if (status == KRV_STALE) return krv_fork_entry(intake, msg.entry);
  if (status != 0) return status;
  if (krv_roster_count(world->roster) == before) return 0;
  status = krv_world_use_documents(world); /* the entry may name one that is here */
  krv_roster_schema(world->roster, &schema, hash);
  if (status == 0 && schema != schema_before) status = krv_publish_settle(world);
  if (status != 0) return status;
  intake->grew = intake->touched = true;
  if (intake->grew_from == 0) intake->grew_from = before;
  status = krv_intake_reopen(intake, 0); /* what was refused may pass now (R12) */
  if (status != 0) return status;
  size_t secrets = world->secret_count;
  status = krv_keep_boxes(intake, krv_roster_height(world->roster));
  intake->secret_came |= world->secret_count > secrets; /* one of our own making counts now */
  return status;
}

/* For the recovery key: kept by everybody, since the device that made it and the server may both be
 * lost. */
static int recovery_box(struct krv_intake *intake, const struct krv_arrival *arrival,
                        const struct krv_msg_box *msg, const struct krv_tip *name) {
  struct krv_world *world = intake->world;
  size_t secrets = world->secret_count;
  bool wanted;
  int status = krv_recovery_wants(world, msg, &wanted);
  if (status != 0 || !wanted) return status;
  status = krv_intake_store(intake, arrival, 0, name, arrival->payload, NULL);
  if (status == 0) status = krv_keep_recovered(intake, msg->group);
  if (world->secret_count > secrets) intake->grew = intake->secret_came = true;
  return status;
}

int krv_intake_box(struct krv_intake *intake, const struct krv_arrival *arrival) {
  struct krv_world *world = intake->world;
  struct krv_msg_box msg;
  struct krv_dh_pair pair;
  struct krv_tip name = {0};
  bool known;
  int status = krv_msg_box_decode(arrival->payload, &msg);
  if (status != 0) return status;
  krv_item_id(KRV_MSG_BOX, arrival->payload, &name.id);
  status = krv_intake_known_arrived(intake, arrival, &name.id, &known);
  if (status != 0 || known) return status;
  if (arrival->origin == KRV_ORIGIN_OWN)
    return krv_intake_store(intake, arrival, 0, &name, arrival->payload, NULL);
  if (msg.device == KRV_MSG_NO_DEVICE) return recovery_box(intake, arrival, &msg, &name);
  const struct krv_group *group = krv_roster_group(world->roster, msg.group);
  const struct krv_device *giver = krv_roster_device(world->roster, msg.giver);
  if (!group || !giver || msg.epoch >= group->epoch_count) return 0;
  if (msg.device != world->member.device || krv_world_secret(world, msg.group, msg.epoch)) return 0;
  /* A box that does not open to the signed group key shadows nothing, and is not kept. */
  if (krv_box_open(&world->keys.seal, &giver->keys.seal_pk, &group->epochs[msg.epoch].pk, msg.box,
                   &pair) != 0)
    return 0;
  status = krv_world_secret_learn(world, msg.group, msg.epoch, &pair);
  krv_wipe(&pair, sizeof pair);
  intake->grew = intake->secret_came = true;
  if (status == 0) status = krv_keep_secret_came(intake, msg.group, msg.epoch);
  if (status == 0) status = krv_world_use_documents(world); /* one may have come before it */
  if (status != 0) return status;
  return krv_intake_store(intake, arrival, 0, &name, arrival->payload, NULL);
}

int krv_intake_join(struct krv_intake *intake, const struct krv_arrival *arrival) {
  struct krv_msg_join msg;
  int status = krv_msg_join_decode(arrival->payload, &msg);
  return status == 0 ? krv_request_keep(intake->world, &msg) : status;
}

/* What a document is worth to this vault. */
enum worth {
  DOC_UNNAMED, /* by the roster, or not any more */
  DOC_WRONG, /* it does not open to the hash that it claims */
  DOC_UNREAD, /* what it is sealed with is not here (yet) */
  DOC_RIGHT,
  DOC_WORTHS
};

/* The documents that are kept already. */
struct documents {
  uint32_t count;
  int64_t oldest[DOC_WORTHS]; /* of each worth; 0: none */
  bool known;
};

static int weigh(struct krv_world *world, const struct krv_msg_doc *msg, enum worth *out) {
  uint32_t version;
  uint8_t hash[KRV_HASH_LEN];
  krv_roster_schema(world->roster, &version, hash);
  *out = DOC_UNNAMED;
  if (memcmp(hash, msg->hash, sizeof hash) != 0) return 0;
  int status = krv_world_try_document(world, msg->sealed, msg->hash);
  if (status == KRV_NOMEM) return status;
  bool wrong = status == KRV_CRYPTO || status == KRV_MALFORMED || status == KRV_TOO_LARGE;
  *out = status == 0 ? DOC_RIGHT : wrong ? DOC_WRONG : DOC_UNREAD;
  return 0;
}

static int look_through(struct krv_world *world, struct krv_slice payload, struct documents *out) {
  struct krv_msg_doc msg;
  struct krv_buf row;
  enum worth worth;
  int64_t lid = 0;
  int status;
  memset(out, 0, sizeof *out);
  krv_buf_init(&row, world->env);
  while ((status = krv_vault_row_next(world->vault, KRV_TABLE_DOCS, lid, &lid, &row)) == 0) {
    worth = DOC_WRONG;
    if (krv_msg_doc_decode(krv_buf_slice(&row), &msg) == 0) status = weigh(world, &msg, &worth);
    if (status != 0) break;
    if (out->oldest[worth] == 0) out->oldest[worth] = lid;
    out->known |= krv_slice_equal(krv_buf_slice(&row), payload);
    out->count++;
    krv_buf_reset(&row);
  }
  krv_buf_release(&row);
  return status == KRV_END ? 0 : status;
}

/* A schema document counts when the roster names its hash and it opens to that. Anybody may send
 * others: few are kept, what is worth least makes room, and what is worth no more is passed
 * over. */
int krv_intake_doc(struct krv_intake *intake, const struct krv_arrival *arrival) {
  struct krv_world *world = intake->world;
  struct krv_msg_doc msg;
  struct documents kept;
  enum worth worth, least = DOC_UNNAMED;
  int64_t lid = 0;
  int status = krv_msg_doc_decode(arrival->payload, &msg);
  if (status == 0) status = look_through(world, arrival->payload, &kept);
  if (status == 0 && !kept.known) status = weigh(world, &msg, &worth);
  if (status != 0 || kept.known) return status;
  if (worth == DOC_WRONG) return krv_intake_tell_over(intake, KRV_NO_INDEX, NULL);
  if (kept.count >= KRV_DOCUMENTS_MAX) {
    while (kept.oldest[least] == 0) least++;
    if (least > DOC_WRONG && least >= worth)
      return krv_intake_tell_over(intake, KRV_NO_INDEX, NULL);
    status = krv_vault_row_delete(world->vault, KRV_TABLE_DOCS, kept.oldest[least]);
  }
  if (status == 0) status = krv_vault_row_put(world->vault, KRV_TABLE_DOCS, &lid, arrival->payload);
  return status == 0 ? krv_world_use_documents(world) : status;
}

/* Does an office device that says so have what it names, and read it? One without the key does not:
 * to be delivered the change waits on. */
static bool confirms(uint8_t reason) {
  return reason == KRV_RECEIPT_DELIVERED || reason == KRV_RECEIPT_QUARANTINED ||
         reason == KRV_RECEIPT_WAITING || reason == KRV_RECEIPT_ERASED;
}

/* An own commit has come to the server, or, with what a receipt says, onto an office device's disk:
 * so has its line up to there. Only where a device has forked must the case be looked at to see
 * which line that is. */
static int note_in_case(struct krv_intake *intake, const struct krv_vault_item *item,
                        const struct krv_folder_void *said) {
  struct krv_world *world = intake->world;
  const struct krv_card *card = krv_index_by_lid(world->index, item->case_lid);
  const struct krv_tip tip = {item->device, item->n, item->id};
  struct krv_folder *folder;
  if (!card) return 0;
  bool receipt = said && confirms(said->reason);
  bool is_open = intake->open && krv_id_equal(&intake->open->id, &card->id);
  if (!is_open && !(card->flags & KRV_CARD_FORKED))
    return krv_folder_reached(world, item->case_lid, said ? 0 : item->n, receipt ? item->n : 0,
                              said);
  struct krv_id kase = card->id;
  int status = krv_intake_folder(intake, &kase, &folder);
  if (status != 0) return status;
  bool forked = krv_lines_forked(krv_case_lines(folder->kase), tip.device);
  uint64_t n = forked ? krv_folder_shared(folder, &tip) : tip.n;
  krv_folder_advance(folder, said ? 0 : n, receipt ? n : 0);
  if (said) krv_folder_judged(folder, said);
  return 0;
}

/* The same, but that a damaged case holds up nothing: the commit itself is safe where it has
 * come. */
static int note_reached(struct krv_intake *intake, const struct krv_vault_item *item,
                        const struct krv_folder_void *said) {
  int status = note_in_case(intake, item, said);
  const struct krv_card *card = krv_index_by_lid(intake->world->index, item->case_lid);
  return status == KRV_DAMAGED && card ? krv_intake_tell_damaged(intake, &card->id) : status;
}

/* Finds the own commit whose id begins so; NOT_FOUND. */
static int own_commit(struct krv_intake *intake, const uint8_t id8[8],
                      struct krv_vault_item *item) {
  struct krv_buf bytes;
  int status;
  krv_buf_init(&bytes, intake->world->env);
  for (uint32_t i = 0;; i++) {
    krv_buf_reset(&bytes);
    status = krv_vault_item_named(intake->world->vault, id8, i, item, &bytes);
    if (status != 0) break;
    if ((item->kind == KRV_MSG_COMMIT || item->kind == KRV_MSG_GENESIS) &&
        item->device == intake->world->member.device)
      break;
  }
  item->bytes = krv_slice(NULL, 0);
  krv_buf_release(&bytes);
  return status == KRV_END ? KRV_NOT_FOUND : status;
}

int krv_intake_receipt(struct krv_intake *intake, const struct krv_arrival *arrival) {
  struct krv_world *world = intake->world;
  struct krv_msg_receipt msg;
  struct krv_receipt_line lines[KRV_RECEIPT_IDS_MAX];
  struct krv_vault_item items[KRV_RECEIPT_IDS_MAX];
  uint8_t mac[16];
  int status = krv_msg_receipt_decode(arrival->payload, &msg);
  if (status != 0) return status;
  const struct krv_device *office = krv_roster_device(world->roster, msg.office);
  if (!office || msg.author != world->member.device || !(office->roles & KRV_ROLE_OFFICE)) return 0;
  for (uint32_t i = 0; i < msg.count; i++) {
    status = own_commit(intake, msg.id8 + (size_t)i * 8, &items[i]);
    if (status == KRV_NOT_FOUND) /* a commit of ours that we do not know (R21) */
      return krv_alarm_raise(world, &(struct krv_alarm){.kind = KRV_ALARM_STRANGE_RECEIPT,
                                                        .device = msg.office});
    if (status != 0) return status;
    lines[i] = (struct krv_receipt_line){items[i].id, msg.reasons ? msg.reasons[i] : 0};
  }
  status = krv_receipt_mac(&world->keys.seal, &office->keys.seal_pk, msg.office, msg.author, lines,
                           msg.count, mac);
  if (status != 0 || !krv_secret_equal(mac, msg.mac, sizeof mac)) return 0;
  for (uint32_t i = 0; status == 0 && i < msg.count; i++)
    status = note_reached(intake, &items[i],
                          &(struct krv_folder_void){items[i].n, items[i].id, lines[i].reason});
  world->standing.receipts_seen += msg.count;
  return status;
}

enum { DAY_S = 24 * 60 * 60 };

/* Tells the office that a copy of this vault is in use (R2): one item a day at most. */
int krv_intake_tell_copy(struct krv_intake *intake) {
  struct krv_world *world = intake->world;
  uint8_t quality;
  struct krv_msg_notice msg = {world->member.device, KRV_FORK,
                               (uint32_t)(krv_world_now(world, &quality) / DAY_S)};
  struct krv_tip name = {0};
  struct krv_buf payload;
  krv_buf_init(&payload, world->env);
  krv_msg_notice_encode(&msg, &payload);
  krv_item_id(KRV_MSG_NOTICE, krv_buf_slice(&payload), &name.id);
  struct krv_arrival own = {KRV_ORIGIN_OWN, KRV_MSG_NOTICE, krv_buf_slice(&payload)};
  int status = payload.status;
  if (status == 0) status = krv_intake_known(intake, &name.id, NULL);
  if (status == KRV_NOT_FOUND)
    status = krv_intake_store(intake, &own, 0, &name, krv_buf_slice(&payload), NULL);
  krv_buf_release(&payload);
  return status;
}

/* Has a case of its shown it already? */
static bool fork_told(struct krv_world *world, krv_device_ix device) {
  struct krv_alarm alarm = {0};
  while (krv_alarm_next(world, alarm.lid, &alarm) == 0)
    if (alarm.kind == KRV_ALARM_LINE_FORK && alarm.device == device &&
        !krv_id_is_zero(&alarm.kase))
      return true;
  return false;
}

/* The server's word, or what it says that a device said: it tells a person where to look, and
 * changes nothing else (R36, R2). */
int krv_intake_notice(struct krv_intake *intake, const struct krv_arrival *arrival) {
  struct krv_world *world = intake->world;
  struct krv_msg_notice msg;
  int status = krv_msg_notice_decode(arrival->payload, &msg);
  if (status != 0) return status;
  krv_device_ix number = krv_intake_number(intake, arrival, msg.device);
  if (!krv_world_author(world, number)) return KRV_UNKNOWN_DEVICE;
  if (msg.status == KRV_FORK && (number == world->member.device || fork_told(world, number)))
    return 0;
  if (msg.status != KRV_QUOTA && msg.status != KRV_FORK) return 0;
  return krv_alarm_raise(
      world, &(struct krv_alarm){.kind = msg.status == KRV_QUOTA ? KRV_ALARM_QUOTA
                                                                 : KRV_ALARM_LINE_FORK,
                                 .device = number,
                                 .last_s = (int64_t)msg.day * DAY_S});
}

int krv_intake_mark(struct krv_intake *intake, int64_t lid, enum krv_mark mark, int status) {
  struct krv_world *world = intake->world;
  struct krv_vault_item item;
  struct krv_buf bytes;
  krv_buf_init(&bytes, world->env);
  int result = krv_vault_item_get(world->vault, lid, &item, &bytes);
  krv_buf_release(&bytes);
  if (result == 0) result = krv_vault_item_mark(world->vault, lid, mark, status);
  bool commit = item.kind == KRV_MSG_COMMIT || item.kind == KRV_MSG_GENESIS;
  if (result != 0 || !commit || mark != KRV_MARK_AT_SERVER || item.device != world->member.device)
    return result;
  return note_reached(intake, &item, NULL);
}
