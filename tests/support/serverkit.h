/* serverkit: the real kerven-server as a child, in a temporary folder, and one device of a
 * programme that talks to it over loopback. What must not fail fails the test. Waiting is for the
 * other end's own words. KRV_SERVER names the program. Link base, crypto, outer, trust, wire, talk,
 * with childkit and fleet_roster. */
#ifndef KRV_SERVERKIT_H
#define KRV_SERVERKIT_H

#include <sys/types.h>

#include "channel.h"
#include "fleet_roster.h"
#include "stream.h"

enum { SRV_TEXT_MAX = 16384, SRV_PATH_MAX = 128 };

extern struct krv_testenv srv_world;
extern struct krv_fleet srv_fleet; /* device 0 founds; the roster is the last founded server's */

/* Setup and teardown of a group of tests: the folder, the world, the fleet. */
int srv_setup(void **state);
int srv_teardown(void **state);
/* Teardown of each test: a test that fails leaves no server behind. */
int srv_stop_what_runs(void **state);

void srv_path(const char *name, char out[SRV_PATH_MAX]); /* inside the folder */
void srv_remove_tree(const char *path);

/* ---- the program ---- */

/* Starts it; environment: "NAME=value" to add, NULL none. out: its stdout. */
pid_t srv_begin(char *const arguments[], char *const environment[], int *out);
/* To the end: its exit status, -1 when a signal ended it. text: what it says on stdout. */
int srv_end(pid_t pid, int out, char text[SRV_TEXT_MAX]);
/* Both; arguments up to the first NULL. */
int srv_run(char text[SRV_TEXT_MAX], const char *a, const char *b, const char *c, const char *d,
            const char *e);

struct srv {
  pid_t pid;
  int out;
  uint16_t port;
};

/* init on a free port of loopback. */
void srv_init(const char *dir, struct krv_founding_code *code);
/* The founding code, the last line of what init said; false: there is none. */
bool srv_code(const char *text, struct krv_founding_code *code);
/* A line more in its settings. */
void srv_setting(const char *dir, const char *line);
/* Up to the line that says that it listens. */
void srv_start(struct srv *server, const char *dir);
int srv_stop(struct srv *server, int number);

/* ---- a device ---- */

int srv_dial(uint16_t port);
/* XK, or on a ticket if it is not NULL. */
struct krv_channel *srv_channel(const struct krv_key *server_pk, const struct krv_ticket *ticket);
void srv_send(int fd, struct krv_channel *channel);
void srv_say(struct krv_channel *channel, enum krv_message_kind kind, struct krv_slice payload);
void srv_say_open(struct krv_channel *channel);
/* Exchanges until a message of this kind comes, whose payload is consumed; false: it closed. first:
 * the payload's first byte. */
bool srv_await(int fd, struct krv_channel *channel, enum krv_message_kind kind, uint8_t *first);

/* Founds with the code, and goes on to a session. */
void srv_found(uint16_t port, const struct krv_founding_code *code);
/* A session with nothing to say: OPEN and BYE. next: the ticket after. */
void srv_session(uint16_t port, const struct krv_key *server_pk, const struct krv_ticket *ticket,
                 struct krv_ticket *next);
/* Is anything said to a first message under that ticket? Else it closed without a word. */
bool srv_answered(uint16_t port, const struct krv_key *server_pk, const struct krv_ticket *ticket);

#endif
