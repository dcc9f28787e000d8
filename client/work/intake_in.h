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
  uint8_t reason; /* enum krv_receipt_reason */
};

struct krv_intake {
  struct krv_world *world;
  struct krv_folder *open; /* the one case that is being worked on */
  struct krv_id last_case;
  size_t count, fresh;
  int64_t reopened; /* the lowest lid of what was refused and is to be tried again; 0: none */
  bool touched; /* standing and member go into this transaction */
  bool grew; /* a roster entry or a group secret came: held commits may open now */
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

/* Stores an item with the mark that its origin gives it. id names it; case_lid 0: of no case. */
int krv_intake_store(struct krv_intake *intake, const struct krv_arrival *arrival, int64_t case_lid,
                     const struct krv_tip *tip, struct krv_slice stored, int64_t *lid);
/* Is an item of this name in the vault? */
bool krv_intake_known(struct krv_intake *intake, const struct krv_id *id, int64_t *lid);
/* An arrival that is in the vault already: from the server, it is at the server (R12). */
int krv_intake_known_arrived(struct krv_intake *intake, const struct krv_arrival *arrival,
                             const struct krv_id *id, bool *known);

/* Tries all held commits of the open folder again. */
int krv_intake_retry(struct krv_intake *intake);
/* Opens a grant that is stored already, now that a group secret came. */
int krv_intake_regrant(struct krv_intake *intake);
/* Notes a delivered commit of the open folder. */
int krv_intake_delivered(struct krv_intake *intake, const struct krv_tip *tip,
                         enum krv_verdict verdict);
/* Receipts for the deliveries, as own items (R21). */
int krv_intake_receipts_due(struct krv_intake *intake);

#endif
