/* pin: which server this vault goes to: the key that it expects, and the address (R17).
 *
 *   settled --a move of ours--> moving --the new server has our entry--> settled
 *   settled --a code taken by hand--> ahead --the sync shows the entry--> settled
 *
 * Settled: the roster names the key. Ahead: no entry that is known names it yet.
 *
 * The key changes by what administrators or the recovery key signed, and by nothing else: a
 * SERVER entry of the believed roster, or a server code. A server's own word changes none. The
 * roster never takes the key back below the entry that a code named. */
#ifndef KRV_PIN_H
#define KRV_PIN_H

#include "fork.h"
#include "servercode.h"

/* Row of the vault. */
int krv_pin_save(struct krv_vault *vault, const struct krv_env *env, const struct krv_pin *pin);
int krv_pin_load(struct krv_vault *vault, const struct krv_env *env, struct krv_pin *out);

/* The believed roster names the key that is pinned, and no move of ours is under way. */
bool krv_pin_settled(const struct krv_world *world);
/* After the believed roster has changed, in the open transaction: the key follows it; tickets of
 * the key before are dropped. */
int krv_pin_follow(struct krv_world *world);

/* Carries the programme to the server whose founding code this is: a SERVER entry as a proposal
 * after all others of ours, and the new key, address and psk, in one transaction. From then on
 * sessions go to the new server, and bring it the roster. The same code again is 0, also when all
 * is done. Another code while a move is under way: another entry on top, so nothing that was
 * handed out is taken back. DENIED: no administrator; FORK; NO_KEY: the recovery key is not in
 * this vault. */
int krv_pin_move(struct krv_world *world, const struct krv_founding_code *code, enum krv_word word);
/* While moving: the roster with our proposals, to be brought up to its newest SERVER entry. The
 * caller frees it. */
int krv_pin_brings(struct krv_world *world, struct krv_roster **out);
/* The new server has them all: they are chain. In its own transaction. */
int krv_pin_moved(struct krv_world *world);

/* The server code, appended to text. address: where the server is now, if that alone has changed
 * (this vault takes it too); NULL: as it is. STATE: not settled; DENIED: no administrator, or the
 * suspect of a fork; NO_KEY; INVALID: no host:port. */
int krv_pin_code(struct krv_world *world, enum krv_word word, const char *address,
                 struct krv_buf *text);
/* Takes a server code. NOT_APPROVED: this vault is not in a programme; OTHER_PROGRAMME;
 * NOT_FOUND: the signer is not known here; CRYPTO; DENIED: he may not say so; STALE: a newer one
 * is known; FORK: another key is known for the same entry. The recovery key overrules what
 * another code said. */
int krv_pin_use(struct krv_world *world, const struct krv_server_code *code);

/* Names of who holds an invitation of ours that depends on an older key: nobody can join by it. */
int krv_pin_void(struct krv_world *world, void (*each)(void *ctx, const char *name), void *ctx);

#endif
