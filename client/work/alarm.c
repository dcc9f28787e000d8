#include "alarm.h"

#include <string.h>

static void encode(const struct krv_alarm *alarm, struct krv_buf *out) {
  krv_buf_u8(out, (uint8_t)alarm->kind);
  krv_buf_u8(out, alarm->seen);
  krv_buf_u32(out, alarm->device);
  krv_buf_append(out, alarm->kase.b, sizeof alarm->kase.b);
  krv_buf_u64(out, (uint64_t)alarm->since_s);
  krv_buf_u64(out, (uint64_t)alarm->last_s);
  krv_buf_varint(out, alarm->count);
}

static int decode(struct krv_slice row, struct krv_alarm *out) {
  struct krv_in in = krv_in(row);
  out->kind = (enum krv_alarm_kind)krv_in_u8(&in);
  out->seen = krv_in_u8(&in) != 0;
  out->device = krv_in_u32(&in);
  krv_in_copy(&in, out->kase.b, sizeof out->kase.b);
  out->since_s = (int64_t)krv_in_u64(&in);
  out->last_s = (int64_t)krv_in_u64(&in);
  out->count = krv_in_varint(&in, UINT64_MAX);
  return krv_in_end(&in) != 0 ? KRV_DAMAGED : 0;
}

int krv_alarm_next(struct krv_world *world, int64_t after, struct krv_alarm *out) {
  struct krv_buf row;
  memset(out, 0, sizeof *out);
  krv_buf_init(&row, world->env);
  int status = krv_vault_row_next(world->vault, KRV_TABLE_ALARMS, after, &out->lid, &row);
  if (status == 0) status = decode(krv_buf_slice(&row), out);
  krv_buf_wipe(&row);
  return status;
}

static int put(struct krv_world *world, struct krv_alarm *alarm) {
  struct krv_buf row;
  krv_buf_init(&row, world->env);
  encode(alarm, &row);
  int status = row.status;
  if (status == 0)
    status = krv_vault_row_put(world->vault, KRV_TABLE_ALARMS, &alarm->lid, krv_buf_slice(&row));
  krv_buf_wipe(&row);
  return status;
}

/* --- raising */

/* What stands in the table already. */
struct standing {
  struct krv_alarm same; /* lid 0: not there */
  int64_t oldest_seen; /* 0: none */
  uint32_t count;
};

static bool is_same(const struct krv_alarm *a, const struct krv_alarm *b) {
  return a->kind == b->kind && a->device == b->device && krv_id_equal(&a->kase, &b->kase);
}

static int look(struct krv_world *world, const struct krv_alarm *alarm, struct standing *out) {
  struct krv_alarm item = {0};
  int status;
  memset(out, 0, sizeof *out);
  while ((status = krv_alarm_next(world, item.lid, &item)) == 0) {
    out->count++;
    if (item.seen && out->oldest_seen == 0) out->oldest_seen = item.lid;
    if (is_same(&item, alarm)) out->same = item;
  }
  return status == KRV_END ? 0 : status;
}

/* When it happened: no later than now, whoever told it. */
static int64_t happened(const struct krv_world *world, const struct krv_alarm *alarm) {
  uint8_t quality;
  int64_t now_s = krv_world_now(world, &quality);
  return alarm->last_s > 0 && alarm->last_s < now_s ? alarm->last_s : now_s;
}

static int note_again(struct krv_world *world, const struct krv_alarm *alarm,
                      const struct krv_alarm *before) {
  struct krv_alarm item = *before;
  int64_t at_s = happened(world, alarm);
  item.count = alarm->count > 0 ? alarm->count : before->count + 1;
  if (item.count <= before->count) return 0;
  if (alarm->last_s > 0 && at_s <= before->last_s) return 0; /* told before */
  item.last_s = at_s;
  item.seen = false;
  return put(world, &item);
}

static int note_new(struct krv_world *world, const struct krv_alarm *alarm) {
  struct krv_alarm item = *alarm;
  uint8_t quality;
  item.lid = 0;
  item.seen = false;
  item.since_s = krv_world_now(world, &quality);
  item.last_s = happened(world, alarm);
  if (item.count == 0) item.count = 1;
  return put(world, &item);
}

/* No room: it is counted with others of its device, or of its kind. One row a kind stands above the
 * limit, so that nothing goes untold. */
static int note_together(struct krv_world *world, const struct krv_alarm *alarm) {
  struct krv_alarm wider = {.kind = alarm->kind, .device = alarm->device};
  struct standing at;
  int status = look(world, &wider, &at);
  if (status == 0 && at.same.lid == 0) {
    wider.device = KRV_NO_INDEX;
    status = look(world, &wider, &at);
  }
  if (status != 0) return status;
  return at.same.lid != 0 ? note_again(world, &wider, &at.same) : note_new(world, &wider);
}

int krv_alarm_raise(struct krv_world *world, const struct krv_alarm *alarm) {
  struct standing at;
  int status = look(world, alarm, &at);
  if (status != 0) return status;
  if (at.same.lid != 0) return note_again(world, alarm, &at.same);
  if (at.count >= KRV_ALARMS_MAX) {
    if (at.oldest_seen == 0) return note_together(world, alarm);
    status = krv_vault_row_delete(world->vault, KRV_TABLE_ALARMS, at.oldest_seen);
  }
  return status == 0 ? note_new(world, alarm) : status;
}

/* --- seeing */

int krv_alarm_see(struct krv_world *world, int64_t lid) {
  struct krv_alarm item = {0};
  bool found = false;
  int status;
  while ((status = krv_alarm_next(world, item.lid, &item)) == 0) {
    if (lid != 0 && item.lid != lid) continue;
    found = true;
    if (item.seen) continue;
    item.seen = true;
    status = put(world, &item);
    if (status != 0) break;
  }
  if (status != KRV_END) return status;
  return found || lid == 0 ? 0 : KRV_NOT_FOUND;
}

int krv_alarm_count(struct krv_world *world, enum krv_alarm_kind kind, uint64_t *out) {
  struct krv_alarm item = {0};
  int status;
  *out = 0;
  while ((status = krv_alarm_next(world, item.lid, &item)) == 0)
    if (item.kind == kind) *out += item.count;
  return status == KRV_END ? 0 : status;
}

int krv_alarm_unseen(struct krv_world *world, uint64_t *out) {
  struct krv_alarm item = {0};
  int status;
  *out = 0;
  while ((status = krv_alarm_next(world, item.lid, &item)) == 0) *out += !item.seen;
  return status == KRV_END ? 0 : status;
}
