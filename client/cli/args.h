/* args: the words and options of a command line. Pure. */
#ifndef KRV_ARGS_H
#define KRV_ARGS_H

#include <stdbool.h>
#include <stddef.h>

/* Tables end with a row without a name. value NULL: a switch. */
struct krv_option {
  const char *name;  /* without the dashes */
  const char *value; /* what the help calls its value */
  const char *help;
};

struct krv_given {
  const struct krv_option *option;
  const char *value;
};

struct krv_args {
  const char **words;
  int word_count;
  struct krv_given *given;
  int given_count;
};

/* Room for everything in argc words. false: out of memory. */
bool krv_args_init(struct krv_args *args, int argc);
void krv_args_release(struct krv_args *args);

/* Takes argv[*at] as an option if a table knows it, with its value, and moves *at past it. 0:
 * taken; 1: a word (no option, or "-"); -1: an unknown option; -2: its value is missing. */
int krv_args_option(struct krv_args *args, const struct krv_option *const *tables, int argc,
                    char **argv, int *at);

/* The last value given; NULL when not given. "" for a switch. */
const char *krv_args_value(const struct krv_args *args, const char *name);
bool krv_args_has(const struct krv_args *args, const char *name);
/* Whole numbers from 0 to max, else false. Not given: *out stays. */
bool krv_args_number(const struct krv_args *args, const char *name, long max, long *out);

/* FIELD=VALUE, FIELD+=OPTION, FIELD-=OPTION. */
enum krv_assign_op { KRV_ASSIGN_SET, KRV_ASSIGN_ON, KRV_ASSIGN_OFF };
struct krv_assign {
  char path[256];
  enum krv_assign_op op;
  const char *value; /* within the text */
};
bool krv_assign_parse(const char *text, struct krv_assign *out);

/* "consent[1].decision", "consent[+].decision" as the schema names it: "consent.decision". */
void krv_field_name(const char *path, char *out, size_t cap);
/* Whether a name is that field: "decision", "consent.decision", or the record type alone; letter
 * case does not matter. */
bool krv_field_fits(const char *name, const char *record, const char *field);

/* Edits (insert, delete, change, swap of neighbours) between two words, for "did you mean". */
size_t krv_word_distance(const char *a, const char *b);

#endif
