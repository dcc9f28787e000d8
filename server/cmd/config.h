/* config: kerven.conf, "key = value" a line, # begins a comment. */
#ifndef KRV_CONFIG_H
#define KRV_CONFIG_H

#include "bounds.h"
#include "buf.h"

struct krv_config {
  char host[KRV_ADDRESS_SIZE_MAX + 1];      /* listen */
  uint16_t port;
  char advertise[KRV_ADDRESS_SIZE_MAX + 1]; /* what devices are told; HOST:PORT */
  uint32_t connections_max;                 /* 0: what the limit of open files allows */
  uint32_t unknown_per_address_max;
  uint32_t tickets_save_s;
};

void krv_config_default(struct krv_config *out);
/* "HOST:PORT", "[v6]:PORT"; host without brackets. INVALID. */
int krv_address_parse(const char *text, char host[KRV_ADDRESS_SIZE_MAX + 1], uint16_t *port);
/* Appends HOST:PORT, with brackets where they are needed. */
void krv_address_format(const char *host, uint16_t port, struct krv_buf *out);
void krv_config_format(const struct krv_config *config, struct krv_buf *out);
/* INVALID: *line is the number of the line that is not understood. */
int krv_config_parse(struct krv_slice text, struct krv_config *out, unsigned *line);

#endif
