/* rights: three tables. A right that is not written here does not exist. */
#include "rights.h"

struct statement_right {
  uint8_t roles; /* any of these is enough */
  bool keeper;   /* being a keeper of the statement's group is enough */
};

static const struct statement_right statement_rights[] = {
    [KRV_STATEMENT_FOUND] = {0, false}, /* only the founding itself, which asks nobody */
    [KRV_STATEMENT_DEVICE] = {KRV_ROLE_ADMINISTRATOR, true},
    [KRV_STATEMENT_ADMIT] = {0, true},
    [KRV_STATEMENT_EXPEL] = {0, true},
    [KRV_STATEMENT_REVOKE] = {KRV_ROLE_ADMINISTRATOR, false},
    [KRV_STATEMENT_ROLES] = {KRV_ROLE_ADMINISTRATOR, false},
    [KRV_STATEMENT_EPOCH] = {0, true},
    [KRV_STATEMENT_SCHEMA] = {KRV_ROLE_ADMINISTRATOR, false},
    [KRV_STATEMENT_SERVER] = {KRV_ROLE_ADMINISTRATOR, false},
    [KRV_STATEMENT_GROUP] = {KRV_ROLES_ALL, false},
    [KRV_STATEMENT_END] = {KRV_ROLE_ADMINISTRATOR, false},
};

struct role {
  uint8_t bit;
  const char *name;
  uint8_t may_invite;
  uint32_t in_office, in_everyone;
};

/* Where several roles meet, the first row that gives something decides: the
 * greater rights stand above. */
static const struct role roles_by_rights[] = {
    {KRV_ROLE_OFFICE, "office", KRV_ROLE_WORKER | KRV_ROLE_PROVIDER, KRV_ADMIT_KEEPER,
     KRV_ADMIT_KEEPER},
    {KRV_ROLE_SUPERVISOR, "supervisor", KRV_ROLE_WORKER | KRV_ROLE_PROVIDER, 0, 0},
    {KRV_ROLE_AUDITOR, "auditor", 0, KRV_ADMIT_READ_ONLY, 0},
    {KRV_ROLE_ADMINISTRATOR, "administrator", KRV_ROLES_ALL, KRV_NO_INDEX, KRV_ADMIT_KEEPER},
    {KRV_ROLE_WORKER, "worker", 0, KRV_NO_INDEX, 0},
    {KRV_ROLE_PROVIDER, "provider", 0, KRV_NO_INDEX, 0},
};
enum { ROLE_COUNT = sizeof roles_by_rights / sizeof *roles_by_rights };

bool krv_rights_may_state(uint8_t roles, bool keeper, enum krv_statement_kind kind) {
  if ((size_t)kind >= sizeof statement_rights / sizeof *statement_rights) return false;
  const struct statement_right *right = &statement_rights[kind];
  return (roles & right->roles) != 0 || (keeper && right->keeper);
}

bool krv_rights_may_invite(uint8_t roles, uint8_t invited) {
  uint8_t allowed = 0;
  for (size_t i = 0; i < ROLE_COUNT; i++)
    if (roles & roles_by_rights[i].bit) allowed |= roles_by_rights[i].may_invite;
  return invited != 0 && (invited & ~allowed) == 0;
}

uint32_t krv_rights_in_office(uint8_t roles) {
  for (size_t i = 0; i < ROLE_COUNT; i++)
    if ((roles & roles_by_rights[i].bit) && roles_by_rights[i].in_office != KRV_NO_INDEX)
      return roles_by_rights[i].in_office;
  return KRV_NO_INDEX;
}

uint32_t krv_rights_in_everyone(uint8_t roles) {
  uint32_t rights = 0;
  for (size_t i = 0; i < ROLE_COUNT; i++)
    if (roles & roles_by_rights[i].bit) rights |= roles_by_rights[i].in_everyone;
  return rights;
}

static const struct role *role_of_bit(uint8_t bit) {
  for (size_t i = 0; i < ROLE_COUNT; i++)
    if (roles_by_rights[i].bit == bit) return &roles_by_rights[i];
  return NULL;
}

void krv_roles_format(uint8_t roles, struct krv_buf *out) {
  bool first = true;
  for (unsigned bit = 1; bit <= KRV_ROLES_ALL; bit <<= 1) {
    if ((roles & bit) == 0) continue;
    if (!first) krv_buf_u8(out, '+');
    krv_buf_put(out, krv_slice_str(role_of_bit((uint8_t)bit)->name));
    first = false;
  }
}

static uint8_t role_named(struct krv_slice name) {
  for (size_t i = 0; i < ROLE_COUNT; i++)
    if (krv_slice_equal(name, krv_slice_str(roles_by_rights[i].name)))
      return roles_by_rights[i].bit;
  return 0;
}

int krv_roles_parse(struct krv_slice text, uint8_t *out) {
  uint8_t roles = 0;
  *out = 0;
  for (size_t from = 0, i = 0; i <= text.len; i++) {
    if (i < text.len && text.data[i] != '+') continue;
    uint8_t bit = role_named(krv_slice(text.data + from, i - from));
    if (bit == 0 || (roles & bit) != 0) return KRV_INVALID;
    roles |= bit;
    from = i + 1;
  }
  *out = roles;
  return 0;
}
