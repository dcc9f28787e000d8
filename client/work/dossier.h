/* dossier: what is derived from a case's merged state for lists and searches. */
#ifndef KRV_DOSSIER_H
#define KRV_DOSSIER_H

#include "folder.h"
#include "show.h"

/* Labels of what is required and not recorded, comma separated, in the world's language;
 * appended. */
int krv_dossier_missing(const struct krv_folder *folder, struct krv_buf *out);
/* The title of a card in words, in the world's language; appended. */
void krv_dossier_title(const struct krv_world *world, struct krv_slice title, struct krv_buf *out);
/* Puts a case's searched texts into the filled search. */
int krv_dossier_search_put(struct krv_world *world, int64_t lid, const struct krv_state *state);
/* Fills the search from all cases, once. */
int krv_dossier_search(struct krv_world *world);
/* The last day of a date, a partial one being valid to its end: yyyymmdd. */
uint32_t krv_last_day(const struct krv_date *date);
/* The 8 bytes by which the index knows an import key. */
void krv_import_key8(const char *key, size_t len, uint8_t out[8]);

#endif
