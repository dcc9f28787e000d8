/* batch_notice: what the server tells the office of a device (R36, R2). */
#include "batch_in.h"
#include "status.h"

static int put_notice(struct krv_batch *batch, const struct krv_buf *key,
                      const struct krv_msg_notice *msg) {
  uint64_t seq;
  krv_buf_reset(&batch->bytes);
  krv_msg_notice_encode(msg, &batch->bytes);
  int status = krv_batch_append(batch, KRV_MSG_NO_DEVICE, KRV_MSG_NOTICE, 0, NULL, &seq);
  if (status == KRV_OK)
    status = batch->store->driver->inbox_put(batch->store, krv_box_group(KRV_GROUP_OFFICE), seq,
                                             seq);
  return status == KRV_OK ? krv_batch_kv_put_number(batch, KRV_KV_NOTICES, key, msg->day) : status;
}

int krv_batch_notice(struct krv_batch *batch, krv_device_ix device, int what) {
  enum { DAY_S = 24 * 60 * 60 };
  int64_t now_s = batch->env->wall_s(batch->env->ctx);
  struct krv_msg_notice msg = {device, what, (uint32_t)(now_s / DAY_S)};
  struct krv_buf key;
  uint64_t last;
  krv_buf_init(&key, batch->env);
  krv_buf_u32(&key, device);
  krv_buf_u8(&key, (uint8_t)-what);
  int status = krv_batch_kv_number(batch, KRV_KV_NOTICES, &key, &last);
  if (status == KRV_OK && last != msg.day) status = put_notice(batch, &key, &msg);
  krv_buf_release(&key);
  return status;
}

/* A device says of itself that a copy of its vault is in use (R2). Nobody says anything else. */
int krv_batch_item_notice(struct krv_batch *batch, struct krv_bringer *bringer,
                          struct krv_slice payload, uint64_t *seq) {
  struct krv_msg_notice msg;
  (void)seq;
  int status = krv_msg_notice_decode(payload, &msg);
  if (status != KRV_OK) return status;
  const struct krv_device *device = krv_roster_device(batch->ahead, bringer->device);
  if (!device || !krv_device_active(device)) return KRV_REVOKED;
  if (msg.device != bringer->device || msg.status != KRV_FORK) return KRV_DENIED;
  return krv_batch_notice(batch, msg.device, msg.status);
}
