#include "fleetkit.h"

#include <stdlib.h>
#include <string.h>

#include "fleet_in.h"

int fleet_kit_setup(void **state, uint64_t seed, bool sqlite) {
  struct kit *k = calloc(1, sizeof *k);
  if (!k) return -1;
  fleet_init(&k->fleet, seed, sqlite);
  k->a = fleet_found(&k->fleet, "Aygul");
  k->b = fleet_join(&k->fleet, "office", "Bahar");
  k->w = fleet_join(&k->fleet, "worker", "Dursun");
  k->kase = fleet_case(k->w, "prs_FirstName", "Maya");
  fleet_rounds(&k->fleet, 2);
  *state = k;
  return 0;
}

int fleet_kit_teardown(void **state) {
  struct kit *k = *state;
  fleet_release(&k->fleet);
  free(k);
  return 0;
}

void fleet_kit_swap_grant(struct fleet_device *device, krv_group_ix group,
                          void (*change)(struct fleet_device *device, int64_t case_lid,
                                         struct krv_msg_grant *grant)) {
  struct krv_vault *vault = device->world->vault;
  struct krv_vault_item item;
  struct krv_msg_grant msg;
  struct krv_buf bytes, fresh;
  int64_t lid = 0;
  krv_buf_init(&bytes, device->world->env);
  krv_buf_init(&fresh, device->world->env);
  do {
    krv_buf_reset(&bytes);
    fleet_must(krv_vault_marked_next(vault, KRV_MARK_NONE, lid, &item, &bytes), "a grant",
               device->name);
    lid = item.lid;
  } while (item.kind != KRV_MSG_GRANT || krv_msg_grant_decode(item.bytes, &msg) != 0 ||
           msg.group != group);
  change(device, item.case_lid, &msg);
  krv_msg_grant_encode(&msg, &fresh);
  krv_item_id(KRV_MSG_GRANT, krv_buf_slice(&fresh), &item.id);
  item.bytes = krv_buf_slice(&fresh);
  fleet_must(krv_vault_begin(vault), "begin", device->name);
  fleet_must(krv_vault_item_delete(vault, lid), "delete", device->name);
  fleet_must(krv_vault_item_put(vault, &item), "put", device->name);
  fleet_must(krv_vault_commit(vault), "commit", device->name);
  krv_buf_release(&bytes);
  krv_buf_release(&fresh);
}

struct judged {
  const char *name;
  int why_not;
  uint32_t count;
};

static void judge(void *ctx, const struct krv_request *request, int why_not) {
  struct judged *j = ctx;
  if (strcmp(request->note.name, j->name) != 0) return;
  j->why_not = why_not;
  j->count++;
}

int fleet_kit_why(struct fleet_device *by, const struct krv_approve_choice *choice,
                  const char *name) {
  struct judged j = {.name = name};
  fleet_must(krv_approve(by->world, choice, judge, &j), "approve", by->name);
  fleet_must(j.count < 2 ? 0 : KRV_AMBIGUOUS, "looked at", name);
  return j.count == 1 ? j.why_not : KRV_NOT_FOUND;
}
