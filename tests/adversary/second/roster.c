/* roster: entries with all checks of 10, folded. A bad one ends everything, so nothing is
 * undone. */
#include <string.h>

#include "pack.h"

enum statement { FOUND, DEVICE, ADMIT, EXPEL, REVOKE, ROLES, EPOCH, SCHEMA, SERVER, GROUP };
enum { READ_ONLY = 1, KEEPER = 2, SEALED_MAX = 236, HEIGHT_MAX = 1000000 };

struct roster roster;

typedef const msgpack_object *object;
static object statement; /* the one at hand */
static uint32_t signer; /* NOBODY: the recovery key */
static uint32_t parts; /* its length, number included */

static object at(uint32_t i) {
  return get_item(statement, i, parts);
}

static const uint8_t *key_at(uint32_t i) {
  return get_bin(at(i), 32).p;
}

static uint32_t index_or_nil(uint32_t i) {
  return at(i)->type == MSGPACK_OBJECT_NIL ? (uint32_t)NOBODY : get_u32(at(i));
}

static struct slice name_at(uint32_t i) {
  struct slice name = get_bin(at(i), 0);
  CHECK(name.n <= SEALED_MAX, "10.2: name of %zu bytes", name.n);
  return copy(name);
}

static struct group *group_at(uint32_t i) {
  uint32_t ix = get_u32(at(i));
  CHECK(ix < roster.group_count, "10.5: no group %u", ix);
  return &roster.groups[ix];
}

static struct device *device_at(uint32_t i) {
  uint32_t ix = get_u32(at(i));
  CHECK(ix < roster.device_count && !roster.devices[ix].revoked, "10.5: no active device %u", ix);
  return &roster.devices[ix];
}

/* ---- memberships */

static struct membership *membership(struct group *group, uint32_t device, uint32_t height) {
  for (uint32_t i = 0; i < group->member_count; i++) {
    struct membership *m = &group->members[i];
    bool in = height == NOW ? m->to == NOW : m->from <= height && height < m->to;
    if (m->device == device && in) return m;
  }
  return NULL;
}

bool roster_member(uint32_t device, uint32_t group, uint32_t height, bool to_write) {
  if (group >= roster.group_count) return false;
  const struct membership *m = membership(&roster.groups[group], device, height);
  return m && !(to_write && (m->rights & READ_ONLY));
}

static void leave(struct group *group, uint32_t device) {
  struct membership *m = membership(group, device, NOW);
  if (m) m->to = roster.count;
}

static void join(struct group *group, uint32_t device, uint32_t rights) {
  leave(group, device);
  group->members = more(group->members, group->member_count, sizeof *group->members);
  group->members[group->member_count++] = (struct membership){device, roster.count, NOW, rights};
}

static bool keeps(uint32_t device, struct group *group) {
  const struct membership *m = membership(group, device, NOW);
  return m && (m->rights & KEEPER);
}

/* ---- what must be new */

static void check_fresh(const uint8_t *pk) {
  for (uint32_t i = 0; i < roster.device_count; i++) {
    const struct device *d = &roster.devices[i];
    CHECK(!same(d->sign_pk, pk, 32) && !same(d->seal_pk, pk, 32) && !same(d->session_pk, pk, 32),
          "10.5: a key of device %u again", i);
  }
  for (uint32_t g = 0; g < roster.group_count; g++)
    for (uint32_t e = 0; e < roster.groups[g].epoch_count; e++)
      CHECK(!same(roster.groups[g].epochs[e].pk, pk, 32), "10.5: a key of group %u again", g);
}

static void add_epoch(struct group *group, const uint8_t *pk) {
  check_fresh(pk);
  group->epochs = more(group->epochs, group->epoch_count, sizeof *group->epochs);
  memcpy(group->epochs[group->epoch_count++].pk, pk, 32);
}

static uint32_t add_group(char kind, const uint8_t *pk, uint32_t keeper) {
  roster.groups = more(roster.groups, roster.group_count, sizeof *roster.groups);
  struct group *group = &roster.groups[roster.group_count];
  group->kind = kind;
  add_epoch(group, pk);
  join(group, keeper, KEEPER);
  return roster.group_count++;
}

/* The next device, with the three keys that stand from `first` on. */
static struct device *add_device(uint32_t first) {
  struct device d = {.member_group = NOBODY, .agency_group = NOBODY};
  memcpy(d.sign_pk, key_at(first), 32);
  memcpy(d.seal_pk, key_at(first + 1), 32);
  memcpy(d.session_pk, key_at(first + 2), 32);
  for (uint32_t i = 0; i < 3; i++) check_fresh(key_at(first + i));
  CHECK(!same(d.sign_pk, d.seal_pk, 32) && !same(d.seal_pk, d.session_pk, 32) &&
            !same(d.sign_pk, d.session_pk, 32),
        "10.5: a key twice");
  H(d.id, 16, "krv device", slice(roster.programme, 16), slice(d.sign_pk, 32), slice(d.seal_pk, 32),
    slice(d.session_pk, 32));
  roster.devices = more(roster.devices, roster.device_count, sizeof *roster.devices);
  roster.devices[roster.device_count] = d;
  return &roster.devices[roster.device_count++];
}

/* ---- statements (10.3), rights (10.5) */

static bool administrator(void) {
  return signer == NOBODY || (roster.devices[signer].roles & ROLE_ADMINISTRATOR);
}

static void need_keeper(struct group *group) {
  CHECK(signer == NOBODY || keeps(signer, group), "10.5: device %u is no keeper", signer);
}

static void found(void) {
  CHECK(roster.count == 0 && roster.device_count == 0, "10.1: founded twice");
  memcpy(roster.server_pk, key_at(1), 32);
  memcpy(roster.recovery_sign_pk, key_at(2), 32);
  memcpy(roster.recovery_seal_pk, key_at(3), 32);
  (void)get_bool(at(4));
  (void)key_at(5);
  struct device *founder = add_device(6);
  founder->roles = ROLE_OFFICE | ROLE_ADMINISTRATOR;
  founder->member_group = 2;
  founder->name = name_at(13);
  for (uint32_t g = 0; g < 3; g++) add_group("eom"[g], key_at(9 + g), 0);
}

static void check_joiner(const uint8_t *member_pk, const uint8_t *agency_pk) {
  const struct slice signed_parts[] = {slice(roster.programme, 16),
                                       get_bin(at(10), 8),
                                       get_bin(at(1), 32),
                                       get_bin(at(2), 32),
                                       get_bin(at(3), 32),
                                       slice(member_pk, member_pk ? 32 : 0),
                                       slice(agency_pk, agency_pk ? 32 : 0)};
  CHECK(signature_good(key_at(1), "krv join sign", signed_parts, 7, get_bin(at(11), 64).p),
        "8.3: the joiner's signature");
}

static void check_may_admit(uint32_t roles, uint32_t member, uint32_t agency, bool new_agency) {
  if (member != NOBODY) {
    CHECK(member < roster.group_count && roster.groups[member].kind == 'm', "10.5: member group");
    need_keeper(&roster.groups[member]);
  }
  CHECK(agency == NOBODY || (agency < roster.group_count && roster.groups[agency].kind == 'a'),
        "10.5: agency group");
  if (administrator()) return;
  const struct device *own = &roster.devices[signer];
  CHECK(member != NOBODY && !new_agency && !(roles & ~own->roles) &&
            (agency == NOBODY || agency == own->agency_group),
        "10.5: DEVICE by device %u", signer);
}

static void device(void) {
  uint32_t roles = get_u32(at(4)), member = index_or_nil(5), agency = index_or_nil(7);
  const uint8_t *member_pk = at(6)->type == MSGPACK_OBJECT_NIL ? NULL : key_at(6);
  const uint8_t *agency_pk = at(8)->type == MSGPACK_OBJECT_NIL ? NULL : key_at(8);
  CHECK(roles >= 1 && roles <= 63, "10.4: roles %u", roles);
  CHECK((member == NOBODY) == (member_pk != NULL) && !(agency != NOBODY && agency_pk) &&
            (agency_pk || at(9)->type == MSGPACK_OBJECT_NIL),
        "10.3: groups of DEVICE");
  check_may_admit(roles, member, agency, agency_pk != NULL);
  check_joiner(member_pk, agency_pk);
  for (uint32_t i = 1; i < roster.device_count; i++)
    CHECK(!same(roster.devices[i].invite, get_bin(at(10), 8).p, 8), "10.5: invitation used again");
  uint32_t ix = roster.device_count;
  struct device *made = add_device(1);
  memcpy(made->invite, get_bin(at(10), 8).p, 8);
  made->roles = roles;
  made->name = name_at(12);
  if (member_pk) made->member_group = add_group('m', member_pk, ix);
  else join(&roster.groups[made->member_group = member], ix, KEEPER);
  made->agency_group = agency_pk ? add_group('a', agency_pk, ix) : agency;
}

static void admit(void) {
  uint32_t rights = get_u32(at(3));
  need_keeper(group_at(1));
  (void)device_at(2);
  CHECK(rights <= 3, "10.2: rights %u", rights);
  join(group_at(1), get_u32(at(2)), rights);
}

static void expel(void) {
  need_keeper(group_at(1));
  CHECK(membership(group_at(1), get_u32(at(2)), NOW), "10.5: not a member");
  leave(group_at(1), get_u32(at(2)));
}

static void revoke(void) {
  uint32_t how = get_u32(at(2));
  CHECK(administrator() && how >= 1 && how <= 2, "10.5: REVOKE");
  device_at(1)->revoked = true;
  for (uint32_t g = 0; g < roster.group_count; g++) leave(&roster.groups[g], get_u32(at(1)));
}

static void roles(void) {
  uint32_t value = get_u32(at(2));
  CHECK(administrator() && value >= 1 && value <= 63, "10.5: ROLES");
  device_at(1)->roles = value;
}

static void epoch(void) {
  need_keeper(group_at(1));
  CHECK(get_u32(at(2)) == group_at(1)->epoch_count, "10.3: number of the epoch");
  (void)get_bin(at(4), 48);
  add_epoch(group_at(1), key_at(3));
}

static void schema(void) {
  CHECK(administrator() && get_u32(at(1)) > roster.schema_version, "10.5: SCHEMA");
  (void)key_at(2);
  roster.schema_version = get_u32(at(1));
}

static void server(void) {
  CHECK(administrator(), "10.5: SERVER");
  memcpy(roster.server_pk, key_at(1), 32);
}

static void team(void) {
  CHECK(signer != NOBODY, "10.5: GROUP by the recovery key");
  (void)name_at(2);
  add_group('t', key_at(1), signer);
}

static const struct {
  uint32_t parts;
  void (*make)(void);
} statements[] = {
    [FOUND] = {14, found},  [DEVICE] = {13, device}, [ADMIT] = {4, admit}, [EXPEL] = {3, expel},
    [REVOKE] = {3, revoke}, [ROLES] = {3, roles},    [EPOCH] = {5, epoch}, [SCHEMA] = {3, schema},
    [SERVER] = {2, server}, [GROUP] = {3, team},
};

/* ---- entries (10.1) */

static void check_signature(object body, struct slice bytes, const uint8_t *signature) {
  const uint8_t *pk = roster.recovery_sign_pk;
  object who = get_item(body, 4, 6);
  signer = who->type == MSGPACK_OBJECT_NIL ? (uint32_t)NOBODY : get_u32(who);
  if (roster.count == 0) { /* the founder's key is in the entry */
    object first = get_item(get_item(body, 5, 6), 0, 0);
    CHECK(signer == 0 && get_u32(get_item(first, 0, 14)) == FOUND, "10.1: no founding");
    pk = get_bin(get_item(first, 6, 14), 32).p;
  } else if (signer != NOBODY) {
    CHECK(signer < roster.device_count, "10.5: no device %u", signer);
    pk = roster.devices[signer].sign_pk;
  }
  CHECK(signature_good(pk, "krv entry sign", &bytes, 1, signature), "10.1: signature");
}

static void check_place(object body) {
  static const uint8_t zeros[32];
  bool first = roster.count == 0;
  CHECK(get_u32(get_item(body, 0, 6)) == 1, "10.1: version");
  CHECK(same(get_bin(get_item(body, 1, 6), 16).p, first ? zeros : roster.programme, 16),
        "10.1: programme");
  CHECK(same(get_bin(get_item(body, 2, 6), 32).p, first ? zeros : roster.hashes[roster.count - 1],
             32),
        "10.1: prev");
  CHECK(get_u32(get_item(body, 3, 6)) == roster.count && roster.count <= HEIGHT_MAX,
        "10.1: height");
}

static void make(object list) {
  CHECK(list->type == MSGPACK_OBJECT_ARRAY && list->via.array.size >= 1 &&
            list->via.array.size <= 32,
        "10.1: statements");
  for (uint32_t i = 0; i < list->via.array.size; i++) {
    statement = get_item(list, i, 0);
    uint32_t kind = get_u32(get_item(statement, 0, 0));
    CHECK(kind < sizeof statements / sizeof *statements, "10.2: statement %u", kind);
    parts = statements[kind].parts;
    (void)at(0);
    CHECK(kind == FOUND || signer == NOBODY || !roster.devices[signer].revoked,
          "10.5: signer is revoked");
    statements[kind].make();
  }
}

void roster_append(struct slice entry) {
  msgpack_unpacked doc;
  CHECK(entry.n > 64 && entry.n <= 16384, "10.1: %zu bytes", entry.n);
  struct slice bytes = slice(entry.p, entry.n - 64);
  object body = pack_read(&doc, bytes, NULL);
  check_place(body);
  check_signature(body, bytes, entry.p + bytes.n);
  if (roster.count == 0) H(roster.programme, 16, "krv programme", entry);
  make(get_item(body, 5, 6));
  roster.hashes = more(roster.hashes, roster.count, sizeof *roster.hashes);
  H(roster.hashes[roster.count], 32, "krv entry", entry);
  roster.entries = more(roster.entries, roster.count, sizeof *roster.entries);
  roster.entries[roster.count] = copy(entry);
  roster.count++;
  msgpack_unpacked_destroy(&doc);
}

uint32_t roster_device_of(const uint8_t session_pk[32]) {
  for (uint32_t i = 0; i < roster.device_count; i++)
    if (same(roster.devices[i].session_pk, session_pk, 32)) return i;
  return NOBODY;
}
