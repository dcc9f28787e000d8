/* intake_in: what the files of the intake share. */
#ifndef KRV_INTAKE_IN_H
#define KRV_INTAKE_IN_H

#include "dossier.h"
#include "intake.h"

/* A commit of somebody else that this transaction delivered: to be receipted. */
struct krv_delivery {
  krv_device_ix author;
  struct krv_id kase;
  struct krv_tip tip;
  struct krv_id prev;
  uint8_t reason; /* enum krv_receipt_reason */
};

struct krv_intake {
  struct krv_world *world;
  struct krv_folder *open; /* the one case that is being worked on */
  struct krv_id last_case;
  bool unread; /* the last case that was asked for is damaged */
  size_t count, fresh;
  struct krv_news news_before; /* what was counted since is not, should this be rolled back */
  int64_t reopened; /* the lowest lid of what was refused and is to be tried again; 0: none */
  int64_t *granted; /* cases of which a grant of ours came to the server */
  size_t granted_count, granted_cap;
  bool touched; /* standing and member go into this transaction */
  bool anew; /* a case is folded anew: what its commits tell was told before */
  bool grew; /* a roster entry or a group secret came: held commits may open now */
  bool secret_came; /* ... a group secret */
  bool newer; /* a commit of a newer kerven is held */
  uint32_t grew_from; /* height of the first roster entry that came; 0: none above the founding */
  struct krv_delivery *deliveries;
  size_t delivery_count, delivery_cap;
};

/* A received or own item, normalised. */
struct krv_arrival {
  enum krv_origin origin;
  enum krv_message_kind kind;
  struct krv_slice payload;
};

int krv_intake_genesis(struct krv_intake *intake, const struct krv_arrival *arrival);
int krv_intake_change(struct krv_intake *intake, const struct krv_arrival *arrival);
int krv_intake_grant(struct krv_intake *intake, const struct krv_arrival *arrival);
int krv_intake_unroute(struct krv_intake *intake, const struct krv_arrival *arrival);
int krv_intake_need(struct krv_intake *intake, const struct krv_arrival *arrival);
int krv_intake_roster(struct krv_intake *intake, const struct krv_arrival *arrival);
int krv_intake_box(struct krv_intake *intake, const struct krv_arrival *arrival);
int krv_intake_join(struct krv_intake *intake, const struct krv_arrival *arrival);
int krv_intake_doc(struct krv_intake *intake, const struct krv_arrival *arrival);
int krv_intake_receipt(struct krv_intake *intake, const struct krv_arrival *arrival);
int krv_intake_notice(struct krv_intake *intake, const struct krv_arrival *arrival);
int krv_intake_tell_copy(struct krv_intake *intake);
/* An item over a bound is passed over: a person is told, and the intake goes on (I6, I7). device:
 * in whose name it came, KRV_NO_INDEX: nobody's; kase NULL: of none. */
int krv_intake_tell_over(struct krv_intake *intake, krv_device_ix device,
                         const struct krv_id *kase);

/* Stores an item with the mark that its origin gives it. id names it; case_lid 0: of no case. */
int krv_intake_store(struct krv_intake *intake, const struct krv_arrival *arrival, int64_t case_lid,
                     const struct krv_tip *tip, struct krv_slice stored, int64_t *lid);
/* 0: an item of this name is in the vault (lid may be NULL); NOT_FOUND: none is. */
int krv_intake_known(struct krv_intake *intake, const struct krv_id *id, int64_t *lid);
/* An arrival that is in the vault already: from the server, it counts as at the server with the
 * CURSOR that covers it (R12). */
int krv_intake_known_arrived(struct krv_intake *intake, const struct krv_arrival *arrival,
                             const struct krv_id *id, bool *known);

/* The number of an item's author in this vault (fork.h). */
krv_device_ix krv_intake_number(const struct krv_intake *intake,
                                const struct krv_arrival *arrival, krv_device_ix device);
/* Calls for every case, those that are set aside as well; stops when fn fails. */
int krv_intake_each_case(struct krv_intake *intake,
                         int (*fn)(struct krv_intake *intake, const struct krv_id *kase,
                                   const void *ctx),
                         const void *ctx);
/* Tries all held commits of the open folder again. */
int krv_intake_retry(struct krv_intake *intake);
/* Judges all commits of the open folder anew: what they stand on has changed. */
int krv_intake_rejudge(struct krv_intake *intake);
/* Opens the grants of the open folder that are kept, now that a group secret came. */
int krv_intake_regrant(struct krv_intake *intake);
/* Asks for the keys of the open folder that others of our group were given, and this device was
 * not. */
int krv_intake_ask(struct krv_intake *intake);
/* Notes a delivered commit of the open folder. */
int krv_intake_delivered(struct krv_intake *intake, const struct krv_tip *tip,
                         enum krv_verdict verdict);
/* After RESTART: the document that the roster names is brought, whoever published it (R12). */
int krv_intake_bring_document(struct krv_intake *intake);
/* Receipts for the deliveries, as own items (R21). */
int krv_intake_receipts_due(struct krv_intake *intake);

#endif
