/* env_uv: the real world for the server: clocks, randomness, memory. */
#ifndef KRV_ENV_UV_H
#define KRV_ENV_UV_H

#include "env.h"

/* Static; any thread. */
const struct krv_env *krv_env_real(void);

#endif
