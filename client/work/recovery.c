/* recovery: two rows of `meta`. 8 is the seed, empty once it is forgotten; 12 is u8 marks and, once
 * it was split, the split: id 4, its three parts. */
#include "recovery.h"

#include <string.h>

#include "intake_in.h"
#include "keep.h"
#include "renew.h"

enum { MARK_EXPORTED = 1, MARK_TAKEN = 2, MARK_FORGOTTEN = 4 };

/* What the vault holds of it. */
struct holding {
  uint8_t marks;
  bool here, is_split;
  struct krv_key seed;
  struct krv_split split;
};

/* ---- rows */

static int read_seed(const struct krv_world *world, struct krv_key *seed, bool *here) {
  struct krv_buf row;
  *here = false;
  krv_buf_init(&row, world->env);
  int status = krv_vault_meta_get(world->vault, KRV_META_RECOVERY, &row);
  if (status == KRV_NOT_FOUND) status = 0;
  if (status == 0 && row.len != 0 && row.len != sizeof seed->b) status = KRV_DAMAGED;
  if (status == 0 && row.len != 0) {
    memcpy(seed->b, row.data, sizeof seed->b);
    *here = true;
  }
  krv_buf_wipe(&row);
  return status;
}

static int read_split(const struct krv_world *world, struct holding *out) {
  struct krv_buf row;
  krv_buf_init(&row, world->env);
  int status = krv_vault_meta_get(world->vault, KRV_META_SHARES, &row);
  if (status == 0) {
    struct krv_in in = krv_in(krv_buf_slice(&row));
    out->marks = krv_in_u8(&in);
    out->is_split = krv_in_left(&in) > 0;
    if (out->is_split) krv_in_copy(&in, out->split.id, sizeof out->split.id);
    for (size_t i = 0; out->is_split && i < KRV_SHARES; i++)
      krv_in_copy(&in, out->split.part[i].b, KRV_KEY_LEN);
    if (krv_in_end(&in) != 0) status = KRV_DAMAGED;
  }
  krv_buf_wipe(&row);
  return status == KRV_NOT_FOUND ? 0 : status;
}

/* The caller wipes out. */
static int load(const struct krv_world *world, struct holding *out) {
  memset(out, 0, sizeof *out);
  int status = read_seed(world, &out->seed, &out->here);
  return status == 0 ? read_split(world, out) : status;
}

static int save(struct krv_world *world, const struct holding *h) {
  struct krv_buf row;
  krv_buf_init(&row, world->env);
  krv_buf_u8(&row, h->marks);
  if (h->is_split) krv_buf_append(&row, h->split.id, sizeof h->split.id);
  for (size_t i = 0; h->is_split && i < KRV_SHARES; i++)
    krv_buf_append(&row, h->split.part[i].b, KRV_KEY_LEN);
  int status = row.status;
  if (status == 0)
    status = krv_vault_meta_put(world->vault, KRV_META_SHARES, krv_buf_slice(&row));
  if (status == 0)
    status = krv_vault_meta_put(world->vault, KRV_META_RECOVERY,
                                krv_slice(h->seed.b, h->here ? sizeof h->seed.b : 0));
  krv_buf_wipe(&row);
  return status;
}

int krv_recovery_state(struct krv_world *world, struct krv_recovery_state *out) {
  struct holding h;
  int status = load(world, &h);
  *out = (struct krv_recovery_state){.here = h.here,
                                     .exported = (h.marks & (MARK_EXPORTED | MARK_TAKEN)) != 0,
                                     .taken = (h.marks & MARK_TAKEN) != 0,
                                     .forgotten = (h.marks & MARK_FORGOTTEN) != 0};
  krv_wipe(&h, sizeof h);
  return status;
}

bool krv_recovery_here(const struct krv_world *world) {
  struct krv_key seed;
  bool here;
  int status = read_seed(world, &seed, &here);
  krv_wipe(&seed, sizeof seed);
  return status == 0 && here;
}

int krv_recovery_load(const struct krv_world *world, struct krv_recovery_keys *out) {
  struct krv_key seed;
  bool here;
  int status = read_seed(world, &seed, &here);
  if (status == 0 && !here) status = KRV_NO_KEY;
  if (status == 0) status = krv_recovery_keys(&seed, out);
  krv_wipe(&seed, sizeof seed);
  return status;
}

/* ---- shares */

static void tie_of(const struct krv_world *world, uint8_t tie[KRV_SHARE_TIE_LEN]) {
  struct krv_key sign_pk, seal_pk;
  krv_roster_recovery(world->roster, &sign_pk, &seal_pk);
  krv_recovery_tie(krv_roster_programme(world->roster), &sign_pk, &seal_pk, tie);
}

static int split_now(struct krv_world *world, struct holding *h) {
  krv_split_random(world->env, &h->seed, &h->split);
  h->is_split = true;
  h->marks |= MARK_EXPORTED;
  int status = krv_vault_begin(world->vault);
  if (status == 0) status = save(world, h);
  if (status == 0) status = krv_vault_commit(world->vault);
  if (status != 0 && krv_vault_in_transaction(world->vault)) krv_vault_rollback(world->vault);
  return status;
}

int krv_recovery_split(struct krv_world *world, bool fresh,
                       struct krv_recovery_share out[KRV_SHARES]) {
  struct holding h;
  uint8_t tie[KRV_SHARE_TIE_LEN];
  int status = krv_world_ready(world);
  if (status == 0) status = load(world, &h);
  if (status != 0) return status;
  if (!h.here) status = KRV_NO_KEY;
  if (status == 0 && (fresh || !h.is_split)) status = split_now(world, &h);
  if (status == 0) tie_of(world, tie);
  for (unsigned i = 0; status == 0 && i < KRV_SHARES; i++)
    krv_split_share(&h.split, tie, i + 1, &out[i]);
  krv_wipe(&h, sizeof h);
  return status;
}

int krv_recovery_fits(const struct krv_world *world, const struct krv_recovery_share *share) {
  uint8_t tie[KRV_SHARE_TIE_LEN];
  if (!krv_roster_founded(world->roster)) return KRV_NOT_APPROVED;
  tie_of(world, tie);
  return memcmp(tie, share->tie, sizeof tie) == 0 ? 0 : KRV_OTHER_PROGRAMME;
}

/* Right if, and only if, the founding entry's keys follow from it. */
static int check_seed(const struct krv_world *world, const struct krv_key *seed) {
  struct krv_recovery_keys keys;
  struct krv_key sign_pk, seal_pk;
  int status = krv_recovery_keys(seed, &keys);
  if (status != 0) return status;
  krv_roster_recovery(world->roster, &sign_pk, &seal_pk);
  bool same = krv_secret_equal(&keys.sign.pk, &sign_pk, sizeof sign_pk) &&
              krv_secret_equal(&keys.seal.pk, &seal_pk, sizeof seal_pk);
  krv_wipe(&keys, sizeof keys);
  return same ? 0 : KRV_CRYPTO;
}

/* Whom the recovery key let in before, and nobody has given the secrets since: all groups. */
static int give_all(struct krv_intake *intake) {
  const struct krv_world *world = krv_intake_world(intake);
  size_t secrets = world->secret_count;
  int status = 0;
  for (krv_group_ix g = 0; status == 0 && g < krv_roster_group_count(world->roster); g++)
    status = krv_keep_recovered(intake, g);
  if (world->secret_count > secrets) intake->grew = intake->secret_came = true;
  return status;
}

static int keep(struct krv_world *world, const struct holding *h) {
  struct krv_intake *intake;
  int status = krv_intake_begin(world, &intake);
  if (status != 0) return status;
  status = save(world, h);
  if (status == 0) status = give_all(intake);
  if (status == 0) return krv_intake_commit(intake);
  krv_intake_rollback(intake);
  return status;
}

int krv_recovery_take(struct krv_world *world, const struct krv_recovery_share *a,
                      const struct krv_recovery_share *b) {
  struct holding h;
  int status = krv_world_ready(world);
  if (status == 0) status = krv_recovery_fits(world, a);
  if (status == 0) status = krv_recovery_fits(world, b);
  if (status == 0) status = load(world, &h);
  if (status != 0) return status;
  if (h.here) status = KRV_STATE;
  if (status == 0) status = krv_split_join(a, b, &h.split);
  if (status == 0) {
    krv_split_seed(&h.split, &h.seed);
    status = check_seed(world, &h.seed);
  }
  h.here = h.is_split = true;
  h.marks = MARK_TAKEN;
  if (status == 0) status = keep(world, &h);
  krv_wipe(&h, sizeof h);
  return status;
}

/* Has an entry of ours still to go out? One that the recovery key signed brings boxes with it. */
static int nothing_waits(struct krv_world *world) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status = 0;
  krv_buf_init(&bytes, world->env);
  while (status == 0 &&
         (status = krv_vault_marked_next(world->vault, KRV_MARK_NONE, lid, &item, &bytes)) == 0) {
    lid = item.lid;
    if (item.kind == KRV_MSG_ROSTER) status = KRV_BUSY;
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

int krv_recovery_forget(struct krv_world *world) {
  struct holding h;
  int status = load(world, &h);
  if (status == 0 && !h.here) status = KRV_NO_KEY;
  if (status == 0 && !(h.marks & (MARK_EXPORTED | MARK_TAKEN))) status = KRV_STATE;
  if (status == 0) status = nothing_waits(world);
  uint8_t marks = h.marks | MARK_FORGOTTEN;
  krv_wipe(&h, sizeof h);
  h.marks = marks;
  if (status == 0) status = krv_vault_begin(world->vault);
  if (status != 0) return status;
  status = save(world, &h);
  if (status == 0) status = krv_vault_commit(world->vault);
  if (status != 0 && krv_vault_in_transaction(world->vault)) krv_vault_rollback(world->vault);
  /* what the database overwrote lies in the log as well until that is emptied */
  return status == 0 ? krv_vault_idle(world->vault) : status;
}

/* ---- boxes */

struct boxes {
  const struct krv_world *world;
  krv_group_ix group;
  int (*each)(void *ctx, const struct krv_msg_box *msg);
  void *ctx;
};

/* Every box for the recovery key of that group that is here. */
static int for_boxes(const struct boxes *b) {
  struct krv_vault_item item;
  struct krv_msg_box msg;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status = 0;
  krv_buf_init(&bytes, b->world->env);
  while (status == 0 &&
         (status = krv_vault_item_next(b->world->vault, 0, lid, &item, &bytes)) == 0) {
    lid = item.lid;
    bool fits = item.kind == KRV_MSG_BOX && krv_msg_box_decode(item.bytes, &msg) == 0 &&
                msg.device == KRV_MSG_NO_DEVICE && msg.group == b->group;
    krv_buf_reset(&bytes);
    if (fits) status = b->each(b->ctx, &msg);
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

/* CRYPTO: it does not open to the signed key. */
static int open_box(const struct krv_world *world, const struct krv_recovery_keys *keys,
                    const struct krv_msg_box *msg, struct krv_dh_pair *out) {
  const struct krv_group *group = krv_roster_group(world->roster, msg->group);
  const struct krv_device *giver = krv_roster_device(world->roster, msg->giver);
  if (!group || !giver || msg->epoch >= group->epoch_count) return KRV_CRYPTO;
  return krv_box_open(&keys->seal, &giver->keys.seal_pk, &group->epochs[msg->epoch].pk, msg->box,
                      out);
}

struct opening {
  const struct krv_world *world;
  struct krv_recovery_keys keys;
  int (*each)(void *ctx, const struct krv_secret *secret);
  void *ctx;
};

static int open_one(void *ctx, const struct krv_msg_box *msg) {
  struct opening *o = ctx;
  struct krv_secret secret = {.group = msg->group, .epoch = msg->epoch};
  if (open_box(o->world, &o->keys, msg, &secret.pair) != 0) return 0; /* it shadows no other */
  int status = o->each(o->ctx, &secret);
  krv_wipe(&secret, sizeof secret);
  return status;
}

int krv_recovery_secrets(struct krv_world *world, krv_group_ix group,
                         int (*each)(void *ctx, const struct krv_secret *secret), void *ctx) {
  struct opening o = {.world = world, .each = each, .ctx = ctx};
  int status = krv_recovery_load(world, &o.keys);
  if (status == KRV_NO_KEY) return 0;
  if (status == 0) status = for_boxes(&(struct boxes){world, group, open_one, &o});
  krv_wipe(&o, sizeof o);
  return status;
}

struct counting {
  uint32_t epoch, count;
};

static int count_one(void *ctx, const struct krv_msg_box *msg) {
  struct counting *c = ctx;
  c->count += msg->epoch == c->epoch;
  return 0;
}

int krv_recovery_boxed(struct krv_world *world, krv_group_ix group, bool *out) {
  const struct krv_group *known = krv_roster_group(world->roster, group);
  struct counting c = {.epoch = known ? known->epoch_count - 1 : 0};
  int status = known ? for_boxes(&(struct boxes){world, group, count_one, &c}) : 0;
  *out = c.count > 0;
  return status;
}

int krv_recovery_wants(struct krv_world *world, const struct krv_msg_box *msg, bool *out) {
  const struct krv_group *group = krv_roster_group(world->roster, msg->group);
  struct counting c = {.epoch = msg->epoch};
  struct krv_recovery_keys keys;
  struct krv_dh_pair pair;
  *out = false;
  if (!group || group->kind == KRV_GROUP_KIND_MEMBER || msg->epoch >= group->epoch_count) return 0;
  if (msg->giver != krv_renew_maker(world, group, msg->epoch)) return 0;
  int status = for_boxes(&(struct boxes){world, msg->group, count_one, &c});
  if (status != 0 || c.count >= KRV_RECOVERY_BOXES_MAX) return status;
  status = krv_recovery_load(world, &keys);
  *out = status == KRV_NO_KEY || (status == 0 && open_box(world, &keys, msg, &pair) == 0);
  if (status == 0) krv_wipe(&pair, sizeof pair);
  krv_wipe(&keys, sizeof keys);
  return status == KRV_NO_KEY ? 0 : status;
}
