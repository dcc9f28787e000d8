/* words: six check words, compared by voice (R13). The list of 2,048 is made
 * of four-letter syllable pairs (consonant vowel consonant vowel: 8 x 4 x 16 x
 * 4), sayable in Turkmen, Russian and English alike. */
#ifndef KRV_WORDS_H
#define KRV_WORDS_H

#include "invitation.h"

enum { KRV_WORDS_COUNT = 6, KRV_WORDS_TEXT_LEN = 6 * 5 };

/* From H("words"; programme, the invitation's terms, three public keys): 6 x 11
 * bits. The terms as a whole, so that whoever carries a request cannot give it
 * other roles. Words with single spaces, NUL at the end. */
void krv_words(const struct krv_id *programme, const struct krv_join *join,
               char out[KRV_WORDS_TEXT_LEN]);
/* Same words? Case and extra spaces do not matter. */
bool krv_words_same(const char *words, struct krv_slice typed);

#endif
