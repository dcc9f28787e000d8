/* mock: cmocka with what it needs before it. */
#ifndef KRV_MOCK_H
#define KRV_MOCK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#endif
