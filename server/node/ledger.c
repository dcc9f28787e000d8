#include "ledger.h"

#include <stdio.h>
#include <string.h>

/* Every entry is verified again: a store that was tampered with does not start. */
static int load_roster(const struct krv_env *env, struct krv_ledger *ledger) {
  struct krv_buf entry;
  krv_buf_init(&entry, env);
  int status = 0;
  for (uint32_t height = 0; status == 0; height++) {
    krv_buf_reset(&entry);
    status = ledger->store->driver->roster_get(ledger->store, height, &entry);
    if (status == 0) status = krv_roster_append(ledger->roster, krv_buf_slice(&entry));
    else if (status == KRV_NOT_FOUND) break;
  }
  krv_buf_release(&entry);
  switch (status) {
    case KRV_NOT_FOUND: return 0;
    case KRV_NOMEM:
    case KRV_IO: return status;
    default: return KRV_DAMAGED;
  }
}

int krv_ledger_open(const struct krv_env *env, const char *path, struct krv_ledger *out) {
  *out = (struct krv_ledger){0};
  int status = krv_store_sqlite_open(env, path, &out->store);
  if (status == 0) status = krv_roster_new(env, &out->roster);
  if (status == 0) status = load_roster(env, out);
  if (status != 0) krv_ledger_close(out);
  return status;
}

void krv_ledger_close(struct krv_ledger *ledger) {
  if (ledger->roster) krv_roster_free(ledger->roster);
  if (ledger->store) ledger->store->driver->close(ledger->store);
  *ledger = (struct krv_ledger){0};
}

/* Keeps the heaviest in order. */
static void rank(struct krv_charge heavy[KRV_LEDGER_HEAVY], const struct krv_charge *charge) {
  size_t at = KRV_LEDGER_HEAVY;
  while (at > 0 && heavy[at - 1].bytes < charge->bytes) at--;
  if (at == KRV_LEDGER_HEAVY) return;
  memmove(&heavy[at + 1], &heavy[at], (KRV_LEDGER_HEAVY - 1 - at) * sizeof *heavy);
  heavy[at] = *charge;
}

int krv_ledger_usage(const struct krv_ledger *ledger, struct krv_buf *out) {
  struct krv_charge heavy[KRV_LEDGER_HEAVY] = {{0}}, charge;
  int status = 0;
  for (krv_device_ix ix = 0; status == 0 && ix < krv_roster_device_count(ledger->roster); ix++) {
    status = krv_store_charge(ledger->store, ix, &charge);
    if (status == 0) rank(heavy, &charge);
  }
  for (size_t i = 0; status == 0 && i < KRV_LEDGER_HEAVY && heavy[i].bytes > 0; i++) {
    char line[80];
    snprintf(line, sizeof line, "usage %u %llu %llu\n", (unsigned)heavy[i].device,
             (unsigned long long)heavy[i].bytes, (unsigned long long)heavy[i].commits);
    krv_buf_put(out, krv_slice_str(line));
  }
  return status == 0 ? out->status : status;
}
