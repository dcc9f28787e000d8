/* fail: what goes wrong, told in one sentence, with an exit status of its own.
 * docs/man/kerven.1 has the same table. Pure. */
#ifndef KRV_FAIL_H
#define KRV_FAIL_H

#include <stdio.h>

/* 0 for 0, else the exit status of a KERVEN_E... */
int krv_fail_exit(int status);

/* "kerven: <what happened>: <detail>. <what to do>" and a newline. detail "" or NULL: none. */
void krv_fail_print(FILE *out, int status, const char *detail);

#endif
