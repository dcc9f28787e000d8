/* vault: what a device keeps, in stock SQLite, every row sealed. No plaintext
 * reaches the disk: lookup columns are local integers or 8-byte keyed hashes.
 *
 *   DIR/vault.db   the database: WAL, locking_mode EXCLUSIVE, synchronous FULL
 *   DIR/lock       flock'ed by the process that has it open; holds its pid
 *   DIR/wanted     left by one that waits (R29)
 *
 *   closed --open, unlock--> open <--begin / commit--> in transaction
 *
 * "Saved": krv_vault_commit returned 0, at most 2 fsyncs. Checkpoints happen
 * when idle (krv_vault_idle) or past a size, never inside a save (R38).
 * A vault belongs to one thread. Errors: IO, FULL, BUSY, DAMAGED, CRYPTO (a row
 * that was changed: DAMAGED), NOMEM. */
#ifndef KRV_VAULT_H
#define KRV_VAULT_H

#include "host.h"
#include "id.h"
#include "password.h"
#include "secret.h"

struct krv_vault;

struct krv_vault_options {
  struct krv_slice key_file; /* contents, mixed into the slot's key; empty: none */
  bool read_only; /* nothing is written: a full disk still reads */
  uint32_t wait_ms; /* while BUSY: leave `wanted` and wait */
  struct krv_password_cost cost; /* create: zeros calibrate to about 1 s, never below the floor */
};

/* Builds aside, syncs, renames. EXISTS when dir holds a vault. */
int krv_vault_create(const struct krv_env *env, const char *dir, struct krv_slice passphrase,
                     const struct krv_vault_options *options, struct krv_vault **out);
/* NOT_FOUND, BUSY (*holder its pid, 0 when readers hold it; holder may be NULL), PASSPHRASE,
 * DAMAGED, NEWER. A read-only open shares with others of its kind. */
int krv_vault_open(const struct krv_env *env, const char *dir, struct krv_slice passphrase,
                   const struct krv_vault_options *options, struct krv_vault **out, long *holder);
void krv_vault_close(struct krv_vault *vault); /* checkpoints, wipes keys */
/* Replaces the passphrase slot in one transaction. */
int krv_vault_passphrase(struct krv_vault *vault, struct krv_slice passphrase,
                         const struct krv_vault_options *options);
bool krv_vault_is_wanted(struct krv_vault *vault); /* another process waits (R29) */
int krv_vault_idle(struct krv_vault *vault); /* checkpoint */
uint64_t krv_vault_bytes(const struct krv_vault *vault);
/* The format that the vault's states have: KRV_VAULT_FORMAT, or an older one, which this version
 * reads and upgrade.h brings up to it. put: that it is up to it, into the open transaction. */
enum { KRV_VAULT_FORMAT = 2 };
int krv_vault_format(struct krv_vault *vault, int64_t *out);
int krv_vault_format_put(struct krv_vault *vault);
/* SQLite's own check, then every row unsealed; a sentence for each finding. 0 when it ran to its
 * end, with or without findings. */
int krv_vault_check(struct krv_vault *vault, void (*finding)(void *ctx, const char *sentence),
                    void *ctx);

/* Transactions do not nest; rollback forgets everything since begin. After a failed commit the
 * transaction is rolled back. Whatever writes (put, mark, delete ...) does so inside one: STATE
 * when misused. The first failed write makes the commit fail with its status. After IO nothing more
 * is read or written through this vault: close it and open it again. */
int krv_vault_begin(struct krv_vault *vault);
int krv_vault_commit(struct krv_vault *vault);
void krv_vault_rollback(struct krv_vault *vault);
bool krv_vault_in_transaction(const struct krv_vault *vault);

/* A point inside a transaction to which what follows can be taken back, a write that failed as
 * well, for rows of an import. One at a time; keep or back ends it. */
int krv_vault_point(struct krv_vault *vault);
int krv_vault_point_keep(struct krv_vault *vault);
int krv_vault_point_back(struct krv_vault *vault);

/* Small named values. get: NOT_FOUND; appends to out. */
enum krv_meta {
  KRV_META_KEYS = 1, /* own device keys */
  KRV_META_MEMBER = 2, /* programme, own index, names, server, invitation while joining */
  KRV_META_CURSOR = 3, /* cursor, within, head, ticket ... (work/own.h) */
  KRV_META_SETTINGS = 5,
  KRV_META_SECRETS = 6, /* group secrets */
  KRV_META_RECEIPTS = 7, /* receipts given: count */
  KRV_META_RECOVERY = 8, /* the programme's recovery seed (recovery.h); empty: forgotten */
  KRV_META_RENEWALS = 9, /* group secrets that are proposed (renew.h) */
  KRV_META_PIN = 10, /* where the server moved, or is being moved to (pin.h) */
  KRV_META_HELD_BY = 11, /* the program that held what a newer one wrote (upgrade.h) */
  KRV_META_SHARES = 12, /* how the recovery seed was split (recovery.h) */
};
int krv_vault_meta_get(struct krv_vault *vault, enum krv_meta key, struct krv_buf *out);
int krv_vault_meta_put(struct krv_vault *vault, enum krv_meta key, struct krv_slice value);

/* Numbered rows: roster entries by height; documents, invitations, requests and alarms by a number
 * of the caller's (0 in put: the next free one, told in *lid). next: the first lid > after;
 * KRV_END. */
enum krv_vault_table {
  KRV_TABLE_ROSTER = 1,
  KRV_TABLE_INVITES = 2,
  KRV_TABLE_JOINS = 3,
  KRV_TABLE_DOCS = 4,
  KRV_TABLE_ALARMS = 5,
  KRV_TABLE_FORKS = 6 /* second histories of the roster: work/fork.h */
};
int krv_vault_row_put(struct krv_vault *vault, enum krv_vault_table table, int64_t *lid,
                      struct krv_slice row);
int krv_vault_row_next(struct krv_vault *vault, enum krv_vault_table table, int64_t after,
                       int64_t *lid, struct krv_buf *out);
int krv_vault_row_delete(struct krv_vault *vault, enum krv_vault_table table, int64_t lid);

/* Cases: a card (what unlock reads) and a state (everything merged). */
int krv_vault_case_find(struct krv_vault *vault, const struct krv_id *id,
                        int64_t *lid); /* NOT_FOUND */
/* A number for a case that is put later in this transaction, for the rows that name it before. */
int krv_vault_case_number(struct krv_vault *vault, int64_t *lid);
/* The id of a numbered case; NOT_FOUND. */
int krv_vault_case_id(struct krv_vault *vault, int64_t lid, struct krv_id *id);
/* *lid 0: new. An empty card sets the case aside: krv_vault_cards passes it over. */
int krv_vault_case_put(struct krv_vault *vault, int64_t *lid, const struct krv_id *id,
                       struct krv_slice card, struct krv_slice state);
int krv_vault_case_card(struct krv_vault *vault, int64_t lid,
                        struct krv_slice card); /* the card alone */
int krv_vault_case_state(struct krv_vault *vault, int64_t lid, struct krv_buf *out);
/* Cases that were set aside: how many, and each; lid > after, KRV_END. */
int krv_vault_aside_count(struct krv_vault *vault, uint64_t *out);
int krv_vault_aside_next(struct krv_vault *vault, int64_t after, int64_t *lid, struct krv_id *id);
/* Every card, ascending lid; the callback's slice holds during the call; non-zero stops and is
 * returned. */
int krv_vault_cards(struct krv_vault *vault,
                    int (*card)(void *ctx, int64_t lid, struct krv_slice card), void *ctx);
int krv_vault_states(struct krv_vault *vault,
                     int (*state)(void *ctx, int64_t lid, struct krv_slice state), void *ctx);
/* Case keys: rows of one case. */
int krv_vault_casekey_put(struct krv_vault *vault, int64_t case_lid, struct krv_slice row);
int krv_vault_casekey_next(struct krv_vault *vault, int64_t case_lid, int64_t after, int64_t *lid,
                           struct krv_buf *out);

/* Items: everything that travels, in order of arrival, in the form in which it is stored on both
 * sides (wire payload with device and whole prev). Sent in the order of lid. */
/* AT_SERVER counts because a (seq, chain) was stored that covers it (R12). What came from the
 * server and is not covered yet is ARRIVED; AWAITED, once the session in which it came is over: the
 * next one brings it again, or, if the server was set back in between, it is to be sent. */
enum krv_mark {
  KRV_MARK_NONE = 0,
  KRV_MARK_AT_SERVER = 1,
  KRV_MARK_REFUSED = 2,
  KRV_MARK_ARRIVED = 3,
  KRV_MARK_AWAITED = 4
};
struct krv_vault_item {
  int64_t lid;
  int64_t case_lid; /* 0: none */
  uint8_t
      kind; /* message number: GENESIS, COMMIT, GRANT, UNROUTE, BOX, ROSTER, NEED, RECEIPT, DOC */
  krv_device_ix device; /* commits: the dot; else 0 */
  uint64_t n;
  struct krv_id id; /* commits: the commit id; grants and boxes: any 16 bytes that name them */
  uint8_t mark; /* enum krv_mark */
  int status; /* REFUSED: why */
  struct krv_slice bytes;
};
int krv_vault_item_put(struct krv_vault *vault, struct krv_vault_item *item); /* fills lid */
/* bytes are appended to out and item->bytes points there. */
int krv_vault_item_get(struct krv_vault *vault, int64_t lid, struct krv_vault_item *item,
                       struct krv_buf *out);
/* The i-th commit at a dot, ascending lid; KRV_END. */
int krv_vault_item_at(struct krv_vault *vault, int64_t case_lid, krv_device_ix device, uint64_t n,
                      uint32_t i, struct krv_vault_item *item, struct krv_buf *out);
/* By the first 8 bytes of its id; the i-th; KRV_END. */
int krv_vault_item_named(struct krv_vault *vault, const uint8_t id8[8], uint32_t i,
                         struct krv_vault_item *item, struct krv_buf *out);
/* Items of a case (case_lid 0: of none), ascending lid > after; KRV_END. */
int krv_vault_item_next(struct krv_vault *vault, int64_t case_lid, int64_t after,
                        struct krv_vault_item *item, struct krv_buf *out);
/* The first with this mark and lid > after; KRV_END. The cost does not depend on how many others
 * there are, but for AT_SERVER, which walks the items. */
int krv_vault_marked_next(struct krv_vault *vault, enum krv_mark mark, int64_t after,
                          struct krv_vault_item *item, struct krv_buf *out);
int krv_vault_item_mark(struct krv_vault *vault, int64_t lid, enum krv_mark mark, int status);
int krv_vault_item_delete(struct krv_vault *vault, int64_t lid);
/* All marks but REFUSED become NONE (R12: restart). */
int krv_vault_unmark_all(struct krv_vault *vault);
/* All items of one mark (ARRIVED, AWAITED) get another. */
int krv_vault_marks_move(struct krv_vault *vault, enum krv_mark from, enum krv_mark to);
int krv_vault_count(struct krv_vault *vault, enum krv_mark mark, uint64_t *out);

#endif
