#include <stdlib.h>
#include <string.h>

#include "CFusedKernels.h"

extern const cfused_kernels cfused_baseline;

#if defined(__x86_64__)
extern const cfused_kernels cfused_avx2, cfused_avx512;

int cfused_kernels_count(void) {
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    return !avx2 ? 1 : !avx512 ? 2 : 3;
}

const cfused_kernels *cfused_kernels_at(int index) {
    return index == 2 ? &cfused_avx512 : index == 1 ? &cfused_avx2 : &cfused_baseline;
}
#else
int cfused_kernels_count(void) { return 1; }
const cfused_kernels *cfused_kernels_at(int index) { (void)index; return &cfused_baseline; }
#endif

const cfused_kernels *cfused_kernels_named(const char *name) {
    const int count = cfused_kernels_count();
    for (int i = 0; name && i < count; i++)
        if (strcmp(name, cfused_kernels_at(i)->name) == 0) return cfused_kernels_at(i);
    return cfused_kernels_at(count - 1);
}

const cfused_kernels *cfused_kernels_chosen(void) {
    return cfused_kernels_named(getenv("NORMALIZATION_INSTRUCTION_SET"));
}
