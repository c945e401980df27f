#if defined(__x86_64__)
#include "float16_x86.h"
#include "masked_loads_avx2.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define TARGET avx2
#define FLOAT16_WIDEN(v) FLOAT16_WIDEN_256(v)
#define FLOAT16_NARROW(v) FLOAT16_NARROW_256(v)
#include "../generic/half.h"
#pragma clang attribute pop
#endif
