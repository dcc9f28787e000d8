/* folder: load and store. A stored state is: own tip (varint device, varint n, id 16), varint
 * own_server_n, varint own_receipt_n, varint count of waits (varint n, varint since each), varint
 * count of voids (varint n, id 16, reason u8 each; none of it in format 1), the case as case.h
 * encodes it. A stored key is: epoch u32, key 32. */
#include "folder.h"

#include <string.h>

static int folder_alloc(struct krv_world *world, struct krv_folder **out) {
  struct krv_folder *folder = krv_zalloc(world->env, 1, sizeof *folder);
  if (!folder) return KRV_NOMEM;
  folder->world = world;
  *out = folder;
  return 0;
}

void krv_folder_free(struct krv_folder *folder) {
  if (!folder) return;
  const struct krv_env *env = folder->world->env;
  krv_case_free(folder->kase);
  if (folder->keys) krv_wipe(folder->keys, folder->key_cap * sizeof *folder->keys);
  krv_free(env, folder->keys);
  krv_free(env, folder->heads);
  krv_free(env, folder);
}

int krv_folder_new(struct krv_world *world, const struct krv_id *id,
                   const struct krv_genesis *genesis, struct krv_folder **out) {
  *out = NULL;
  struct krv_folder *folder;
  int status = folder_alloc(world, &folder);
  if (status != 0) return status;
  folder->id = *id;
  status = krv_case_new(world->env, genesis, &folder->kase);
  if (status != 0) krv_folder_free(folder);
  else *out = folder;
  return status;
}

static int load_keys(struct krv_folder *folder) {
  struct krv_vault *vault = folder->world->vault;
  struct krv_buf row;
  int64_t lid = 0;
  int status;
  krv_buf_init(&row, folder->world->env);
  while ((status = krv_vault_casekey_next(vault, folder->lid, lid, &lid, &row)) == 0) {
    struct krv_in in = krv_in(krv_buf_slice(&row));
    struct krv_key key;
    uint32_t epoch = krv_in_u32(&in);
    krv_in_copy(&in, key.b, sizeof key.b);
    status = krv_in_end(&in) != 0 ? KRV_DAMAGED : krv_folder_add_key(folder, epoch, &key);
    krv_wipe(&key, sizeof key);
    krv_buf_reset(&row);
    if (status != 0) break;
  }
  krv_buf_wipe(&row);
  folder->keys_stored = folder->key_count;
  folder->dirty = false;
  return status == KRV_END ? 0 : status;
}

enum { FORMAT_WITH_VOIDS = 2 };

static int get_head(struct krv_folder *folder, struct krv_in *in) {
  int64_t format;
  int status = krv_vault_format(folder->world->vault, &format);
  if (status != 0) return status;
  folder->own.device = (krv_device_ix)krv_in_varint(in, UINT32_MAX);
  folder->own.n = krv_in_varint(in, UINT64_MAX);
  krv_in_copy(in, folder->own.id.b, sizeof folder->own.id.b);
  folder->own_server_n = krv_in_varint(in, UINT64_MAX);
  folder->own_receipt_n = krv_in_varint(in, UINT64_MAX);
  folder->wait_count = (uint32_t)krv_in_varint(in, KRV_FOLDER_WAITS_MAX);
  for (uint32_t i = 0; i < folder->wait_count; i++) {
    folder->waits[i].n = krv_in_varint(in, UINT64_MAX);
    folder->waits[i].since_s = (int64_t)krv_in_varint(in, INT64_MAX);
  }
  folder->void_count =
      format >= FORMAT_WITH_VOIDS ? (uint32_t)krv_in_varint(in, KRV_FOLDER_VOIDS_MAX) : 0;
  for (uint32_t i = 0; i < folder->void_count; i++) {
    folder->voids[i].n = krv_in_varint(in, UINT64_MAX);
    krv_in_copy(in, folder->voids[i].id.b, sizeof folder->voids[i].id.b);
    folder->voids[i].reason = krv_in_u8(in);
  }
  return in->status == 0 ? 0 : KRV_DAMAGED;
}

static void put_head(const struct krv_folder *folder, struct krv_buf *out) {
  krv_buf_varint(out, folder->own.device);
  krv_buf_varint(out, folder->own.n);
  krv_buf_append(out, folder->own.id.b, sizeof folder->own.id.b);
  krv_buf_varint(out, folder->own_server_n);
  krv_buf_varint(out, folder->own_receipt_n);
  krv_buf_varint(out, folder->wait_count);
  for (uint32_t i = 0; i < folder->wait_count; i++) {
    krv_buf_varint(out, folder->waits[i].n);
    krv_buf_varint(out, (uint64_t)folder->waits[i].since_s);
  }
  krv_buf_varint(out, folder->void_count);
  for (uint32_t i = 0; i < folder->void_count; i++) {
    krv_buf_varint(out, folder->voids[i].n);
    krv_buf_append(out, folder->voids[i].id.b, sizeof folder->voids[i].id.b);
    krv_buf_u8(out, folder->voids[i].reason);
  }
}

int krv_folder_decode(struct krv_folder *folder, struct krv_slice bytes) {
  struct krv_in in = krv_in(bytes);
  int status = get_head(folder, &in);
  if (status != 0) return status;
  status = krv_case_decode(folder->world->env, krv_in_rest(&in), &folder->kase);
  return status == KRV_MALFORMED ? KRV_DAMAGED : status;
}

int krv_folder_load(struct krv_world *world, int64_t lid, struct krv_folder **out) {
  *out = NULL;
  const struct krv_card *card = krv_index_by_lid(world->index, lid);
  struct krv_folder *folder;
  struct krv_buf state;
  int status = folder_alloc(world, &folder);
  if (status != 0) return status;
  krv_buf_init(&state, world->env);
  folder->lid = lid;
  if (card) folder->id = card->id;
  status = krv_vault_case_state(world->vault, lid, &state);
  if (status == 0) status = krv_folder_decode(folder, krv_buf_slice(&state));
  /* the card may know more of it: krv_folder_reached */
  if (status == 0 && card) krv_folder_advance(folder, card->own_server_n, card->own_receipt_n);
  if (status == 0) status = load_keys(folder);
  krv_buf_wipe(&state);
  if (status != 0) krv_folder_free(folder);
  else *out = folder;
  return status;
}

int krv_folder_load_id(struct krv_world *world, const struct krv_id *id, struct krv_folder **out) {
  int64_t lid;
  *out = NULL;
  int status = krv_vault_case_find(world->vault, id, &lid);
  if (status == 0) status = krv_folder_load(world, lid, out);
  if (status == 0) (*out)->id = *id;
  return status;
}

/* Is it the one that the genesis names? */
static bool is_first(const struct krv_folder *folder, const struct krv_case_key *key) {
  const struct krv_genesis *genesis = krv_case_genesis(folder->kase);
  return memcmp(key->key_commit, genesis->key_commit, sizeof key->key_commit) == 0;
}

int krv_folder_add_key(struct krv_folder *folder, uint32_t epoch, const struct krv_key *key) {
  struct krv_case_key fresh;
  krv_case_key_set(&fresh, epoch, key);
  if (folder->kase && is_first(folder, &fresh)) fresh.epoch = 0;
  int status = 0;
  if (!krv_folder_key_by_id(folder, &fresh.key_id)) {
    status = krv_grow(folder->world->env, &folder->keys, &folder->key_cap, folder->key_count,
                      sizeof *folder->keys);
    if (status == 0) {
      folder->keys[folder->key_count++] = fresh;
      folder->dirty = true;
    }
  }
  krv_wipe(&fresh, sizeof fresh);
  return status;
}

const struct krv_case_key *krv_folder_key(const struct krv_folder *folder, uint32_t epoch,
                                          const uint8_t key_id4[4], size_t i) {
  for (size_t k = 0; k < folder->key_count; k++) {
    const struct krv_case_key *key = &folder->keys[k];
    bool fits = epoch == 0 ? key->epoch == 0 : memcmp(key->key_id.b, key_id4, 4) == 0;
    if (fits && i-- == 0) return key;
  }
  return NULL;
}

const struct krv_case_key *krv_folder_key_by_id(const struct krv_folder *folder,
                                                const struct krv_id *key_id) {
  for (size_t k = 0; k < folder->key_count; k++)
    if (krv_id_equal(&folder->keys[k].key_id, key_id)) return &folder->keys[k];
  return NULL;
}

void krv_folder_grant_key(const struct krv_folder *folder, const struct krv_msg_grant *grant,
                          struct krv_id *out) {
  if (grant->epoch == 0) krv_key_id(krv_case_genesis(folder->kase)->key_commit, out);
  else *out = grant->key_id;
}

/* --- which keys commits name */

/* The first place whose key id is not below this one. */
static size_t head_place(const struct krv_folder *folder, const uint8_t key_id4[4]) {
  size_t lo = 0, hi = folder->head_count;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (memcmp(folder->heads[mid], key_id4, 4) < 0) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

static bool in_head(const struct krv_folder *folder, const uint8_t key_id4[4]) {
  size_t at = head_place(folder, key_id4);
  return at < folder->head_count && memcmp(folder->heads[at], key_id4, 4) == 0;
}

static int add_head(struct krv_folder *folder, uint32_t epoch, const uint8_t key_id4[4]) {
  if (epoch == 0 || in_head(folder, key_id4)) return 0;
  int status = krv_grow(folder->world->env, &folder->heads, &folder->head_cap, folder->head_count,
                        sizeof *folder->heads);
  if (status != 0) return status;
  size_t at = head_place(folder, key_id4);
  memmove(folder->heads + at + 1, folder->heads + at,
          (folder->head_count - at) * sizeof *folder->heads);
  memcpy(folder->heads[at], key_id4, sizeof *folder->heads);
  folder->head_count++;
  return 0;
}

int krv_folder_note_head(struct krv_folder *folder, uint32_t epoch, const uint8_t key_id4[4]) {
  return folder->heads_known ? add_head(folder, epoch, key_id4) : 0;
}

static int gather_heads(struct krv_folder *folder) {
  struct krv_vault_item item;
  struct krv_msg_commit msg;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status = 0;
  if (folder->heads_known || folder->lid == 0) return 0;
  krv_buf_init(&bytes, folder->world->env);
  while (status == 0) {
    krv_buf_reset(&bytes);
    status = krv_vault_item_next(folder->world->vault, folder->lid, lid, &item, &bytes);
    if (status != 0) break;
    lid = item.lid;
    if (item.kind == KRV_MSG_COMMIT && krv_msg_commit_decode(item.bytes, &msg) == 0)
      status = add_head(folder, msg.epoch, msg.key_id4);
  }
  krv_buf_release(&bytes);
  folder->heads_known = status == KRV_END;
  return status == KRV_END ? 0 : status;
}

/* By the genesis or an applied EPOCH operation. */
static bool is_made(const struct krv_folder *folder, const struct krv_id *key_id) {
  uint32_t epoch;
  uint8_t key_commit[KRV_HASH_LEN];
  return krv_case_key_commit(folder->kase, key_id, &epoch, key_commit);
}

int krv_folder_named(struct krv_folder *folder, const struct krv_id *key_id, bool *named) {
  int status = gather_heads(folder);
  *named = status == 0 && (in_head(folder, key_id->b) || is_made(folder, key_id));
  return status;
}

int krv_folder_has_room(struct krv_folder *folder, const struct krv_id *key_id, bool *room) {
  int status = gather_heads(folder);
  bool named = status == 0 && in_head(folder, key_id->b);
  uint32_t alike = 0;
  for (size_t k = 0; k < folder->key_count; k++)
    alike += folder->keys[k].epoch != 0 && in_head(folder, folder->keys[k].key_id.b) == named;
  uint32_t most = named ? KRV_CASE_EPOCHS_MAX : KRV_CASE_KEYS_UNNAMED_MAX;
  *room = status == 0 && (alike < most || is_made(folder, key_id));
  return status;
}

static int store_keys(struct krv_folder *folder) {
  struct krv_buf row;
  int status = 0;
  krv_buf_init(&row, folder->world->env);
  while (status == 0 && folder->keys_stored < folder->key_count) {
    const struct krv_case_key *key = &folder->keys[folder->keys_stored];
    krv_buf_reset(&row);
    krv_buf_u32(&row, key->epoch);
    krv_buf_append(&row, key->key.b, sizeof key->key.b);
    status = row.status;
    if (status == 0)
      status = krv_vault_casekey_put(folder->world->vault, folder->lid, krv_buf_slice(&row));
    if (status == 0) folder->keys_stored++;
  }
  krv_buf_wipe(&row);
  return status;
}

bool krv_folder_is_aside(const struct krv_folder *folder) {
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  for (uint32_t i = 0; i < krv_lines_count(lines); i++) {
    const struct krv_line_commit *c = krv_lines_at(lines, i);
    if (c->verdict != KRV_VERDICT_HELD || (c->reason != -KRV_NO_KEY && c->reason != -KRV_CRYPTO))
      return false;
  }
  return krv_lines_count(lines) > 0;
}

int krv_folder_store(struct krv_folder *folder, struct krv_buf *card_bytes) {
  struct krv_world *world = folder->world;
  struct krv_buf state, text;
  struct krv_card card;
  krv_buf_init(&state, world->env);
  krv_buf_init(&text, world->env);
  put_head(folder, &state);
  int status = krv_case_encode(folder->kase, &state);
  bool listed = !krv_folder_is_aside(folder);
  if (status == 0 && listed) status = krv_folder_card(folder, &text, &card);
  if (status == 0 && listed) krv_card_encode(&card, card_bytes);
  if (status == 0 && (status = card_bytes->status) == 0) status = state.status;
  if (status == 0)
    status = krv_vault_case_put(world->vault, &folder->lid, &folder->id, krv_buf_slice(card_bytes),
                                krv_buf_slice(&state));
  if (status == 0) status = store_keys(folder);
  if (status == 0) folder->dirty = false;
  krv_buf_wipe(&state);
  krv_buf_wipe(&text);
  return status;
}

/* --- how far own's line has come */

void krv_folder_wrote(struct krv_folder *folder, const struct krv_tip *tip) {
  enum { DAY_S = 24 * 60 * 60 };
  struct krv_folder_wait *last = &folder->waits[folder->wait_count - (folder->wait_count > 0)];
  uint8_t quality;
  int64_t now_s = krv_world_now(folder->world, &quality);
  folder->own = *tip;
  folder->dirty = true;
  if (now_s < 0) now_s = 0;
  bool same_day = folder->wait_count > 0 && now_s / DAY_S == last->since_s / DAY_S;
  if (!same_day && folder->wait_count < KRV_FOLDER_WAITS_MAX)
    folder->waits[folder->wait_count++] = (struct krv_folder_wait){tip->n, now_s};
}

/* One commit down the line; false at its end, or where that is not here. */
static bool step_down(const struct krv_lines *lines, struct krv_tip *tip) {
  const struct krv_line_commit *c = krv_lines_find(lines, tip);
  if (!c || tip->n <= 1) return false;
  tip->n--;
  tip->id = c->prev;
  return true;
}

uint64_t krv_folder_shared(const struct krv_folder *folder, const struct krv_tip *tip) {
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  struct krv_tip a = *tip, b = folder->own;
  if (b.n == 0 || a.device != b.device) return 0;
  while (a.n != b.n || !krv_id_equal(&a.id, &b.id)) {
    bool a_down = a.n >= b.n, b_down = b.n >= a.n;
    if ((a_down && !step_down(lines, &a)) || (b_down && !step_down(lines, &b))) return 0;
  }
  return a.n;
}

/* An office device's own changes are where its receipts come from: there they need only be sent. */
static uint64_t confirmed_n(const struct krv_folder *folder) {
  const struct krv_device *self = krv_world_self(folder->world);
  bool office = self && (self->roles & KRV_ROLE_OFFICE);
  return office && folder->own_server_n > folder->own_receipt_n ? folder->own_server_n
                                                                : folder->own_receipt_n;
}

void krv_folder_advance(struct krv_folder *folder, uint64_t server_n, uint64_t receipt_n) {
  if (server_n > folder->own.n) server_n = folder->own.n;
  if (receipt_n > folder->own.n) receipt_n = folder->own.n;
  if (server_n <= folder->own_server_n && receipt_n <= folder->own_receipt_n) return;
  if (server_n > folder->own_server_n) folder->own_server_n = server_n;
  if (receipt_n > folder->own_receipt_n) folder->own_receipt_n = receipt_n;
  folder->dirty = true;
  uint64_t next = confirmed_n(folder) + 1;
  uint32_t over = 0;
  while (over + 1 < folder->wait_count && folder->waits[over + 1].n <= next) over++;
  if (next > folder->own.n) over = folder->wait_count;
  folder->wait_count -= over;
  memmove(folder->waits, folder->waits + over, folder->wait_count * sizeof *folder->waits);
}

/* The place of what was said of a commit; void_count: nothing. */
static uint32_t void_place(const struct krv_folder *folder, const struct krv_id *id) {
  uint32_t i = 0;
  while (i < folder->void_count && !krv_id_equal(&folder->voids[i].id, id)) i++;
  return i;
}

uint8_t krv_folder_void_reason(const struct krv_folder *folder, const struct krv_id *id) {
  uint32_t at = void_place(folder, id);
  return at < folder->void_count ? folder->voids[at].reason : 0;
}

static void drop_void(struct krv_folder *folder, uint32_t at) {
  folder->void_count--;
  memmove(folder->voids + at, folder->voids + at + 1,
          (folder->void_count - at) * sizeof *folder->voids);
}

void krv_folder_judged(struct krv_folder *folder, const struct krv_folder_void *said) {
  uint32_t at = void_place(folder, &said->id);
  uint8_t before = at < folder->void_count ? folder->voids[at].reason : 0;
  if (said->reason == before) return;
  if (before != 0) drop_void(folder, at);
  if (said->reason != 0) {
    if (folder->void_count == KRV_FOLDER_VOIDS_MAX) drop_void(folder, 0);
    folder->voids[folder->void_count++] = *said;
  }
  folder->dirty = true;
}

/* state: the case's new one; empty: as it is. */
static int put_card(struct krv_world *world, const struct krv_card *card, struct krv_slice state) {
  struct krv_buf bytes;
  int64_t lid = card->lid;
  krv_buf_init(&bytes, world->env);
  krv_card_encode(card, &bytes);
  int status = bytes.status;
  if (status == 0 && state.len > 0)
    status = krv_vault_case_put(world->vault, &lid, &card->id, krv_buf_slice(&bytes), state);
  else if (status == 0)
    status = krv_vault_case_card(world->vault, lid, krv_buf_slice(&bytes));
  if (status == 0) status = krv_index_put(world->index, card);
  krv_buf_wipe(&bytes);
  return status;
}

/* Not by the card alone: the office has confirmed more, or has said something of a change, or no
 * longer says it. */
static int reached_in_state(struct krv_world *world, struct krv_card *card, uint64_t server_n,
                            uint64_t receipt_n, const struct krv_folder_void *said) {
  struct krv_folder head = {.world = world, .lid = card->lid};
  struct krv_buf stored, state;
  krv_buf_init(&stored, world->env);
  krv_buf_init(&state, world->env);
  int status = krv_vault_case_state(world->vault, head.lid, &stored);
  struct krv_in in = krv_in(krv_buf_slice(&stored));
  if (status == 0) status = get_head(&head, &in);
  if (status != 0) goto done;
  /* an ack changed the card alone */
  krv_folder_advance(&head, card->own_server_n, card->own_receipt_n);
  krv_folder_advance(&head, server_n, receipt_n);
  head.dirty = false;
  if (said) krv_folder_judged(&head, said);
  if (head.dirty) {
    put_head(&head, &state);
    krv_buf_put(&state, krv_in_rest(&in));
  }
  card->own_server_n = head.own_server_n;
  card->own_receipt_n = head.own_receipt_n;
  card->waits_s = head.wait_count > 0 ? head.waits[0].since_s : 0;
  card->voids = head.void_count;
  status = state.status != 0 ? state.status : put_card(world, card, krv_buf_slice(&state));
done:
  krv_buf_wipe(&stored);
  krv_buf_wipe(&state);
  return status;
}

int krv_folder_reached(struct krv_world *world, int64_t lid, uint64_t server_n, uint64_t receipt_n,
                       const struct krv_folder_void *said) {
  struct krv_card card = *krv_index_by_lid(world->index, lid);
  struct krv_folder head = {.world = world, .own.n = card.own_n,
                            .own_server_n = card.own_server_n,
                            .own_receipt_n = card.own_receipt_n};
  uint64_t confirmed = confirmed_n(&head);
  bool judged = said && (said->reason != 0 || card.voids > 0);
  krv_folder_advance(&head, server_n, receipt_n);
  if (judged || confirmed_n(&head) != confirmed)
    return reached_in_state(world, &card, server_n, receipt_n, judged ? said : NULL);
  if (!head.dirty) return 0;
  card.own_server_n = head.own_server_n;
  card.own_receipt_n = head.own_receipt_n;
  return put_card(world, &card, krv_slice(NULL, 0));
}

bool krv_folder_begun(const struct krv_folder *folder) {
  const struct krv_genesis *genesis = krv_case_genesis(folder->kase);
  const struct krv_device *creator =
      krv_roster_device_by_id(folder->world->roster, &genesis->creator);
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  if (!creator) return false;
  for (uint32_t i = krv_lines_dot(lines, creator->ix, 1); i < krv_lines_count(lines); i++) {
    const struct krv_line_commit *c = krv_lines_at(lines, i);
    if (c->tip.device != creator->ix || c->tip.n != 1) break;
    if (c->verdict != KRV_VERDICT_QUARANTINED) return true;
  }
  return false;
}
