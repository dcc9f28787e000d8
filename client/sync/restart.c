/* restart: the server's chain lacks what we know: it was restored, or lost its disk (R12). In one
 * transaction marks are void and cursor and head are zero; from then on only the new chain counts.
 * Roster entries go first, then all that is held; every author's tips are receipted anew (R21). */
#include <string.h>

#include "sync_in.h"

int krv_sync_restart(struct krv_sync *sync) {
  struct krv_world *world = sync->world;
  struct krv_standing *standing = &world->standing;
  if (sync->counts.restarted) return KRV_PROTOCOL;
  int status = krv_sync_intake(sync);
  if (status == 0) status = krv_vault_unmark_all(world->vault);
  if (status == 0) status = krv_intake_restart(sync->world->incoming);
  if (status != 0) return status;
  standing->cursor = standing->within = standing->head_seq = 0;
  memset(standing->head_chain8, 0, sizeof standing->head_chain8);
  krv_intake_touch(sync->world->incoming);
  status = krv_sync_settle(sync);
  /* What is under way goes once more, after all that it needs; its first answer says nothing. */
  for (size_t i = 0; i < sync->flight_count; i++) sync->flights[i].lid = 0;
  sync->whole_next = sync->whole_count = 0;
  sync->awaits = false;
  sync->counts.restarted = true;
  sync->told = 0;
  sync->next_lid = 0;
  sync->roster_next = 0;
  return status;
}
