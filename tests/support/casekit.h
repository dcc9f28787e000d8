/* casekit: a small world of devices that write to one case and meet, without
 * keys or sessions: commits are made from replicas with the contexts that lines
 * gives, ids come from the seeded generator.
 *
 * Groups: 0 is the office, with device 0; group d + 1 is device d's own. */
#ifndef KRV_CASEKIT_H
#define KRV_CASEKIT_H

#include "case.h"
#include "testenv.h"

enum { KIT_COMMITS_MAX = 768, KIT_DEVICES_MAX = 8 };

struct kit_commit {
  struct krv_tip tip;
  struct krv_id prev;
  struct krv_context_entry context[64];
  struct krv_body body;
  struct krv_buf bytes; /* operations */
  struct krv_ops ops;
};

struct kit {
  struct krv_testenv t;
  struct krv_genesis genesis;
  struct krv_case_rights rights;
  uint32_t groups[KIT_DEVICES_MAX];   /* bit g: the device may write for group g */
  uint32_t out_from[KIT_DEVICES_MAX]; /* the roster height from which on it may not; 0: none */
  uint32_t height;                    /* that the next commits name */
  struct kit_commit *commits;
  uint32_t count;
};

/* One vault: its case, the last commit that it wrote, what it holds. */
struct kit_replica {
  struct krv_case *kase;
  krv_device_ix device;
  struct krv_tip own;
  bool has[KIT_COMMITS_MAX];
};

/* genesis: write for the office and the groups of `members` devices. */
void kit_init(struct kit *kit, uint64_t seed, uint32_t members);
void kit_release(struct kit *kit);

void kit_replica_init(struct kit *kit, struct kit_replica *r, krv_device_ix device);
void kit_replica_release(struct kit_replica *r);
/* A copy of the vault as it is now. */
void kit_replica_copy(struct kit *kit, const struct kit_replica *from, struct kit_replica *to);

/* Operations, gathered and then written as one commit, which is added to the
 * replica. Returns the commit's number in kit->commits. */
struct krv_op kit_set(uint64_t record, uint16_t field, int64_t value);
struct krv_op kit_resolve(uint64_t record, uint16_t field, int64_t value);
struct krv_op kit_option(uint64_t record, uint16_t field, uint32_t option, bool on);
struct krv_op kit_append(uint64_t record, uint16_t field, uint64_t item, int64_t value);
struct krv_op kit_delete(uint64_t record, uint8_t type, bool flag);
struct krv_op kit_access(krv_group_ix group, uint8_t mode);
struct krv_op kit_epoch(uint32_t number, uint8_t key);
struct krv_record_id kit_record(uint64_t record);
uint32_t kit_write(struct kit *kit, struct kit_replica *r, const struct krv_op *ops,
                   uint32_t count);
/* Makes the commit, as the replica would write it, but adds it nowhere. */
uint32_t kit_draft(struct kit *kit, const struct kit_replica *r, const struct krv_op *ops,
                   uint32_t count);

struct krv_case_commit kit_commit_of(const struct kit *kit, uint32_t i);
/* Takes the commit in, and whatever it frees, through RESTART if need be. The verdict on it. */
enum krv_verdict kit_take(struct kit *kit, struct kit_replica *r, uint32_t i);
/* Everything that the other holds. */
void kit_sync(struct kit *kit, struct kit_replica *to, const struct kit_replica *from);
void kit_encode(const struct kit_replica *r, struct krv_buf *out);
bool kit_same(struct kit *kit, const struct kit_replica *a, const struct kit_replica *b);

/* An integer value's bytes; static storage, valid for ever for values 0 to 127. */
struct krv_slice kit_int(int64_t value);

#endif
