/* embedkit: a programme for tests that see kerven.h and nothing else of ours: a real kerven-server
 * in a folder of its own, vaults beside it. Asserts that all goes well. One at a time. */
#ifndef KRV_EMBEDKIT_H
#define KRV_EMBEDKIT_H

#include <kerven/kerven.h>

#include "mock.h"

#define EMBED_PASSPHRASE "correct horse battery staple"

/* Makes the folder. start: a server that has no programme yet, its founding code in embed_code. */
int embed_set_up(void **state);
int embed_tear_down(void **state); /* stops the server, removes the folder */
void embed_init_server(void);
void embed_run_server(void); /* again, on the same port */
void embed_stop_server(void);
extern char embed_code[KERVEN_INVITE_TEXT_MAX];

/* The path of a name in the folder: lent until the second next call. */
const char *embed_path(const char *name);
/* Cheapest password cost; rest zero. */
struct kerven_open_options embed_cheap(void);
kerven *embed_create(const char *name);
kerven *embed_open(const char *name);
/* The office of a new programme, a person called Head; a member of it that is in and synced. */
kerven *embed_found(const char *name);
kerven *embed_member(kerven *office, const char *name, const char *role);
void embed_sync(kerven *k);

/* A new case with these; each edit is one field of a case. */
void embed_case(kerven *k, const char *first_name, char id[33]);
int embed_set(kerven *k, const char *id, const char *path, const char *value);
/* The machine form of what is shown first; "" when nothing is. Lent until the next call. */
const char *embed_value(kerven *k, const char *id, const char *field);
uint32_t embed_cases(kerven *k); /* how many are listed */

/* Fails with the detail. */
#define assert_ok(k, call)                                                                         \
  do {                                                                                             \
    int embed_status = (call);                                                                     \
    if (embed_status != 0)                                                                         \
      fail_msg("%s: %s (%s)", #call, kerven_strerror(embed_status), kerven_detail(k));             \
  } while (0)
#define assert_detail(k, part) assert_non_null(strstr(kerven_detail(k), part))

#endif
