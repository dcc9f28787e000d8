/* pad: how long a body becomes before it is sealed (R7): at least 64, steps of
 * 32 to 256, then Padme (Nikitin et al., "Reducing Metadata Leakage from
 * Encrypted Files and Communication with PURBs", 2019): at most 12 % more. */
#ifndef KRV_PAD_H
#define KRV_PAD_H

#include <stddef.h>

size_t krv_pad_len(size_t len);

#endif
