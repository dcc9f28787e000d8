/* utf8: code points of a text, and how wide a terminal shows it. Any thread. */
#ifndef KRV_UTF8_H
#define KRV_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code point at *at, which moves past it; 0 at the end of a NUL terminated
 * text. A byte that starts no valid sequence (RFC 3629: shortest form, no
 * surrogates) gives KRV_UTF8_BAD and moves by one. */
#define KRV_UTF8_BAD 0xfffdffffu
uint32_t krv_utf8_next(const char **at);

bool krv_utf8_valid(const char *text);

/* Drops every byte that is not part of valid UTF-8, in place: for a text that was cut by bytes. */
void krv_utf8_mend(char *text);

/* Columns that a terminal takes: combining marks none, East Asian wide ones
 * and emoji two, all others (controls, shown as '?', too) one. An estimate for aligning, not a
 * font. */
size_t krv_utf8_width(const char *text);

/* Controls (which could move a terminal's cursor or change its colours) and bytes that are not
 * UTF-8: whatever must not reach a terminal as it is. Newline and tab count too. */
bool krv_utf8_is_control(uint32_t point);

#endif
