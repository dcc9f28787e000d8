/* on_push: items go into the batch; what became of each is kept for the ACK that
 * follows the commit. */
#include "conn_in.h"

bool krv_batch_lost(int status) {
  return status == KRV_IO || status == KRV_FULL || status == KRV_NOMEM || status == KRV_DAMAGED;
}

bool krv_tally_full(const struct krv_conn *conn) {
  return conn->tally.accepted >= KRV_ACK_EXCEPTIONS_MAX;
}

void krv_tally_reset(struct krv_conn *conn) {
  krv_free(conn->service->env, conn->tally.exceptions);
  conn->tally = (struct krv_tally){0};
}

/* An item that is not answered (receipts: 6.3). If the batch is lost, whoever added to it is cut
 * when it is rolled back. */
static int count(struct krv_conn *conn, int status) {
  conn->added = true;
  conn->items_in++;
  conn->service->batch_items++;
  if (krv_batch_lost(status)) conn->service->batch_status = status;
  return 0;
}

int krv_conn_tally(struct krv_conn *conn, int status) {
  struct krv_service *service = conn->service;
  struct krv_tally *tally = &conn->tally;
  (void)count(conn, status);
  conn->ack_due = true;
  if (service->batch_status == 0 && status < 0) {
    if (krv_grow(service->env, &tally->exceptions, &tally->cap, tally->count,
                 sizeof *tally->exceptions) != 0)
      return krv_conn_end(conn, KRV_NOMEM);
    tally->exceptions[tally->count++] = (struct krv_ack_exception){tally->accepted, status};
  }
  tally->accepted++;
  return 0;
}

int krv_on_item(struct krv_conn *conn, const struct krv_message *message) {
  struct krv_service *service = conn->service;
  uint64_t seq = 0;
  int status =
      krv_batch_item(service->batch, &conn->bringer, message->kind, message->payload, &seq);
  service->batch_bytes += message->payload.len;
  if (status == 0 && seq != 0) {
    int skipped = krv_pull_skip(conn->pull, seq);
    if (skipped != 0) return krv_conn_end(conn, skipped);
  }
  if (message->kind == KRV_MSG_RECEIPT) return count(conn, status);
  return krv_conn_tally(conn, status);
}
