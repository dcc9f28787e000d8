/* search: folded substring search over one arena (design: 2-3 ms for 10,000 cases). Text is folded
 * once when put: NFC, case folded, marks stripped, Cyrillic and Turkmen letters in Latin
 * (translit.h), so that a name is found in whichever script it was written. */
#ifndef KRV_SEARCH_H
#define KRV_SEARCH_H

#include "buf.h"

struct krv_search;
int krv_search_new(const struct krv_env *env, struct krv_search **out);
void krv_search_free(struct krv_search *search); /* wipes */
/* Replaces the text of a case. texts are joined; a match never spans two of them. */
int krv_search_put(struct krv_search *search, int64_t lid, const struct krv_slice *texts,
                   uint32_t count);
/* Calls back for every lid whose text holds all words of the query (split at spaces), in order of
 * putting; non-zero stops and is returned. */
int krv_search_find(const struct krv_search *search, struct krv_slice query,
                    int (*hit)(void *ctx, int64_t lid), void *ctx);

#endif
