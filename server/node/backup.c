#define _GNU_SOURCE
#include "backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aead.h"
#include "dir.h"
#include "hash.h"
#include "password.h"

enum {
  CHUNK = 64 * 1024,
  CHUNK_SEALED = CHUNK + 40,
  MAGIC_LEN = 8,
  HEAD_LEN = MAGIC_LEN + 4 + 4 + KRV_PASSWORD_SALT_LEN + KRV_ID_LEN + KRV_HASH_LEN,
  AD_LEN = KRV_ID_LEN + 8 + 1,
  NAME_MAX_LEN = 32,
};
static const char magic[MAGIC_LEN + 1] = "KRVBAK1\n";
static const char *const names[] = {KRV_DIR_CONFIG, KRV_DIR_KEY, KRV_DIR_STORE};
enum { NAME_COUNT = sizeof names / sizeof *names };

struct seal {
  const struct krv_env *env;
  int fd;
  struct krv_key key;
  struct krv_id id;
  uint64_t number;       /* of the next chunk */
  struct krv_buf plain;  /* what waits to be sealed, or was opened and is not taken yet */
  struct krv_buf sealed;
  uint64_t left;         /* reading: bytes of the file that are not read yet */
};

static void seal_init(struct seal *seal, const struct krv_env *env) {
  memset(seal, 0, sizeof *seal);
  seal->env = env;
  seal->fd = -1;
  krv_buf_init(&seal->plain, env);
  krv_buf_init(&seal->sealed, env);
}

static void seal_release(struct seal *seal) {
  krv_buf_wipe(&seal->plain);
  krv_buf_release(&seal->sealed);
  krv_wipe(&seal->key, sizeof seal->key);
  if (seal->fd >= 0) close(seal->fd);
  seal->fd = -1;
}

static int derive(struct seal *seal, struct krv_slice passphrase,
                  const uint8_t salt[KRV_PASSWORD_SALT_LEN], const struct krv_password_cost *cost) {
  struct krv_key stretched;
  int status = krv_password_key(passphrase, salt, cost, &stretched);
  const struct krv_slice parts[] = {krv_slice(stretched.b, sizeof stretched.b),
                                    krv_slice(seal->id.b, KRV_ID_LEN)};
  if (status == 0) krv_h(KRV_DOMAIN_BACKUP, parts, 2, seal->key.b, sizeof seal->key.b);
  krv_wipe(&stretched, sizeof stretched);
  return status;
}

static void chunk_ad(const struct seal *seal, bool last, uint8_t ad[AD_LEN]) {
  memcpy(ad, seal->id.b, KRV_ID_LEN);
  for (unsigned i = 0; i < 8; i++) ad[KRV_ID_LEN + i] = (uint8_t)(seal->number >> (8 * i));
  ad[AD_LEN - 1] = last;
}

/* ---- bytes ---- */

static int write_bytes(int fd, struct krv_slice bytes) {
  while (bytes.len > 0) {
    ssize_t n = write(fd, bytes.data, bytes.len);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return krv_errno_status();
    bytes = krv_slice(bytes.data + n, bytes.len - (size_t)n);
  }
  return 0;
}

/* *got < len only at the end of the file. */
static int read_bytes(int fd, uint8_t *out, size_t len, size_t *got) {
  *got = 0;
  while (*got < len) {
    ssize_t n = read(fd, out + *got, len - *got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return KRV_IO;
    if (n == 0) break;
    *got += (size_t)n;
  }
  return 0;
}

/* ---- writing ---- */

static int put_chunk(struct seal *seal, bool last) {
  uint8_t ad[AD_LEN];
  size_t len = seal->plain.len < CHUNK ? seal->plain.len : CHUNK;
  chunk_ad(seal, last, ad);
  krv_buf_reset(&seal->sealed);
  krv_row_seal(seal->env, &seal->key, krv_slice(ad, sizeof ad), krv_slice(seal->plain.data, len),
               &seal->sealed);
  if (seal->sealed.status != 0) return seal->sealed.status;
  seal->number++;
  krv_buf_consume(&seal->plain, len);
  return write_bytes(seal->fd, krv_buf_slice(&seal->sealed));
}

static int put(struct seal *seal, struct krv_slice bytes) {
  krv_buf_put(&seal->plain, bytes);
  int status = seal->plain.status;
  while (status == 0 && seal->plain.len > CHUNK) status = put_chunk(seal, false);
  return status;
}

static int put_head(struct seal *seal, struct krv_slice passphrase) {
  uint8_t salt[KRV_PASSWORD_SALT_LEN], commit[KRV_HASH_LEN];
  const struct krv_password_cost *cost = &krv_password_cost_default;
  struct krv_buf head;
  seal->env->random(seal->env->ctx, salt, sizeof salt);
  seal->env->random(seal->env->ctx, seal->id.b, sizeof seal->id.b);
  int status = derive(seal, passphrase, salt, cost);
  if (status != 0) return status;
  krv_key_commit(&seal->key, commit);
  krv_buf_init(&head, seal->env);
  krv_buf_append(&head, magic, MAGIC_LEN);
  krv_buf_u32(&head, cost->ops);
  krv_buf_u32(&head, cost->mem_kib);
  krv_buf_append(&head, salt, sizeof salt);
  krv_buf_append(&head, seal->id.b, sizeof seal->id.b);
  krv_buf_append(&head, commit, sizeof commit);
  status = head.status != 0 ? head.status : write_bytes(seal->fd, krv_buf_slice(&head));
  krv_buf_release(&head);
  return status;
}

static int put_file_head(struct seal *seal, const char *name, uint64_t size) {
  struct krv_buf head;
  krv_buf_init(&head, seal->env);
  krv_buf_u8(&head, (uint8_t)strlen(name));
  krv_buf_append(&head, name, strlen(name));
  krv_buf_u64(&head, size);
  int status = head.status != 0 ? head.status : put(seal, krv_buf_slice(&head));
  krv_buf_release(&head);
  return status;
}

static int put_file(struct seal *seal, const char *name, const char *path) {
  uint8_t bytes[4096];
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return krv_errno_status();
  int status = fstat(fd, &st) != 0 ? KRV_IO : put_file_head(seal, name, (uint64_t)st.st_size);
  uint64_t left = status == 0 ? (uint64_t)st.st_size : 0;
  while (status == 0 && left > 0) {
    size_t got, want = left < sizeof bytes ? (size_t)left : sizeof bytes;
    status = read_bytes(fd, bytes, want, &got);
    if (status == 0 && got != want) status = KRV_IO; /* it shrank while it was read */
    if (status == 0) status = put(seal, krv_slice(bytes, got));
    left -= want;
  }
  krv_wipe(bytes, sizeof bytes);
  close(fd);
  return status;
}

static int put_all(struct seal *seal, const char *dir, const char *store_path) {
  char path[KRV_PATH_MAX];
  int status = 0;
  for (size_t i = 0; status == 0 && i < NAME_COUNT; i++) {
    bool store = strcmp(names[i], KRV_DIR_STORE) == 0;
    if (!store) status = krv_path_join(dir, names[i], path);
    if (status == 0) status = put_file(seal, names[i], store ? store_path : path);
  }
  if (status == 0) status = put_chunk(seal, true);
  return status == 0 && fsync(seal->fd) != 0 ? krv_errno_status() : status;
}

int krv_backup_write(const struct krv_env *env, const char *dir, const char *store_path,
                     struct krv_slice passphrase, const char *file) {
  char aside[KRV_PATH_MAX], parent[KRV_PATH_MAX];
  int len = snprintf(aside, sizeof aside, "%s.part", file);
  if (len < 0 || (size_t)len >= sizeof aside) return KRV_TOO_LARGE;
  int status = krv_path_parent(file, parent);
  if (status != 0) return status;
  if (access(file, F_OK) == 0) return KRV_EXISTS;
  struct seal seal;
  seal_init(&seal, env);
  seal.fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (seal.fd < 0) return krv_errno_status();
  status = put_head(&seal, passphrase);
  if (status == 0) status = put_all(&seal, dir, store_path);
  seal_release(&seal);
  if (status == 0 && rename(aside, file) != 0) status = krv_errno_status();
  if (status != 0) unlink(aside);
  return status == 0 ? krv_folder_sync(parent) : status;
}

/* ---- reading ---- */

static int take_head(struct seal *seal, struct krv_slice passphrase) {
  uint8_t head[HEAD_LEN], salt[KRV_PASSWORD_SALT_LEN], there[KRV_HASH_LEN], commit[KRV_HASH_LEN];
  struct krv_password_cost cost;
  size_t got;
  int status = read_bytes(seal->fd, head, sizeof head, &got);
  if (status != 0) return status;
  if (got != sizeof head || memcmp(head, magic, MAGIC_LEN) != 0) return KRV_UNFIT;
  struct krv_in in = krv_in(krv_slice(head + MAGIC_LEN, HEAD_LEN - MAGIC_LEN));
  cost.ops = krv_in_u32(&in);
  cost.mem_kib = krv_in_u32(&in);
  krv_in_copy(&in, salt, sizeof salt);
  krv_in_copy(&in, seal->id.b, sizeof seal->id.b);
  krv_in_copy(&in, there, sizeof there);
  if (!krv_password_cost_allowed(&cost)) return KRV_DAMAGED;
  status = derive(seal, passphrase, salt, &cost);
  if (status != 0) return status;
  krv_key_commit(&seal->key, commit);
  seal->left -= HEAD_LEN;
  return krv_secret_equal(commit, there, sizeof there) ? 0 : KRV_PASSPHRASE;
}

static int take_chunk(struct seal *seal) {
  uint8_t ad[AD_LEN];
  size_t want = seal->left < CHUNK_SEALED ? (size_t)seal->left : CHUNK_SEALED, got;
  if (want == 0) return KRV_DAMAGED;
  krv_buf_reset(&seal->sealed);
  uint8_t *place = krv_buf_extend(&seal->sealed, want);
  if (!place) return seal->sealed.status;
  int status = read_bytes(seal->fd, place, want, &got);
  if (status != 0) return status;
  if (got != want) return KRV_DAMAGED;
  seal->left -= want;
  chunk_ad(seal, seal->left == 0, ad);
  status = krv_row_open(&seal->key, krv_slice(ad, sizeof ad), krv_buf_slice(&seal->sealed),
                        &seal->plain);
  seal->number++;
  return status == 0 || status == KRV_NOMEM ? status : KRV_DAMAGED;
}

/* At least len bytes in plain. */
static int need(struct seal *seal, size_t len) {
  int status = 0;
  while (status == 0 && seal->plain.len < len) status = take_chunk(seal);
  return status;
}

static int take_file_head(struct seal *seal, const char *expected, uint64_t *size) {
  size_t name_len = strlen(expected), len = 1 + name_len + 8;
  int status = need(seal, len);
  if (status != 0) return status;
  struct krv_in in = krv_in(krv_slice(seal->plain.data, len));
  struct krv_slice name = krv_in_blob(&in, NAME_MAX_LEN);
  *size = krv_in_u64(&in);
  if (krv_in_end(&in) != 0 || !krv_slice_equal(name, krv_slice(expected, name_len)))
    return KRV_DAMAGED;
  krv_buf_consume(&seal->plain, len);
  return 0;
}

static int take_file(struct seal *seal, const char *name, const char *dir) {
  char path[KRV_PATH_MAX];
  uint64_t left;
  int status = take_file_head(seal, name, &left);
  if (status == 0) status = krv_path_join(dir, name, path);
  if (status != 0) return status;
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return krv_errno_status();
  while (status == 0 && left > 0) {
    status = need(seal, 1);
    if (status != 0) break;
    size_t len = seal->plain.len < left ? seal->plain.len : (size_t)left;
    status = write_bytes(fd, krv_slice(seal->plain.data, len));
    krv_buf_consume(&seal->plain, len);
    left -= len;
  }
  if (status == 0 && fsync(fd) != 0) status = krv_errno_status();
  close(fd);
  return status;
}

int krv_backup_read(const struct krv_env *env, const char *file, struct krv_slice passphrase,
                    const char *dir) {
  struct seal seal;
  struct stat st;
  seal_init(&seal, env);
  seal.fd = open(file, O_RDONLY | O_CLOEXEC);
  if (seal.fd < 0) return krv_errno_status();
  int status = fstat(seal.fd, &st) != 0 ? KRV_IO : 0;
  if (status == 0 && st.st_size < HEAD_LEN) status = KRV_UNFIT;
  seal.left = status == 0 ? (uint64_t)st.st_size : 0;
  if (status == 0) status = take_head(&seal, passphrase);
  for (size_t i = 0; status == 0 && i < NAME_COUNT; i++) status = take_file(&seal, names[i], dir);
  if (status == 0 && (seal.plain.len > 0 || seal.left > 0)) status = KRV_DAMAGED;
  seal_release(&seal);
  return status == 0 ? krv_folder_sync(dir) : status;
}
