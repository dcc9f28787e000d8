/* search: see search.h. One arena of folded text; a case's stretch is its texts,
 * each closed by a zero byte, which no query can hold: a match never spans two
 * texts. A replaced stretch is garbage until half of the arena is; then the
 * stretches move together.
 *
 * Finding: memchr for the word's rarest byte (the arena's own statistics), then
 * memcmp around it. In Latin text that skips some hundred bytes at a time. */
#include "search.h"

#include <stdlib.h>
#include <string.h>

#include "placemap.h"
#include "secret.h"
#include "status.h"
#include "translit.h"

enum { GARBAGE_MIN = 64 * 1024, WORDS_MAX = 32 };

struct stretch {
  int64_t lid;
  size_t at, len;
};

struct krv_search {
  const struct krv_env *env;
  struct krv_buf arena;
  size_t garbage;
  struct stretch *stretches; /* in order of putting */
  size_t cap;
  uint32_t count;
  struct krv_placemap by_lid;
  uint64_t seen[256]; /* how often each byte is in the arena; never lowered */
};

int krv_search_new(const struct krv_env *env, struct krv_search **out) {
  struct krv_search *search = krv_zalloc(env, 1, sizeof *search);
  *out = search;
  if (!search) return KRV_NOMEM;
  search->env = env;
  krv_buf_init(&search->arena, env);
  return 0;
}

void krv_search_free(struct krv_search *search) {
  if (!search) return;
  const struct krv_env *env = search->env;
  krv_buf_wipe(&search->arena);
  krv_placemap_release(&search->by_lid, env);
  krv_free(env, search->stretches);
  krv_wipe(search, sizeof *search);
  krv_free(env, search);
}

static struct stretch *find_stretch(const struct krv_search *search, int64_t lid) {
  uint32_t step = 0, place;
  while (krv_placemap_next(&search->by_lid, (uint64_t)lid, &step, &place) == 0)
    if (search->stretches[place].lid == lid) return &search->stretches[place];
  return NULL;
}

/* Into a new arena: stretches lie in any order, so they cannot slide down in place. */
static void compact(struct krv_search *search) {
  struct krv_buf tight;
  if (search->garbage < GARBAGE_MIN || search->garbage < search->arena.len / 2) return;
  krv_buf_init(&tight, search->env);
  uint8_t *to = krv_buf_extend(&tight, search->arena.len - search->garbage);
  if (!to) return; /* no memory: the garbage stays, nothing is lost */
  for (uint32_t i = 0; i < search->count; i++) {
    struct stretch *stretch = &search->stretches[i];
    if (stretch->len > 0) memcpy(to, search->arena.data + stretch->at, stretch->len);
    stretch->at = (size_t)(to - tight.data);
    to += stretch->len;
  }
  krv_buf_wipe(&search->arena);
  search->arena = tight;
  search->garbage = 0;
}

static int fold_all(struct krv_search *search, const struct krv_slice *texts, uint32_t count) {
  struct krv_buf *arena = &search->arena;
  size_t start = arena->len;
  int status = arena->status;
  for (uint32_t i = 0; status == 0 && i < count; i++) {
    status = krv_text_fold(texts[i], arena);
    krv_buf_u8(arena, 0);
    if (status == 0) status = arena->status;
  }
  if (status == 0) return 0;
  arena->len = start; /* as it was: a failed append leaves the bytes before it */
  arena->status = 0;
  return status;
}

int krv_search_put(struct krv_search *search, int64_t lid, const struct krv_slice *texts,
                   uint32_t count) {
  size_t start = search->arena.len;
  struct stretch *stretch = find_stretch(search, lid);
  int status = 0;
  if (!stretch) {
    status = krv_placemap_reserve(&search->by_lid, search->env);
    if (status == 0)
      status = krv_grow(search->env, &search->stretches, &search->cap, search->count,
                        sizeof *search->stretches);
  }
  if (status == 0) status = fold_all(search, texts, count);
  if (status != 0) return status;
  if (stretch) {
    search->garbage += stretch->len;
    if (stretch->len > 0) krv_wipe(search->arena.data + stretch->at, stretch->len);
  } else {
    krv_placemap_add(&search->by_lid, (uint64_t)lid, search->count);
    stretch = &search->stretches[search->count++];
  }
  *stretch = (struct stretch){lid, start, search->arena.len - start};
  for (size_t i = start; i < search->arena.len; i++) search->seen[search->arena.data[i]]++;
  compact(search);
  return 0;
}

struct word {
  struct krv_slice text;
  size_t rarest; /* place of the byte to look for */
};

static bool holds(struct krv_slice text, const struct word *word) {
  if (text.len < word->text.len) return false;
  const uint8_t *first = word->text.data;
  const uint8_t *p = text.data + word->rarest;
  const uint8_t *end = text.data + text.len - (word->text.len - 1 - word->rarest);
  while (p < end && (p = memchr(p, first[word->rarest], (size_t)(end - p)))) {
    if (memcmp(p - word->rarest, first, word->text.len) == 0) return true;
    p++;
  }
  return false;
}

static size_t rarest_byte(const struct krv_search *search, struct krv_slice text) {
  size_t best = 0;
  for (size_t i = 1; i < text.len; i++)
    if (search->seen[text.data[i]] < search->seen[text.data[best]]) best = i;
  return best;
}

static int longer_first(const void *a, const void *b) {
  size_t x = ((const struct word *)a)->text.len, y = ((const struct word *)b)->text.len;
  return x > y ? -1 : x < y;
}

static bool is_space(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\n';
}

/* The words of a folded query; the long ones, which fit least, first. */
static int split(const struct krv_search *search, struct krv_slice query,
                 struct word words[WORDS_MAX], size_t *count) {
  size_t i = 0;
  *count = 0;
  for (;;) {
    while (i < query.len && is_space(query.data[i])) i++;
    if (i == query.len) break;
    size_t start = i;
    while (i < query.len && !is_space(query.data[i])) i++;
    if (*count == WORDS_MAX) return KRV_TOO_LARGE;
    struct krv_slice text = krv_slice(query.data + start, i - start);
    words[(*count)++] = (struct word){text, rarest_byte(search, text)};
  }
  qsort(words, *count, sizeof *words, longer_first);
  return 0;
}

int krv_search_find(const struct krv_search *search, struct krv_slice query,
                    int (*hit)(void *ctx, int64_t lid), void *ctx) {
  struct krv_buf folded;
  struct word words[WORDS_MAX];
  size_t count = 0;
  krv_buf_init(&folded, search->env);
  int status = krv_text_fold(query, &folded);
  if (status == 0) status = split(search, krv_buf_slice(&folded), words, &count);
  for (uint32_t i = 0; status == 0 && i < search->count; i++) {
    const struct stretch *stretch = &search->stretches[i];
    struct krv_slice text = krv_slice(search->arena.data + stretch->at, stretch->len);
    size_t w = 0;
    while (w < count && holds(text, &words[w])) w++;
    if (w == count) status = hit(ctx, stretch->lid);
  }
  krv_buf_wipe(&folded);
  return status;
}
