/* fork_end: how a fork ends (R17). Two administrators, or one and the recovery key, say on the
 * history that the server tells that the other one has lost. Then the one is the roster; the
 * entries of the other are kept, with the keys of whom only it let in; and every case is
 * judged anew, since what names the lost one counts as of the last common height. */
#include <string.h>

#include "again.h"
#include "fork_in.h"
#include "keep.h"
#include "pin.h"
#include "propose.h"

/* ---- saying it */

/* What is to be said, and on which roster. */
struct ending {
  const struct krv_roster *base;
  uint32_t common;
  struct krv_slice losing;
  struct krv_buf hashes; /* owns losing, unless it borrows from base */
};

/* The other one's entries, from where they part. */
static int list_losing(const struct krv_fork *fork, struct ending *out) {
  const struct krv_roster *loser = fork->branch[!fork->told];
  if (krv_roster_count(loser) - fork->common - 1 > KRV_LOSING_MAX) return KRV_TOO_LARGE;
  for (uint32_t h = fork->common + 1; h < krv_roster_count(loser); h++)
    krv_buf_append(&out->hashes, krv_roster_hash(loser, h), KRV_HASH_LEN);
  out->common = fork->common;
  out->losing = krv_buf_slice(&out->hashes);
  return out->hashes.status;
}

/* Somebody's words that want a second; of this fork, if there is one. */
static bool repeat(const struct krv_world *world, struct ending *out) {
  const struct krv_fork *fork = world->fork;
  struct krv_ending pending;
  if (!krv_roster_ending(out->base, &pending)) return false;
  if (fork) {
    const uint8_t *first = krv_roster_hash(fork->branch[!fork->told], fork->common + 1);
    if (pending.common != fork->common || memcmp(first, pending.losing.data, KRV_HASH_LEN) != 0)
      return false;
  }
  out->common = pending.common;
  out->losing = pending.losing;
  return true;
}

static int find_words(const struct krv_world *world, struct ending *out) {
  if (repeat(world, out)) return 0;
  return world->fork ? list_losing(world->fork, out) : KRV_NOT_FOUND;
}

/* Takes administration from who signed both, in the entry that ends it. */
static bool suspend(const struct krv_world *world, const struct krv_roster *base,
                    struct krv_statement *out) {
  krv_device_ix suspect = krv_fork_suspect(world);
  const struct krv_device *device = krv_roster_device(base, suspect);
  if (!device || !krv_device_active(device) || !(device->roles & KRV_ROLE_ADMINISTRATOR))
    return false;
  uint8_t roles = device->roles & (uint8_t)~KRV_ROLE_ADMINISTRATOR;
  *out = (struct krv_statement){.kind = KRV_STATEMENT_ROLES,
                                .device = suspect,
                                .roles = roles ? roles : KRV_ROLE_WORKER};
  return true;
}

static int check_speaker(const struct krv_world *world, enum krv_word word) {
  int status = krv_world_ready(world);
  if (status != 0 || word == KRV_WORD_RECOVERY) return status;
  if (!(krv_world_self(world)->roles & KRV_ROLE_ADMINISTRATOR)) return KRV_DENIED;
  return krv_fork_suspect(world) == world->member.device ? KRV_DENIED : 0;
}

/* One word, as a proposal behind those that wait already. INVALID: it is on the chain, or among
 * them. */
static int say(struct krv_world *world, enum krv_word word, const struct ending *ending) {
  struct krv_statement statements[2];
  struct krv_roster *roster = NULL;
  uint32_t count = 0;
  int status = krv_propose_on(world, ending->base, &roster);
  if (status == 0) {
    if (suspend(world, roster, &statements[0])) count++;
    statements[count++] = (struct krv_statement){
        .kind = KRV_STATEMENT_END, .common = ending->common, .losing = ending->losing};
    status = word == KRV_WORD_RECOVERY ? krv_propose_recovery(world, roster, statements, count)
                                       : krv_propose(world, roster, statements, count);
  }
  krv_roster_free(roster);
  return status;
}

int krv_fork_say_end(struct krv_world *world, enum krv_word word) {
  struct krv_intake *intake;
  struct ending ending = {.base = krv_fork_told(world)};
  int status = check_speaker(world, word);
  if (status == 0) status = krv_intake_begin(world, &intake);
  if (status != 0) return status;
  ending.base = krv_fork_told(world);
  krv_buf_init(&ending.hashes, world->env);
  status = find_words(world, &ending);
  if (status == 0) status = say(world, word, &ending);
  krv_buf_release(&ending.hashes);
  if (status == KRV_INVALID) status = KRV_EXISTS;
  if (status == 0) return krv_intake_commit(intake);
  krv_intake_rollback(intake);
  return status;
}

/* What a person said, and the server has not appended: nothing else is ever said in his name. */
struct said {
  enum krv_word word;
  uint32_t common;
  struct krv_buf losing;
};
struct sayings {
  struct said items[4]; /* two words a fork */
  uint32_t count;
};

static void gather_entry(const struct krv_env *env, struct krv_slice bytes, struct sayings *out) {
  struct krv_entry entry;
  if (krv_entry_decode(env, bytes, &entry) != 0) return;
  for (uint32_t i = 0; i < entry.statement_count; i++) {
    const struct krv_statement *s = &entry.statements[i];
    if (s->kind != KRV_STATEMENT_END || out->count == sizeof out->items / sizeof *out->items)
      continue;
    struct said *said = &out->items[out->count++];
    said->word = entry.signer == KRV_NO_INDEX ? KRV_WORD_RECOVERY : KRV_WORD_DEVICE;
    said->common = s->common;
    krv_buf_init(&said->losing, env);
    krv_buf_put(&said->losing, s->losing);
  }
  krv_entry_release(&entry, env);
}

static int gather(struct krv_world *world, struct sayings *out) {
  struct krv_vault_item item;
  struct krv_msg_roster msg;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status;
  out->count = 0;
  krv_buf_init(&bytes, world->env);
  while ((status = krv_vault_marked_next(world->vault, KRV_MARK_NONE, lid, &item, &bytes)) == 0) {
    lid = item.lid;
    if (item.kind == KRV_MSG_ROSTER && krv_msg_roster_decode(item.bytes, &msg) == 0)
      gather_entry(world->env, msg.entry, out);
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

/* Is it not to be said any more? It is final, or the speaker is no administrator now, or it
 * would be said on the history that it is against. */
static bool said_in_vain(int status) {
  return status == KRV_INVALID || status == KRV_DENIED || status == KRV_CRYPTO ||
         status == KRV_NO_KEY;
}

int krv_fork_say_again(struct krv_world *world) {
  struct sayings sayings;
  int status = gather(world, &sayings);
  if (status == 0) status = krv_propose_forget(world);
  for (uint32_t i = 0; i < sayings.count; i++) {
    struct said *said = &sayings.items[i];
    struct ending ending = {.base = krv_fork_told(world),
                            .common = said->common,
                            .losing = krv_buf_slice(&said->losing)};
    if (status == 0) status = said->losing.status;
    int again = status == 0 ? say(world, said->word, &ending) : status;
    if (status == 0 && !said_in_vain(again)) status = again;
    krv_buf_release(&said->losing);
  }
  return status;
}

/* ---- one history */

/* Does it hold this vault's device, under the number that the vault knows itself by? */
static bool holds_us(const struct krv_world *world, const struct krv_roster *roster) {
  const struct krv_device *self = krv_roster_device_by_session(roster, &world->keys.session.pk);
  return self && self->ix == world->member.device;
}

uint32_t krv_fork_number_loser(const struct krv_world *world, const struct krv_roster *loser,
                               uint32_t common) {
  for (uint32_t i = 0; i < world->lost_count; i++) {
    const struct krv_lost *lost = &world->lost[i];
    uint32_t a = krv_roster_height(lost->roster), b = krv_roster_height(loser);
    uint32_t top = a < b ? a : b;
    if (lost->common == common && memcmp(krv_roster_hash(lost->roster, top),
                                         krv_roster_hash(loser, top), KRV_HASH_LEN) == 0)
      return i;
  }
  return (uint32_t)world->lost_count;
}

static int forget_rows(struct krv_world *world) {
  struct krv_buf row;
  int64_t lid = 0;
  int status;
  krv_buf_init(&row, world->env);
  while ((status = krv_vault_row_next(world->vault, KRV_TABLE_FORKS, lid, &lid, &row)) == 0) {
    krv_buf_reset(&row);
    status = krv_vault_row_delete(world->vault, KRV_TABLE_FORKS, lid);
    if (status != 0) break;
  }
  krv_buf_release(&row);
  return status == KRV_END ? 0 : status;
}

static int put_entries(struct krv_world *world, enum krv_fork_row what, uint32_t number,
                       const struct krv_roster *roster, uint32_t from) {
  int status = 0;
  for (uint32_t h = from; status == 0 && h < krv_roster_count(roster); h++)
    status = krv_fork_put_entry(world, what, (uint16_t)number, krv_roster_entry(roster, h));
  return status;
}

int krv_fork_save_all(struct krv_world *world) {
  const struct krv_fork *fork = world->fork;
  int status = forget_rows(world);
  if (status == 0 && fork) status = krv_fork_save(world);
  for (uint32_t i = 0; status == 0 && i < world->lost_count; i++)
    status = put_entries(world, KRV_FORK_ROW_LOST, i, world->lost[i].roster,
                         world->lost[i].common + 1);
  if (status != 0 || !fork) return status;
  status = put_entries(world, KRV_FORK_ROW_OURS, 0, fork->branch[KRV_BRANCH_OURS],
                       krv_roster_count(world->roster));
  return status != 0 ? status
                     : put_entries(world, KRV_FORK_ROW_OTHER, 0, fork->branch[KRV_BRANCH_OTHER],
                                   fork->common + 1);
}

static int replace_roster_rows(struct krv_world *world, const struct krv_roster *winner,
                               uint32_t common) {
  int status = 0;
  for (uint32_t h = common + 1; status == 0 && h < krv_roster_count(world->roster); h++)
    status = krv_vault_row_delete(world->vault, KRV_TABLE_ROSTER, (int64_t)h + 1);
  for (uint32_t h = common + 1; status == 0 && h < krv_roster_count(winner); h++) {
    int64_t lid = (int64_t)h + 1;
    status = krv_vault_row_put(world->vault, KRV_TABLE_ROSTER, &lid, krv_roster_entry(winner, h));
  }
  return status;
}

/* Group secrets of the shared part keep their numbers. Of what only the loser made, none is a
 * group now. */
static int keep_secrets(struct krv_world *world) {
  size_t kept = 0;
  for (size_t i = 0; i < world->secret_count; i++) {
    const struct krv_secret *s = &world->secrets[i];
    const struct krv_group *group = krv_roster_group(world->roster, s->group);
    if (!group || s->epoch >= group->epoch_count ||
        memcmp(group->epochs[s->epoch].pk.b, s->pair.pk.b, KRV_KEY_LEN) != 0)
      continue;
    world->secrets[kept++] = *s;
  }
  krv_wipe(world->secrets + kept, (world->secret_count - kept) * sizeof *world->secrets);
  world->secret_count = kept;
  return krv_world_secrets_save(world);
}

/* The same while there is a fork still, and another history is the other one. */
static krv_device_ix renumber_third(const struct krv_world *world,
                                    const struct krv_renumbering *how, krv_device_ix device) {
  if (!krv_is_former(device)) return device;
  bool of_other = krv_former_number(device) == KRV_LOST_OTHER;
  uint32_t number = of_other ? how->number : krv_former_number(device);
  krv_device_ix there = krv_former_device(device);
  const struct krv_device *d =
      number < world->lost_count ? krv_roster_device(world->lost[number].roster, there) : NULL;
  const struct krv_device *now =
      d ? krv_roster_device_by_id(world->fork->branch[KRV_BRANCH_OTHER], &d->id) : NULL;
  return now ? krv_former(KRV_LOST_OTHER, now->ix) : krv_former(number, there);
}

/* The number that an author has now that the winner's numbers hold: a device that both let in is
 * one. */
static krv_device_ix renumber(const struct krv_world *world, const struct krv_renumbering *how,
                              krv_device_ix device) {
  if (how->third) return renumber_third(world, how, device);
  bool former = krv_is_former(device);
  krv_device_ix there = former ? krv_former_device(device) : device;
  uint32_t number = former ? krv_former_number(device) : KRV_LOST_UNKNOWN;
  bool lost_before = former && number != KRV_LOST_OTHER;
  enum krv_branch of = former ? KRV_BRANCH_OTHER : KRV_BRANCH_OURS;
  if (!lost_before && of == how->winner) return there;
  return krv_fork_lost_device(world, lost_before ? number : how->number, there);
}

/* Who is no member any more is no author at the server either: that is kept here, as refused. */
static int readdress(struct krv_intake *intake, const struct krv_renumbering *how) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0, end = 0; /* what is put goes behind the end */
  int status;
  krv_buf_init(&bytes, world->env);
  while ((status = krv_vault_item_next(world->vault, intake->open->lid, lid, &item, &bytes)) == 0) {
    bool authored = item.kind == KRV_MSG_COMMIT || item.kind == KRV_MSG_GENESIS ||
                    item.kind == KRV_MSG_GRANT;
    krv_device_ix device = authored ? renumber(world, how, item.device) : item.device;
    lid = item.lid;
    if (end != 0 && lid >= end) break;
    if (device != item.device) {
      item.device = device;
      if (how->third) { /* nothing is decided */
      } else if (krv_is_former(device)) {
        item.mark = KRV_MARK_REFUSED;
        item.status = KRV_UNKNOWN_DEVICE;
      } else if (item.mark == KRV_MARK_REFUSED) { /* he is a member, and was none before */
        item.mark = KRV_MARK_NONE;
        item.status = 0;
      }
      status = krv_vault_item_delete(world->vault, lid);
      if (status == 0) status = krv_vault_item_put(world->vault, &item);
      if (status != 0) break;
      if (end == 0) end = item.lid;
    }
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

/* Is it a grant of ours to a secret that is none any more? */
static bool sealed_to_lost(const struct krv_world *world, const struct krv_renumbering *how,
                           const struct krv_vault_item *item) {
  struct krv_msg_grant msg;
  if (item->kind != KRV_MSG_GRANT || item->device != world->member.device) return false;
  if (krv_msg_grant_decode(item->bytes, &msg) != 0 || msg.to_device) return false;
  const struct krv_group *now = krv_roster_group(world->roster, msg.group);
  const struct krv_group *then = krv_roster_group(world->lost[how->number].roster, msg.group);
  if (!now || !then || msg.group_epoch >= then->epoch_count) return false;
  return msg.group_epoch >= now->epoch_count ||
         memcmp(&now->epochs[msg.group_epoch].pk, &then->epochs[msg.group_epoch].pk,
                KRV_KEY_LEN) != 0;
}

/* The keys that it carried are given anew, to the secret that the winner knows. */
static int grant_anew(struct krv_intake *intake, const struct krv_renumbering *how) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_id kase = intake->open->id;
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  bool any = false;
  int status = 0;
  krv_buf_init(&bytes, world->env);
  while (status == 0 && (status = krv_vault_item_next(world->vault, intake->open->lid, lid, &item,
                                                      &bytes)) == 0) {
    lid = item.lid;
    bool lost = sealed_to_lost(world, how, &item);
    any |= lost;
    if (lost) status = krv_vault_item_delete(world->vault, lid);
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  if (status != KRV_END) return status;
  return any ? krv_keep_grant_again(intake, &kase, NULL, NULL) : 0;
}

static int judge_case(struct krv_intake *intake, const struct krv_id *kase, const void *ctx) {
  const struct krv_renumbering *how = ctx;
  struct krv_folder *folder;
  int status = krv_intake_folder(intake, kase, &folder);
  if (status == 0) status = readdress(intake, how);
  if (status == 0) status = krv_intake_rejudge(intake);
  bool turned = !how->third && how->winner == KRV_BRANCH_OTHER;
  return status == 0 && turned ? grant_anew(intake, how) : status;
}

int krv_fork_judge_all(struct krv_intake *intake, const struct krv_renumbering *how) {
  return krv_intake_each_case(intake, judge_case, how);
}

/* What would tell the server to send something to whom only our history knew: there is nobody of
 * that number, or somebody else. */
static int forget_misleading(struct krv_world *world, int64_t case_lid) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status;
  krv_buf_init(&bytes, world->env);
  while ((status = krv_vault_item_next(world->vault, case_lid, lid, &item, &bytes)) == 0) {
    lid = item.lid;
    if (krv_fork_misleads(world, &item)) status = krv_vault_item_delete(world->vault, lid);
    krv_buf_reset(&bytes);
    if (status != 0) break;
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

static int forget_all_misleading(struct krv_world *world) {
  int status = forget_misleading(world, 0);
  for (uint32_t i = 0; status == 0 && i < krv_index_count(world->index); i++)
    status = forget_misleading(world, krv_index_at(world->index, i)->lid);
  return status;
}

/* Entries of ours that only now count: boxes for whom they admitted. */
static int give_boxes(struct krv_intake *intake, uint32_t common) {
  int status = 0;
  uint32_t count = krv_roster_count(krv_intake_world(intake)->roster);
  for (uint32_t h = common + 1; status == 0 && h < count; h++) status = krv_keep_boxes(intake, h);
  return status;
}

void krv_fork_set_aside(struct krv_world *world, uint32_t number, struct krv_roster *roster) {
  struct krv_lost *place = &world->lost[number];
  if (number == world->lost_count) {
    *place = (struct krv_lost){roster, world->fork->common};
    world->lost_count++;
    return;
  }
  bool longer = krv_roster_count(roster) > krv_roster_count(place->roster);
  krv_roster_free(longer ? place->roster : roster);
  if (longer) place->roster = roster;
}

/* The winner is the world's roster, the loser is kept. There is room for it. */
static void take_over(struct krv_world *world, const struct krv_renumbering *how) {
  struct krv_fork *fork = world->fork;
  krv_fork_set_aside(world, how->number, fork->branch[!how->winner]);
  krv_roster_free(world->roster);
  world->roster = fork->branch[how->winner];
  if (how->winner == KRV_BRANCH_OTHER) {
    world->standing.named_height = fork->common;
    for (uint32_t i = 0; i < world->lost_count; i++) /* what lost to our history, and parts above */
      if (world->lost[i].common > fork->common) world->lost[i].common = fork->common;
  }
  world->fork = NULL;
  krv_free(world->env, fork);
}

static int win(struct krv_intake *intake, enum krv_branch winner) {
  struct krv_world *world = krv_intake_world(intake);
  const struct krv_fork *fork = world->fork;
  uint32_t common = fork->common;
  struct krv_renumbering how = {
      .winner = winner, .number = krv_fork_number_loser(world, fork->branch[!winner], common)};
  if (!holds_us(world, fork->branch[winner])) return 0; /* its alarm says so: it joins anew */
  if (how.number == KRV_LOST_MAX) return KRV_TOO_LARGE;
  int status = winner == KRV_BRANCH_OTHER ? forget_all_misleading(world) : 0;
  if (status == 0) status = replace_roster_rows(world, fork->branch[winner], common);
  if (status == 0 && how.number == world->lost_count)
    status = krv_grow(world->env, &world->lost, &world->lost_cap, how.number, sizeof *world->lost);
  if (status != 0) return status;
  take_over(world, &how);
  intake->touched = intake->grew = true;
  if (intake->grew_from == 0 || intake->grew_from > common) intake->grew_from = common + 1;
  world->standing.cursor = world->standing.within = 0; /* boxes, grants by its numbers */
  world->pull_again = true;
  status = krv_fork_save_all(world);
  if (status == 0) status = krv_pin_follow(world);
  if (status == 0) status = keep_secrets(world);
  if (status == 0) status = krv_world_use_documents(world);
  if (status == 0) status = krv_fork_judge_all(intake, &how);
  if (status == 0) status = give_boxes(intake, common);
  return status == 0 ? krv_again(world) : status; /* what had to wait for its end */
}

int krv_fork_settle(struct krv_intake *intake) {
  const struct krv_fork *fork = krv_intake_world(intake)->fork;
  const struct krv_roster *told = fork->branch[fork->told];
  uint32_t common, at = fork->common + 1;
  const uint8_t *other = krv_roster_hash(fork->branch[!fork->told], at);
  /* only what the server tells can win: on the other one nothing can be appended */
  if (!other || !krv_roster_lost(told, at, other, &common)) return 0;
  return win(intake, fork->told);
}
