#include "fleet_roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "groupseal.h"

static void must(int status, const char *what) {
  if (status == 0) return;
  fprintf(stderr, "fleet: %s: %s\n", what, krv_status_text(status));
  abort();
}

/* "name 12", sealed to everyone as names are. */
static void make_name(const struct krv_fleet *fleet, struct krv_fleet_device *device) {
  char text[KRV_FLEET_NAME_MAX];
  struct krv_buf sealed;
  snprintf(text, sizeof text, "name %u", (unsigned)device->ix);
  krv_buf_init(&sealed, &fleet->t->env);
  krv_groupseal(&fleet->everyone.sk, KRV_GROUP_EVERYONE, 0, krv_slice_str(text), &sealed);
  must(sealed.status, "name");
  memcpy(device->name, sealed.data, sealed.len);
  device->name_len = sealed.len;
  krv_buf_release(&sealed);
}

static struct krv_fleet_device *make_device(struct krv_fleet *fleet, uint8_t roles) {
  const struct krv_env *env = &fleet->t->env;
  struct krv_fleet_device *device = &fleet->devices[fleet->count];
  must(fleet->count < KRV_FLEET_MAX ? 0 : KRV_TOO_LARGE, "another device");
  memset(device, 0, sizeof *device);
  device->ix = fleet->count;
  device->roles = roles;
  krv_sign_pair_random(env, &device->sign);
  krv_dh_pair_random(env, &device->seal);
  krv_dh_pair_random(env, &device->session);
  krv_dh_pair_random(env, &device->member);
  krv_dh_pair_random(env, &device->agency);
  env->random(env->ctx, device->secret, sizeof device->secret);
  make_name(fleet, device);
  return device;
}

static struct krv_device_keys public_keys(const struct krv_fleet_device *device) {
  return (struct krv_device_keys){device->sign.pk, device->seal.pk, device->session.pk};
}

void krv_fleet_founding(const struct krv_fleet *fleet, struct krv_buf *out) {
  const struct krv_fleet_device *founder = &fleet->devices[0];
  struct krv_statement found = {
      .kind = KRV_STATEMENT_FOUND,
      .keys = public_keys(founder),
      .server_pk = fleet->server.pk,
      .recovery_sign_pk = fleet->recovery_sign.pk,
      .recovery_seal_pk = fleet->recovery_seal.pk,
      .practice = true,
      .everyone_pk = fleet->everyone.pk,
      .office_pk = fleet->office.pk,
      .member_pk = founder->member.pk,
      .name = krv_slice(founder->name, founder->name_len),
      .group_name = krv_slice(founder->name, founder->name_len),
  };
  memset(found.schema_hash, 0x5c, sizeof found.schema_hash);
  struct krv_entry entry = {.statements = &found, .statement_count = 1};
  must(krv_entry_sign(&fleet->t->env, &entry, &founder->sign, out), "founding");
}

void krv_fleet_found(struct krv_fleet *fleet, struct krv_testenv *t) {
  const struct krv_env *env = &t->env;
  struct krv_buf bytes;
  memset(fleet, 0, sizeof *fleet);
  fleet->t = t;
  must(krv_crypto_start(), "crypto");
  krv_dh_pair_random(env, &fleet->server);
  krv_sign_pair_random(env, &fleet->recovery_sign);
  krv_dh_pair_random(env, &fleet->recovery_seal);
  krv_dh_pair_random(env, &fleet->everyone);
  krv_dh_pair_random(env, &fleet->office);
  make_device(fleet, KRV_ROLE_OFFICE | KRV_ROLE_ADMINISTRATOR);
  must(krv_roster_new(env, &fleet->roster), "roster");
  krv_buf_init(&bytes, env);
  krv_fleet_founding(fleet, &bytes);
  must(krv_roster_append(fleet->roster, krv_buf_slice(&bytes)), "founding entry");
  krv_buf_release(&bytes);
  krv_fleet_keep(fleet);
}

void krv_fleet_release(struct krv_fleet *fleet) {
  krv_roster_free(fleet->roster);
  krv_wipe(fleet, sizeof *fleet);
}

krv_device_ix krv_fleet_keep(struct krv_fleet *fleet) {
  struct krv_fleet_device *device = &fleet->devices[fleet->count];
  const struct krv_device *known = krv_roster_device(fleet->roster, fleet->count);
  must(known ? 0 : KRV_NOT_FOUND, "device in the roster");
  device->member_group = known->member_group;
  return fleet->count++;
}

void krv_fleet_rejoin(const struct krv_fleet *fleet, const struct krv_fleet_device *device,
                      struct krv_statement *s) {
  struct krv_join join = {.keys = s->keys, .member_pk = s->member_pk, .agency_pk = s->agency_pk,
                          .has_member_pk = s->has_member_pk, .has_agency_pk = s->has_agency_pk};
  memcpy(join.terms.id, s->invite, sizeof join.terms.id);
  krv_join_sign(&join, krv_roster_programme(fleet->roster), &device->sign, device->secret);
  memcpy(s->signature, join.signature, sizeof s->signature);
}

struct krv_fleet_device *krv_fleet_prepare(struct krv_fleet *fleet, uint8_t roles,
                                           struct krv_statement *out) {
  struct krv_fleet_device *device = make_device(fleet, roles);
  *out = (struct krv_statement){
      .kind = KRV_STATEMENT_DEVICE,
      .keys = public_keys(device),
      .roles = roles,
      .member_group = KRV_NO_INDEX,
      .member_pk = device->member.pk,
      .has_member_pk = true,
      .agency_group = KRV_NO_INDEX,
      .name = krv_slice(device->name, device->name_len),
  };
  fleet->t->env.random(fleet->t->env.ctx, out->invite, sizeof out->invite);
  krv_fleet_rejoin(fleet, device, out);
  return device;
}

void krv_fleet_entry(const struct krv_fleet *fleet, krv_device_ix signer,
                     struct krv_statement *statements, uint32_t count, struct krv_buf *out) {
  const struct krv_roster *roster = fleet->roster;
  struct krv_entry entry = {.programme = *krv_roster_programme(roster),
                            .height = krv_roster_count(roster),
                            .signer = signer,
                            .statements = statements,
                            .statement_count = count};
  memcpy(entry.prev, krv_roster_hash(roster, krv_roster_height(roster)), sizeof entry.prev);
  must(krv_entry_sign(
           &fleet->t->env, &entry,
           signer == KRV_NO_INDEX ? &fleet->recovery_sign : &fleet->devices[signer].sign, out),
       "entry");
}

int krv_fleet_state(struct krv_fleet *fleet, krv_device_ix signer,
                    struct krv_statement *statements, uint32_t count) {
  struct krv_buf bytes;
  krv_buf_init(&bytes, &fleet->t->env);
  krv_fleet_entry(fleet, signer, statements, count, &bytes);
  int status = krv_roster_append(fleet->roster, krv_buf_slice(&bytes));
  krv_buf_release(&bytes);
  return status;
}

krv_device_ix krv_fleet_admit(struct krv_fleet *fleet, uint8_t roles) {
  struct krv_statement statements[3];
  struct krv_fleet_device *device = krv_fleet_prepare(fleet, roles, &statements[0]);
  uint32_t count = 2, in_office = krv_rights_in_office(roles);
  statements[1] = (struct krv_statement){.kind = KRV_STATEMENT_ADMIT,
                                         .group = KRV_GROUP_EVERYONE,
                                         .device = device->ix,
                                         .rights = (uint8_t)krv_rights_in_everyone(roles)};
  if (in_office != KRV_NO_INDEX)
    statements[count++] = (struct krv_statement){.kind = KRV_STATEMENT_ADMIT,
                                                 .group = KRV_GROUP_OFFICE,
                                                 .device = device->ix,
                                                 .rights = (uint8_t)in_office};
  must(krv_fleet_state(fleet, KRV_DEVICE_FOUNDER, statements, count), "admission");
  return krv_fleet_keep(fleet);
}

void krv_fleet_admit_many(struct krv_fleet *fleet, uint32_t n, uint8_t roles) {
  for (uint32_t i = 0; i < n; i++) krv_fleet_admit(fleet, roles);
}
