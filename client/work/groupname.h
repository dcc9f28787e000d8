/* groupname: which group a person means by what he writes, and what to write so that it means one.
 *
 *   office, everyone    the programme's own groups, whatever else is called so
 *   NAME                the one that is called so; of several, the one that has a device still
 *   agency:NAME         an agency, where a person has the same name; member:NAME likewise
 *   DIGITS              at least 4 of a device's number, where nothing is called so: its member
 *   agency:DIGITS       the agency of that device
 *
 * Letter case and marks do not matter (krv_text_fold). */
#ifndef KRV_GROUPNAME_H
#define KRV_GROUPNAME_H

#include "world.h"

/* The names of all groups, opened once: lent by no call, and out of date once the roster grows. */
struct krv_groupnames {
  const struct krv_world *world;
  struct krv_buf texts; /* folded, one after the other */
  size_t *ends;         /* of each in texts; place = group */
  uint32_t count;
};
int krv_groupnames_load(const struct krv_world *world, struct krv_groupnames *out);
void krv_groupnames_release(struct krv_groupnames *names);
/* NOT_FOUND, AMBIGUOUS. */
int krv_groupnames_find(const struct krv_groupnames *names, struct krv_slice text,
                        krv_group_ix *out);
/* Appends what names exactly this group: its name where that is enough. */
int krv_groupnames_say(const struct krv_groupnames *names, krv_group_ix group, struct krv_buf *out);
/* Appends what to write instead of a text that fits several: "agency:X, 3fa9c011". A few at
 * most. */
int krv_groupnames_choices(const struct krv_groupnames *names, struct krv_slice text,
                           struct krv_buf *out);
/* Does a group that has a device still bear the name? */
int krv_groupname_taken(const struct krv_world *world, const char *name, bool *out);

/* One look: krv_groupnames_find. */
int krv_world_group_named(const struct krv_world *world, const char *name, krv_group_ix *out);
/* An agency by its name, or as agency:DIGITS. */
int krv_world_agency_named(const struct krv_world *world, const char *name, krv_group_ix *out);
/* May nobody be called so? It means a group of the programme's own, or begins like one of the
 * forms above. */
bool krv_groupname_reserved(const struct krv_world *world, const char *name);

#endif
