#define _POSIX_C_SOURCE 200809L
#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

enum { LINE_SIZE_MAX = 512, SETTING_MAX = 60000 };

void krv_config_default(struct krv_config *out) {
  *out = (struct krv_config){.unknown_per_address_max = 256, .tickets_save_s = 300};
}

/* ---- addresses ---- */

static int parse_number(const char *text, uint32_t max, uint32_t *out) {
  size_t len = strlen(text);
  if (len == 0 || len > 10 || strspn(text, "0123456789") != len) return KRV_INVALID;
  unsigned long long v = strtoull(text, NULL, 10);
  if (v > max) return KRV_INVALID;
  *out = (uint32_t)v;
  return 0;
}

int krv_address_parse(const char *text, char host[KRV_ADDRESS_SIZE_MAX + 1], uint16_t *port) {
  const char *colon = strrchr(text, ':');
  uint32_t number;
  if (!colon || parse_number(colon + 1, UINT16_MAX, &number) != 0) return KRV_INVALID;
  const char *start = text, *end = colon;
  if (*start == '[') {
    if (end - start < 2 || end[-1] != ']') return KRV_INVALID;
    start++;
    end--;
  } else if (memchr(start, ':', (size_t)(end - start))) {
    return KRV_INVALID; /* an IPv6 address needs brackets */
  }
  size_t len = (size_t)(end - start);
  if (len == 0 || len > KRV_ADDRESS_SIZE_MAX) return KRV_INVALID;
  memcpy(host, start, len);
  host[len] = 0;
  *port = (uint16_t)number;
  return 0;
}

void krv_address_format(const char *host, uint16_t port, struct krv_buf *out) {
  char number[8];
  bool v6 = strchr(host, ':') != NULL;
  snprintf(number, sizeof number, ":%u", (unsigned)port);
  if (v6) krv_buf_u8(out, '[');
  krv_buf_put(out, krv_slice_str(host));
  if (v6) krv_buf_u8(out, ']');
  krv_buf_put(out, krv_slice_str(number));
}

/* ---- settings ---- */

static int set_listen(struct krv_config *config, const char *value, size_t offset) {
  (void)offset;
  return krv_address_parse(value, config->host, &config->port);
}

static int set_advertise(struct krv_config *config, const char *value, size_t offset) {
  (void)offset;
  char host[KRV_ADDRESS_SIZE_MAX + 1];
  uint16_t port;
  if (strlen(value) > KRV_ADDRESS_SIZE_MAX || krv_address_parse(value, host, &port) != 0)
    return KRV_INVALID;
  memcpy(config->advertise, value, strlen(value) + 1);
  return 0;
}

static int set_number(struct krv_config *config, const char *value, size_t offset) {
  return parse_number(value, SETTING_MAX, (uint32_t *)((char *)config + offset));
}

static const struct {
  const char *key;
  int (*set)(struct krv_config *config, const char *value, size_t offset);
  size_t offset;
  const char *comment;
} settings[] = {
    {"listen", set_listen, 0, "where the server listens"},
    {"advertise", set_advertise, 0, "the address that invitations carry"},
    {"connections_max", set_number, offsetof(struct krv_config, connections_max),
     "0: what the limit of open files allows"},
    {"unknown_per_address_max", set_number, offsetof(struct krv_config, unknown_per_address_max),
     "connections of one address before they have shown who they are"},
    {"tickets_save_s", set_number, offsetof(struct krv_config, tickets_save_s),
     "how often the cache of tickets is written"},
};
enum { SETTING_COUNT = sizeof settings / sizeof *settings };

void krv_config_format(const struct krv_config *config, struct krv_buf *out) {
  krv_buf_put(out, krv_slice_str("# kerven-server; see kerven-server(1)\n"));
  for (size_t i = 0; i < SETTING_COUNT; i++) {
    char number[16];
    krv_buf_put(out, krv_slice_str("\n# "));
    krv_buf_put(out, krv_slice_str(settings[i].comment));
    krv_buf_put(out, krv_slice_str("\n"));
    krv_buf_put(out, krv_slice_str(settings[i].key));
    krv_buf_put(out, krv_slice_str(" = "));
    if (settings[i].set == set_listen) krv_address_format(config->host, config->port, out);
    else if (settings[i].set == set_advertise) krv_buf_put(out, krv_slice_str(config->advertise));
    else {
      snprintf(number, sizeof number, "%u",
               (unsigned)*(const uint32_t *)((const char *)config + settings[i].offset));
      krv_buf_put(out, krv_slice_str(number));
    }
    krv_buf_put(out, krv_slice_str("\n"));
  }
}

static char *trim(char *text) {
  while (*text == ' ' || *text == '\t') text++;
  size_t len = strlen(text);
  while (len > 0 && strchr(" \t\r", text[len - 1])) text[--len] = 0;
  return text;
}

static int parse_line(struct krv_config *config, char *line) {
  char *text = trim(line);
  if (*text == 0 || *text == '#') return 0;
  char *equals = strchr(text, '=');
  if (!equals) return KRV_INVALID;
  *equals = 0;
  const char *key = trim(text), *value = trim(equals + 1);
  for (size_t i = 0; i < SETTING_COUNT; i++)
    if (strcmp(settings[i].key, key) == 0)
      return settings[i].set(config, value, settings[i].offset);
  return KRV_INVALID;
}

int krv_config_parse(struct krv_slice text, struct krv_config *out, unsigned *line) {
  krv_config_default(out);
  *line = 0;
  while (text.len > 0) {
    char bytes[LINE_SIZE_MAX];
    const uint8_t *end = memchr(text.data, '\n', text.len);
    size_t len = end ? (size_t)(end - text.data) : text.len;
    (*line)++;
    if (len >= sizeof bytes) return KRV_INVALID;
    memcpy(bytes, text.data, len);
    bytes[len] = 0;
    if (parse_line(out, bytes) != 0) return KRV_INVALID;
    size_t used = end ? len + 1 : len;
    text = krv_slice(text.data + used, text.len - used);
  }
  return out->host[0] == 0 ? KRV_INVALID : 0;
}
