#define _GNU_SOURCE
#include "vaultkit.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct krv_vault_options krv_vaultkit_options = {.cost = {4, 32 * 1024}};

struct krv_slice krv_vaultkit_passphrase(void) {
  return krv_slice_str("correct horse");
}

void krv_vaultkit_init(struct krv_vaultkit *kit, uint64_t seed) {
  memset(kit, 0, sizeof *kit);
  krv_testenv_init(&kit->t, seed);
  assert(krv_crypto_start() == 0);
  (void)snprintf(kit->root, sizeof kit->root, "vault-test-XXXXXX");
  assert(mkdtemp(kit->root));
  (void)snprintf(kit->dir, sizeof kit->dir, "%s/v", kit->root);
  int status = krv_vault_create(&kit->t.env, kit->dir, krv_vaultkit_passphrase(),
                                &krv_vaultkit_options, &kit->vault);
  if (status != 0) fprintf(stderr, "create: %s\n", krv_status_text(status));
  assert(status == 0);
}

void krv_vaultkit_remove(const char *dir) {
  DIR *d = opendir(dir);
  if (!d) return;
  for (struct dirent *e; (e = readdir(d));) {
    char path[1024];
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
    (void)snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) krv_vaultkit_remove(path);
    else unlink(path);
  }
  closedir(d);
  rmdir(dir);
}

void krv_vaultkit_release(struct krv_vaultkit *kit) {
  krv_vaultkit_close(kit);
  krv_vaultkit_remove(kit->root);
}

void krv_vaultkit_close(struct krv_vaultkit *kit) {
  krv_vault_close(kit->vault);
  kit->vault = NULL;
}

int krv_vaultkit_open_at(struct krv_vaultkit *kit, const char *dir, struct krv_vault **out) {
  return krv_vault_open(&kit->t.env, dir, krv_vaultkit_passphrase(), &krv_vaultkit_options, out,
                        NULL);
}

int krv_vaultkit_open(struct krv_vaultkit *kit, bool read_only) {
  struct krv_vault_options options = krv_vaultkit_options;
  options.read_only = read_only;
  return krv_vault_open(&kit->t.env, kit->dir, krv_vaultkit_passphrase(), &options, &kit->vault,
                        NULL);
}

void krv_vaultkit_copy(const char *from_dir, const char *to_dir) {
  static const char *const names[] = {"vault.db", "vault.db-wal"};
  (void)mkdir(to_dir, 0700);
  for (size_t i = 0; i < 2; i++) {
    char from[1024], to[1024], block[4096];
    (void)snprintf(from, sizeof from, "%s/%s", from_dir, names[i]);
    (void)snprintf(to, sizeof to, "%s/%s", to_dir, names[i]);
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert(out);
    for (size_t got; in && (got = fread(block, 1, sizeof block, in)) > 0;)
      assert(fwrite(block, 1, got, out) == got);
    if (in) fclose(in);
    fclose(out);
  }
}

struct content {
  struct krv_id id;
  char text[1500]; /* several pages in all */
  struct krv_slice slice;
};

static void content_of(uint32_t n, uint32_t version, struct content *out) {
  memset(out, 0, sizeof *out);
  for (size_t i = 0; i < KRV_ID_LEN; i++) out->id.b[i] = (uint8_t)(n * 7 + i * 31 + 1);
  int len = snprintf(out->text, sizeof out->text, "case %u version %u ", n, version);
  for (size_t i = (size_t)len; i < sizeof out->text; i++)
    out->text[i] = (char)('a' + (i * (n + 1) * (version + 3)) % 26);
  out->slice = krv_slice(out->text, sizeof out->text);
}

static int save_parts(struct krv_vault *vault, uint32_t n, uint32_t version) {
  struct content content;
  int64_t lid = 0;
  content_of(n, version, &content);
  int status = krv_vault_case_find(vault, &content.id, &lid);
  if (status == KRV_NOT_FOUND) status = 0;
  struct krv_vault_item item = {
      .kind = 2, .device = 1, .n = version, .id = content.id, .bytes = content.slice};
  item.id.b[0] = (uint8_t)version;
  if (status == 0)
    status =
        krv_vault_case_put(vault, &lid, &content.id, krv_slice(content.text, 40), content.slice);
  item.case_lid = lid;
  if (status == 0) status = krv_vault_item_put(vault, &item);
  if (status == 0) status = krv_vault_meta_put(vault, KRV_META_CURSOR, krv_slice(content.text, 20));
  return status;
}

int krv_vaultkit_save(struct krv_vault *vault, uint32_t n, uint32_t version) {
  int status = krv_vault_begin(vault);
  if (status != 0) return status;
  status = save_parts(vault, n, version);
  if (status == 0) return krv_vault_commit(vault);
  krv_vault_rollback(vault);
  return status;
}

/* Item k of the case's line for every k up to version, none above. */
static bool items_fit(struct krv_vault *vault, int64_t lid, uint32_t n, uint32_t version) {
  struct krv_buf bytes;
  bool fit = true;
  krv_buf_init(&bytes, krv_host_env());
  for (uint32_t k = 1; fit && k <= version + 1; k++) {
    struct krv_vault_item item;
    struct content content;
    content_of(n, k, &content);
    krv_buf_reset(&bytes);
    int status = krv_vault_item_at(vault, lid, 1, k, 0, &item, &bytes);
    fit =
        k > version ? status == KRV_END : status == 0 && krv_slice_equal(item.bytes, content.slice);
  }
  krv_buf_release(&bytes);
  return fit;
}

int krv_vaultkit_version(struct krv_vault *vault, uint32_t n) {
  struct content content;
  struct krv_buf state;
  int64_t lid;
  unsigned version = 0, named = 0;
  content_of(n, 1, &content);
  int status = krv_vault_case_find(vault, &content.id, &lid);
  if (status == KRV_NOT_FOUND) return 0;
  if (status != 0) return -1;
  krv_buf_init(&state, krv_host_env());
  status = krv_vault_case_state(vault, lid, &state);
  krv_buf_u8(&state, 0);
  if (status == 0 &&
      sscanf((const char *)state.data, "case %u version %u", &named, &version) == 2) {
    content_of(n, version, &content);
    state.len--;
    if (named != n || !krv_slice_equal(krv_buf_slice(&state), content.slice) ||
        !items_fit(vault, lid, n, version))
      status = -1;
  } else {
    status = -1;
  }
  krv_buf_release(&state);
  return status == 0 ? (int)version : -1;
}
