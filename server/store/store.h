/* store: what the server keeps, behind one contract (R19, R28). Every driver
 * gives these primitives; everything above (batch, pull) is written once on
 * them, and one conformance suite runs against each driver.
 *
 * One thread, one connection. Writes happen between begin and commit; reads see
 * the writes of the open transaction. After a failed commit the store is as
 * before begin. Errors: IO, FULL, DAMAGED, NOMEM.
 *
 *  items    one row per accepted thing, named by seq (1, 2, 3 ...), with the
 *           running chain = H16(previous chain, item id)
 *  cases    a local integer for each case id
 *  dots     (case, device, n, id) -> seq: several ids at one dot are a fork
 *  access   (case, group) -> mode, since which seq it is routed
 *  inbox    (box, at, seq): box reads item seq at position `at`; at == seq but
 *           for what became visible later (backfill): at > seq
 *  kv       small named values: meta, invitations, usage, documents, receipts
 */
#ifndef KRV_STORE_H
#define KRV_STORE_H

#include "buf.h"
#include "id.h"

enum { KRV_CHAIN_LEN = 16 };

/* Whose inbox: a group's, a device's, or the one of those who approve. */
typedef uint64_t krv_box;
static inline krv_box krv_box_group(krv_group_ix group) { return group; }
static inline krv_box krv_box_device(krv_device_ix device) { return (1ull << 32) | device; }
#define KRV_BOX_ADMISSION (2ull << 32)

struct krv_store_item {
  uint64_t seq;
  uint8_t chain[KRV_CHAIN_LEN];
  uint8_t kind;         /* message number (messages.h); KRV_ITEM_BACKFILL */
  uint64_t c;           /* local case, 0: none */
  krv_device_ix bringer;
  struct krv_slice bytes; /* the message's payload, with device and whole prev */
};
/* In a device's inbox: from here on, everything that the group shows. Payload: varint group. */
enum { KRV_ITEM_BACKFILL = 0 };

struct krv_store_case {
  uint64_t c;
  krv_device_ix creator;
  uint64_t genesis_seq;
  uint8_t key_commit[32];
};
struct krv_store_dot {
  struct krv_id id;
  uint64_t seq;
};
struct krv_store_access {
  krv_group_ix group;
  uint8_t mode;          /* as the genesis list or the newest grant says */
  bool wrote_once;       /* could write at any time */
  uint64_t routed_seq;   /* since when items go to its inbox; 0: not routed */
};
struct krv_store_grant {
  uint64_t c;
  struct krv_id key_id;
  krv_group_ix group;
  uint32_t group_epoch;
  krv_device_ix giver;
  krv_device_ix device; /* for this one alone; KRV_MSG_NO_DEVICE: for the whole group */
};

enum krv_kv {
  KRV_KV_META = 1,    /* name */
  KRV_KV_INVITE = 2,  /* invite id 8 */
  KRV_KV_USAGE = 3,   /* device u32 */
  KRV_KV_DOC = 4,     /* hash 32, member's group u32: seq; or hash 32: seq of the last */
  KRV_KV_RECEIPTS = 5,/* office device u32: count u64; or device u32, mac 16: seen */
  KRV_KV_FLOOR = 6,   /* group u32, device u32: seq of the admission */
  KRV_KV_BOXES = 7,   /* group u32, epoch u32, device u32, giver u32: seq */
  KRV_KV_NOTICES = 8, /* device u32, what u8: the day of its last NOTICE */
  KRV_KV_READ = 9,    /* device u32: the cursor that it came with, or was told since u64 */
  KRV_KV_NEEDS = 10,  /* case u64, group u32, key id 16: seq; or case u64, device u32: how many */
  KRV_KV_BROUGHT = 11, /* case u64, member's group u32: how many commits its devices have brought */
};

struct krv_store;
struct krv_store_driver {
  const char *name;
  int (*begin)(struct krv_store *store);
  int (*commit)(struct krv_store *store);      /* durable when it returns 0 */
  void (*rollback)(struct krv_store *store);
  void (*close)(struct krv_store *store);

  /* seq 0 and a zero chain when empty */
  int (*head)(struct krv_store *store, uint64_t *seq, uint8_t chain[KRV_CHAIN_LEN]);
  /* NOT_FOUND */
  int (*chain_at)(struct krv_store *store, uint64_t seq, uint8_t chain[KRV_CHAIN_LEN]);
  int (*item_put)(struct krv_store *store, const struct krv_store_item *item);
  /* bytes are appended to buf and item->bytes points there. NOT_FOUND */
  int (*item_get)(struct krv_store *store, uint64_t seq, struct krv_store_item *item,
                  struct krv_buf *buf);
  /* the next item of a case with seq > after; KRV_END */
  int (*case_next)(struct krv_store *store, uint64_t c, uint64_t after, uint64_t *seq);

  int (*case_find)(struct krv_store *store, const struct krv_id *id, struct krv_store_case *out);
  /* fills c */
  int (*case_put)(struct krv_store *store, const struct krv_id *id, struct krv_store_case *kase);
  int (*case_id)(struct krv_store *store, uint64_t c, struct krv_id *out);
  /* the first commit at a dot whose id is not below from (which lies outside *out), in order of
   * id; KRV_END. One step, however many stand there: a flood of forks costs who looks nothing
   * (I6). */
  int (*dot_next)(struct krv_store *store, uint64_t c, krv_device_ix device, uint64_t n,
                  const struct krv_id *from, struct krv_store_dot *out);
  int (*dot_put)(struct krv_store *store, uint64_t c, krv_device_ix device, uint64_t n,
                 const struct krv_store_dot *dot);

  int (*access_get)(struct krv_store *store, uint64_t c, krv_group_ix group,
                    struct krv_store_access *out);
  int (*access_put)(struct krv_store *store, uint64_t c, const struct krv_store_access *access);
  /* the first with group >= from; KRV_END */
  int (*access_next)(struct krv_store *store, uint64_t c, krv_group_ix from,
                     struct krv_store_access *out);
  int (*grant_find)(struct krv_store *store, const struct krv_store_grant *key, uint64_t *seq);
  /* replaces */
  int (*grant_put)(struct krv_store *store, const struct krv_store_grant *key, uint64_t seq);

  /* twice is once */
  int (*inbox_put)(struct krv_store *store, krv_box box, uint64_t at, uint64_t seq);
  /* takes an item out of a box, and tells the lowest position that it had there; NOT_FOUND */
  int (*inbox_drop)(struct krv_store *store, krv_box box, uint64_t seq, uint64_t *at);
  /* the first row with (at, seq) > (after_at, after_seq); KRV_END */
  int (*inbox_next)(struct krv_store *store, krv_box box, uint64_t after_at, uint64_t after_seq,
                    uint64_t *at, uint64_t *seq);
  /* flat: the first seq > after of rows with at < below, each seq once; KRV_END */
  int (*inbox_flat)(struct krv_store *store, krv_box box, uint64_t below, uint64_t after,
                    uint64_t *seq);

  int (*roster_put)(struct krv_store *store, uint32_t height, struct krv_slice entry);
  int (*roster_get)(struct krv_store *store, uint32_t height, struct krv_buf *out); /* NOT_FOUND */
  int (*kv_get)(struct krv_store *store, enum krv_kv table, struct krv_slice key,
                struct krv_buf *out);
  int (*kv_put)(struct krv_store *store, enum krv_kv table, struct krv_slice key,
                struct krv_slice value);
};

/* Drivers embed this first. */
struct krv_store {
  const struct krv_store_driver *driver;
  const struct krv_env *env;
};

int krv_store_mem_new(const struct krv_env *env, struct krv_store **out);
/* path: the database file, made if missing. WAL, EXCLUSIVE, synchronous=FULL, wal_autocheckpoint
 * 0. */
int krv_store_sqlite_open(const struct krv_env *env, const char *path, struct krv_store **out);
/* SQLite only: checkpoint when idle or the WAL is past a size; a consistent copy into a new file
 * (VACUUM INTO, synced, verified); integrity check and row counts by callback. */
int krv_store_sqlite_checkpoint(struct krv_store *store, bool force);
int krv_store_sqlite_copy(struct krv_store *store, const char *path);
int krv_store_sqlite_check(struct krv_store *store,
                           void (*finding)(void *ctx, const char *sentence), void *ctx);

#endif
