/* intake: THE ONLY DOOR by which anything enters a vault: own or received, from server, LAN or
 * stick.
 *
 *   closed --begin--> open --item, item ...--> open --commit--> closed (all is on disk)
 *                                              \--rollback--> closed (nothing happened)
 *
 * A transaction holds commits, merged states, keys and, for what was received, the cursor. Every
 * commit, own ones too, is opened from its sealed bytes before it is stored, and its signature is
 * verified: nothing is saved that could not be read again, here or elsewhere. Rows of an import,
 * which its file still holds, are opened, but the signature made just now is not computed a second
 * time. */
#ifndef KRV_INTAKE_H
#define KRV_INTAKE_H

#include "folder.h"
#include "msg.h"

struct krv_intake;

/* STATE when a transaction is open already. */
int krv_intake_begin(struct krv_world *world, struct krv_intake **out);
/* Durable when it returns 0. Frees the intake either way; on failure all is as before begin. */
int krv_intake_commit(struct krv_intake *intake);
void krv_intake_rollback(struct krv_intake *intake);
/* Items since begin, and those of them that were commits not known before. */
size_t krv_intake_count(const struct krv_intake *intake);
size_t krv_intake_fresh(const struct krv_intake *intake);
/* Writes the open case back, so that lists know it before the commit. */
int krv_intake_settle(struct krv_intake *intake);
/* One of several saves in this transaction: keep it, or (failed) take it alone back; the others
 * stay. Returns failed, or what went wrong with the transaction itself. */
int krv_intake_part_begin(struct krv_intake *intake);
int krv_intake_part_end(struct krv_intake *intake, int failed);
/* Standing or member were changed by the caller and go into this transaction. */
void krv_intake_touch(struct krv_intake *intake);

/* The folder of a case inside this transaction: lent until the next call. NOT_FOUND. */
int krv_intake_folder(struct krv_intake *intake, const struct krv_id *kase,
                      struct krv_folder **out);
/* Was the last one asked for DAMAGED itself? A person is told then (KRV_ALARM_DAMAGED_CASE),
 * nothing was written, and the transaction may go on without that case. */
bool krv_intake_unread(const struct krv_intake *intake);
/* Tells him so, once for each case. */
int krv_intake_tell_damaged(struct krv_intake *intake, const struct krv_id *kase);

/* An empty folder for a new case of this vault's own, lent the same way. */
int krv_intake_new_folder(struct krv_intake *intake, const struct krv_id *kase,
                          const struct krv_genesis *genesis, struct krv_folder **out);
struct krv_world *krv_intake_world(struct krv_intake *intake);

enum krv_origin { KRV_ORIGIN_OWN, KRV_ORIGIN_SERVER };

/* One item as it travels (GENESIS, COMMIT, GRANT, UNROUTE, NEED, BOX, RECEIPT, DOC, ROSTER, JOIN,
 * NOTICE); own ones in stored form: device, whole prev, no SAME_CASE. What is known already is 0.
 * One over a bound is 0 too: it is passed over, and a
 * person is told (KRV_ALARM_PASSED_OVER), so that what one member sends stops nobody (I6, I7).
 * NEED_PREV: a received commit's short prev fits nothing or several: ask for it whole (WANT);
 * nothing was stored. MALFORMED, UNKNOWN_CASE, UNKNOWN_DEVICE, FORK: the server does not keep to
 * the protocol; nothing was stored. Others are errors of the vault. */
int krv_intake_item(struct krv_intake *intake, enum krv_origin origin, enum krv_message_kind kind,
                    struct krv_slice payload);
/* A received commit whose prev is not here, and which nobody can be asked for whole just now:
 * where its case is over a bound, its prev was passed over, and so is this. NEED_PREV: the case
 * is not. */
int krv_intake_missed(struct krv_intake *intake, const struct krv_id *kase, krv_device_ix device);
/* H16("item"; kind, stored bytes): names grants, boxes and the like. */
void krv_item_id(enum krv_message_kind kind, struct krv_slice stored, struct krv_id *out);
/* What the server said of an item that this vault sent: at server, or refused with a status. Also
 * the case's own_server_n. */
int krv_intake_mark(struct krv_intake *intake, int64_t lid, enum krv_mark mark, int status);
/* What the server refused is tried again: of one case, or, case_lid 0, all of it (R12). */
int krv_intake_reopen(struct krv_intake *intake, int64_t case_lid);
/* A grant of ours to that case is at the server; reopen_granted: what it refused of those cases for
 * want of one is tried again. Looks into the vault once, however many grants there were. */
int krv_intake_granted(struct krv_intake *intake, int64_t case_lid);
int krv_intake_reopen_granted(struct krv_intake *intake);
/* The lowest lid that was reopened since begin; 0: none. */
int64_t krv_intake_reopened(const struct krv_intake *intake);
/* After RESTART: nothing of ours is known to be at the server, who may write grants again, receipts
 * are counted from zero, and given anew for every author's tips (R21). */
int krv_intake_restart(struct krv_intake *intake);
/* Opens one stored commit of a folder, for history. NO_KEY, CRYPTO ... */
int krv_intake_open_commit(struct krv_world *world, struct krv_folder *folder,
                           const struct krv_tip *tip, struct krv_opened *opened);
/* Folds a case anew from its sealed commits, beside what is stored; *same when they agree. Writes
 * nothing. */
int krv_intake_audit(struct krv_world *world, const struct krv_id *kase, bool *same);
/* The case that the last received item named: what SAME_CASE means, and what a WANT asks for. */
const struct krv_id *krv_intake_last_case(const struct krv_intake *intake);
void krv_intake_set_last_case(struct krv_intake *intake, const struct krv_id *kase);

#endif
