/* fork_in: what the two files of the fork share: its table, and its end. */
#ifndef KRV_FORK_IN_H
#define KRV_FORK_IN_H

#include "fork.h"
#include "intake_in.h"

enum krv_fork_row { KRV_FORK_ROW_HEAD, KRV_FORK_ROW_OURS, KRV_FORK_ROW_OTHER, KRV_FORK_ROW_LOST };
enum { KRV_FORK_HEAD_LID = 1 };

/* In the open transaction. */
int krv_fork_save(struct krv_world *world); /* the head */
int krv_fork_put_entry(struct krv_world *world, enum krv_fork_row what, uint16_t number,
                       struct krv_slice entry);
/* Has the one that the server tells been given the second word? Then it is the roster, and the
 * other has lost. */
int krv_fork_settle(struct krv_intake *intake);

/* All rows of the table anew: each history that lost from where it parts from the roster as it
 * is now. */
int krv_fork_save_all(struct krv_world *world);

/* How authors' numbers change. */
struct krv_renumbering {
  bool third; /* the other history is another one now; else one of the two has won */
  enum krv_branch winner;
  uint32_t number; /* of the history that lost, or is set aside */
};
/* Every case, those that are set aside as well, with its items' numbers as they are now. */
int krv_fork_judge_all(struct krv_intake *intake, const struct krv_renumbering *how);
/* The number of a history that lost: one that lost before, and was told again, keeps its own. */
uint32_t krv_fork_number_loser(const struct krv_world *world, const struct krv_roster *loser,
                               uint32_t common);
/* Keeps the roster of a history in that place, for which there is room. It is the world's from
 * then on. */
void krv_fork_set_aside(struct krv_world *world, uint32_t number, struct krv_roster *roster);
/* A copy of the first entries of a roster. */
int krv_fork_copy(const struct krv_roster *from, uint32_t count, struct krv_roster **out,
                  const struct krv_env *env);
/* An entry that parts from both: it begins a third history, which is the other one from now on.
 * FORK: it follows nothing that is known. */
int krv_fork_third(struct krv_intake *intake, struct krv_slice entry);

#endif
