/* index: see index.h. Cards never move once put, so a pointer to one holds
 * until the index is freed (its title until the next put of that case). The
 * order by change is sorted again, on demand, after puts. */
#include "index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "placemap.h"
#include "secret.h"
#include "status.h"

struct order {
  bool dirty;
  const struct krv_card **cards;
  size_t cap;
};

struct krv_index {
  const struct krv_env *env;
  struct krv_card **cards; /* in order of first put */
  size_t cap;
  uint32_t count;
  struct krv_placemap by_id, by_lid, by_import;
  struct order *order; /* apart, as looking at a place may sort it */
};

int krv_index_new(const struct krv_env *env, struct krv_index **out) {
  struct krv_index *index = krv_zalloc(env, 1, sizeof *index);
  *out = index;
  if (!index) return KRV_NOMEM;
  index->env = env;
  index->order = krv_zalloc(env, 1, sizeof *index->order);
  if (index->order) return 0;
  krv_index_free(index);
  *out = NULL;
  return KRV_NOMEM;
}

static void free_title(const struct krv_env *env, struct krv_slice title) {
  uint8_t *data = (uint8_t *)(uintptr_t)title.data; /* ours since put copied it */
  if (data) krv_wipe(data, title.len);
  krv_free(env, data);
}

void krv_index_free(struct krv_index *index) {
  if (!index) return;
  const struct krv_env *env = index->env;
  for (uint32_t i = 0; i < index->count; i++) {
    free_title(env, index->cards[i]->title);
    krv_wipe(index->cards[i], sizeof *index->cards[i]);
    krv_free(env, index->cards[i]);
  }
  krv_free(env, index->cards);
  krv_placemap_release(&index->by_id, env);
  krv_placemap_release(&index->by_lid, env);
  krv_placemap_release(&index->by_import, env);
  if (index->order) krv_free(env, index->order->cards);
  krv_free(env, index->order);
  krv_free(env, index);
}

static uint64_t key_of(const uint8_t bytes[8]) {
  uint64_t key;
  memcpy(&key, bytes, sizeof key);
  return key;
}

static bool has_import_key(const struct krv_card *card) {
  static const uint8_t none[8] = {0};
  return memcmp(card->import_key8, none, sizeof none) != 0;
}

static struct krv_card *find(const struct krv_index *index, const struct krv_id *id) {
  uint32_t step = 0, place;
  while (krv_placemap_next(&index->by_id, key_of(id->b), &step, &place) == 0)
    if (krv_id_equal(&index->cards[place]->id, id)) return index->cards[place];
  return NULL;
}

static int reserve(struct krv_index *index) {
  struct krv_placemap *const maps[] = {&index->by_id, &index->by_lid, &index->by_import};
  int status = 0;
  for (size_t i = 0; status == 0 && i < sizeof maps / sizeof *maps; i++)
    status = krv_placemap_reserve(maps[i], index->env);
  if (status == 0)
    status = krv_grow(index->env, &index->cards, &index->cap, index->count, sizeof *index->cards);
  if (status == 0)
    status = krv_grow(index->env, &index->order->cards, &index->order->cap, index->count,
                      sizeof *index->order->cards);
  return status;
}

static uint32_t place_of(const struct krv_index *index, const struct krv_card *card) {
  uint32_t step = 0, place;
  while (krv_placemap_next(&index->by_id, key_of(card->id.b), &step, &place) == 0)
    if (index->cards[place] == card) break;
  return place;
}

/* Everything that can fail happens before anything changes. */
int krv_index_put(struct krv_index *index, const struct krv_card *card) {
  const struct krv_env *env = index->env;
  struct krv_card *old = find(index, &card->id);
  struct krv_card *kept = old;
  int status = reserve(index);
  uint8_t *title = card->title.len > 0 ? krv_alloc(env, card->title.len) : NULL;
  if (!title && card->title.len > 0) status = KRV_NOMEM;
  if (status == 0 && !kept) kept = krv_zalloc(env, 1, sizeof *kept);
  if (status == 0 && !kept) status = KRV_NOMEM;
  if (status != 0) {
    krv_free(env, title);
    return status;
  }
  if (title) memcpy(title, card->title.data, card->title.len);
  uint32_t place = old ? place_of(index, old) : index->count;
  if (!old || old->lid != card->lid) krv_placemap_add(&index->by_lid, (uint64_t)card->lid, place);
  if (has_import_key(card) && (!old || memcmp(old->import_key8, card->import_key8, 8) != 0))
    krv_placemap_add(&index->by_import, key_of(card->import_key8), place);
  if (old) {
    free_title(env, old->title);
  } else {
    krv_placemap_add(&index->by_id, key_of(card->id.b), place);
    index->cards[place] = kept;
    index->order->cards[place] = kept; /* anywhere: sorted before it is looked at */
    index->count++;
  }
  *kept = *card;
  kept->title = krv_slice(title, card->title.len);
  index->order->dirty = true;
  return 0;
}

uint32_t krv_index_count(const struct krv_index *index) {
  return index->count;
}

static int newer_first(const void *a, const void *b) {
  const struct krv_card *x = *(const struct krv_card *const *)a;
  const struct krv_card *y = *(const struct krv_card *const *)b;
  if (x->changed_s != y->changed_s) return x->changed_s > y->changed_s ? -1 : 1;
  return x->lid > y->lid ? -1 : x->lid < y->lid;
}

const struct krv_card *krv_index_at(const struct krv_index *index, uint32_t place) {
  struct order *order = index->order;
  if (place >= index->count) return NULL;
  if (order->dirty) qsort(order->cards, index->count, sizeof *order->cards, newer_first);
  order->dirty = false;
  return order->cards[place];
}

const struct krv_card *krv_index_find(const struct krv_index *index, const struct krv_id *id) {
  return find(index, id);
}

const struct krv_card *krv_index_by_lid(const struct krv_index *index, int64_t lid) {
  uint32_t step = 0, place;
  while (krv_placemap_next(&index->by_lid, (uint64_t)lid, &step, &place) == 0)
    if (index->cards[place]->lid == lid) return index->cards[place];
  return NULL;
}

const struct krv_card *krv_index_by_import_key(const struct krv_index *index,
                                               const uint8_t key8[8]) {
  uint32_t step = 0, place;
  while (krv_placemap_next(&index->by_import, key_of(key8), &step, &place) == 0)
    if (memcmp(index->cards[place]->import_key8, key8, 8) == 0) return index->cards[place];
  return NULL;
}

static int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static bool starts_with(const struct krv_id *id, const uint8_t *nibbles, size_t count) {
  for (size_t i = 0; i < count; i++)
    if ((i % 2 == 0 ? id->b[i / 2] >> 4 : id->b[i / 2] & 15) != nibbles[i]) return false;
  return true;
}

int krv_index_prefix(const struct krv_index *index, const char *hex, const struct krv_card **out) {
  uint8_t nibbles[2 * KRV_ID_LEN];
  size_t count = strlen(hex);
  const struct krv_card *found = NULL;
  *out = NULL;
  if (count == 0 || count > sizeof nibbles) return KRV_MALFORMED;
  for (size_t i = 0; i < count; i++) {
    int value = digit(hex[i]);
    if (value < 0) return KRV_MALFORMED;
    nibbles[i] = (uint8_t)value;
  }
  for (uint32_t i = 0; i < index->count; i++) {
    if (!starts_with(&index->cards[i]->id, nibbles, count)) continue;
    if (found) return KRV_AMBIGUOUS;
    found = index->cards[i];
  }
  *out = found;
  return found ? 0 : KRV_NOT_FOUND;
}
