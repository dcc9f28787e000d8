/* alarm: what a person must be told, kept until he has seen it: one row for each thing, however
 * often it happens. There are at most KRV_ALARMS_MAX rows: the oldest that was seen makes room;
 * where none was, more of a kind is counted together, of the device without a case, then of the
 * kind alone. Raising is idempotent where the caller knows how often, or when, it has happened. */
#ifndef KRV_ALARM_H
#define KRV_ALARM_H

#include "world.h"

enum krv_alarm_kind {
  KRV_ALARM_COPY_IN_USE = 1, /* this vault has signed what it does not know: it was copied (R2) */
  KRV_ALARM_LINE_FORK = 2, /* the device wrote two histories in the case (R2) */
  KRV_ALARM_ROSTER_FORK = 3, /* two rosters are in use; device: who signed both, if one did (R17) */
  KRV_ALARM_QUOTA = 4, /* the server refused what the device brings: its quota is used up (R36) */
  /* an office device confirmed what this vault does not know (R21) */
  KRV_ALARM_STRANGE_RECEIPT = 5,
  KRV_ALARM_PASSED_OVER = 6, /* more came in the device's name than a vault keeps (I6) */
  KRV_ALARM_OVERTAKEN = 7, /* what this vault signed of the device holds no more: too late (R17) */
  KRV_ALARM_DAMAGED_CASE = 8, /* a case cannot be read: what comes for it is not taken in */
};

struct krv_alarm {
  int64_t lid; /* raise: not looked at */
  enum krv_alarm_kind kind;
  krv_device_ix device; /* KRV_NO_INDEX: of none, or of several */
  struct krv_id kase; /* zeros: of none, or of several */
  int64_t since_s; /* when it was first raised, by this vault's clock; raise: not looked at */
  /* when it happened last; raise: 0 now, else what is not later than before is none */
  int64_t last_s;
  uint64_t count; /* raise: how often it has happened by now; 0: once more than before */
  bool seen; /* raise: not looked at */
};

/* Notes it in the vault's open transaction. Unseen from now on, if it is new or the count has
 * grown; otherwise nothing is written. */
int krv_alarm_raise(struct krv_world *world, const struct krv_alarm *alarm);
/* The first with lid > after; KRV_END. */
int krv_alarm_next(struct krv_world *world, int64_t after, struct krv_alarm *out);
/* A person has seen it; lid 0: all of them. Inside a transaction. NOT_FOUND. */
int krv_alarm_see(struct krv_world *world, int64_t lid);
/* How often anything of this kind has happened, seen or not. */
int krv_alarm_count(struct krv_world *world, enum krv_alarm_kind kind, uint64_t *out);
/* How many nobody has seen. */
int krv_alarm_unseen(struct krv_world *world, uint64_t *out);

#endif
