/* api_roster: the list of members as a signed log: its head, and what there is to know of a
 * fork. */
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "fork.h"

static void hash_into(char out[17], const uint8_t *hash) {
  for (int i = 0; hash && i < 8; i++) snprintf(out + (size_t)i * 2, 3, "%02x", hash[i]);
}

static void name_into(const struct krv_world *world, krv_device_ix device, char *out, size_t cap) {
  struct krv_buf name;
  if (device == KRV_NO_INDEX) {
    snprintf(out, cap, "the recovery key");
    return;
  }
  krv_buf_init(&name, world->env);
  krv_world_device_name(world, device, &name);
  size_t len = name.len < cap - 1 ? name.len : cap - 1;
  if (len > 0) memcpy(out, name.data, len);
  out[len] = 0;
  krv_buf_release(&name);
}

static void describe_side(const struct krv_world *world, enum krv_branch which,
                          struct kerven_roster_side *out) {
  const struct krv_roster *roster = world->fork->branch[which];
  uint32_t first = world->fork->common + 1;
  out->height = krv_roster_height(roster);
  hash_into(out->entry, krv_roster_hash(roster, first));
  name_into(world, krv_roster_signer(roster, first), out->by, sizeof out->by);
}

static void describe_fork(const struct krv_world *world, struct kerven_roster_report *out) {
  krv_device_ix suspect = krv_fork_suspect(world);
  out->forked = true;
  out->evident = krv_fork_evident(world);
  out->common = world->fork->common;
  out->other_told = world->fork->told == KRV_BRANCH_OTHER;
  describe_side(world, KRV_BRANCH_OURS, &out->ours);
  describe_side(world, KRV_BRANCH_OTHER, &out->other);
  if (suspect != KRV_NO_INDEX) name_into(world, suspect, out->suspect, sizeof out->suspect);
}

/* Devices that only a history that lost let in, by name. */
static void describe_lost(const struct krv_world *world, struct kerven_roster_report *out) {
  size_t len = 0;
  for (uint32_t i = 0; i < world->lost_count; i++) {
    const struct krv_roster *lost = world->lost[i].roster;
    uint32_t as_of, shared = krv_fork_devices_at(lost, world->lost[i].common);
    if (!krv_fork_has_lost(world, i, krv_roster_height(lost), &as_of)) continue;
    for (krv_device_ix d = shared; d < krv_roster_device_count(lost); d++) {
      if (!krv_is_former(krv_fork_lost_device(world, i, d))) continue; /* a member all the same */
      char name[sizeof out->suspect] = "";
      name_into(world, krv_former(i, d), name, sizeof name);
      int put = snprintf(out->invite_again + len, sizeof out->invite_again - len, "%s%s",
                         len > 0 ? ", " : "", name);
      if (put < 0 || (size_t)put >= sizeof out->invite_again - len) return;
      len += (size_t)put;
    }
  }
}

int kerven_roster(kerven *k, struct kerven_roster_report *out) {
  struct kerven_roster_report report = {.size = sizeof report};
  struct krv_ending ending;
  api_begin(k);
  size_t size = out->size;
  if (size < sizeof(size_t) || size > 65536) return KRV_INVALID;
  const struct krv_world *world = k->world;
  if (!krv_roster_founded(world->roster)) return KRV_NOT_APPROVED;
  report.height = krv_roster_height(world->roster);
  hash_into(report.head, krv_roster_hash(world->roster, report.height));
  if (world->fork) describe_fork(world, &report);
  if (krv_roster_ending(krv_fork_told(world), &ending)) {
    report.end_common = ending.common;
    hash_into(report.end_entry, ending.losing.data);
    name_into(world, ending.signer, report.end_by, sizeof report.end_by);
  }
  describe_lost(world, &report);
  report.size = size;
  memcpy(out, &report, size < sizeof report ? size : sizeof report);
  return 0;
}

int kerven_roster_end(kerven *k, const char *entry, bool recovery) {
  struct kerven_roster_report report = {.size = sizeof report};
  int status = kerven_roster(k, &report);
  if (status == 0) status = api_alone(k);
  if (status != 0) return status;
  if (!report.forked && !*report.end_entry)
    return api_fail(k, KRV_NOT_FOUND, "there is no fork of the list of members");
  const struct kerven_roster_side *loser = report.other_told ? &report.ours : &report.other;
  const char *names = report.forked ? loser->entry : report.end_entry;
  if (strcmp(entry, names) != 0)
    return api_fail(k, KRV_NOT_FOUND, "the entry that can be ended is %s, not %.32s", names, entry);
  status = krv_fork_say_end(k->world, recovery ? KRV_WORD_RECOVERY : KRV_WORD_DEVICE);
  if (status == KRV_EXISTS) return api_fail(k, status, "this was said already");
  if (status == KRV_NO_KEY) return api_fail(k, status, "the recovery key is not in this vault");
  return status;
}
