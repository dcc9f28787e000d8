/* folder: one case taken out of the vault to work on it: its merged state, keys and card. Written
 * back inside the caller's transaction. */
#ifndef KRV_FOLDER_H
#define KRV_FOLDER_H

#include "msg.h"
#include "world.h"

/* Own changes from n on were written then, by this vault's clock; one entry a day. */
struct krv_folder_wait {
  uint64_t n;
  int64_t since_s;
};

/* A change of this device has come to an office device, and has no effect there (R21). */
struct krv_folder_void {
  uint64_t n;
  struct krv_id id;
  uint8_t reason; /* of its receipt; never 0 */
};

enum { KRV_FOLDER_LACKING_MAX = 4 };

/* own_server_n, own_receipt_n: how far the line of `own` is at the server, and on an office
 * device's disk: never above own.n. Other tips of this device, of another life of this vault (R2),
 * count as far as that line and theirs are one. */
struct krv_folder {
  struct krv_world *world;
  struct krv_id id;
  int64_t lid; /* 0 until stored */
  struct krv_case *kase;
  struct krv_case_key *keys;
  size_t key_count, key_cap;
  size_t keys_stored; /* the first so many are in the vault */
  uint8_t (*heads)[4]; /* ascending: the keys that stored commits name; see heads_known */
  size_t head_count, head_cap;
  bool heads_known; /* they are gathered when first asked for */
  struct krv_tip own; /* what this vault wrote last; n 0: nothing */
  uint64_t own_server_n, own_receipt_n;
  struct krv_folder_wait waits[KRV_FOLDER_WAITS_MAX]; /* ascending; not confirmed by the office */
  uint32_t wait_count;
  /* in order of arrival; full: the oldest went */
  struct krv_folder_void voids[KRV_FOLDER_VOIDS_MAX];
  uint32_t void_count;
  uint32_t grants; /* received ones that are kept; counted when first asked for */
  bool grants_counted;
  /* keys that others of our group were given */
  struct krv_msg_grant lacking[KRV_FOLDER_LACKING_MAX];
  uint32_t lacking_count;
  bool dirty;
};

int krv_folder_new(struct krv_world *world, const struct krv_id *id,
                   const struct krv_genesis *genesis, struct krv_folder **out);
int krv_folder_load(struct krv_world *world, int64_t lid, struct krv_folder **out);
int krv_folder_load_id(struct krv_world *world, const struct krv_id *id, struct krv_folder **out);
/* A stored state into an empty folder: own tip, counters, kase. */
int krv_folder_decode(struct krv_folder *folder, struct krv_slice bytes);
void krv_folder_free(struct krv_folder *folder);
int krv_folder_add_key(struct krv_folder *folder, uint32_t epoch,
                       const struct krv_key *key); /* once each */
/* The key of an epoch that a head names; the i-th that fits (R5), NULL. By what a key is, not by
 * the number that came with it: a grant may give a wrong one. */
const struct krv_case_key *krv_folder_key(const struct krv_folder *folder, uint32_t epoch,
                                          const uint8_t key_id4[4], size_t i);
const struct krv_case_key *krv_folder_key_by_id(const struct krv_folder *folder,
                                                const struct krv_id *key_id);
/* The key id that a grant is for: epoch 0's follows from the genesis. */
void krv_folder_grant_key(const struct krv_folder *folder, const struct krv_msg_grant *grant,
                          struct krv_id *out);
/* Do the genesis, an applied EPOCH operation, or the head of a commit that is here name the key
 * (R10)? What nothing names may be made up, and is given to nobody. */
int krv_folder_named(struct krv_folder *folder, const struct krv_id *key_id, bool *named);
/* May a key that a grant opened to be kept? Those that the case itself made always; of those that
 * only heads name as many as there can be epochs; of others few: a key may come before the commit
 * that names it (I6). */
int krv_folder_has_room(struct krv_folder *folder, const struct krv_id *key_id, bool *room);
/* A commit with this head has been stored. */
int krv_folder_note_head(struct krv_folder *folder, uint32_t epoch, const uint8_t key_id4[4]);
/* Does the roster know who began the case, and did his beginning count? Else nobody writes here or
 * gives keys: the list that he made may name groups of a history that lost (R17). */
bool krv_folder_begun(const struct krv_folder *folder);
/* Has nothing of it been opened? Anybody can send a case that nobody can open: it is kept, counted
 * and asked for, and out of the lists and of what unlock reads, until something of it opens. */
bool krv_folder_is_aside(const struct krv_folder *folder);
/* State, keys and card into the open transaction. The card goes to *card_bytes' owner (see intake),
 * empty when the case is set aside. */
int krv_folder_store(struct krv_folder *folder, struct krv_buf *card);
/* What lists show, from the merged state. Its title goes to text. */
int krv_folder_card(struct krv_folder *folder, struct krv_buf *text, struct krv_card *out);
/* This vault has just written the commit. */
void krv_folder_wrote(struct krv_folder *folder, const struct krv_tip *tip);
/* How far own's line lies at or below a commit of this device: the n of the last that both have. */
uint64_t krv_folder_shared(const struct krv_folder *folder, const struct krv_tip *tip);
/* Own's line is at the server up to server_n, on an office device's disk up to receipt_n; less than
 * is known changes nothing. */
void krv_folder_advance(struct krv_folder *folder, uint64_t server_n, uint64_t receipt_n);
/* What a receipt says of an own change, and no longer what an earlier one said. Reason 0: it has
 * its effect. */
void krv_folder_judged(struct krv_folder *folder, const struct krv_folder_void *said);
/* The reason that was given for a commit; 0: none. */
uint8_t krv_folder_void_reason(const struct krv_folder *folder, const struct krv_id *id);
/* What advance and judged do (said NULL: nothing was), for a case of the index in which no device
 * has forked, in the open transaction, without a look at the case itself, which must not be open in
 * the intake meanwhile: on its card alone where nothing was said (a state is long, and acks come
 * for many; the folder takes over what the card knows when it is loaded). */
int krv_folder_reached(struct krv_world *world, int64_t lid, uint64_t server_n, uint64_t receipt_n,
                       const struct krv_folder_void *said);

#endif
