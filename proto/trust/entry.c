/* entry: the codec is data. A statement is an array: its number, then fields,
 * and a field is a kind of value with its place in struct krv_statement; one
 * loop writes and one loop reads every statement.
 *
 * What fails: bytes that are no such array, a value out of its range, fields that
 * contradict each other (MALFORMED); a version or statement from later (NEWER). */
#include "entry.h"

#include <assert.h>
#include <string.h>

#include "groupseal.h"
#include "mp.h"

enum { ENTRY_VERSION = 1, ENTRY_PARTS = 6, FIELDS_MAX = 13 };
/* In front of what groupseal makes stands the epoch of the secret, u32. */
enum { EPOCH_LEN = 4, SEALED_NAME_MAX = EPOCH_LEN + KRV_NAME_SIZE_MAX + KRV_GROUPSEAL_OVERHEAD };

enum field_kind {
  FIELD_END,
  FIELD_FIXED,        /* bin of exactly `high` bytes */
  FIELD_KEY_OR_NIL,   /* bin 32; the bool at `low` says whether it is there */
  FIELD_NAME,         /* bin, sealed */
  FIELD_NAME_OR_NIL,  /* nil: empty */
  FIELD_BOOL,
  FIELD_U8,           /* from low to high */
  FIELD_U32,          /* from low to high */
  FIELD_INDEX_OR_NIL, /* nil: KRV_NO_INDEX */
  FIELD_HASHES,       /* bin, low to high times 32 bytes */
};

struct field {
  enum field_kind kind;
  size_t place;
  uint32_t low, high;
};

#define AT(member) offsetof(struct krv_statement, member)
#define SIZE(member) ((uint32_t)sizeof(((struct krv_statement *)0)->member))
#define FIXED(member) {FIELD_FIXED, AT(member), 0, SIZE(member)}
#define NAME(kind, member) {kind, AT(member), 0, SEALED_NAME_MAX}
#define INDEX(member) {FIELD_U32, AT(member), 0, KRV_NO_INDEX - 1}

static const struct field shapes[][FIELDS_MAX + 1] = {
    [KRV_STATEMENT_FOUND] = {FIXED(server_pk), FIXED(recovery_sign_pk), FIXED(recovery_seal_pk),
                             {FIELD_BOOL, AT(practice), 0, 0}, FIXED(schema_hash),
                             FIXED(keys.sign_pk), FIXED(keys.seal_pk), FIXED(keys.session_pk),
                             FIXED(everyone_pk), FIXED(office_pk), FIXED(member_pk),
                             NAME(FIELD_NAME, group_name), NAME(FIELD_NAME, name)},
    [KRV_STATEMENT_DEVICE] = {FIXED(keys.sign_pk), FIXED(keys.seal_pk), FIXED(keys.session_pk),
                              {FIELD_U8, AT(roles), 1, KRV_ROLES_ALL},
                              {FIELD_INDEX_OR_NIL, AT(member_group), 0, 0},
                              {FIELD_KEY_OR_NIL, AT(member_pk), AT(has_member_pk), 0},
                              {FIELD_INDEX_OR_NIL, AT(agency_group), 0, 0},
                              {FIELD_KEY_OR_NIL, AT(agency_pk), AT(has_agency_pk), 0},
                              NAME(FIELD_NAME_OR_NIL, group_name), FIXED(invite), FIXED(signature),
                              NAME(FIELD_NAME, name)},
    [KRV_STATEMENT_ADMIT] = {INDEX(group), INDEX(device),
                             {FIELD_U8, AT(rights), 0, KRV_ADMIT_READ_ONLY | KRV_ADMIT_KEEPER}},
    [KRV_STATEMENT_EXPEL] = {INDEX(group), INDEX(device)},
    [KRV_STATEMENT_REVOKE] = {INDEX(device), {FIELD_U8, AT(how), KRV_REVOKE_LEFT, KRV_REVOKE_LOST}},
    [KRV_STATEMENT_ROLES] = {INDEX(device), {FIELD_U8, AT(roles), 1, KRV_ROLES_ALL}},
    [KRV_STATEMENT_EPOCH] = {INDEX(group), {FIELD_U32, AT(epoch), 1, UINT32_MAX}, FIXED(pk),
                             FIXED(back_chain)},
    [KRV_STATEMENT_SCHEMA] = {{FIELD_U32, AT(schema_version), 1, UINT32_MAX}, FIXED(schema_hash)},
    [KRV_STATEMENT_SERVER] = {FIXED(server_pk)},
    [KRV_STATEMENT_GROUP] = {FIXED(pk), NAME(FIELD_NAME, name)},
    [KRV_STATEMENT_END] = {{FIELD_U32, AT(common), 0, KRV_ROSTER_HEIGHT_MAX - 1},
                           {FIELD_HASHES, AT(losing), 1, KRV_LOSING_MAX}},
};
enum { SHAPE_COUNT = sizeof shapes / sizeof *shapes };

static uint32_t field_count(const struct field *fields) {
  uint32_t count = 0;
  while (count < FIELDS_MAX && fields[count].kind != FIELD_END) count++;
  return count;
}

/* ---- writing ---- */

static void put_name(struct krv_buf *buf, const struct krv_slice *name, bool or_nil) {
  if (or_nil && name->len == 0)
    krv_mp_put_nil(buf);
  else
    krv_mp_put_bin(buf, name->data, name->len);
}

static void put_field(struct krv_buf *buf, const struct field *field, const void *statement) {
  const uint8_t *base = statement;
  const void *p = base + field->place;
  switch (field->kind) {
    case FIELD_END: break;
    case FIELD_FIXED: krv_mp_put_bin(buf, p, field->high); break;
    case FIELD_KEY_OR_NIL:
      if (*(const bool *)(base + field->low))
        krv_mp_put_bin(buf, p, KRV_KEY_LEN);
      else
        krv_mp_put_nil(buf);
      break;
    case FIELD_HASHES:
    case FIELD_NAME: put_name(buf, p, false); break;
    case FIELD_NAME_OR_NIL: put_name(buf, p, true); break;
    case FIELD_BOOL: krv_mp_put_bool(buf, *(const bool *)p); break;
    case FIELD_U8: krv_mp_put_uint(buf, *(const uint8_t *)p); break;
    case FIELD_U32: krv_mp_put_uint(buf, *(const uint32_t *)p); break;
    case FIELD_INDEX_OR_NIL:
      if (*(const uint32_t *)p == KRV_NO_INDEX)
        krv_mp_put_nil(buf);
      else
        krv_mp_put_uint(buf, *(const uint32_t *)p);
      break;
  }
}

static void put_statement(struct krv_buf *buf, const struct krv_statement *statement) {
  assert((size_t)statement->kind < SHAPE_COUNT);
  const struct field *fields = shapes[statement->kind];
  uint32_t count = field_count(fields);
  krv_mp_put_array(buf, 1 + count);
  krv_mp_put_uint(buf, (uint64_t)statement->kind);
  for (uint32_t i = 0; i < count; i++) put_field(buf, &fields[i], statement);
}

int krv_entry_sign(const struct krv_env *env, const struct krv_entry *entry,
                   const struct krv_sign_pair *signer, struct krv_buf *out) {
  struct krv_buf body;
  krv_buf_init(&body, env);
  krv_mp_put_array(&body, ENTRY_PARTS);
  krv_mp_put_uint(&body, ENTRY_VERSION);
  krv_mp_put_bin(&body, entry->programme.b, sizeof entry->programme.b);
  krv_mp_put_bin(&body, entry->prev, sizeof entry->prev);
  krv_mp_put_uint(&body, entry->height);
  if (entry->signer == KRV_NO_INDEX)
    krv_mp_put_nil(&body);
  else
    krv_mp_put_uint(&body, entry->signer);
  krv_mp_put_array(&body, entry->statement_count);
  for (uint32_t i = 0; i < entry->statement_count; i++) put_statement(&body, &entry->statements[i]);

  if (body.status == 0 && body.len + KRV_SIG_LEN > KRV_ENTRY_SIZE_MAX) body.status = KRV_TOO_LARGE;
  if (body.status == 0) {
    const struct krv_slice part = krv_buf_slice(&body);
    uint8_t signature[KRV_SIG_LEN];
    krv_sign(signer, KRV_DOMAIN_ENTRY_SIGN, &part, 1, signature);
    krv_buf_append(&body, signature, sizeof signature);
  }
  if (body.status == 0)
    krv_buf_put(out, krv_buf_slice(&body));
  else if (out->status == 0)
    out->status = body.status;
  krv_buf_release(&body);
  return out->status;
}

/* ---- reading ---- */

static int get_range(const struct krv_mp *node, const struct field *field, uint32_t *out) {
  uint64_t v;
  int status = krv_mp_uint(node, field->high, &v);
  *out = (uint32_t)v;
  if (status != 0 || v < field->low) return KRV_MALFORMED;
  return 0;
}

static int get_name(const struct krv_mp *node, const struct field *field, struct krv_slice *out) {
  int status = krv_mp_bin(node, out);
  return status == 0 && out->len > field->high ? KRV_TOO_LARGE : status;
}

static int get_hashes(const struct krv_mp *node, const struct field *field,
                      struct krv_slice *out) {
  int status = krv_mp_bin(node, out);
  if (status != 0) return status;
  size_t count = out->len / KRV_HASH_LEN;
  if (count > field->high) return KRV_TOO_LARGE;
  return out->len % KRV_HASH_LEN == 0 && count >= field->low ? 0 : KRV_MALFORMED;
}

static int get_index_or_nil(const struct krv_mp *node, uint32_t *out) {
  static const struct field index = {FIELD_U32, 0, 0, KRV_NO_INDEX - 1};
  *out = KRV_NO_INDEX;
  return krv_mp_is_nil(node) ? 0 : get_range(node, &index, out);
}

static int get_field(const struct krv_mp *node, const struct field *field, void *statement) {
  uint8_t *base = statement;
  void *p = base + field->place;
  uint32_t number;
  int status;
  switch (field->kind) {
    case FIELD_END: return KRV_MALFORMED;
    case FIELD_FIXED: return krv_mp_fixed(node, p, field->high);
    case FIELD_KEY_OR_NIL:
      if (krv_mp_is_nil(node)) return 0;
      *(bool *)(base + field->low) = true;
      return krv_mp_fixed(node, p, KRV_KEY_LEN);
    case FIELD_NAME: return get_name(node, field, p);
    case FIELD_NAME_OR_NIL:
      if (krv_mp_is_nil(node)) return 0;
      status = get_name(node, field, p);
      /* nothing has one form only: nil */
      return status == 0 && ((struct krv_slice *)p)->len == 0 ? KRV_MALFORMED : status;
    case FIELD_BOOL: return krv_mp_bool(node, p);
    case FIELD_U8:
      status = get_range(node, field, &number);
      if (status == 0) *(uint8_t *)p = (uint8_t)number;
      return status;
    case FIELD_U32: return get_range(node, field, p);
    case FIELD_INDEX_OR_NIL: return get_index_or_nil(node, p);
    case FIELD_HASHES: return get_hashes(node, field, p);
  }
  return KRV_MALFORMED;
}

/* A device belongs to one member, known or new; to one agency at most; and only
 * a new agency needs a name. */
static bool device_consistent(const struct krv_statement *statement) {
  bool known_member = statement->member_group != KRV_NO_INDEX;
  bool known_agency = statement->agency_group != KRV_NO_INDEX;
  if (known_member == statement->has_member_pk) return false;
  if (known_agency && statement->has_agency_pk) return false;
  return statement->group_name.len == 0 || statement->has_agency_pk;
}

static int get_statement(const struct krv_mp *node, struct krv_statement *out) {
  uint64_t kind;
  if (krv_mp_type(node) != KRV_MP_ARRAY) return KRV_MALFORMED;
  if (krv_mp_uint(krv_mp_at(node, 0), INT64_MAX, &kind) != 0) return KRV_MALFORMED;
  if (kind >= SHAPE_COUNT) return KRV_NEWER;

  const struct field *fields = shapes[kind];
  uint32_t count = field_count(fields);
  if (krv_mp_count(node) != 1 + count) return KRV_MALFORMED;
  out->kind = (enum krv_statement_kind)kind;
  for (uint32_t i = 0; i < count; i++) {
    int status = get_field(krv_mp_at(node, 1 + i), &fields[i], out);
    if (status != 0) return status;
  }
  if (out->kind == KRV_STATEMENT_DEVICE && !device_consistent(out)) return KRV_MALFORMED;
  return 0;
}

static int get_head(const struct krv_mp *root, struct krv_entry *out) {
  static const struct field height = {FIELD_U32, 0, 0, KRV_ROSTER_HEIGHT_MAX};
  uint64_t version;
  if (krv_mp_type(root) != KRV_MP_ARRAY) return KRV_MALFORMED;
  if (krv_mp_uint(krv_mp_at(root, 0), INT64_MAX, &version) != 0) return KRV_MALFORMED;
  if (version != ENTRY_VERSION) return version > ENTRY_VERSION ? KRV_NEWER : KRV_MALFORMED;
  if (krv_mp_count(root) != ENTRY_PARTS) return KRV_MALFORMED;
  int status = krv_mp_fixed(krv_mp_at(root, 1), out->programme.b, sizeof out->programme.b);
  if (status == 0) status = krv_mp_fixed(krv_mp_at(root, 2), out->prev, sizeof out->prev);
  if (status == 0) status = get_range(krv_mp_at(root, 3), &height, &out->height);
  if (status == 0) status = get_index_or_nil(krv_mp_at(root, 4), &out->signer);
  return status;
}

static int get_statements(const struct krv_env *env, const struct krv_mp *list,
                          struct krv_entry *out) {
  uint32_t count = krv_mp_count(list);
  if (krv_mp_type(list) != KRV_MP_ARRAY || count == 0) return KRV_MALFORMED;
  if (count > KRV_ENTRY_STATEMENTS_MAX) return KRV_TOO_LARGE;
  out->statements = krv_zalloc(env, count, sizeof *out->statements);
  if (!out->statements) return KRV_NOMEM;
  out->statement_count = count;
  for (uint32_t i = 0; i < count; i++) {
    int status = get_statement(krv_mp_at(list, i), &out->statements[i]);
    if (status != 0) return status;
  }
  return 0;
}

/* All marks of a founding together, or none of them. */
static bool founding_consistent(const struct krv_entry *entry) {
  static const uint8_t no_prev[sizeof entry->prev];
  for (uint32_t i = 1; i < entry->statement_count; i++)
    if (entry->statements[i].kind == KRV_STATEMENT_FOUND) return false;
  bool founds = entry->statements[0].kind == KRV_STATEMENT_FOUND;
  if (entry->height != 0) return !founds;
  return founds && entry->signer == KRV_DEVICE_FOUNDER && krv_id_is_zero(&entry->programme) &&
         memcmp(entry->prev, no_prev, sizeof no_prev) == 0;
}

int krv_entry_decode(const struct krv_env *env, struct krv_slice bytes, struct krv_entry *out) {
  struct krv_mp_doc doc;
  memset(out, 0, sizeof *out);
  if (bytes.len > KRV_ENTRY_SIZE_MAX) return KRV_TOO_LARGE;
  if (bytes.len <= KRV_SIG_LEN) return KRV_MALFORMED;
  struct krv_slice body = krv_slice(bytes.data, bytes.len - KRV_SIG_LEN);
  int status = krv_mp_read(&doc, body);
  if (status != 0) return status;

  status = get_head(doc.root, out);
  if (status == 0) status = get_statements(env, krv_mp_at(doc.root, 5), out);
  if (status == 0 && !founding_consistent(out)) status = KRV_MALFORMED;
  krv_mp_doc_release(&doc);
  if (status != 0) {
    krv_entry_release(out, env);
    return status;
  }
  out->body = body;
  memcpy(out->signature, body.data + body.len, KRV_SIG_LEN);
  return 0;
}

void krv_entry_release(struct krv_entry *entry, const struct krv_env *env) {
  krv_free(env, entry->statements);
  memset(entry, 0, sizeof *entry);
}

int krv_entry_verify(const struct krv_entry *entry, const struct krv_key *sign_pk) {
  return krv_sign_verify(sign_pk, KRV_DOMAIN_ENTRY_SIGN, &entry->body, 1, entry->signature);
}

void krv_entry_hash(struct krv_slice bytes, uint8_t out[32]) {
  krv_h(KRV_DOMAIN_ENTRY, &bytes, 1, out, 32);
}

void krv_programme_id(struct krv_slice founding, struct krv_id *out) {
  krv_h(KRV_DOMAIN_PROGRAMME, &founding, 1, out->b, sizeof out->b);
}
