/* marks: what the fields of an exported row held. A row that a person edited and
 * imports again shows by them which cells he changed, and whether the case has
 * changed meanwhile: nobody overwrites what he was not shown (R24). Each mark is
 * made with the case's key, so a cell that was taken out of a file cannot be
 * guessed from it. Text: "real-" or "practice-", then 16 digits a field, 8 of its
 * name, 8 of name and value. */
#ifndef KRV_MARKS_H
#define KRV_MARKS_H

#include <jansson.h>
#include <kerven/kerven.h>
#include <stdbool.h>

struct krv_marks {
  char key[33]; /* of the case; "": it is keyless here, and no mark fits */
};

/* Returns a status. */
int krv_marks_init(struct krv_marks *marks, kerven *k, const char *id)
    __attribute__((warn_unused_result));

/* Marks of those of the columns (a list of names) that fields has values for. To be freed; NULL:
 * out of memory. */
char *krv_marks_text(const struct krv_marks *marks, const json_t *columns, const json_t *fields,
                     bool practice);

/* Whether the field held this value (NULL: none) when text was made. */
bool krv_marks_held(const struct krv_marks *marks, const char *text, const char *field,
                    const json_t *value);

bool krv_marks_practice(const char *text);

#endif
