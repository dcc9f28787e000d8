/* keep: giving keys: case keys to groups (grants), group secrets to devices (boxes). Everything
 * goes through the open intake as own items. */
#ifndef KRV_KEEP_H
#define KRV_KEEP_H

#include "intake.h"

/* A grant of one case key to a group's newest epoch; where somebody who left knows that one's
 * secret, a grant for each of its devices (R14). */
int krv_keep_grant(struct krv_intake *intake, struct krv_folder *folder,
                   const struct krv_case_key *key, krv_group_ix group, uint8_t mode);
/* Grants the key to every group of the list. */
int krv_keep_grant_all(struct krv_intake *intake, struct krv_folder *folder,
                       const struct krv_case_key *key, const struct krv_access_list *list);
/* All keys of a case, once more, to the groups of its list for which `to` says so (NULL: all), if
 * this device may write there. What was given just so is not given twice. */
typedef bool (*krv_keep_to_fn)(void *ctx, krv_group_ix group);
int krv_keep_grant_again(struct krv_intake *intake, const struct krv_id *kase, krv_keep_to_fn to,
                         void *ctx);
/* The roster's entries from that height on have come. To groups whose devices all came by them
 * nobody could give a key before (all others have left): the keys of every case that lists one. */
int krv_keep_newcomers(struct krv_intake *intake, uint32_t height);
/* Boxes for the devices that roster entry `height` admitted to groups whose secrets are here, and
 * for the recovery key when that entry made the group; of a next secret, for all devices of the
 * group and the recovery key. Only if this device signed the entry, or the recovery key did and
 * this device keeps the group or holds that key; never for who has left since. */
int krv_keep_boxes(struct krv_intake *intake, uint32_t height);
/* A group's secret has come: boxes of it for whom this device admitted before it had it. */
int krv_keep_secret_came(struct krv_intake *intake, krv_group_ix group, uint32_t epoch);
/* The recovery key has come, or a box for it: the group's secrets to whom that key has let in, this
 * device among them. */
int krv_keep_recovered(struct krv_intake *intake, krv_group_ix group);

#endif
