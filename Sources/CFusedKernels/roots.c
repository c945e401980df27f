#include "CFusedKernels.h"

#include <string.h>

typedef double vector __attribute__((ext_vector_type(8)));

#if defined(__x86_64__) && defined(__linux__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
void cfused_inverse_roots(const double *values, double added, double *roots, long count) {
    long i = 0;
    for (; i + 8 <= count; i += 8) {
        vector v;
        memcpy(&v, values + i, sizeof v);
        v = 1 / __builtin_elementwise_sqrt(v + added);
        memcpy(roots + i, &v, sizeof v);
    }
    for (; i < count; i++) roots[i] = 1 / __builtin_elementwise_sqrt(values[i] + added);
}
