// All kernels of one target, TARGET, in one table of functions: ckernels_TARGET.
#include "CKernels.h"

#define ELEMENT_BITS 32
#include "passes.h"

// Behind them, so in a group of its own, which is not sorted with them.
#include "end_element.h"

#define ELEMENT_BITS 64
#include "passes.h"

// roots[i] = 1 / sqrt(values[i] + added)
static void inverse_roots(const double *values, double added, double *roots, long count) {
    long i = 0;
    for (; i + N <= count; i += N)
        f64_store(roots + i, 1 / __builtin_elementwise_sqrt(f64_load(values + i) + added));
    for (; i < count; i++) roots[i] = 1 / __builtin_elementwise_sqrt(values[i] + added);
}
#include "end_element.h"

#define JOINED_(a, b) a##_##b
#define JOINED(a, b) JOINED_(a, b)
#define STRING_(x) #x
#define STRING(x) STRING_(x)

const ckernels_kernels JOINED(ckernels, TARGET) = {
    .name = STRING(TARGET),
    .inverse_roots = inverse_roots,
    .passes =
        {
            [CKERNELS_FLOAT] = {f32_sum, f32_write, f32_activation_backward_masked, f32_write_rows,
                                f32_row_gradients},
            [CKERNELS_DOUBLE] = {f64_sum, f64_write, f64_activation_backward_masked, f64_write_rows,
                                 f64_row_gradients},
        },
};
