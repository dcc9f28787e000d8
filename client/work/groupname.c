/* groupname: see groupname.h. */
#include "groupname.h"

#include <string.h>

#include "translit.h"

enum { DIGITS_MIN = 4, DIGITS_SAID = 8, CHOICES_MAX = 5 };

/* What a text asks for: a name or digits, of one kind or of any. */
struct wanted {
  struct krv_buf folded;
  struct krv_slice name; /* in folded, without a prefix */
  int kind;              /* enum krv_group_kind, ANY */
  bool digits;           /* may it be those of a device? */
};
enum { ANY = -1 };

static const struct prefix {
  const char *text;
  int kind;
} prefixes[] = {{"agency:", KRV_GROUP_KIND_AGENCY}, {"member:", KRV_GROUP_KIND_MEMBER}};

static bool begins(struct krv_slice text, struct krv_slice with) {
  return text.len >= with.len && memcmp(text.data, with.data, with.len) == 0;
}

static int want(const struct krv_env *env, struct krv_slice text, int kind, struct wanted *out) {
  krv_buf_init(&out->folded, env);
  out->kind = kind;
  out->digits = kind == ANY;
  int status = krv_text_fold(text, &out->folded);
  out->name = krv_buf_slice(&out->folded);
  for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
    struct krv_slice prefix = krv_slice_str(prefixes[i].text);
    if (status != 0 || !begins(out->name, prefix)) continue;
    if (kind != ANY && kind != prefixes[i].kind) continue;
    out->kind = prefixes[i].kind;
    out->digits = true;
    out->name = krv_slice(out->name.data + prefix.len, out->name.len - prefix.len);
    break;
  }
  return status;
}

static bool is_built_in(struct krv_slice folded, krv_group_ix *out) {
  bool office = krv_slice_equal(folded, krv_slice_str("office"));
  *out = office ? KRV_GROUP_OFFICE : KRV_GROUP_EVERYONE;
  return office || krv_slice_equal(folded, krv_slice_str("everyone"));
}

int krv_groupnames_load(const struct krv_world *world, struct krv_groupnames *out) {
  struct krv_buf name;
  uint32_t count = krv_roster_group_count(world->roster);
  memset(out, 0, sizeof *out);
  out->world = world;
  krv_buf_init(&out->texts, world->env);
  krv_buf_init(&name, world->env);
  out->ends = krv_zalloc(world->env, (size_t)count + 1, sizeof *out->ends);
  int status = out->ends ? 0 : KRV_NOMEM;
  for (krv_group_ix g = 0; status == 0 && g < count; g++) {
    krv_buf_reset(&name);
    krv_world_group_name(world, g, &name);
    status = krv_text_fold(krv_buf_slice(&name), &out->texts);
    out->ends[g] = out->texts.len;
    out->count = g + 1;
  }
  krv_buf_release(&name);
  if (status != 0) krv_groupnames_release(out);
  return status;
}

void krv_groupnames_release(struct krv_groupnames *names) {
  krv_buf_release(&names->texts);
  krv_free(names->world->env, names->ends);
  names->ends = NULL;
  names->count = 0;
}

static bool living(const struct krv_group *group) {
  for (uint32_t i = 0; i < group->member_count; i++)
    if (group->members[i].to_height == UINT32_MAX) return true;
  return false;
}

static bool called(const struct krv_groupnames *names, const struct wanted *wanted,
                   krv_group_ix g) {
  const struct krv_group *group = krv_roster_group(names->world->roster, g);
  size_t from = g > 0 ? names->ends[g - 1] : 0;
  struct krv_slice name = krv_slice(names->texts.data + from, names->ends[g] - from);
  if (wanted->kind != ANY && (int)group->kind != wanted->kind) return false;
  return krv_slice_equal(name, wanted->name);
}

/* Of several of one name, those count that have a device still, if any has. */
static int by_name(const struct krv_groupnames *names, const struct wanted *wanted,
                   krv_group_ix *out) {
  uint32_t found[2] = {0, 0}; /* without, with a device */
  krv_group_ix last[2] = {KRV_NO_INDEX, KRV_NO_INDEX};
  for (krv_group_ix g = 0; g < names->count; g++) {
    if (!called(names, wanted, g)) continue;
    int lives = living(krv_roster_group(names->world->roster, g));
    found[lives]++;
    last[lives] = g;
  }
  int lives = found[1] > 0;
  *out = last[lives];
  return found[lives] == 0 ? KRV_NOT_FOUND : found[lives] == 1 ? 0 : KRV_AMBIGUOUS;
}

static bool numbered(const struct krv_device *device, struct krv_slice digits) {
  char hex[KRV_ID_HEX_LEN];
  krv_id_hex(&device->id, hex);
  return digits.len >= DIGITS_MIN && digits.len < KRV_ID_HEX_LEN &&
         memcmp(hex, digits.data, digits.len) == 0;
}

/* The member of a device, or its agency. */
static krv_group_ix group_of(const struct krv_device *device, int kind) {
  return kind == KRV_GROUP_KIND_AGENCY ? device->agency_group : device->member_group;
}

static int by_digits(const struct krv_groupnames *names, const struct wanted *wanted,
                     krv_group_ix *out) {
  const struct krv_roster *roster = names->world->roster;
  *out = KRV_NO_INDEX;
  for (krv_device_ix i = 0; wanted->digits && i < krv_roster_device_count(roster); i++) {
    const struct krv_device *device = krv_roster_device(roster, i);
    krv_group_ix group = group_of(device, wanted->kind);
    if (group == KRV_NO_INDEX || group == *out || !numbered(device, wanted->name)) continue;
    if (*out != KRV_NO_INDEX) return KRV_AMBIGUOUS;
    *out = group;
  }
  return *out == KRV_NO_INDEX ? KRV_NOT_FOUND : 0;
}

static int find(const struct krv_groupnames *names, struct krv_slice text, int kind,
                krv_group_ix *out) {
  struct wanted wanted;
  int status = want(names->world->env, text, kind, &wanted);
  if (status == 0 && !(wanted.kind == ANY && is_built_in(wanted.name, out))) {
    status = by_name(names, &wanted, out);
    if (status == KRV_NOT_FOUND) status = by_digits(names, &wanted, out);
  }
  krv_buf_release(&wanted.folded);
  return status;
}

int krv_groupnames_find(const struct krv_groupnames *names, struct krv_slice text,
                        krv_group_ix *out) {
  return find(names, text, ANY, out);
}

static int find_once(const struct krv_world *world, const char *name, int kind,
                     krv_group_ix *out) {
  struct krv_groupnames names;
  int status = krv_groupnames_load(world, &names);
  if (status != 0) return status;
  status = find(&names, krv_slice_str(name), kind, out);
  krv_groupnames_release(&names);
  return status;
}

int krv_world_group_named(const struct krv_world *world, const char *name, krv_group_ix *out) {
  return find_once(world, name, ANY, out);
}

int krv_world_agency_named(const struct krv_world *world, const char *name, krv_group_ix *out) {
  return find_once(world, name, KRV_GROUP_KIND_AGENCY, out);
}

/* The number of a device of it: of one that is in, if there is any. */
static bool digits_of(const struct krv_groupnames *names, const struct krv_group *group,
                      char hex[KRV_ID_HEX_LEN]) {
  const struct krv_roster *roster = names->world->roster;
  const struct krv_device *found = NULL;
  for (krv_device_ix i = 0; i < krv_roster_device_count(roster); i++) {
    const struct krv_device *device = krv_roster_device(roster, i);
    if (group_of(device, (int)group->kind) != group->ix) continue;
    if (!found || (krv_device_active(device) && !krv_device_active(found))) found = device;
  }
  if (found) krv_id_hex(&found->id, hex);
  return found != NULL;
}

static bool says(const struct krv_groupnames *names, const struct krv_buf *text, krv_group_ix g) {
  krv_group_ix found;
  return text->status == 0 && find(names, krv_buf_slice(text), ANY, &found) == 0 && found == g;
}

int krv_groupnames_say(const struct krv_groupnames *names, krv_group_ix g, struct krv_buf *out) {
  const struct krv_group *group = krv_roster_group(names->world->roster, g);
  const char *kind = group->kind == KRV_GROUP_KIND_AGENCY ? "agency:" : "member:";
  char hex[KRV_ID_HEX_LEN];
  struct krv_buf text;
  krv_buf_init(&text, names->world->env);
  krv_world_group_name(names->world, g, &text);
  bool plain = group->kind == KRV_GROUP_KIND_EVERYONE || group->kind == KRV_GROUP_KIND_OFFICE;
  if (!plain && !says(names, &text, g)) {
    krv_buf_reset(&text);
    krv_buf_put(&text, krv_slice_str(kind));
    krv_world_group_name(names->world, g, &text);
    for (size_t len = DIGITS_SAID; !says(names, &text, g) && len <= KRV_ID_HEX_LEN - 1; len *= 2) {
      if (!digits_of(names, group, hex)) break;
      krv_buf_reset(&text);
      if (group->kind == KRV_GROUP_KIND_AGENCY) krv_buf_put(&text, krv_slice_str(kind));
      krv_buf_put(&text, krv_slice(hex, len));
    }
  }
  krv_buf_put(out, krv_buf_slice(&text));
  krv_buf_release(&text);
  return out->status;
}

static bool fits(const struct krv_groupnames *names, const struct wanted *wanted, krv_group_ix g) {
  const struct krv_roster *roster = names->world->roster;
  if (called(names, wanted, g)) return living(krv_roster_group(roster, g));
  for (krv_device_ix i = 0; wanted->digits && i < krv_roster_device_count(roster); i++) {
    const struct krv_device *device = krv_roster_device(roster, i);
    if (group_of(device, wanted->kind) == g && numbered(device, wanted->name)) return true;
  }
  return false;
}

int krv_groupnames_choices(const struct krv_groupnames *names, struct krv_slice text,
                           struct krv_buf *out) {
  struct wanted wanted;
  uint32_t count = 0;
  int status = want(names->world->env, text, ANY, &wanted);
  for (krv_group_ix g = 0; status == 0 && g < names->count && count < CHOICES_MAX; g++) {
    if (!fits(names, &wanted, g)) continue;
    if (count++ > 0) krv_buf_put(out, krv_slice_str(", "));
    status = krv_groupnames_say(names, g, out);
  }
  krv_buf_release(&wanted.folded);
  return status;
}

int krv_groupname_taken(const struct krv_world *world, const char *name, bool *out) {
  struct krv_groupnames names;
  struct wanted wanted;
  *out = false;
  int status = krv_groupnames_load(world, &names);
  if (status != 0) return status;
  status = want(world->env, krv_slice_str(name), ANY, &wanted);
  for (krv_group_ix g = 0; status == 0 && g < names.count; g++)
    *out |= called(&names, &wanted, g) && living(krv_roster_group(world->roster, g));
  krv_buf_release(&wanted.folded);
  krv_groupnames_release(&names);
  return status;
}

bool krv_groupname_reserved(const struct krv_world *world, const char *name) {
  struct wanted wanted;
  krv_group_ix group;
  int status = want(world->env, krv_slice_str(name), ANY, &wanted);
  bool reserved = status == 0 && (wanted.kind != ANY || is_built_in(wanted.name, &group));
  krv_buf_release(&wanted.folded);
  return reserved;
}
