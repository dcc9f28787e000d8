/* mkdict: makes a dictionary for zip out of synthetic text only.
 *
 *   krv_mkdict POOL_DIR OUT     (seeded: the same pool gives the same file with the same libzstd)
 *
 * A dictionary's bytes are part of the protocol: dict_1.zdict is checked in and
 * never made again once released; this program shows where it came from and makes
 * the next version. Its content is the pool's sentences, whole, and behind them
 * what the trainer takes from synthetic bodies without narratives: those matches
 * are short and many, so they get the near offsets. The entropy tables in front
 * are counted on bodies whose sentences the content has never seen (every sixth is
 * held out for it): otherwise zstd would expect every narrative to be one long
 * match, and what field workers really write would pay for it. */
#define ZDICT_STATIC_LINKING_ONLY
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zdict.h>

#include "body.h"
#include "bounds.h"
#include "mp.h"

enum {
  DICT_SIZE = 128 * 1024,
  HEAD_MAX = 256, /* magic, id and entropy tables; 161 bytes now */
  SAMPLES = 20000,
  LINES_MAX = 512,
  LINE_MAX = 400,
  RECORD_OPS = 3, /* fields of another record, written together */
  HELD_OUT = 6, /* every sixth sentence is what a stranger says */
  FIELDS = 139, /* of record 0, by place from 1: HTCDS to 84, our own from 101 */
};

struct pool {
  char *lines[LINES_MAX];
  size_t count;
};

enum pool_name { EN, RU, TK, NAMES, SURNAMES, PLACES, COUNTRIES, OFFICES, POOLS };
static const char *const pool_files[POOLS] = {"en",       "ru",     "tk",        "names",
                                              "surnames", "places", "countries", "offices"};

struct maker {
  struct krv_env env;
  uint64_t seed;
  struct pool pools[POOLS];
  bool silent; /* no narratives */
};

/* splitmix64 */
static uint64_t next(struct maker *m) {
  uint64_t z = (m->seed += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t below(struct maker *m, uint64_t n) {
  return next(m) % n;
}

static void *resize(void *ctx, void *p, size_t len) {
  (void)ctx;
  if (len > 0) return realloc(p, len);
  free(p);
  return NULL;
}

static bool load(const char *dir, const char *name, struct pool *pool) {
  char path[4096], line[LINE_MAX];
  snprintf(path, sizeof path, "%s/%s.txt", dir, name);
  FILE *f = fopen(path, "r");
  if (!f) return false;
  while (pool->count < LINES_MAX && fgets(line, sizeof line, f)) {
    line[strcspn(line, "\n")] = '\0';
    char *copy = malloc(strlen(line) + 1);
    if (!copy) abort();
    strcpy(copy, line);
    pool->lines[pool->count++] = copy;
  }
  fclose(f);
  return pool->count > 0;
}

static const char *pick(struct maker *m, enum pool_name name) {
  const struct pool *pool = &m->pools[name];
  return pool->lines[below(m, pool->count)];
}

static void put_text(struct krv_buf *out, const char *text) {
  krv_buf_put(out, krv_slice_str(text));
}

static void put_slot(struct maker *m, char slot, struct krv_buf *out) {
  static const char *const currency[] = {"USD", "EUR", "TMT", "manat", "dollars", "lira"};
  char text[64] = "";
  unsigned a = (unsigned)below(m, 28), b = (unsigned)below(m, 12), c = (unsigned)below(m, 10);
  switch (slot) {
    case 'P': put_text(out, pick(m, PLACES)); return;
    case 'C': put_text(out, pick(m, COUNTRIES)); return;
    case 'N': put_text(out, pick(m, NAMES)); return;
    case 'O': put_text(out, pick(m, OFFICES)); return;
    case 'K': snprintf(text, sizeof text, "%u", 2 + b); break;
    case 'A': snprintf(text, sizeof text, "%u00 %s", 1 + a, currency[c % 6]); break;
    case 'D':
      snprintf(text, sizeof text, a % 2 ? "%02u.%02u.%u" : "%u/%u/%u", 1 + a, 1 + b, 2018 + c);
      break;
    default: abort(); /* a mistake in the pool */
  }
  put_text(out, text);
}

/* A stranger's. */
static void put_sentence(struct maker *m, enum pool_name lang, struct krv_buf *out) {
  const struct pool *pool = &m->pools[lang];
  size_t i = below(m, pool->count) / HELD_OUT * HELD_OUT;
  for (const char *p = pool->lines[i]; *p; p++) {
    if (*p == '{') {
      put_slot(m, p[1], out);
      p += 2;
    } else {
      krv_buf_u8(out, (uint8_t)*p);
    }
  }
}

static enum pool_name pick_lang(struct maker *m) {
  static const uint8_t shares[] = {EN, EN, EN, EN, RU, RU, RU, TK, TK};
  return shares[below(m, sizeof shares)];
}

static void put_narrative(struct maker *m, size_t len, struct krv_buf *out) {
  struct krv_buf text;
  krv_buf_init(&text, &m->env);
  enum pool_name lang = pick_lang(m);
  while (text.len < len) {
    if (text.len > 0) krv_buf_u8(&text, ' ');
    put_sentence(m, lang, &text);
  }
  krv_mp_put_str(out, krv_buf_slice(&text));
  krv_buf_release(&text);
}

static void put_date(struct maker *m, uint64_t year, struct krv_buf *out) {
  unsigned shape = (unsigned)below(m, 12);
  krv_mp_put_array(out, 4);
  krv_mp_put_uint(out, year);
  if (shape == 0) krv_mp_put_nil(out);
  else krv_mp_put_uint(out, 1 + below(m, 12));
  if (shape <= 1) krv_mp_put_nil(out);
  else krv_mp_put_uint(out, 1 + below(m, 28));
  krv_mp_put_bool(out, shape == 0);
}

/* Countries and languages of the region, by their places in the schema's lists; one in ten is
 * any other. */
static uint64_t pick_listed(struct maker *m, char kind) {
  static const uint16_t countries[] = {221, 221, 221, 221, 234, 234, 218, 115, 124, 224};
  static const uint16_t languages[] = {440, 440, 440, 440, 455, 455, 362, 362, 424, 225};
  if (below(m, 10) == 0) return below(m, 250);
  return kind == 'L' ? languages[below(m, sizeof languages / sizeof languages[0])]
                     : countries[below(m, sizeof countries / sizeof countries[0])];
}

/* What the fields of record 0 hold, by place: n name, s surname, p place,
 * c country, C countries, L language, a address, t telephone, x other text,
 * d date, y day of birth, i number, b yes or no, o one code, m several codes,
 * l a narrative, g a coordinate, - nothing that is written by hand. */
static const char field_kinds[FIELDS + 1] = "xpcpaxggto" /* organisation */
                                            "xnnsyoboiLLoCxxxttpcpaxgg" /* person */
                                            "boooimmpmmmmpmml" /* victim */
                                            "mlx" /* role in the process */
                                            "olsxdsolxsodll" /* case, referrals, comment */
                                            "ggpcpaxdol" /* event */
                                            "llddob" /* plan, consent */
                                            "----------------"
                                            "o-noxloo-ddlommbbndpbcCCmmntboo-oolxodd"; /* our own */

/* In how many of ten full records a field is filled: a form asks for the same things each time, and
 * that is what makes a record short. */
static const char field_use[FIELDS + 1] = "1000000011"
                                          "0929891657247101166722000"
                                          "1855516578326121"
                                          "111"
                                          "91355212122122"
                                          "0011000111"
                                          "111118"
                                          "0000000000000000"
                                          "103511720518211121331321311112301111111";

static void put_number(struct maker *m, struct krv_buf *out) {
  krv_mp_put_array(out, 2);
  krv_mp_put_int(out, (int64_t)(35000000 + below(m, 40000000)));
  krv_mp_put_int(out, -6);
}

static void put_value(struct maker *m, char kind, struct krv_buf *out) {
  char text[64];
  unsigned n = (unsigned)below(m, 1000);
  switch (kind) {
    case 'n': krv_mp_put_str(out, krv_slice_str(pick(m, NAMES))); return;
    case 's': krv_mp_put_str(out, krv_slice_str(pick(m, SURNAMES))); return;
    case 'p': krv_mp_put_str(out, krv_slice_str(pick(m, PLACES))); return;
    case 'x': krv_mp_put_str(out, krv_slice_str(pick(m, OFFICES))); return;
    case 'a': snprintf(text, sizeof text, "%s köçesi, %u", pick(m, SURNAMES), 1 + n % 90); break;
    case 't': snprintf(text, sizeof text, "+9936%03u%04u", n, (unsigned)below(m, 10000)); break;
    case 'd': put_date(m, 2020 + n % 10, out); return;
    case 'y': put_date(m, 1960 + n % 52, out); return;
    case 'c':
    case 'L': krv_mp_put_uint(out, pick_listed(m, kind)); return;
    case 'b': krv_mp_put_bool(out, n % 4 != 0); return;
    case 'i': krv_mp_put_uint(out, n % 3 ? n % 5 : n % 40); return;
    case 'g': put_number(m, out); return;
    case 'l': put_narrative(m, 100 + n % 300, out); return;
    default: krv_mp_put_uint(out, n % 4 ? n % 4 : n % 12); return; /* the first ones more often */
  }
  krv_mp_put_str(out, krv_slice_str(text));
}

/* [kind, record 0, field, ...]: set 0, option on 1. */
static void put_op_head(struct krv_buf *out, unsigned kind, unsigned field) {
  krv_mp_put_array(out, 4);
  krv_mp_put_uint(out, kind);
  krv_mp_put_uint(out, 0);
  krv_mp_put_uint(out, field);
}

static uint32_t put_field(struct maker *m, unsigned place, struct krv_buf *ops) {
  char kind = field_kinds[place - 1];
  if (kind == 'l' && m->silent) return 0;
  if (kind == 'C') {
    put_op_head(ops, 1, place);
    krv_mp_put_uint(ops, pick_listed(m, kind));
    return 1;
  }
  if (kind != 'm') {
    put_op_head(ops, 0, place);
    put_value(m, kind, ops);
    return 1;
  }
  uint32_t count = 0;
  for (unsigned option = (unsigned)below(m, 5); option < 18 && count < 4;
       option += 1 + (unsigned)below(m, 6), count++) {
    put_op_head(ops, 1, place);
    krv_mp_put_uint(ops, option);
  }
  return count;
}

/* Another record: its 8-byte id stands in each of its fields, its type in the field's high byte. */
static void put_record(struct maker *m, struct krv_buf *ops) {
  static const char kinds[] = "oodbixl";
  uint64_t record = next(m), type = (1 + below(m, 12)) << 8;
  for (int i = 0; i < RECORD_OPS; i++) {
    krv_mp_put_array(ops, 4);
    krv_mp_put_uint(ops, 0);
    krv_mp_put_bin(ops, &record, sizeof record);
    krv_mp_put_uint(ops, type + 1 + below(m, 16));
    put_value(m, kinds[below(m, sizeof kinds - 1 - m->silent)], ops);
  }
}

/* scale: how full, in per cent of a full record; 0: the records alone. */
static void put_ops(struct maker *m, unsigned scale, unsigned records, struct krv_buf *out) {
  struct krv_buf ops;
  krv_buf_init(&ops, &m->env);
  uint32_t count = 0;
  for (unsigned place = 1; place <= FIELDS; place++)
    if (below(m, 1000) < (unsigned)(field_use[place - 1] - '0') * scale)
      count += put_field(m, place, &ops);
  for (unsigned i = 0; i < records; i++, count += RECORD_OPS) put_record(m, &ops);
  krv_mp_put_array(out, count);
  krv_buf_put(out, krv_buf_slice(&ops));
  krv_buf_release(&ops);
}

static void put_body(struct maker *m, struct krv_buf *out) {
  static const struct {
    unsigned scale, records, tips; /* a new case sees no tips of others */
  } shapes[] = {{100, 0, 0}, {100, 0, 0}, {110, 0, 0}, {80, 0, 0}, {60, 0, 0},
                {60, 1, 0},  {40, 1, 2},  {20, 2, 4},  {10, 1, 4}};
  size_t shape = below(m, sizeof shapes / sizeof shapes[0]);
  struct krv_context_entry context[4];
  struct krv_buf ops;
  krv_buf_init(&ops, &m->env);
  put_ops(m, shapes[shape].scale, shapes[shape].records, &ops);
  struct krv_body body = {
      .roster_height = (uint32_t)below(m, 400),
      .wall_s = 1750000000 + (int64_t)below(m, 150000000),
      .wall_quality = (uint8_t)(1 + below(m, 2)),
      .context = context,
      .context_count = (uint32_t)below(m, 1 + shapes[shape].tips),
      .ops = krv_buf_slice(&ops),
  };
  uint64_t head = next(m);
  memcpy(body.roster_head8, &head, sizeof body.roster_head8);
  for (uint32_t i = 0; i < body.context_count; i++) {
    uint64_t id = next(m);
    context[i] = (struct krv_context_entry){.device = i * 40 + (uint32_t)below(m, 40)};
    context[i].n = 1 + below(m, 60);
    memcpy(context[i].id8, &id, sizeof context[i].id8);
  }
  krv_body_encode(&body, out);
  krv_buf_release(&ops);
}

static void put_samples(struct maker *m, bool silent, struct krv_buf *out, size_t *sizes) {
  m->silent = silent;
  for (size_t i = 0; i < SAMPLES; i++) {
    size_t before = out->len;
    put_body(m, out);
    sizes[i] = out->len - before;
  }
}

/* All sentences without their slots, English nearest to the end; with or without the held out. */
static void put_text_all(struct maker *m, bool held_out, struct krv_buf *out) {
  static const enum pool_name order[] = {TK, RU, EN};
  for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
    const struct pool *pool = &m->pools[order[k]];
    for (size_t i = 0; i < pool->count; i++) {
      if (i % HELD_OUT == 0 && !held_out) continue;
      for (const char *p = pool->lines[i]; *p; p++) {
        if (*p == '{') p += 2;
        else krv_buf_u8(out, (uint8_t)*p);
      }
      krv_buf_u8(out, ' ');
    }
  }
}

/* What bodies without narratives have in common, at most size bytes. */
static size_t put_fields(struct maker *m, size_t size, struct krv_buf *out) {
  static size_t sizes[SAMPLES];
  static uint8_t trained[DICT_SIZE];
  struct krv_buf samples;
  krv_buf_init(&samples, &m->env);
  put_samples(m, true, &samples, sizes);
  /* Segments long enough to hold several fields in a row. */
  ZDICT_fastCover_params_t cover = {.k = 200, .d = 6, .f = 20, .accel = 1};
  size_t len = ZDICT_trainFromBuffer_fastCover(trained, size, samples.data, sizes, SAMPLES, cover);
  if (!ZDICT_isError(len)) {
    size_t head = ZDICT_getDictHeaderSize(trained, len);
    krv_buf_append(out, trained + head, len - head);
  }
  krv_buf_release(&samples);
  return len;
}

/* The head of a dictionary with this content, for strangers. */
static size_t put_head(struct maker *m, const struct krv_buf *content, struct krv_buf *out) {
  static size_t sizes[SAMPLES];
  static uint8_t dict[DICT_SIZE];
  struct krv_buf samples;
  krv_buf_init(&samples, &m->env);
  put_samples(m, false, &samples, sizes);
  ZDICT_params_t params = {.compressionLevel = 13};
  size_t len = ZDICT_finalizeDictionary(dict, sizeof dict, content->data, content->len,
                                        samples.data, sizes, SAMPLES, params);
  if (!ZDICT_isError(len)) krv_buf_append(out, dict, ZDICT_getDictHeaderSize(dict, len));
  krv_buf_release(&samples);
  return len;
}

static size_t make(struct maker *m, struct krv_buf *dict) {
  struct krv_buf text, fields, strange;
  krv_buf_init(&text, &m->env);
  krv_buf_init(&fields, &m->env);
  krv_buf_init(&strange, &m->env);
  put_text_all(m, true, &text);
  size_t len = put_fields(m, DICT_SIZE - HEAD_MAX - text.len, &fields);
  if (ZDICT_isError(len)) goto out;
  put_text_all(m, false, &strange);
  krv_buf_put(&strange, krv_buf_slice(&fields));
  len = put_head(m, &strange, dict);
  krv_buf_put(dict, krv_buf_slice(&text));
  krv_buf_put(dict, krv_buf_slice(&fields));
out:
  krv_buf_release(&strange);
  krv_buf_release(&fields);
  krv_buf_release(&text);
  return len;
}

int main(int argc, char **argv) {
  static struct maker m = {.env = {.resize = resize}, .seed = 1};
  struct krv_buf dict;
  if (argc != 3) {
    fprintf(stderr, "usage: krv_mkdict POOL_DIR OUT\n");
    return 2;
  }
  for (int i = 0; i < POOLS; i++) {
    if (load(argv[1], pool_files[i], &m.pools[i])) continue;
    perror(pool_files[i]);
    return 1;
  }
  krv_buf_init(&dict, &m.env);
  size_t len = make(&m, &dict);
  if (ZDICT_isError(len)) {
    fprintf(stderr, "%s\n", ZDICT_getErrorName(len));
    return 1;
  }
  FILE *f = fopen(argv[2], "wb");
  if (!f || fwrite(dict.data, 1, dict.len, f) != dict.len || fclose(f) != 0) {
    perror(argv[2]);
    return 1;
  }
  krv_buf_release(&dict);
  return 0;
}
