/* term: what needs a terminal. Progress and QR codes appear only on one. */
#ifndef KRV_TERM_H
#define KRV_TERM_H

#include <stddef.h>
#include <stdio.h>

/* Asks on the terminal without echo. KERVEN_EUSAGE: there is no terminal; KERVEN_EINVALID: given up
 * with ^C; KERVEN_ETOO_LARGE. The caller wipes out. */
int krv_term_secret(const char *prompt, char *out, size_t cap) __attribute__((warn_unused_result));

/* One line on stderr that the next one replaces; nothing where stderr is no terminal. */
void krv_term_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void krv_term_progress_end(void);

/* A QR code in half blocks. KERVEN_ETOO_LARGE when the text does not fit one. */
int krv_term_qr(FILE *out, const char *text) __attribute__((warn_unused_result));

/* Zeroes in a way that the compiler keeps. */
void krv_term_wipe(void *data, size_t len);

#endif
