/* world: loads at unlock what all work stands on. Order: keys, member, standing, roster, secrets,
 * schema, cards. Nothing here writes but secret_put and roster_append, inside the caller's
 * transaction. */
#define _POSIX_C_SOURCE 200809L

#include "world.h"

#include <string.h>

#include <time.h>

#include "pin.h"
#include "upgrade.h"

static int load_roster(struct krv_world *world) {
  struct krv_buf entry;
  int64_t lid = 0;
  int status;
  krv_buf_init(&entry, world->env);
  while ((status = krv_vault_row_next(world->vault, KRV_TABLE_ROSTER, lid, &lid, &entry)) == 0) {
    status = krv_roster_append(world->roster, krv_buf_slice(&entry));
    if (status != 0) break;
    krv_buf_reset(&entry);
  }
  krv_buf_release(&entry);
  if (status == KRV_END) return 0;
  return status == KRV_NOMEM || status == KRV_IO ? status : KRV_DAMAGED;
}

static int secret_place(const struct krv_world *world, krv_group_ix group, uint32_t epoch,
                        size_t *place) {
  size_t low = 0, high = world->secret_count;
  while (low < high) {
    size_t mid = low + (high - low) / 2;
    const struct krv_secret *s = &world->secrets[mid];
    if (s->group == group && s->epoch == epoch) {
      *place = mid;
      return 0;
    }
    bool before = s->group != group ? s->group < group : s->epoch < epoch;
    if (before) low = mid + 1;
    else high = mid;
  }
  *place = low;
  return KRV_NOT_FOUND;
}

static int secret_keep(struct krv_world *world, krv_group_ix group, uint32_t epoch,
                       const struct krv_dh_pair *pair) {
  size_t place;
  if (secret_place(world, group, epoch, &place) == 0) return KRV_EXISTS;
  int status = krv_grow(world->env, &world->secrets, &world->secret_cap, world->secret_count,
                        sizeof *world->secrets);
  if (status != 0) return status;
  memmove(world->secrets + place + 1, world->secrets + place,
          (world->secret_count - place) * sizeof *world->secrets);
  world->secrets[place] = (struct krv_secret){group, epoch, *pair};
  world->secret_count++;
  return 0;
}

static void forget_secrets(struct krv_world *world) {
  if (world->secrets) krv_wipe(world->secrets, world->secret_cap * sizeof *world->secrets);
  krv_free(world->env, world->secrets);
  world->secrets = NULL;
  world->secret_count = world->secret_cap = 0;
}

static int load_secrets(struct krv_world *world) {
  struct krv_buf row;
  krv_buf_init(&row, world->env);
  int status = krv_vault_meta_get(world->vault, KRV_META_SECRETS, &row);
  if (status == KRV_NOT_FOUND) status = 0;
  struct krv_in in = krv_in(krv_buf_slice(&row));
  while (status == 0 && krv_in_left(&in) > 0) {
    struct krv_key secret;
    struct krv_dh_pair pair;
    krv_group_ix group = krv_in_u32(&in);
    uint32_t epoch = krv_in_u32(&in);
    krv_in_copy(&in, secret.b, sizeof secret.b);
    if (in.status != 0) status = KRV_DAMAGED;
    if (status == 0) status = krv_dh_pair_from_secret(&secret, &pair);
    if (status == 0) status = secret_keep(world, group, epoch, &pair);
    krv_wipe(&secret, sizeof secret);
    krv_wipe(&pair, sizeof pair);
  }
  krv_buf_wipe(&row);
  return status;
}

static int load_card(void *ctx, int64_t lid, struct krv_slice bytes) {
  struct krv_world *world = ctx;
  struct krv_card card;
  int status = krv_card_decode(bytes, &card);
  if (status != 0) return KRV_DAMAGED;
  card.lid = lid;
  return krv_index_put(world->index, &card);
}

/* The index before stays until the new one is there: lists never find none. */
static int load_cards(struct krv_world *world) {
  struct krv_index *before = world->index;
  krv_search_free(world->search);
  world->search = NULL;
  int status = krv_index_new(world->env, &world->index);
  if (status != 0) {
    world->index = before;
    return status;
  }
  krv_index_free(before);
  return krv_vault_cards(world->vault, load_card, world);
}

/* The built-in one, or a document in its place; until then the one before stays. */
static int load_schema(struct krv_world *world) {
  struct krv_schema *builtin;
  int status = krv_schema_new(world->env, krv_schema_builtin(), &builtin);
  if (status != 0) return status;
  krv_schema_free(world->schema);
  world->schema = builtin;
  return krv_world_use_documents(world);
}

static int load(struct krv_world *world) {
  int status = krv_own_keys_load(world->vault, world->env, &world->keys);
  if (status == 0) status = krv_member_load(world->vault, world->env, &world->member);
  if (status == 0) status = krv_standing_load(world->vault, world->env, &world->standing);
  if (status == 0) status = krv_pin_load(world->vault, world->env, &world->pin);
  if (status == 0) status = krv_roster_new(world->env, &world->roster);
  if (status == 0) status = load_roster(world);
  if (status == 0) status = krv_fork_load(world);
  if (status == 0) status = load_secrets(world);
  if (status == 0) status = krv_zip_new(world->env, 0, &world->zip);
  if (status == 0) status = load_schema(world);
  if (status == 0) status = load_cards(world);
  return status;
}

int krv_world_open(const struct krv_env *env, struct krv_vault *vault, struct krv_world **out) {
  *out = NULL;
  struct krv_world *world = krv_zalloc(env, 1, sizeof *world);
  if (!world) {
    krv_vault_close(vault);
    return KRV_NOMEM;
  }
  world->env = env;
  world->vault = vault;
  int status = load(world);
  if (status != 0) {
    krv_world_close(world);
    return status;
  }
  krv_upgrade_fold(world);
  krv_upgrade_retry(world);
  *out = world;
  return 0;
}

void krv_world_close(struct krv_world *world) {
  if (!world) return;
  const struct krv_env *env = world->env;
  forget_secrets(world);
  krv_fork_release(world);
  krv_search_free(world->search);
  krv_index_free(world->index);
  krv_schema_free(world->schema);
  krv_zip_free(world->zip);
  krv_roster_free(world->roster);
  krv_vault_close(world->vault);
  krv_wipe(world, sizeof *world);
  krv_free(env, world);
}

int krv_own_groups_adopt(struct krv_world *world, const struct krv_statement *statement) {
  const struct krv_device *self = krv_world_self(world);
  int status = 0;
  if (statement->has_member_pk)
    status = krv_world_secret_put(world, self->member_group, 0, &world->keys.member);
  if (status == 0 && statement->has_agency_pk)
    status = krv_world_secret_put(world, self->agency_group, 0, &world->keys.agency);
  return status;
}

static int reload(struct krv_world *world) {
  struct krv_roster *fresh;
  forget_secrets(world);
  krv_fork_release(world);
  int status = krv_roster_new(world->env, &fresh);
  if (status != 0) return status;
  krv_roster_free(world->roster);
  world->roster = fresh;
  status = load_roster(world);
  if (status == 0) status = krv_fork_load(world);
  if (status == 0) status = load_secrets(world);
  if (status == 0) status = krv_member_load(world->vault, world->env, &world->member);
  if (status == 0) status = krv_standing_load(world->vault, world->env, &world->standing);
  if (status == 0) status = krv_pin_load(world->vault, world->env, &world->pin);
  if (status == 0) status = load_schema(world);
  return status == 0 ? load_cards(world) : status;
}

int krv_world_reload(struct krv_world *world) {
  int status = reload(world);
  world->stale = status != 0;
  return status;
}

int krv_world_fresh(struct krv_world *world) {
  return world->stale ? krv_world_reload(world) : 0;
}

const struct krv_device *krv_world_self(const struct krv_world *world) {
  if (world->member.state != KRV_MEMBER_IN) return NULL;
  return krv_roster_device(world->roster, world->member.device);
}

int krv_world_ready(const struct krv_world *world) {
  const struct krv_device *self = krv_world_self(world);
  if (!self) return KRV_NOT_APPROVED;
  return krv_fork_revoked(world, self) ? KRV_REVOKED : 0;
}

static bool may_write(void *ctx, krv_device_ix device, krv_group_ix group, uint32_t height) {
  const struct krv_world *world = ctx;
  return krv_roster_may_write(world->roster, device, group, height);
}

static bool left_since(void *ctx, krv_group_ix group, uint32_t height) {
  const struct krv_world *world = ctx;
  const struct krv_group *known = krv_roster_group(world->roster, group);
  return known && krv_group_left_since(known, height);
}

struct krv_case_rights krv_world_rights(const struct krv_world *world) {
  return (struct krv_case_rights){KRV_GROUP_OFFICE, may_write, left_since,
                                  (void *)(uintptr_t)world};
}

/* How far from the truth, if the server's clock stood at told_s some time ago. */
static uint64_t strangeness(int64_t told_s, int64_t at_s) {
  uint64_t far = at_s >= told_s ? (uint64_t)(at_s - told_s) : (uint64_t)(told_s - at_s);
  return at_s >= told_s ? far : far + INT64_MAX; /* time does not go back */
}

/* The device's clock may have been set since the server told its own, by hand or by a battery that
 * ran out: then the offset is a lie, and the clock itself may be right. */
int64_t krv_world_now(const struct krv_world *world, uint8_t *quality) {
  enum { MINUTE_S = 60, TRUSTED_S = 90 * 24 * 60 * MINUTE_S };
  const struct krv_member *member = &world->member;
  int64_t ours = world->env->wall_s(world->env->ctx), theirs = ours + member->clock_offset_s;
  int64_t told_s = member->clock_told_s - MINUTE_S;
  *quality = member->clock_known ? KRV_WALL_SERVER : KRV_WALL_DEVICE;
  if (member->clock_told_s == 0) return theirs;
  if (strangeness(told_s, theirs) > TRUSTED_S) *quality = KRV_WALL_DEVICE;
  return strangeness(told_s, ours) < strangeness(told_s, theirs) ? ours : theirs;
}

uint32_t krv_world_today(const struct krv_world *world, uint32_t days) {
  uint8_t quality;
  struct tm day;
  time_t at = (time_t)(krv_world_now(world, &quality) + (int64_t)days * 86400);
  if (!gmtime_r(&at, &day) || day.tm_year < -1899 || day.tm_year > 8099) return 0;
  return (uint32_t)((day.tm_year + 1900) * 10000 + (day.tm_mon + 1) * 100 + day.tm_mday);
}

const struct krv_secret *krv_world_secret(const struct krv_world *world, krv_group_ix group,
                                          uint32_t epoch) {
  size_t place;
  return secret_place(world, group, epoch, &place) == 0 ? &world->secrets[place] : NULL;
}

const struct krv_secret *krv_world_newest_secret(const struct krv_world *world,
                                                 krv_group_ix group) {
  const struct krv_secret *newest = NULL;
  for (size_t i = 0; i < world->secret_count; i++)
    if (world->secrets[i].group == group) newest = &world->secrets[i];
  return newest;
}

/* Did who made the newest secret leave by the very entry that names it? */
static bool maker_left(const struct krv_world *world, const struct krv_group *group) {
  uint32_t height = krv_group_newest(group)->height;
  for (uint32_t i = 0; i < group->member_count; i++) {
    const struct krv_membership *member = &group->members[i];
    if (member->to_height == height && krv_roster_signer(world->roster, height) == member->device &&
        !krv_roster_membership(world->roster, member->device, group->ix, UINT32_MAX))
      return true;
  }
  return false;
}

bool krv_world_group_exposed(const struct krv_world *world, const struct krv_group *group) {
  if (krv_group_left_since(group, krv_group_newest(group)->height)) return true;
  return maker_left(world, group) || krv_fork_exposed(world, group);
}

int krv_world_secrets_save(struct krv_world *world) {
  struct krv_buf row;
  krv_buf_init(&row, world->env);
  for (size_t i = 0; i < world->secret_count; i++) {
    krv_buf_u32(&row, world->secrets[i].group);
    krv_buf_u32(&row, world->secrets[i].epoch);
    krv_buf_append(&row, world->secrets[i].pair.sk.b, KRV_KEY_LEN);
  }
  int status = row.status;
  if (status == 0) status = krv_vault_meta_put(world->vault, KRV_META_SECRETS, krv_buf_slice(&row));
  krv_buf_wipe(&row);
  return status;
}

int krv_world_secret_put(struct krv_world *world, krv_group_ix group, uint32_t epoch,
                         const struct krv_dh_pair *pair) {
  int status = secret_keep(world, group, epoch, pair);
  if (status == KRV_EXISTS) return 0;
  return status == 0 ? krv_world_secrets_save(world) : status;
}

int krv_world_secret_learn(struct krv_world *world, krv_group_ix group, uint32_t epoch,
                           const struct krv_dh_pair *pair) {
  const struct krv_group *known = krv_roster_group(world->roster, group);
  struct krv_dh_pair newer = *pair, older;
  int status = secret_keep(world, group, epoch, pair);
  if (status == KRV_EXISTS) status = 0;
  for (uint32_t e = epoch; status == 0 && e > 0 && !krv_world_secret(world, group, e - 1); e--) {
    /* a keeper's link that leads nowhere: what it leads to comes in boxes as well */
    if (krv_back_chain_open(&newer, &known->epochs[e - 1].pk, known->epochs[e].back_chain,
                            &older) != 0)
      break;
    status = secret_keep(world, group, e - 1, &older);
    newer = older;
  }
  if (status == 0) status = krv_world_secrets_save(world); /* once: a chain may be long */
  krv_wipe(&newer, sizeof newer);
  krv_wipe(&older, sizeof older);
  return status;
}

/* An invitation came by hand, past the server: the programme and the head that it names decide
 * (R13, R17). Nobody is let in below that head, or the server could choose another branch. */
static int check_invited(const struct krv_world *world) {
  const struct krv_invitation *invitation = &world->member.invitation;
  const struct krv_device *self =
      krv_roster_device_by_session(world->roster, &world->keys.session.pk);
  if (world->member.state != KRV_MEMBER_JOINING) return 0;
  if (!krv_id_equal(krv_roster_programme(world->roster), &world->member.programme))
    return KRV_OTHER_PROGRAMME;
  const uint8_t *head = krv_roster_hash(world->roster, invitation->roster_height);
  if (head && memcmp(head, invitation->roster_head8, sizeof invitation->roster_head8) != 0)
    return KRV_FORK;
  return self && self->from_height <= invitation->roster_height ? KRV_FORK : 0;
}

/* Looks for this device in a roster that has just grown. */
static int find_self(struct krv_world *world) {
  const struct krv_device *self =
      krv_roster_device_by_session(world->roster, &world->keys.session.pk);
  if (!self || world->member.state == KRV_MEMBER_IN) return 0;
  world->member.state = KRV_MEMBER_IN;
  world->member.device = self->ix;
  world->member.programme = *krv_roster_programme(world->roster);
  world->member.practice = krv_roster_practice(world->roster);
  krv_wipe(&world->member.invitation, sizeof world->member.invitation);
  return krv_member_save(world->vault, world->env, &world->member);
}

int krv_world_roster_append(struct krv_world *world, struct krv_slice entry) {
  int status = krv_roster_append(world->roster, entry);
  if (status == KRV_EXISTS) return 0;
  if (status == 0) status = check_invited(world);
  if (status != 0) return status;
  int64_t lid = (int64_t)krv_roster_height(world->roster) + 1;
  status = krv_vault_row_put(world->vault, KRV_TABLE_ROSTER, &lid, entry);
  if (status == 0) status = find_self(world);
  return status == 0 ? krv_pin_follow(world) : status;
}
