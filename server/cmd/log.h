/* log: one line an event on stderr, key=value. Numbers only: no content, keys, names, addresses. */
#ifndef KRV_LOG_H
#define KRV_LOG_H

#include "conn.h"

void krv_log_write(void *ctx, const struct krv_log_line *line);
/* A line without a connection: event and one more key=value or "". */
void krv_log_note(const char *event, const char *rest);

#endif
