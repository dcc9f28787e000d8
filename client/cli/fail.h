/* fail: what goes wrong, told in one sentence, with an exit status of its own.
 * docs/man/kerven.1 has the same table. Pure. */
#ifndef KRV_FAIL_H
#define KRV_FAIL_H

#include <stdio.h>

/* 0 for 0, else the exit status of a KERVEN_E... */
int krv_fail_exit(int status);

/* What a failure has to say beyond its status; "" or NULL: nothing. */
struct krv_fail_words {
  const char *what, *advice; /* in place of the table's */
  const char *detail;
};

/* "kerven: <what happened>: <detail>. <what to do>" and a newline. */
void krv_fail_print(FILE *out, int status, const struct krv_fail_words *words);

#endif
