#include "forms.h"

#include <assert.h>
#include <string.h>

#include "hash.h"

void krv_access_list_encode(const struct krv_access_list *list, struct krv_buf *out) {
  assert(list->count <= KRV_ACCESS_LIST_MAX);
  krv_buf_varint(out, list->count);
  for (uint32_t i = 0; i < list->count; i++) {
    krv_buf_varint(out, list->items[i].group);
    krv_buf_u8(out, list->items[i].mode);
  }
}

void krv_access_list_decode(struct krv_in *in, struct krv_access_list *out) {
  memset(out, 0, sizeof *out);
  uint32_t count = (uint32_t)krv_in_varint(in, KRV_ACCESS_LIST_MAX);
  for (uint32_t i = 0; i < count && in->status == 0; i++) {
    struct krv_access_item *item = &out->items[i];
    item->group = (krv_group_ix)krv_in_varint(in, UINT32_MAX);
    item->mode = krv_in_u8(in);
    bool known = item->mode == KRV_ACCESS_READ || item->mode == KRV_ACCESS_WRITE;
    bool rises = i == 0 || item->group > out->items[i - 1].group;
    if (!known || !rises) krv_in_fail(in, KRV_MALFORMED);
  }
  if (in->status == 0) {
    out->count = count;
  } else {
    memset(out, 0, sizeof *out);
  }
}

/* The first place whose group is not below group. */
static uint32_t place(const struct krv_access_list *list, krv_group_ix group) {
  uint32_t i = 0;
  while (i < list->count && list->items[i].group < group) i++;
  return i;
}

static bool listed(const struct krv_access_list *list, uint32_t at, krv_group_ix group) {
  return at < list->count && list->items[at].group == group;
}

uint8_t krv_access_list_mode(const struct krv_access_list *list, krv_group_ix group) {
  uint32_t at = place(list, group);
  return listed(list, at, group) ? list->items[at].mode : (uint8_t)KRV_ACCESS_NONE;
}

static void take_out(struct krv_access_list *list, uint32_t at) {
  list->count--;
  memmove(&list->items[at], &list->items[at + 1], (list->count - at) * sizeof list->items[0]);
}

int krv_access_list_set(struct krv_access_list *list, krv_group_ix group, uint8_t mode) {
  assert(mode <= KRV_ACCESS_WRITE);
  uint32_t at = place(list, group);
  bool there = listed(list, at, group);
  if (mode == KRV_ACCESS_NONE) {
    if (there) take_out(list, at);
    return KRV_OK;
  }
  if (!there) {
    if (list->count == KRV_ACCESS_LIST_MAX) return KRV_TOO_LARGE;
    memmove(&list->items[at + 1], &list->items[at], (list->count - at) * sizeof list->items[0]);
    list->count++;
  }
  list->items[at] = (struct krv_access_item){group, mode};
  return KRV_OK;
}

int krv_case_id(const struct krv_env *env, const struct krv_id *programme,
                const struct krv_genesis *genesis, struct krv_id *out) {
  struct krv_buf list;
  krv_buf_init(&list, env);
  krv_access_list_encode(&genesis->access, &list);
  int status = list.status;
  *out = krv_id_zero;
  if (status == KRV_OK) {
    const struct krv_slice parts[] = {
        {programme->b, KRV_ID_LEN},
        {genesis->creator.b, KRV_ID_LEN},
        {genesis->key_commit, sizeof genesis->key_commit},
        krv_buf_slice(&list),
    };
    krv_h(KRV_DOMAIN_CASE, parts, 4, out->b, KRV_ID_LEN);
  }
  krv_buf_release(&list);
  return status;
}

void krv_device_id(const struct krv_id *programme, const struct krv_device_keys *keys,
                   struct krv_id *out) {
  const struct krv_slice parts[] = {
      {programme->b, KRV_ID_LEN},
      {keys->sign_pk.b, KRV_KEY_LEN},
      {keys->seal_pk.b, KRV_KEY_LEN},
      {keys->session_pk.b, KRV_KEY_LEN},
  };
  krv_h(KRV_DOMAIN_DEVICE, parts, 4, out->b, KRV_ID_LEN);
}
