/* rig: a real server process under a temporary folder, and vaults that sync with
 * it over loopback. Anything that fails ends the program with a message: a bench
 * has nobody to hand an error to. */
#ifndef KRV_RIG_H
#define KRV_RIG_H

#include <kerven/kerven.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "casegen.h"

enum rig_who { RIG_OFFICE, RIG_ONE, RIG_TWO, RIG_SMALL, RIG_VAULTS };
extern const char rig_passphrase[];
extern const struct kerven_open_options rig_cost; /* the floor of Argon2id */

struct rig {
  char dir[64];
  pid_t server;
  int server_out;
  kerven *vaults[RIG_VAULTS];
};

/* What went over the socket, counted there, and what the client's report says. */
struct rig_traffic {
  uint64_t up, down;
  unsigned round_trips;
  double ms;
};

/* Starts the server, founds a programme, enrols a worker into each other vault. */
void rig_init(struct rig *rig, const char *server);
void rig_release(struct rig *rig);
void rig_path(const struct rig *rig, enum rig_who who, char out[128]);

/* status 0, or the end of the program. */
void rig_must(kerven *k, int status, const char *what);
void rig_sync(kerven *k, bool no_ticket, struct rig_traffic *out);

/* A session that stays open. step exchanges until nothing has come for a while. */
struct rig_live {
  kerven_sync *sync;
  int fd;
  struct rig_traffic traffic;
};
void rig_live_begin(kerven *k, struct rig_live *live);
void rig_live_step(struct rig_live *live);
void rig_live_end(struct rig_live *live);

/* A case with all fields of one made up; id: 33 bytes, may be NULL. */
void rig_record(kerven *k, const struct krv_casegen_case *c, char *id);
/* One field of a case, saved. */
void rig_set(kerven *k, const char *id, const char *path, const char *value);

/* A figure in KiB of /proc/PID/status, such as "VmRSS"; pid 0 is this process. */
uint64_t rig_memory_kib(pid_t pid, const char *name);

#endif
