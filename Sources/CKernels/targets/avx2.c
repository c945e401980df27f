#if defined(__x86_64__)
#include "masked_loads_avx2.h"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define TARGET avx2
#include "../generic/kernels.h"
#pragma clang attribute pop
#endif
