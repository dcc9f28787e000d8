/* keep: giving keys: case keys to groups (grants), group secrets to devices (boxes). Everything goes
 * through the open intake as own items. */
#ifndef KRV_KEEP_H
#define KRV_KEEP_H

#include "intake.h"

/* A grant of one case key to a group's newest epoch. */
int krv_keep_grant(struct krv_intake *intake, struct krv_folder *folder,
                   const struct krv_case_key *key, krv_group_ix group, uint8_t mode);
/* Grants the key to every group of the list. */
int krv_keep_grant_all(struct krv_intake *intake, struct krv_folder *folder,
                       const struct krv_case_key *key, const struct krv_access_list *list);
/* Boxes for the devices that roster entry `height` admitted to groups whose secrets are here, and for
 * the recovery key when that entry made the group. Only if this device signed the entry. */
int krv_keep_boxes(struct krv_intake *intake, uint32_t height);

#endif
