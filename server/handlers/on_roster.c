/* on_roster: entries from the client (compare and append, R17), and entries to
 * it. What a client appended itself in this session is not sent back, if it
 * follows what the client is known to hold. */
#include <string.h>

#include "conn_in.h"

/* The device's head was not ours: what it brings, lowest first, shows whether it is longer, or
 * where it parts from ours (R17). It hears ours from there, and only after that news, whose numbers
 * of devices are ours. */
static int compare_histories(struct krv_conn *conn, struct krv_slice bytes, bool stale) {
  const struct krv_roster *roster = conn->service->roster;
  struct krv_entry entry;
  uint8_t hash[KRV_HASH_LEN];
  if (conn->roster_awaited == 0) return KRV_OK;
  int status = krv_entry_decode(conn->service->env, bytes, &entry);
  if (status != KRV_OK) return status;
  const uint8_t *before = entry.height > 0 ? krv_roster_hash(roster, entry.height - 1) : NULL;
  bool parts = stale && before && memcmp(before, entry.prev, sizeof entry.prev) == 0;
  if (stale && entry.height < conn->roster_told) conn->roster_told = entry.height;
  krv_entry_hash(bytes, hash);
  bool last = memcmp(hash, conn->roster_head8, sizeof conn->roster_head8) == 0; /* no proposal */
  if (parts || last) conn->roster_awaited = 0;
  krv_entry_release(&entry, conn->service->env);
  return KRV_OK;
}

int krv_on_roster(struct krv_conn *conn, const struct krv_message *message) {
  struct krv_service *service = conn->service;
  struct krv_msg_roster roster;
  int status = krv_msg_roster_decode(message->payload, &roster);
  if (status == 0) status = krv_batch_roster(service->batch, roster.entry);
  service->batch_bytes += message->payload.len;
  if (status == 0) {
    uint32_t height = krv_roster_count(service->roster) + service->batch_entries++;
    if (conn->roster_told == height) conn->roster_told++;
    krv_conn_log(conn, KRV_LOG_ROSTER, 0);
  }
  if (status == KRV_EXISTS) status = 0;
  /* what follows it is no more for this server */
  if (status == KRV_DENIED) conn->roster_awaited = 0;
  if (status == 0 || status == KRV_STALE) {
    int compared = compare_histories(conn, roster.entry, status == KRV_STALE);
    if (compared != 0) return krv_conn_end(conn, compared);
  }
  return krv_conn_tally(conn, status);
}

int krv_conn_send_roster(struct krv_conn *conn) {
  const struct krv_roster *roster = conn->service->roster;
  struct krv_buf message;
  krv_buf_init(&message, conn->service->env);
  int status = 0;
  while (status == 0 && conn->roster_told < krv_roster_count(roster)) {
    status = krv_conn_make_room(conn);
    if (status != 0) break;
    krv_buf_reset(&message);
    size_t mark = krv_message_begin(&message, KRV_MSG_ROSTER);
    krv_msg_roster_encode(&(struct krv_msg_roster){krv_roster_entry(roster, conn->roster_told)},
                          &message);
    krv_message_end(&message, mark);
    status = message.status != 0 ? krv_conn_end(conn, message.status)
                                 : krv_conn_send(conn, krv_buf_slice(&message));
    if (status == 0) conn->roster_told++;
  }
  krv_buf_release(&message);
  return status;
}
