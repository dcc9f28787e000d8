/* edit: what a person does to one case before he saves: one commit (R22 to R24). */
#ifndef KRV_EDIT_H
#define KRV_EDIT_H

#include "change.h"
#include "path.h"

struct krv_edit;

/* kase NULL: a new case. The edit remembers the case as it is now: what the person is shown. */
int krv_edit_new(struct krv_world *world, const struct krv_id *kase, struct krv_edit **out);
void krv_edit_free(struct krv_edit *edit);
/* Who gets a new case; else the default list. */
void krv_edit_list(struct krv_edit *edit, const struct krv_access_list *list);

/* Empty value clears. Several choices "A;B" become exactly these. FIELD, CODE, DATE, VALUE,
 * TOO_LARGE, NOT_FOUND (no such record), CONFLICT (two values are shown: resolve). */
int krv_edit_set(struct krv_edit *edit, struct krv_slice path, struct krv_slice value);
int krv_edit_option(struct krv_edit *edit, struct krv_slice path, struct krv_slice option, bool on);
/* STATE where the field is in no conflict: set is the way then. */
int krv_edit_resolve(struct krv_edit *edit, struct krv_slice path, struct krv_slice value);
/* path empty: note.text of the case. */
int krv_edit_note(struct krv_edit *edit, struct krv_slice path, struct krv_slice text);
/* A record by TYPE[number], TYPE[rid] or its rid; to restore, a number is krv_path_deleted's. */
int krv_edit_delete(struct krv_edit *edit, struct krv_slice record, bool deleted);
/* An operation that no person types (access). */
int krv_edit_op(struct krv_edit *edit, const struct krv_op *op);
/* Operations that a save would write. */
uint32_t krv_edit_count(const struct krv_edit *edit);
/* Does the path name a field that kerven sets itself? krv_edit_set takes it, nobody should type
 * it. */
bool krv_edit_technical(const struct krv_edit *edit, struct krv_slice path);
/* What is odd about the last value that was set or chosen; it is taken all the same. */
enum krv_doubt krv_edit_doubt(const struct krv_edit *edit);
/* DOUBT_LIST: that it is in no list, and the code that may have been meant, for a sentence. */
const char *krv_edit_unlisted(const struct krv_edit *edit);
/* What the last failure was about, for a sentence; "" if nothing. */
const char *krv_edit_detail(const struct krv_edit *edit);

/* What the person was shown when it was opened; NULL: a new case. */
const struct krv_folder *krv_edit_shown(const struct krv_edit *edit);
/* After CONFLICT, of set or of save: the i-th field that it was about, with the case as it stands
 * now. False: there are no more. */
bool krv_edit_clash(const struct krv_edit *edit, const struct krv_state *now, size_t i,
                    struct krv_record_id *record, uint16_t *field);

/* Through intake, which the caller commits. Refuses what the person was not shown (CONFLICT, R24).
 * No operations: nothing is written and *written is false. */
int krv_edit_save(struct krv_edit *edit, struct krv_intake *intake, struct krv_id *kase,
                  bool *written);

#endif
