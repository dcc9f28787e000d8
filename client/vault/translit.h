/* translit: texts in the form in which they are compared (utf8proc for NFC and case folding). */
#ifndef KRV_TRANSLIT_H
#define KRV_TRANSLIT_H

#include "buf.h"

/* Appends the NFC form. VALUE when not UTF-8, or with control characters other than newline and
 * tab. */
int krv_text_normalise(struct krv_slice text, struct krv_buf *out);
/* Appends the folded form: case folded, combining marks stripped, Cyrillic (Russian, Turkmen,
 * Kazakh, Uzbek, Tajik, Kyrgyz letters) and Turkmen Latin special letters mapped to plain Latin so
 * that Айгүл, Aýgül and Aygul compare equal. Other scripts stay themselves. */
int krv_text_fold(struct krv_slice text, struct krv_buf *out);

#endif
