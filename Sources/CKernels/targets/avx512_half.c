#if defined(__x86_64__)
#include "float16_x86.h"
#define FEATURES "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,f16c"
#pragma clang attribute push(__attribute__((target(FEATURES))), apply_to = function)
#define TARGET avx512
#define FLOAT16_WIDEN(v) FLOAT16_WIDEN_512(v)
#define FLOAT16_NARROW(v) FLOAT16_NARROW_512(v)
#include "../generic/half.h"
#pragma clang attribute pop
#endif
