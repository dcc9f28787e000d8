/* body: one commit from the outside in, and back (cryptography.md, "Commits"; merge.md 3). */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

#include "pack.h"

#ifndef SECOND_DICTIONARY
#error "the path of proto/seal/dict_1.zdict"
#endif

enum {
  RAW_MAX = 262144,
  ENTRIES_MAX = 512,
  TIPS_MAX = 16,
  OPS_MAX = 2048,
  EPOCH_2020 = 1577836800
};

void commit_name(struct commit *c) {
  H(c->id, 16, "krv commit", slice(c->ad, sizeof c->ad), slice(c->salt, 16), c->ciphertext);
}

static void once_key(const struct commit *c, const struct key *key, uint8_t out[32]) {
  H(out, 32, "krv commit key", slice(key->key, 32), slice(c->ad, sizeof c->ad), slice(c->salt, 16));
}

static void make_salt(const struct commit *c, const struct key *key, const uint8_t *signature,
                      struct slice padded, uint8_t out[16]) {
  uint8_t salt_key[32];
  H(salt_key, 32, "krv salt key", slice(key->key, 32));
  H(out, 16, "krv salt", slice(salt_key, 32), slice(c->ad, sizeof c->ad), slice(signature, 64),
    padded);
}

/* ---- packed */

static struct slice dictionary(void) {
  static uint8_t bytes[1 << 20];
  static size_t n;
  FILE *file = n ? NULL : fopen(SECOND_DICTIONARY, "rb");
  if (file) {
    n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
  }
  CHECK(n > 0 && n < sizeof bytes, "no dictionary");
  return slice(bytes, n);
}

static void check_padding(struct slice rest) {
  for (size_t i = 0; i < rest.n; i++) CHECK(rest.p[i] == 0, "c. Commits: padding is not zeros");
}

static void unzip(struct slice packed, struct buf *out) {
  static const uint8_t magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
  struct buf frame = {0};
  struct slice dict = dictionary();
  put(&frame, magic, sizeof magic);
  put(&frame, packed.p, packed.n);
  size_t used = ZSTD_findFrameCompressedSize(frame.p, frame.n);
  unsigned long long n = ZSTD_getFrameContentSize(frame.p, frame.n);
  CHECK(!ZSTD_isError(used) && n >= 1 && n <= RAW_MAX, "c. Commits: frame of no good size");
  check_padding(slice(frame.p + used, frame.n - used));
  uint8_t *raw = malloc((size_t)n);
  ZSTD_DCtx *ctx = ZSTD_createDCtx();
  CHECK(raw && ctx, "no memory");
  CHECK(ZSTD_decompress_usingDict(ctx, raw, (size_t)n, frame.p, used, dict.p, dict.n) == n,
        "c. Commits: frame does not unpack");
  put(out, raw, (size_t)n);
  ZSTD_freeDCtx(ctx);
  free(raw);
  drop(&frame);
}

/* ---- body */

static void read_op(const msgpack_object *o, struct op *op) {
  uint32_t kind = get_u32(get_item(o, 0, 0));
  *op = (struct op){.kind = kind};
  if (kind == 0 || kind == 5) {
    struct buf value = {0};
    op->flat = get_item(o, 1, 4)->type == MSGPACK_OBJECT_POSITIVE_INTEGER;
    op->field = get_u32(get_item(o, 2, 4));
    CHECK(pack_same(get_item(o, 3, 4), &value), "m. 3: value");
    op->value = slice(value.p, value.n);
  } else if (kind == 6) {
    op->group = get_u32(get_item(o, 1, 4));
    op->mode = get_u32(get_item(o, 2, 4));
    (void)get_bool(get_item(o, 3, 4));
  } else if (kind == 7) {
    op->number = get_u32(get_item(o, 1, 3));
    memcpy(op->key_commit, get_bin(get_item(o, 2, 3), 32).p, 32);
  } else {
    CHECK(kind <= 4, "m. 3: operation %u", kind); /* options, notes, deletion: passed over here */
  }
}

static void read_ops(struct commit *c, struct slice *in) {
  msgpack_unpacked doc;
  size_t used;
  const msgpack_object *list = pack_read(&doc, *in, &used);
  CHECK(list->type == MSGPACK_OBJECT_ARRAY && list->via.array.size <= OPS_MAX, "m. 3: no list");
  for (uint32_t i = 0; i < list->via.array.size; i++) {
    c->ops = more(c->ops, c->op_count, sizeof *c->ops);
    read_op(get_item(list, i, 0), &c->ops[c->op_count++]);
  }
  msgpack_unpacked_destroy(&doc);
  (void)take(in, used);
}

static bool above(const struct entry *a, const struct entry *b) {
  if (a->device != b->device) return a->device > b->device;
  if (a->n != b->n) return a->n > b->n;
  return memcmp(a->id8, b->id8, 8) > 0;
}

static void read_entries(struct commit *c, struct slice *in) {
  uint64_t count = take_varint(in);
  CHECK(count <= ENTRIES_MAX, "c. Commits: entries");
  for (; c->entry_count < count; c->entry_count++) {
    c->entries = more(c->entries, c->entry_count, sizeof *c->entries);
    struct entry *entry = &c->entries[c->entry_count];
    entry->device = take_index(in);
    entry->n = take_varint(in);
    take_to(in, entry->id8, 8);
    CHECK(entry->n > 0 && (c->entry_count == 0 || above(entry, entry - 1)), "c. Commits: order");
    CHECK(c->entry_count < TIPS_MAX || entry[-TIPS_MAX].device != entry->device, "m. 1: 16 tips");
  }
}

/* False when its author's roster is not known yet (m. 2). */
static bool read_body(struct commit *c, struct slice body) {
  uint8_t head8[8];
  c->height = (uint32_t)take_varint(&body);
  take_to(&body, head8, 8);
  if (c->height >= roster.count) return false;
  CHECK(same(roster.hashes[c->height], head8, 8), "m. 2: another roster");
  (void)take_u(&body, 4);
  CHECK(take_u(&body, 1) <= 2, "c. Commits: quality");
  read_entries(c, &body);
  read_ops(c, &body);
  check_padding(body);
  return true;
}

bool commit_open(struct commit *c, const struct key *key, const uint8_t author_pk[32]) {
  uint8_t once[32], salt[16];
  struct buf plain = {0}, body = {0};
  once_key(c, key, once);
  if (!unseal(once, 0, slice(c->ad, sizeof c->ad), c->ciphertext, &plain)) return false;
  CHECK(plain.n >= 128, "c. Commits: too short");
  struct slice padded = slice(plain.p + 64, plain.n - 64);
  const struct slice parts[] = {slice(c->ad, sizeof c->ad), slice(key->commit, 32), padded};
  CHECK(signature_good(author_pk, "krv commit sign", parts, 3, plain.p), "c. Commits: signature");
  make_salt(c, key, plain.p, padded, salt);
  CHECK(same(salt, c->salt, 16), "c. Commits: salt");
  struct slice packed = padded;
  uint64_t version = take_u(&packed, 1);
  CHECK(version <= 1, "c. Commits: dictionary %llu", (unsigned long long)version);
  c->zipped = version == 1;
  if (c->zipped) unzip(packed, &body);
  else put(&body, packed.p, packed.n);
  c->opened = read_body(c, slice(body.p, body.n));
  drop(&body);
  drop(&plain);
  return c->opened;
}

/* ---- sealing */

static size_t padded_size(size_t n) {
  if (n <= 64) return 64;
  if (n <= 256) return (n + 31) / 32 * 32;
  unsigned e = 0, s = 1;
  while (n >> (e + 1)) e++;
  while (e >> s) s++;
  size_t mask = ((size_t)1 << (e - s)) - 1;
  return (n + mask) & ~mask;
}

static void make_padded(struct commit *c, struct slice ops, struct buf *out) {
  put_u(out, 0, 1); /* raw: a writer may always choose that */
  c->height = roster.count - 1;
  put_varint(out, c->height);
  put(out, roster.hashes[c->height], 8);
  put_u(out, (uint64_t)time(NULL) - EPOCH_2020, 4);
  put_u(out, 1, 1);
  put_varint(out, c->entry_count);
  for (size_t i = 0; i < c->entry_count; i++) {
    put_varint(out, c->entries[i].device);
    put_varint(out, c->entries[i].n);
    put(out, c->entries[i].id8, 8);
  }
  put(out, ops.p, ops.n);
  for (size_t pad = padded_size(out->n) - out->n; pad > 0; pad--) put_u(out, 0, 1);
}

void commit_seal(struct commit *c, const struct key *key, struct slice ops) {
  uint8_t digest[32], signature[64], once[32];
  struct buf padded = {0}, text = {0}, sealed = {0};
  make_padded(c, ops, &padded);
  H(digest, 32, "krv commit sign", slice(c->ad, sizeof c->ad), slice(key->commit, 32),
    slice(padded.p, padded.n));
  crypto_sign_detached(signature, NULL, digest, sizeof digest, reader.sign_sk);
  make_salt(c, key, signature, slice(padded.p, padded.n), c->salt);
  once_key(c, key, once);
  put(&text, signature, 64);
  put(&text, padded.p, padded.n);
  seal(once, 0, slice(c->ad, sizeof c->ad), slice(text.p, text.n), &sealed);
  c->ciphertext = slice(sealed.p, sealed.n);
  commit_name(c);
  drop(&padded);
  drop(&text);
}
