#include "api.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "translit.h"

/* clang-format off */
#define SAME(name) \
  _Static_assert((int)KERVEN_E##name == (int)KRV_##name, "kerven.h and status.h agree")
SAME(NOMEM); SAME(INVALID); SAME(MALFORMED); SAME(TOO_LARGE); SAME(CRYPTO); SAME(NOT_FOUND);
SAME(EXISTS); SAME(STATE); SAME(IO); SAME(FULL); SAME(BUSY); SAME(PASSPHRASE); SAME(LOCKED);
SAME(DAMAGED); SAME(FIELD); SAME(CODE); SAME(DATE); SAME(VALUE); SAME(CONFLICT); SAME(NOT_APPROVED);
SAME(DENIED); SAME(INVITE_USED); SAME(INVITE_EXPIRED); SAME(INVITE_BAD); SAME(OTHER_PROGRAMME);
SAME(UPGRADE); SAME(OFFLINE); SAME(CUT); SAME(TIMEOUT); SAME(PROTOCOL); SAME(REVOKED); SAME(QUOTA);
SAME(NO_KEY); SAME(NEWER); SAME(FORK); SAME(STALE); SAME(UNFIT); SAME(AMBIGUOUS); SAME(USAGE);
/* clang-format on */

const char *kerven_strerror(int status) {
  return krv_status_text(status);
}

const char *kerven_detail(const kerven *k) {
  return k ? k->detail : "";
}

int api_explain(kerven *k, int status, const struct api_meaning *meanings) {
  for (; meanings->sentence; meanings++)
    if (meanings->status == status) return api_fail(k, status, "%s", meanings->sentence);
  return status;
}

void api_begin(kerven *k) {
  k->detail[0] = 0;
}

int api_fail(kerven *k, int status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(k->detail, sizeof k->detail, format, args);
  va_end(args);
  return status;
}

int api_options(void *out, size_t size, const void *given, size_t given_size) {
  memset(out, 0, size);
  if (!given) return 0;
  if (given_size < sizeof(size_t) || given_size > 4096) return KRV_INVALID;
  memcpy(out, given, given_size < size ? given_size : size);
  return 0;
}

/* Among the cases that no key opens, which no list in memory has. NOT_FOUND, AMBIGUOUS. */
static int find_aside(const struct krv_world *world, const char *prefix, struct krv_id *out) {
  char hex[KRV_ID_HEX_LEN];
  struct krv_id id;
  uint32_t found = 0;
  int64_t lid = 0;
  int status;
  while ((status = krv_vault_aside_next(world->vault, lid, &lid, &id)) == 0) {
    krv_id_hex(&id, hex);
    if (strncasecmp(hex, prefix, strlen(prefix)) != 0) continue;
    *out = id;
    if (found++ > 0) return KRV_AMBIGUOUS;
  }
  return status != KRV_END ? status : found > 0 ? 0 : KRV_NOT_FOUND;
}

int api_case_any(kerven *k, const char *prefix, struct krv_id *out) {
  const struct krv_card *card;
  if (!prefix) return api_fail(k, KRV_INVALID, "no case is named");
  int status = k->world->batch ? krv_intake_settle(k->world->batch) : 0; /* a batch reads itself */
  if (status != 0) return status;
  status = krv_index_prefix(k->world->index, prefix, &card);
  if (status == 0) *out = card->id;
  if (status == KRV_NOT_FOUND) status = find_aside(k->world, prefix, out);
  if (status == 0) return 0;
  if (status == KRV_MALFORMED) status = KRV_NOT_FOUND;
  return api_fail(k, status, status == KRV_NOT_FOUND    ? "no case begins with %.40s"
                             : status == KRV_AMBIGUOUS ? "several cases begin with %.40s"
                                                       : "case %.40s",
                  prefix);
}

int api_case(kerven *k, const char *prefix, struct krv_id *out) {
  int status = api_case_any(k, prefix, out);
  if (status == 0 && !krv_index_find(k->world->index, out))
    return api_fail(k, KRV_NO_KEY, "case %.40s", prefix);
  return status;
}

uint32_t kerven_today(kerven *k, uint32_t days) {
  return krv_world_today(k->world, days);
}

int api_alone(kerven *k) {
  struct krv_world *world = k->world;
  struct krv_intake *incoming = world->incoming;
  if (world->batch) return api_fail(k, KRV_STATE, "a batch is open");
  world->incoming = NULL;
  return incoming ? krv_intake_commit(incoming) : 0;
}

int api_intake(kerven *k, struct krv_intake **out, bool *own) {
  *own = k->world->batch == NULL;
  *out = k->world->batch;
  if (!*own) return krv_intake_part_begin(*out);
  int status = api_alone(k);
  return status == 0 ? krv_intake_begin(k->world, out) : status;
}

int api_close(struct krv_intake *intake, bool own, int status) {
  if (!own) return krv_intake_part_end(intake, status);
  if (status == 0) return krv_intake_commit(intake);
  krv_intake_rollback(intake);
  return status;
}

/* ---- texts */

api_text api_put_begin(struct api_texts *texts) {
  return texts->buf.len;
}

void api_put_end(struct api_texts *texts) {
  krv_buf_u8(&texts->buf, 0);
}

api_text api_put(struct api_texts *texts, struct krv_slice text) {
  api_text handle = api_put_begin(texts);
  krv_buf_put(&texts->buf, text);
  api_put_end(texts);
  return handle;
}

const char *api_get(const struct api_texts *texts, api_text handle) {
  return handle < texts->buf.len ? (const char *)texts->buf.data + handle : "";
}

/* ---- iterators */

void *api_iter_new(kerven *k, size_t size, void (*release)(struct kerven_iter *iter)) {
  struct kerven_iter *iter = krv_zalloc(krv_host_env(), 1, size);
  if (!iter) return NULL;
  iter->k = k;
  iter->release = release;
  krv_buf_init(&iter->texts.buf, krv_host_env());
  return iter;
}

void api_iter_step(struct kerven_iter *iter) {
  krv_buf_reset(&iter->texts.buf);
}

void kerven_iter_free(kerven_iter *iter) {
  if (!iter) return;
  if (iter->release) iter->release(iter);
  krv_buf_wipe(&iter->texts.buf);
  krv_free(krv_host_env(), iter);
}

/* ---- small things */

uint64_t api_unsent(const struct krv_world *world) {
  uint64_t unsent = 0;
  for (uint32_t i = 0; i < krv_index_count(world->index); i++) {
    const struct krv_card *card = krv_index_at(world->index, i);
    if (card->own_n > card->own_server_n) unsent += card->own_n - card->own_server_n;
  }
  return unsent;
}

enum kerven_sync_state api_reached(const struct krv_world *world, uint64_t n, uint64_t server_n,
                                   uint64_t receipt_n) {
  const struct krv_device *self = krv_world_self(world);
  bool office = self && (self->roles & KRV_ROLE_OFFICE);
  if (n > server_n) return KERVEN_SAVED;
  return office || n <= receipt_n ? KERVEN_DELIVERED : KERVEN_AT_SERVER;
}

/* What an office device reads has come to the office, whoever wrote it. */
enum kerven_sync_state api_sync_state(const struct krv_world *world, const struct krv_card *card) {
  const struct krv_device *self = krv_world_self(world);
  if (card->own_n == 0)
    return self && (self->roles & KRV_ROLE_OFFICE) ? KERVEN_DELIVERED : KERVEN_AT_SERVER;
  return api_reached(world, card->own_n, card->own_server_n, card->own_receipt_n);
}

static int to_text(struct krv_buf *buf, char *out, size_t cap, int status) {
  if (status == 0) status = buf->status;
  if (status == 0 && buf->len >= cap) status = KRV_TOO_LARGE;
  if (cap > 0) out[0] = 0;
  if (status == 0) {
    if (buf->len > 0) memcpy(out, buf->data, buf->len);
    out[buf->len] = 0;
  }
  krv_buf_wipe(buf);
  return status;
}

int kerven_normalise(const char *text, char *out, size_t cap) {
  struct krv_buf buf;
  krv_buf_init(&buf, krv_host_env());
  return to_text(&buf, out, cap, krv_text_normalise(krv_slice_str(text ? text : ""), &buf));
}

int kerven_fold(const char *text, char *out, size_t cap) {
  struct krv_buf buf;
  krv_buf_init(&buf, krv_host_env());
  return to_text(&buf, out, cap, krv_text_fold(krv_slice_str(text ? text : ""), &buf));
}

void kerven_hash(const void *data, size_t len, char out[33]) {
  struct krv_slice part = krv_slice(data, len);
  struct krv_id id;
  krv_h(KRV_DOMAIN_ROW, &part, 1, id.b, sizeof id.b);
  krv_id_hex(&id, out);
}
