#include <stdlib.h>
#include <string.h>

#include "CKernels.h"

extern const ckernels_kernels ckernels_baseline;

#if defined(__x86_64__)
extern const ckernels_kernels ckernels_avx2, ckernels_avx512;

int ckernels_count(void) {
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                     __builtin_cpu_supports("f16c");
    const int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    return !avx2 ? 1 : !avx512 ? 2 : 3;
}

const ckernels_kernels *ckernels_at(int index) {
    return index == 2 ? &ckernels_avx512 : index == 1 ? &ckernels_avx2 : &ckernels_baseline;
}
#else
int ckernels_count(void) {
    return 1;
}
const ckernels_kernels *ckernels_at(int index) {
    (void)index;
    return &ckernels_baseline;
}
#endif

const ckernels_kernels *ckernels_named(const char *name) {
    const int count = ckernels_count();
    for (int i = 0; name && i < count; i++)
        if (strcmp(name, ckernels_at(i)->name) == 0) return ckernels_at(i);
    return ckernels_at(count - 1);
}

const ckernels_kernels *ckernels_chosen(void) {
    return ckernels_named(getenv("NORMALIZATION_INSTRUCTION_SET"));
}
