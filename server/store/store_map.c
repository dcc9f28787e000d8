#include "store_map.h"

#include <string.h>

#include "status.h"

enum { LEVELS = 16 };

struct node {
  uint8_t *value;
  size_t value_len;
  const uint8_t *key; /* in the same block, after next */
  size_t key_len;
  struct node *next[];
};

/* One put: the value that it replaced, or (value NULL) that it made the node. */
struct undo {
  struct node *node;
  uint8_t *value;
  size_t value_len;
};

struct krv_map {
  const struct krv_env *env;
  struct node *head; /* of LEVELS levels, no key */
  uint64_t dice;
  struct undo *undos;
  size_t undo_count, undo_cap;
};

static struct node *new_node(const struct krv_env *env, unsigned levels, struct krv_slice key) {
  size_t links = levels * sizeof(struct node *);
  struct node *node = krv_zalloc(env, 1, sizeof *node + links + key.len);
  if (!node) return NULL;
  uint8_t *place = (uint8_t *)node + sizeof *node + links;
  if (key.len > 0) memcpy(place, key.data, key.len);
  node->key = place;
  node->key_len = key.len;
  return node;
}

static void free_node(struct krv_map *map, struct node *node) {
  if (node->value) krv_free(map->env, node->value);
  krv_free(map->env, node);
}

static struct krv_slice key_of(const struct node *node) {
  return krv_slice(node->key, node->key_len);
}

int krv_map_new(const struct krv_env *env, struct krv_map **out) {
  *out = NULL;
  struct krv_map *map = krv_zalloc(env, 1, sizeof *map);
  if (!map) return KRV_NOMEM;
  map->env = env;
  map->dice = 1;
  map->head = new_node(env, LEVELS, krv_slice(NULL, 0));
  if (!map->head) {
    krv_free(env, map);
    return KRV_NOMEM;
  }
  *out = map;
  return KRV_OK;
}

void krv_map_free(struct krv_map *map) {
  if (!map) return;
  krv_map_mark(map);
  for (struct node *node = map->head; node;) {
    struct node *next = node->next[0];
    free_node(map, node);
    node = next;
  }
  if (map->undos) krv_free(map->env, map->undos);
  krv_free(map->env, map);
}

/* The last node below key on every level. */
static void find(const struct krv_map *map, struct krv_slice key, struct node *before[LEVELS]) {
  struct node *node = map->head;
  for (unsigned level = LEVELS; level-- > 0;) {
    while (node->next[level] && krv_slice_compare(key_of(node->next[level]), key) < 0)
      node = node->next[level];
    before[level] = node;
  }
}

/* Half of the nodes have one level, a quarter two, and so on (xorshift64). */
static unsigned throw_levels(struct krv_map *map) {
  map->dice ^= map->dice << 13;
  map->dice ^= map->dice >> 7;
  map->dice ^= map->dice << 17;
  unsigned levels = 1;
  while (levels < LEVELS && ((map->dice >> (levels + 20)) & 1)) levels++;
  return levels;
}

static struct node *insert(struct krv_map *map, struct krv_slice key, struct node *before[LEVELS]) {
  unsigned levels = throw_levels(map);
  struct node *node = new_node(map->env, levels, key);
  if (!node) return NULL;
  for (unsigned i = 0; i < levels; i++) {
    node->next[i] = before[i]->next[i];
    before[i]->next[i] = node;
  }
  return node;
}

int krv_map_put(struct krv_map *map, struct krv_slice key, struct krv_slice value) {
  int status = krv_grow(map->env, &map->undos, &map->undo_cap, map->undo_count, sizeof *map->undos);
  if (status != KRV_OK) return status;
  uint8_t *copy = krv_alloc(map->env, value.len);
  if (!copy) return KRV_NOMEM;
  if (value.len > 0) memcpy(copy, value.data, value.len);
  struct node *before[LEVELS];
  find(map, key, before);
  struct node *node = before[0]->next[0];
  if (!node || !krv_slice_equal(key_of(node), key)) node = insert(map, key, before);
  if (!node) {
    krv_free(map->env, copy);
    return KRV_NOMEM;
  }
  map->undos[map->undo_count++] = (struct undo){node, node->value, node->value_len};
  node->value = copy;
  node->value_len = value.len;
  return KRV_OK;
}

bool krv_map_from(const struct krv_map *map, struct krv_slice key, struct krv_map_row *out) {
  struct node *before[LEVELS];
  find(map, key, before);
  const struct node *node = before[0]->next[0];
  if (!node) return false;
  *out = (struct krv_map_row){key_of(node), krv_slice(node->value, node->value_len)};
  return true;
}

void krv_map_mark(struct krv_map *map) {
  while (map->undo_count > 0) {
    uint8_t *value = map->undos[--map->undo_count].value;
    if (value) krv_free(map->env, value);
  }
}

static void take_out(struct krv_map *map, struct node *node) {
  struct node *before[LEVELS];
  find(map, key_of(node), before);
  for (unsigned i = 0; i < LEVELS && before[i]->next[i] == node; i++)
    before[i]->next[i] = node->next[i];
  free_node(map, node);
}

void krv_map_undo(struct krv_map *map) {
  while (map->undo_count > 0) {
    const struct undo *undo = &map->undos[--map->undo_count];
    if (!undo->value) {
      take_out(map, undo->node);
      continue;
    }
    krv_free(map->env, undo->node->value);
    undo->node->value = undo->value;
    undo->node->value_len = undo->value_len;
  }
}
