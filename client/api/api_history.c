/* api_history: who changed what in a case, from the sealed commits themselves. */
#define _POSIX_C_SOURCE 200809L /* gmtime_r */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api.h"
#include "fork.h"
#include "receipt.h"

/* One commit, by how much its author had seen: causes come before what they led to. */
struct moment {
  uint32_t line; /* place in lines */
  uint32_t seen; /* UINT32_MAX: it does not open, so nobody knows */
  int64_t wall_s;
};

struct history {
  struct kerven_iter base;
  struct krv_folder *folder;
  struct moment *moments;
  uint32_t count, next;
};

static void history_release(struct kerven_iter *iter) {
  struct history *h = (struct history *)iter;
  krv_folder_free(h->folder);
  krv_free(krv_host_env(), h->moments);
}

static int by_seen(const void *a, const void *b) {
  const struct moment *x = a, *y = b;
  if (x->seen != y->seen) return x->seen < y->seen ? -1 : 1;
  if (x->wall_s != y->wall_s) return x->wall_s < y->wall_s ? -1 : 1;
  return x->line < y->line ? -1 : x->line > y->line;
}

static int put_in_order(struct history *h) {
  struct krv_world *world = h->base.k->world;
  const struct krv_lines *lines = krv_case_lines(h->folder->kase);
  struct krv_opened opened;
  h->count = krv_lines_count(lines);
  h->moments = krv_zalloc(krv_host_env(), h->count + 1, sizeof *h->moments);
  if (!h->moments) return KRV_NOMEM;
  krv_opened_init(&opened, world->env);
  for (uint32_t i = 0; i < h->count; i++) {
    const struct krv_line_commit *c = krv_lines_at(lines, i);
    struct moment *m = &h->moments[i];
    *m = (struct moment){.line = i, .seen = UINT32_MAX};
    if (krv_intake_open_commit(world, h->folder, &c->tip, &opened) != 0) continue;
    m->seen = krv_lines_seen_count(lines, &c->tip, &c->prev, opened.body.context,
                                   opened.body.context_count);
    m->wall_s = opened.body.wall_s;
  }
  krv_opened_release(&opened);
  qsort(h->moments, h->count, sizeof *h->moments, by_seen);
  return 0;
}

int kerven_history(kerven *k, const char *kase, kerven_iter **out) {
  struct krv_id id;
  api_begin(k);
  *out = NULL;
  struct history *h = api_iter_new(k, sizeof *h, history_release);
  if (!h) return KRV_NOMEM;
  int status = api_case_any(k, kase, &id);
  if (status == 0) status = krv_folder_load_id(k->world, &id, &h->folder);
  if (status == 0) status = put_in_order(h);
  if (status != 0) kerven_iter_free(&h->base);
  else *out = &h->base;
  return status;
}

static void put_field(const struct krv_world *world, const struct krv_op *op, struct krv_buf *out) {
  const struct krv_field *field = krv_schema_field(world->schema, op->field);
  const struct krv_record_type *type = krv_schema_type(world->schema, (uint8_t)(op->field >> 8));
  char unknown[16];
  if (type && type->id != 0) {
    krv_buf_put(out, type->name);
    krv_buf_u8(out, '.');
  }
  snprintf(unknown, sizeof unknown, "#%u", op->field);
  krv_buf_put(out, field ? field->name : krv_slice_str(unknown));
}

static void put_option(const struct krv_world *world, const struct krv_op *op,
                       struct krv_buf *out) {
  struct krv_buf code;
  krv_buf_init(&code, world->env);
  krv_value_encode(&(struct krv_value){.kind = KRV_VALUE_INT, .as.integer = op->option}, &code);
  krv_schema_format(world->schema, krv_schema_field(world->schema, op->field), krv_buf_slice(&code),
                    out);
  krv_buf_release(&code);
}

/* "prs_FirstName = Aygul", "vic_MethodsOfControl + PhysicalThreats", "access agency: write" */
static void put_op(const struct krv_world *world, const struct krv_op *op, struct krv_buf *out) {
  static const char *const modes[] = {": none", ": read", ": write"};
  switch (op->kind) {
    case KRV_OP_SET:
    case KRV_OP_RESOLVE:
    case KRV_OP_APPEND:
      put_field(world, op, out);
      krv_buf_put(out, krv_slice_str(op->kind == KRV_OP_SET      ? " = "
                                     : op->kind == KRV_OP_APPEND ? " << "
                                                                 : " := "));
      krv_schema_format(world->schema, krv_schema_field(world->schema, op->field), op->value, out);
      break;
    case KRV_OP_OPTION_ON:
    case KRV_OP_OPTION_OFF:
      put_field(world, op, out);
      krv_buf_put(out, krv_slice_str(op->kind == KRV_OP_OPTION_ON ? " + " : " - "));
      put_option(world, op, out);
      break;
    case KRV_OP_DELETE:
      krv_buf_put(out, krv_slice_str(op->flag ? "delete " : "restore "));
      put_field(world, op, out);
      break;
    case KRV_OP_ACCESS:
      krv_buf_put(out, krv_slice_str("access "));
      krv_world_group_name(world, op->group, out);
      krv_buf_put(out, krv_slice_str(op->mode < 3 ? modes[op->mode] : ""));
      break;
    default: krv_buf_put(out, krv_slice_str("new key")); break;
  }
}

static void put_ops(const struct krv_world *world, const struct krv_body *body,
                    struct krv_buf *out) {
  struct krv_ops ops;
  if (krv_ops_read(world->env, body->ops, &ops) != 0) return;
  for (uint32_t i = 0; i < ops.count; i++) {
    if (i > 0) krv_buf_put(out, krv_slice_str("; "));
    put_op(world, &ops.items[i], out);
  }
  krv_ops_release(&ops);
}

static const char *verdict_name(uint8_t verdict) {
  static const char *const names[] = {"held", "applied", "quarantined", "noop", "waits"};
  return verdict < sizeof names / sizeof *names ? names[verdict] : "held";
}

/* ", since 2026-11-24": when it was written, as far as its author knew. */
static void put_since(int64_t wall_s, struct krv_buf *out) {
  char text[32];
  struct tm day;
  time_t at = (time_t)wall_s;
  if (wall_s == 0 || !gmtime_r(&at, &day)) return;
  size_t len = strftime(text, sizeof text, ", since %Y-%m-%d", &day);
  krv_buf_put(out, krv_slice(text, len));
}

/* What a held commit waits for, by its reason. */
struct wait {
  int status;
  const char *name, *sentence;
};

static const struct wait *wait_of(const struct krv_line_commit *commit) {
  static const struct wait waits[] = {
      {KRV_HELD, "change", "waits for a change by "},
      {KRV_NO_KEY, "key", "waits for a key that this device has not got"},
      {KRV_CRYPTO, "key", "no key of this device opens it"},
      {KRV_STALE, "members", "waits for a newer list of members"},
      {KRV_FORK, "fork", "waits until the two lists of members are one"},
      {KRV_QUOTA, "quota", "more than a vault keeps of one device, or of one case"},
      {KRV_NEWER, "newer", "waits for a newer kerven on this device"},
      {0, "other", "waits"},
  };
  if (commit->verdict != KRV_VERDICT_HELD) return NULL;
  const struct wait *wait = waits;
  while (wait->status != 0 && wait->status != -(int)commit->reason) wait++;
  return wait;
}

/* "waits for a change by X", or the reason's sentence. */
static api_text put_why(struct history *h, const struct krv_line_commit *commit, int64_t wall_s) {
  struct krv_buf *out = &h->base.texts.buf;
  const struct wait *wait = wait_of(commit);
  api_text handle = api_put_begin(&h->base.texts);
  if (wait) {
    krv_buf_put(out, krv_slice_str(wait->sentence));
    if (wait->status == KRV_HELD) {
      char number[32];
      snprintf(number, sizeof number, " (number %llu)", (unsigned long long)commit->waits.n);
      krv_world_device_name(h->base.k->world, commit->waits.device, out);
      krv_buf_put(out, krv_slice_str(number));
    }
    put_since(wall_s, out);
  } else if (commit->reason != 0) {
    krv_buf_put(out, krv_slice_str(krv_status_text(-(int)commit->reason)));
  }
  api_put_end(&h->base.texts);
  return handle;
}

static api_text put_author(struct history *h, krv_device_ix device) {
  api_text handle = api_put_begin(&h->base.texts);
  krv_world_device_name(h->base.k->world, device, &h->base.texts.buf);
  api_put_end(&h->base.texts);
  return handle;
}

static bool is_office(const struct krv_device *device) {
  return device && (device->roles & KRV_ROLE_OFFICE);
}

/* An office device has what it wrote, and what it reads. */
static enum kerven_sync_state others_sync(const struct krv_world *world,
                                          const struct krv_line_commit *commit) {
  bool read = commit->verdict != KRV_VERDICT_HELD && is_office(krv_world_self(world));
  return read || is_office(krv_world_author(world, commit->tip.device)) ? KERVEN_DELIVERED
                                                                        : KERVEN_AT_SERVER;
}

static enum kerven_sync_state commit_sync(const struct history *h,
                                          const struct krv_line_commit *commit) {
  const struct krv_folder *folder = h->folder;
  const struct krv_world *world = h->base.k->world;
  const struct krv_tip *tip = &commit->tip;
  if (tip->device != world->member.device) return others_sync(world, commit);
  bool forked = krv_lines_forked(krv_case_lines(folder->kase), tip->device);
  /* of another life of this vault, and here: so the server has it */
  if (forked && krv_folder_shared(folder, tip) != tip->n) return KERVEN_AT_SERVER;
  return api_reached(world, tip->n, folder->own_server_n, folder->own_receipt_n);
}

/* What an office device says of an own change, where that has no effect there. */
static void put_no_effect(const struct history *h, const struct krv_line_commit *commit,
                          struct kerven_history_item *out) {
  static const struct {
    const char *name, *sentence;
  } reasons[] = {
      {"", ""},
      [KRV_RECEIPT_QUARANTINED] = {"quarantined", "set aside there for a person to judge"},
      [KRV_RECEIPT_KEYLESS] = {"keyless", "no key there opens it"},
      [KRV_RECEIPT_WAITING] = {"waiting", "it waits there until a revoked device has been judged"},
      [KRV_RECEIPT_ERASED] = {"erased", "it was erased there by an order"},
      {"other", "for a reason that this kerven does not know"},
  };
  enum { OTHER = sizeof reasons / sizeof *reasons - 1 };
  uint8_t reason = krv_folder_void_reason(h->folder, &commit->tip.id);
  if (reason > OTHER) reason = OTHER;
  out->no_effect = reasons[reason].name;
  out->no_effect_why = reasons[reason].sentence;
}

static void put_waits(const struct krv_line_commit *commit, int64_t wall_s,
                      struct kerven_history_item *out) {
  const struct wait *wait = wait_of(commit);
  out->waits_for = wait ? wait->name : "";
  out->waits_by = "";
  if (!wait) return;
  out->waits_since_s = wall_s;
  if (wait->status == KRV_HELD) out->waits_n = commit->waits.n;
}

int kerven_history_next(kerven_iter *iter, struct kerven_history_item *out) {
  struct history *h = (struct history *)iter;
  const struct krv_lines *lines = krv_case_lines(h->folder->kase);
  struct krv_world *world = iter->k->world;
  struct krv_opened opened;
  char device8[9] = "";
  api_iter_step(iter);
  if (h->next >= h->count) return KERVEN_END;
  const struct moment *moment = &h->moments[h->next++];
  const struct krv_line_commit *commit = krv_lines_at(lines, moment->line);
  const struct krv_device *device = krv_world_author(world, commit->tip.device);
  if (device) {
    char hex[KRV_ID_HEX_LEN];
    krv_id_hex(&device->id, hex);
    memcpy(device8, hex, 8);
  }
  memset(out, 0, sizeof *out);
  put_waits(commit, moment->wall_s, out);
  put_no_effect(h, commit, out);
  krv_opened_init(&opened, world->env);
  api_text by = put_author(h, commit->tip.device);
  api_text waits_by = out->waits_n > 0 ? put_author(h, commit->waits.device) : 0;
  api_text dev = api_put(&iter->texts, krv_slice_str(device8));
  api_text why = put_why(h, commit, moment->wall_s);
  api_text changes = api_put_begin(&iter->texts);
  if (krv_intake_open_commit(world, h->folder, &commit->tip, &opened) == 0) {
    put_ops(world, &opened.body, &iter->texts.buf);
    out->at_s = opened.body.wall_s;
  }
  api_put_end(&iter->texts);
  krv_opened_release(&opened);
  krv_id_hex(&commit->tip.id, out->commit);
  out->by = api_get(&iter->texts, by);
  if (out->waits_n > 0) out->waits_by = api_get(&iter->texts, waits_by);
  out->device = api_get(&iter->texts, dev);
  out->n = commit->tip.n;
  out->verdict = verdict_name(commit->verdict);
  out->why = api_get(&iter->texts, why);
  out->changes = api_get(&iter->texts, changes);
  out->sync = commit_sync(h, commit);
  out->fork = krv_lines_twice(lines, &commit->tip);
  return iter->texts.buf.status;
}
