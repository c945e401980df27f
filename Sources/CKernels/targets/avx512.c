#if defined(__x86_64__)
#include "masked_moves_avx512.h"
#define FEATURES "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"
#pragma clang attribute push(__attribute__((target(FEATURES))), apply_to = function)
#define TARGET avx512
#include "../generic/kernels.h"
#pragma clang attribute pop
#endif
