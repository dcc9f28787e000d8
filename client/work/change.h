/* change: one commit of this vault to one case, from operations to the intake (R2, R4, R6, R14). */
#ifndef KRV_CHANGE_H
#define KRV_CHANGE_H

#include "intake.h"

/* Operations gathered one after another, without the array head. */
struct krv_change_ops {
  struct krv_buf bytes;
  uint32_t count;
};
void krv_change_init(struct krv_change_ops *ops, const struct krv_env *env);
void krv_change_release(struct krv_change_ops *ops);
int krv_change_add(struct krv_change_ops *ops, const struct krv_op *op);

/* The default list: the creator's member group and office, both write (R9). */
int krv_change_default_list(const struct krv_world *world, struct krv_access_list *out);
/* A new case with these operations; its key is granted to every group of the list. */
int krv_change_new(struct krv_intake *intake, const struct krv_access_list *list,
                   const struct krv_change_ops *ops, struct krv_id *kase);
/* May this device write the case as it now stands? DENIED when not. */
int krv_change_allowed(const struct krv_folder *folder);
/* The next commit of a known case; it begins a new epoch where R14 asks for one. parting: it takes
 * access away and holds nothing else, so it stays under the newest key here: whom it puts out shall
 * read it as well, and the next commit begins the epoch. NO_KEY when the case cannot be read here,
 * DENIED when it may not be written. */
int krv_change_known(struct krv_intake *intake, const struct krv_id *kase,
                     const struct krv_change_ops *ops, bool parting);
/* A commit that this device has sealed, as the payload of COMMIT, appended to out. */
void krv_change_payload(const struct krv_world *world, const struct krv_commit *commit,
                        struct krv_buf *out);

#endif
