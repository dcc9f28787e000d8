/* again: see again.h. A statement that is said once more is compared with two rosters: as it was
 * when it was signed, and as it is now. Only what it is about counts: somebody else's change to
 * that is not taken back by one who did not know of it. */
#include "again.h"

#include <string.h>

#include "alarm.h"
#include "approve.h"
#include "fork_in.h"
#include "propose.h"
#include "renew.h"

struct again {
  struct krv_world *world;
  struct krv_buf entries;  /* that were dropped, in order: u32 length, bytes */
  struct krv_roster *then; /* on which the entry was signed; NULL: not known any more */
  struct krv_roster *now;  /* with what was said again by now */
};

/* Is it made anew from elsewhere? */
static bool kept_otherwise(enum krv_statement_kind kind) {
  switch (kind) {
    case KRV_STATEMENT_FOUND:
    case KRV_STATEMENT_DEVICE: /* the request */
    case KRV_STATEMENT_EPOCH: /* the secret: renew.h */
    case KRV_STATEMENT_SCHEMA: /* the document */
    case KRV_STATEMENT_SERVER: /* the move: pin.h */
    case KRV_STATEMENT_END: return true; /* fork.h */
    case KRV_STATEMENT_ADMIT:
    case KRV_STATEMENT_EXPEL:
    case KRV_STATEMENT_REVOKE:
    case KRV_STATEMENT_ROLES:
    case KRV_STATEMENT_GROUP: break;
  }
  return false;
}

/* Nobody, unless the roster knows him by that number. */
static int tell(struct krv_world *world, krv_device_ix about) {
  if (!krv_roster_device(world->roster, about)) about = KRV_NO_INDEX;
  return krv_alarm_raise(world, &(struct krv_alarm){.kind = KRV_ALARM_OVERTAKEN, .device = about});
}

/* ---- one statement */

enum verdict { SAY, DONE, OVERTAKEN };

/* What is spoken of. Proposals number the devices and groups that they bring themselves: others may
 * have these numbers by now. */
struct subject {
  const struct krv_device *then, *now; /* NULL: not there */
  krv_group_ix group; /* as it was numbered then */
};

static bool of_group(const struct krv_statement *s) {
  return s->kind == KRV_STATEMENT_ADMIT || s->kind == KRV_STATEMENT_EXPEL;
}

/* The group with that first key. */
static krv_group_ix group_of(const struct krv_roster *roster, const struct krv_key *pk) {
  for (krv_group_ix g = 0; g < krv_roster_group_count(roster); g++)
    if (memcmp(&krv_roster_group(roster, g)->epochs[0].pk, pk, sizeof *pk) == 0) return g;
  return KRV_NO_INDEX;
}

static enum verdict judge_roles(const struct subject *of, const struct krv_statement *s) {
  if (!krv_device_active(of->now)) return OVERTAKEN;
  if (of->now->roles == s->roles) return DONE;
  return of->then->roles == of->now->roles ? SAY : OVERTAKEN;
}

static enum verdict judge_admit(const struct again *a, const struct subject *of,
                                const struct krv_statement *s) {
  const struct krv_membership *then =
      krv_roster_membership(a->then, of->then->ix, of->group, UINT32_MAX);
  const struct krv_membership *now = krv_roster_membership(a->now, s->device, s->group, UINT32_MAX);
  bool left = krv_roster_was_member(a->now, s->device, s->group) &&
              !krv_roster_was_member(a->then, of->then->ix, of->group);
  if (now && now->rights == s->rights) return DONE;
  if (!now) return then || left ? OVERTAKEN : SAY;
  return then && then->rights == now->rights ? SAY : OVERTAKEN;
}

/* By the numbers of now. False: it is not there any more. */
static bool renumber(const struct again *a, const struct subject *of, struct krv_statement *s) {
  s->device = of->now ? of->now->ix : KRV_NO_INDEX;
  if (of_group(s))
    s->group = group_of(a->now, &krv_roster_group(a->then, of->group)->epochs[0].pk);
  return of->now && (!of_group(s) || s->group != KRV_NO_INDEX);
}

static enum verdict judge(const struct again *a, struct krv_statement *s) {
  if (s->kind == KRV_STATEMENT_GROUP)
    return group_of(a->now, &s->pk) == KRV_NO_INDEX ? SAY : DONE;
  if (!a->then) {
    s->device = KRV_NO_INDEX;
    return OVERTAKEN;
  }
  struct subject of = {.then = krv_roster_device(a->then, s->device), .group = s->group};
  if (!of.then || (of_group(s) && !krv_roster_group(a->then, s->group)))
    return DONE; /* with the approval that stands in the same entry */
  of.now = krv_roster_device_by_id(a->now, &of.then->id);
  if (!renumber(a, &of, s)) return OVERTAKEN;
  if (s->kind == KRV_STATEMENT_ROLES) return judge_roles(&of, s);
  if (s->kind == KRV_STATEMENT_ADMIT) return judge_admit(a, &of, s);
  bool out = s->kind == KRV_STATEMENT_REVOKE
                 ? !krv_device_active(of.now)
                 : !krv_roster_membership(a->now, s->device, s->group, UINT32_MAX);
  return out ? DONE : SAY;
}

/* ---- one entry */

static bool refused(int status) {
  return status == KRV_INVALID || status == KRV_DENIED || status == KRV_CRYPTO ||
         status == KRV_NO_KEY;
}

static int say(struct again *a, const struct krv_entry *entry, struct krv_statement *statements,
               uint32_t count) {
  if (count == 0) return 0;
  return entry->signer == KRV_NO_INDEX
             ? krv_propose_recovery(a->world, a->now, statements, count)
             : krv_propose(a->world, a->now, statements, count);
}

/* Together, or, where one spoils that, each alone. */
static int say_all(struct again *a, const struct krv_entry *entry, struct krv_statement *kept,
                   uint32_t count) {
  int status = say(a, entry, kept, count);
  if (!refused(status)) return status;
  status = 0;
  for (uint32_t i = 0; status == 0 && i < count; i++) {
    status = say(a, entry, &kept[i], 1);
    bool about = kept[i].kind != KRV_STATEMENT_GROUP;
    if (refused(status)) status = tell(a->world, about ? kept[i].device : KRV_NO_INDEX);
  }
  return status;
}

/* The roster that the entry was signed on: the one before with the entry before, or a part of
 * ours. */
static int find_then(struct again *a, const struct krv_entry *entry) {
  const struct krv_roster *then = a->then, *ours = a->world->roster;
  uint32_t before = entry->height - 1;
  bool goes_on = then && krv_roster_height(then) == before &&
                 memcmp(krv_roster_hash(then, before), entry->prev, sizeof entry->prev) == 0;
  if (goes_on) return 0;
  krv_roster_free(a->then);
  a->then = NULL;
  const uint8_t *hash = entry->height > 0 ? krv_roster_hash(ours, before) : NULL;
  if (!hash || memcmp(hash, entry->prev, sizeof entry->prev) != 0) return 0;
  return krv_fork_copy(ours, entry->height, &a->then, a->world->env);
}

static int say_again(struct again *a, struct krv_slice bytes) {
  struct krv_entry entry;
  struct krv_statement *kept;
  uint32_t count = 0;
  int status = krv_entry_decode(a->world->env, bytes, &entry);
  if (status != 0) return status;
  kept = krv_zalloc(a->world->env, KRV_ENTRY_STATEMENTS_MAX, sizeof *kept);
  status = kept ? find_then(a, &entry) : KRV_NOMEM;
  for (uint32_t i = 0; status == 0 && i < entry.statement_count; i++) {
    struct krv_statement s = entry.statements[i];
    enum verdict verdict = kept_otherwise(s.kind) ? DONE : judge(a, &s);
    if (verdict == OVERTAKEN) status = tell(a->world, s.device);
    if (verdict == SAY) kept[count++] = s;
  }
  if (status == 0) status = say_all(a, &entry, kept, count);
  int goes_on = status == 0 && a->then ? krv_roster_append(a->then, bytes) : 0;
  if (goes_on == KRV_NOMEM) status = goes_on;
  if (goes_on != 0) {
    krv_roster_free(a->then);
    a->then = NULL;
  }
  krv_free(a->world->env, kept);
  krv_entry_release(&entry, a->world->env);
  return status;
}

/* ---- all of them */

static int gather(struct again *a) {
  struct krv_vault_item item;
  struct krv_msg_roster msg;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status;
  krv_buf_init(&bytes, a->world->env);
  while ((status = krv_vault_marked_next(a->world->vault, KRV_MARK_NONE, lid, &item, &bytes)) ==
         0) {
    lid = item.lid;
    if (item.kind == KRV_MSG_ROSTER && krv_msg_roster_decode(item.bytes, &msg) == 0) {
      krv_buf_u32(&a->entries, (uint32_t)msg.entry.len);
      krv_buf_put(&a->entries, msg.entry);
    }
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? a->entries.status : status;
}

static int each_entry(struct again *a, int (*visit)(struct again *a, struct krv_slice entry)) {
  struct krv_in in = krv_in(krv_buf_slice(&a->entries));
  int status = 0;
  while (status == 0 && krv_in_left(&in) > 0) {
    uint32_t len = krv_in_u32(&in);
    struct krv_slice entry = krv_in_bytes(&in, len);
    status = in.status != 0 ? in.status : visit(a, entry);
  }
  return status;
}

static void release(struct again *a) {
  krv_roster_free(a->then);
  krv_roster_free(a->now);
  krv_buf_release(&a->entries);
}

static void count_left_out(void *ctx, const struct krv_request *request, int why) {
  uint32_t *count = ctx;
  (void)request;
  (void)why;
  ++*count;
}

static int remake(struct again *a) {
  struct krv_world *world = a->world;
  uint32_t left_out = 0;
  int status = krv_approve_due(world, count_left_out, &left_out);
  if (status == 0 && left_out > 0) status = tell(world, KRV_NO_INDEX);
  if (status == 0) status = krv_propose_roster(world, &a->now);
  if (status == 0) status = each_entry(a, say_again);
  if (status == 0) status = krv_renew_again(world);
  return status == 0 ? krv_publish_again(world) : status;
}

static int tell_entry(struct again *a, struct krv_slice bytes) {
  struct krv_entry entry;
  int status = krv_entry_decode(a->world->env, bytes, &entry);
  if (status != 0) return status;
  uint32_t devices = krv_fork_devices_at(a->world->roster, entry.height - 1);
  for (uint32_t i = 0; status == 0 && i < entry.statement_count; i++) {
    const struct krv_statement *s = &entry.statements[i];
    bool known = s->kind != KRV_STATEMENT_GROUP && s->device < devices;
    bool approval = s->kind == KRV_STATEMENT_ADMIT && !known;
    if (kept_otherwise(s->kind) || approval) continue;
    status = tell(a->world, known ? s->device : KRV_NO_INDEX);
  }
  krv_entry_release(&entry, a->world->env);
  return status;
}

int krv_again(struct krv_world *world) {
  struct again a = {.world = world};
  krv_buf_init(&a.entries, world->env);
  int status = gather(&a);
  if (status == 0) status = krv_fork_say_again(world); /* drops them */
  if (status == 0) status = world->fork ? each_entry(&a, tell_entry) : remake(&a);
  release(&a);
  return status;
}

int krv_again_if_due(struct krv_world *world) {
  struct again a = {.world = world};
  krv_buf_init(&a.entries, world->env);
  int status = gather(&a);
  bool any = a.entries.len > 0 && !world->fork;
  if (status == 0 && any) status = krv_propose_roster(world, &a.now); /* it takes long */
  release(&a);
  return status == KRV_STALE || refused(status) ? krv_again(world) : status;
}

int krv_again_give_up(struct krv_world *world) {
  struct again a = {.world = world};
  krv_buf_init(&a.entries, world->env);
  int status = gather(&a);
  if (status == 0) status = krv_propose_forget(world);
  if (status == 0) status = each_entry(&a, tell_entry);
  release(&a);
  return status;
}
