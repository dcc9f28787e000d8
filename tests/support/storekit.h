/* storekit: a server's store with a programme on it, and pushed items that are right in form, for
 * tests. What is sealed is random bytes that begin with a serial number, by which an item is known
 * again wherever it shows. Link base, crypto, outer, trust, wire, rules, store and fleet_roster. */
#ifndef KRV_STOREKIT_H
#define KRV_STOREKIT_H

#include "batch.h"
#include "fleet_roster.h"
#include "pull.h"

struct krv_kit {
  struct krv_testenv t;
  struct krv_fleet fleet;
  struct krv_store *store;
  struct krv_roster *roster; /* the server's */
  struct krv_batch *batch;
  uint64_t serial;           /* of the last thing that was made */
};

/* A case as its author knows it. */
struct krv_kit_case {
  struct krv_id id;
  uint8_t key_commit[32];
  krv_device_ix creator;
  struct krv_id genesis;
};

/* Founds; path NULL: the memory driver, else an SQLite file. */
void krv_kit_init(struct krv_kit *kit, uint64_t seed, const char *path);
void krv_kit_release(struct krv_kit *kit);
/* Admits a device in the fleet's roster and hands the entries to the server. */
krv_device_ix krv_kit_admit(struct krv_kit *kit, uint8_t roles);
void krv_kit_push_roster(struct krv_kit *kit);
krv_group_ix krv_kit_member_group(const struct krv_kit *kit, krv_device_ix device);
/* A new folder for a database and its path; removed by krv_kit_rmdir. */
void krv_kit_tempdir(char folder[64], char path[96]);
void krv_kit_rmdir(const char *folder);

/* Makers: payloads as a session of the author's own would push them, into out (reset first). */
void krv_kit_genesis(struct krv_kit *kit, krv_device_ix author, const struct krv_access_list *list,
                     struct krv_kit_case *kase, struct krv_buf *out);
/* The default list: the author's member group and office, both write. */
void krv_kit_list(const struct krv_kit *kit, krv_device_ix author, struct krv_access_list *list);
/* prev whole; id: the commit's. device: as sent (KRV_MSG_NO_DEVICE: the author's own session). */
struct krv_kit_commit {
  krv_device_ix author;
  bool own;                /* leave the device out */
  uint64_t n;
  struct krv_id prev;
  uint8_t prev_len;        /* 0, 4, 16 */
};
void krv_kit_commit(struct krv_kit *kit, const struct krv_kit_case *kase,
                    const struct krv_kit_commit *c, struct krv_buf *out, struct krv_id *id);
void krv_kit_grant(struct krv_kit *kit, const struct krv_kit_case *kase, krv_group_ix group,
                   uint8_t mode, struct krv_buf *out);

/* Pushes one item in its own session, without a commit of the batch. */
int krv_kit_push(struct krv_kit *kit, krv_device_ix bringer, enum krv_message_kind kind,
                 const struct krv_buf *payload, uint64_t *seq);
/* A case of the author with grants to its member group and office, committed. */
void krv_kit_case(struct krv_kit *kit, krv_device_ix author, struct krv_kit_case *kase);

/* What one message of a pull is: its kind, a commit's length of prev, the serial in it (0:
 * none). */
struct krv_kit_seen {
  uint8_t kind, prev_len;
  uint64_t serial;
};
/* Reads the messages of a slice; CURSOR moves the cursor (in/out, with told) and is not listed.
 * Returns the count. */
size_t krv_kit_read(const struct krv_buf *slice, struct krv_cursor *cursor,
                    struct krv_kit_seen *seen, size_t seen_max);
/* All that a device sees from a cursor on, in one slice. */
size_t krv_kit_pull(struct krv_kit *kit, krv_device_ix device, struct krv_cursor *cursor,
                    struct krv_kit_seen *seen, size_t seen_max);

#endif
