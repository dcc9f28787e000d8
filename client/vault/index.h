/* index: all cards in memory after unlock; found by id, prefix, lid, import key; listed in order of
 * change, newest first. Owns copies. */
#ifndef KRV_INDEX_H
#define KRV_INDEX_H

#include "card.h"

struct krv_index;
int krv_index_new(const struct krv_env *env, struct krv_index **out);
void krv_index_free(struct krv_index *index);
int krv_index_put(struct krv_index *index, const struct krv_card *card); /* by id; copies */
uint32_t krv_index_count(const struct krv_index *index);
const struct krv_card *krv_index_at(const struct krv_index *index,
                                    uint32_t place); /* newest change first */
const struct krv_card *krv_index_find(const struct krv_index *index, const struct krv_id *id);
const struct krv_card *krv_index_by_lid(const struct krv_index *index, int64_t lid);
const struct krv_card *krv_index_by_import_key(const struct krv_index *index,
                                               const uint8_t key8[8]);
/* hex: 1 to 32 digits. NOT_FOUND, AMBIGUOUS, MALFORMED. */
int krv_index_prefix(const struct krv_index *index, const char *hex, const struct krv_card **out);

#endif
