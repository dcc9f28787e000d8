/* fork_third: the server was restored once more, to yet another history. What this vault
 * believes stays; the other one is set aside, with the keys of whom only it let in, and the
 * third takes its place: the server tells it, so it alone can win. Should the server turn
 * back, the one set aside is the third in its turn. */
#include <string.h>

#include "fork_in.h"

/* The history that holds another entry of that height, after the same one. NULL: none. */
static const struct krv_roster *parted_from(const struct krv_fork *fork,
                                            const struct krv_entry *entry) {
  for (int i = 0; entry->height > 0 && i < 2; i++) {
    const uint8_t *before = krv_roster_hash(fork->branch[i], entry->height - 1);
    if (before && entry->height < krv_roster_count(fork->branch[i]) &&
        memcmp(before, entry->prev, sizeof entry->prev) == 0)
      return fork->branch[i];
  }
  return NULL;
}

/* The third is the other one; what was that is set aside. Its own part begins above common. */
static int replace(struct krv_intake *intake, struct krv_roster *third, uint32_t common) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_fork *fork = world->fork;
  struct krv_roster *before = fork->branch[KRV_BRANCH_OTHER];
  struct krv_renumbering how = {
      .third = true, .number = krv_fork_number_loser(world, before, fork->common)};
  int status = how.number < KRV_LOST_MAX ? 0 : KRV_TOO_LARGE;
  if (status == 0 && how.number == world->lost_count)
    status = krv_grow(world->env, &world->lost, &world->lost_cap, how.number, sizeof *world->lost);
  if (status != 0) {
    krv_roster_free(third);
    return status;
  }
  krv_fork_set_aside(world, how.number, before);
  fork->branch[KRV_BRANCH_OTHER] = third;
  fork->common = common;
  fork->told = KRV_BRANCH_OTHER;
  fork->named = false;
  intake->grew = true; /* what is held may name it */
  status = krv_fork_save_all(world);
  return status == 0 ? krv_fork_judge_all(intake, &how) : status;
}

int krv_fork_third(struct krv_intake *intake, struct krv_slice bytes) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_fork *fork = world->fork;
  struct krv_roster *third = NULL;
  struct krv_entry entry;
  int status = krv_entry_decode(world->env, bytes, &entry);
  if (status != 0) return status;
  const struct krv_roster *from = parted_from(fork, &entry);
  uint32_t height = entry.height;
  krv_entry_release(&entry, world->env);
  bool from_ours = from == fork->branch[KRV_BRANCH_OURS];
  /* one that parts from ours above what is believed would be no history of its own here */
  if (!from || (from_ours && height > krv_roster_height(world->roster))) return KRV_FORK;
  status = krv_fork_copy(from, height, &third, world->env);
  if (status == 0) status = krv_roster_append(third, bytes);
  if (status != 0) {
    krv_roster_free(third);
    return status;
  }
  return replace(intake, third, from_ours ? height - 1 : fork->common);
}
