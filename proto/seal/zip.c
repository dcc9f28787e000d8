/* zip: one compressor and one decompressor with the dictionary, all memory from
 * krv_env. Packing tries zstd and keeps raw where that is not smaller; unpacking
 * believes nothing: the frame's size is read, compared with the cap, and only
 * then is memory taken. zstd's workspaces hold pieces of what went through them,
 * so each block that goes back to env is wiped first. */
#define ZSTD_STATIC_LINKING_ONLY /* custom memory; an interface that Debian's libzstd exports */
#include "zip.h"

#include <stddef.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "bounds.h"
#include "krv_dict_1.h"
#include "secret.h"

enum {
  LEVEL_DEFAULT = 11,
  LEVEL_MAX = 19,
  MAGIC_LEN = 4,
  RAW_HINT = 1024, /* the usual body; decides the sizes of the compressor's tables */
  HASH_LOG = 17, /* one for each byte of the dictionary: more take memory and find nothing new */
};

struct krv_zip {
  const struct krv_env *env;
  ZSTD_CCtx *pack;
  ZSTD_DCtx *unpack;
  void *pack_room; /* where pack_dict lies */
  const ZSTD_CDict *pack_dict;
  ZSTD_DDict *unpack_dict;
};

/* In front of each block of zstd's: its length, for wiping. Keeps alignment. */
union block {
  size_t len;
  max_align_t align;
};

static void *zstd_alloc(void *ctx, size_t len) {
  const struct krv_env *env = ctx;
  if (len > SIZE_MAX - sizeof(union block)) return NULL;
  union block *block = krv_alloc(env, sizeof *block + len);
  if (!block) return NULL;
  block->len = len;
  return block + 1;
}

static void zstd_free(void *ctx, void *p) {
  if (!p) return;
  union block *block = (union block *)p - 1;
  krv_wipe(p, block->len);
  krv_free((const struct krv_env *)ctx, block);
}

static bool set(ZSTD_CCtx *pack, ZSTD_cParameter parameter, int value) {
  return !ZSTD_isError(ZSTD_CCtx_setParameter(pack, parameter, value));
}

/* zstd hands opaque back and never writes through it. */
static void *opaque(const struct krv_zip *zip) {
  return (void *)(uintptr_t)zip->env;
}

/* In memory of our own: ZSTD_createCDict_advanced of libzstd 1.5.4 follows a
 * null pointer when its allocation fails. */
static const ZSTD_CDict *pack_dict_make(struct krv_zip *zip, int level) {
  ZSTD_compressionParameters params = ZSTD_getCParams(level, RAW_HINT, krv_dict_1_len);
  if (params.hashLog > HASH_LOG) params.hashLog = HASH_LOG;
  size_t len = ZSTD_estimateCDictSize_advanced(krv_dict_1_len, params, ZSTD_dlm_byRef);
  zip->pack_room = zstd_alloc(opaque(zip), len);
  if (!zip->pack_room) return NULL;
  return ZSTD_initStaticCDict(zip->pack_room, len, krv_dict_1, krv_dict_1_len, ZSTD_dlm_byRef,
                              ZSTD_dct_fullDict, params);
}

static bool start(struct krv_zip *zip, int level) {
  ZSTD_customMem mem = {zstd_alloc, zstd_free, opaque(zip)};
  zip->pack = ZSTD_createCCtx_advanced(mem);
  zip->unpack = ZSTD_createDCtx_advanced(mem);
  zip->pack_dict = pack_dict_make(zip, level);
  zip->unpack_dict = ZSTD_createDDict_advanced(krv_dict_1, krv_dict_1_len, ZSTD_dlm_byRef,
                                               ZSTD_dct_fullDict, mem);
  if (!zip->pack || !zip->unpack || !zip->pack_dict || !zip->unpack_dict) return false;
  return set(zip->pack, ZSTD_c_contentSizeFlag, 1) && set(zip->pack, ZSTD_c_checksumFlag, 0) &&
         set(zip->pack, ZSTD_c_dictIDFlag, 0) &&
         !ZSTD_isError(ZSTD_CCtx_refCDict(zip->pack, zip->pack_dict));
}

int krv_zip_new(const struct krv_env *env, int level, struct krv_zip **out) {
  *out = NULL;
  if (level < 0 || level > LEVEL_MAX) return KRV_INVALID;
  struct krv_zip *zip = krv_zalloc(env, 1, sizeof *zip);
  if (!zip) return KRV_NOMEM;
  zip->env = env;
  if (!start(zip, level == 0 ? LEVEL_DEFAULT : level)) {
    krv_zip_free(zip);
    return KRV_NOMEM;
  }
  *out = zip;
  return KRV_OK;
}

void krv_zip_free(struct krv_zip *zip) {
  if (!zip) return;
  ZSTD_freeCCtx(zip->pack);
  ZSTD_freeDCtx(zip->unpack);
  zstd_free(opaque(zip), zip->pack_room);
  ZSTD_freeDDict(zip->unpack_dict);
  krv_free(zip->env, zip);
}

int krv_zip_pack(struct krv_zip *zip, struct krv_slice raw, struct krv_buf *out) {
  if (raw.len > KRV_BODY_RAW_MAX) return KRV_TOO_LARGE;
  /* The frame is made with its magic, so that byte 0 of the packed form takes
   * the place of the magic's last byte; it must be smaller than 1 + raw. */
  size_t at = out->len, room = raw.len + MAGIC_LEN - 1;
  uint8_t *p = krv_buf_extend(out, room);
  if (!p) return out->status;
  size_t frame = 0;
  if (1 + raw.len > KRV_BODY_PAD_FLOOR) { /* less than that costs the floor anyway */
    frame = ZSTD_compress2(zip->pack, p, room, raw.data, raw.len);
    ZSTD_ErrorCode code = ZSTD_getErrorCode(frame);
    if (code == ZSTD_error_memory_allocation) {
      out->len = at;
      return KRV_NOMEM;
    }
    if (code != ZSTD_error_no_error) frame = 0; /* it did not fit: raw is smaller */
  }
  if (frame > 0) {
    p[MAGIC_LEN - 1] = KRV_ZIP_DICT_1;
    memmove(p, p + MAGIC_LEN - 1, frame - (MAGIC_LEN - 1));
    out->len = at + frame - (MAGIC_LEN - 1);
  } else {
    p[0] = KRV_ZIP_RAW;
    if (raw.len > 0) memcpy(p + 1, raw.data, raw.len);
    out->len = at + 1 + raw.len;
  }
  return KRV_OK;
}

/* The frame at the start of bytes: 0, MALFORMED or TOO_LARGE. Only what
 * krv_zip_pack can make is a frame. */
static int frame_check(struct krv_slice bytes, size_t *frame, size_t *content) {
  ZSTD_frameHeader head;
  if (ZSTD_getFrameHeader(&head, bytes.data, bytes.len) != 0) return KRV_MALFORMED;
  if (head.frameType != ZSTD_frame || head.dictID != 0 || head.checksumFlag != 0 ||
      head.frameContentSize == ZSTD_CONTENTSIZE_UNKNOWN || head.frameContentSize == 0)
    return KRV_MALFORMED;
  if (head.frameContentSize > KRV_BODY_RAW_MAX || head.windowSize > KRV_BODY_RAW_MAX)
    return KRV_TOO_LARGE;
  *content = (size_t)head.frameContentSize;
  *frame = ZSTD_findFrameCompressedSize(bytes.data, bytes.len);
  if (ZSTD_isError(*frame)) return KRV_MALFORMED;
  for (size_t i = *frame; i < bytes.len; i++) {
    if (bytes.data[i] != 0) return KRV_MALFORMED;
  }
  return KRV_OK;
}

static int inflate(struct krv_zip *zip, struct krv_slice bytes, struct krv_buf *out) {
  size_t frame = 0, content = 0, at = out->len;
  int status = frame_check(bytes, &frame, &content);
  if (status != KRV_OK) return status;
  uint8_t *p = krv_buf_extend(out, content);
  if (!p) return out->status;
  size_t got = ZSTD_decompress_usingDDict(zip->unpack, p, content, bytes.data, frame,
                                          zip->unpack_dict);
  if (got == content) return KRV_OK;
  krv_wipe(p, content);
  out->len = at;
  return ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation ? KRV_NOMEM : KRV_MALFORMED;
}

static int unpack_frame(struct krv_zip *zip, struct krv_slice rest, struct krv_buf *out) {
  static const uint8_t magic[MAGIC_LEN] = {0x28, 0xb5, 0x2f, 0xfd}; /* RFC 8878, 3.1.1 */
  struct krv_buf whole;
  krv_buf_init(&whole, zip->env);
  uint8_t *p = krv_buf_extend(&whole, sizeof magic + rest.len);
  int status = whole.status;
  if (p) {
    memcpy(p, magic, sizeof magic);
    if (rest.len > 0) memcpy(p + sizeof magic, rest.data, rest.len);
    status = inflate(zip, krv_buf_slice(&whole), out);
  }
  krv_buf_wipe(&whole);
  return status;
}

int krv_zip_unpack(struct krv_zip *zip, struct krv_slice packed, struct krv_buf *out) {
  if (out->status != 0) return out->status;
  if (packed.len == 0) return KRV_MALFORMED;
  if (packed.len > 1 + KRV_BODY_RAW_MAX) return KRV_TOO_LARGE;
  struct krv_slice rest = krv_slice(packed.data + 1, packed.len - 1);
  switch (packed.data[0]) {
    case KRV_ZIP_RAW:
      krv_buf_put(out, rest);
      return out->status;
    case KRV_ZIP_DICT_1:
      return unpack_frame(zip, rest, out);
    default:
      return KRV_NEWER;
  }
}
