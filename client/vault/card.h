/* card: what a list shows of a case, small and sealed, read at unlock (R29). */
#ifndef KRV_CARD_H
#define KRV_CARD_H

#include "buf.h"
#include "id.h"

enum krv_card_flags {
  KRV_CARD_NO_CONSENT = 1,
  KRV_CARD_KEYLESS = 2,
  KRV_CARD_QUARANTINED = 4,
  KRV_CARD_CONSENT_REFUSED = 8, /* refused or withdrawn, in any consent that stands */
  KRV_CARD_CUT_OFF = 16, /* none of our groups is let in any more */
  KRV_CARD_FORKED = 32, /* a device has two lines in it (R2) */
  KRV_CARD_UNANSWERED = 64, /* a referral that waits for its receiver's word */
  KRV_CARD_CONSENT_WITHDRAWN = 128, /* CONSENT_REFUSED, by a consent that was given before */
};

struct krv_card {
  struct krv_id id;
  int64_t lid; /* not encoded */
  uint8_t type; /* code index of kvn_CaseType; 0: case */
  uint8_t flags; /* enum krv_card_flags */
  int32_t status; /* code index of cas_Status; -1: not set */
  uint32_t conflicts, held, missing, commits;
  int64_t changed_s;
  uint32_t expires; /* yyyymmdd, the last day of the first consent (or referral) to end; 0: none */
  uint32_t due; /* yyyymmdd, the first follow-up that is not done; 0: none */
  uint64_t own_n, own_server_n,
      own_receipt_n; /* newest n this vault wrote / at server / receipted */
  /* since when the oldest that no office device has confirmed waits; 0: none does */
  int64_t waits_s;
  uint8_t import_key8[8]; /* hash of the import key; zeros: none */
  /* Values, said in words where they are shown (dossier.h): field u16, value as a blob, ... */
  struct krv_slice title;
  uint32_t voids; /* own changes that reached an office device and have no effect there */
};
enum { KRV_CARD_TITLE_MAX = 2048 };
void krv_card_encode(const struct krv_card *card, struct krv_buf *out);
int krv_card_decode(struct krv_slice bytes, struct krv_card *out); /* title borrows */

#endif
