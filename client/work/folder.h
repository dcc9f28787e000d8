/* folder: one case taken out of the vault to work on it: its merged state, keys and card. Written back
 * inside the caller's transaction. */
#ifndef KRV_FOLDER_H
#define KRV_FOLDER_H

#include "world.h"

struct krv_folder {
  struct krv_world *world;
  struct krv_id id;
  int64_t lid; /* 0 until stored */
  struct krv_case *kase;
  struct krv_case_key *keys;
  size_t key_count, key_cap;
  size_t keys_stored; /* the first so many are in the vault */
  struct krv_tip own; /* what this vault wrote last; n 0: nothing */
  uint64_t own_server_n, own_receipt_n;
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
/* The key of an epoch that a head names; the i-th that fits (R5), NULL. */
const struct krv_case_key *krv_folder_key(const struct krv_folder *folder, uint32_t epoch,
                                          const uint8_t key_id4[4], size_t i);
const struct krv_case_key *krv_folder_key_by_id(const struct krv_folder *folder,
                                                const struct krv_id *key_id);
/* State, keys and card into the open transaction. The card goes to *card_bytes' owner: see intake. */
int krv_folder_store(struct krv_folder *folder, struct krv_buf *card);
/* What lists show, from the merged state. title goes to text. */
int krv_folder_card(struct krv_folder *folder, struct krv_buf *text, struct krv_card *out);
/* This vault's own commits in a case of the index are at the server up to server_n, on an office
 * device's disk up to receipt_n; less than is known changes nothing. In the open transaction, in what is
 * stored, without a look at the case itself, which must not be open in the intake meanwhile. */
int krv_folder_reached(struct krv_world *world, int64_t lid, uint64_t server_n, uint64_t receipt_n);

#endif
