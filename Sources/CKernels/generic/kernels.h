// All kernels of one target, TARGET, in one table of functions: ckernels_TARGET. Those for elements
// of 16 bits are compiled by themselves (half.h): all four together take too long.
#include "CKernels.h"

#define ELEMENT_BITS 32
#include "passes.h"
#include "sums/coefficients.h"
#include "tiles.h"

// Behind them, so in a group of its own, which is not sorted with them.
#include "elements/end_element.h"

#define ELEMENT_BITS 64
#include "passes.h"
#include "sums/coefficients.h"
#include "tiles.h"

// Behind it, for the same reason.
#include "elements/end_element.h"

#include "sums/statistics.h"

static const ckernels_passes float_passes = {
    .pivots = f32_pivots,
    .sum = f32_sum,
    .sum_parts = f32_sum_parts,
    .write = f32_write,
    .activation_backward_masked = f32_activation_backward_masked,
    .write_rows = f32_write_rows,
    .row_gradients = f32_row_gradients,
    .fill_tile = f32_fill_tile,
    .store_tile = f32_store_tile,
    .set_map = f32_set_map,
    .set_gradient = f32_set_gradient,
    .set_weighted = f32_set_weighted,
};
static const ckernels_passes double_passes = {
    .pivots = f64_pivots,
    .sum = f64_sum,
    .sum_parts = f64_sum_parts,
    .write = f64_write,
    .activation_backward_masked = f64_activation_backward_masked,
    .write_rows = f64_write_rows,
    .row_gradients = f64_row_gradients,
    .fill_tile = f64_fill_tile,
    .store_tile = f64_store_tile,
    .set_map = f64_set_map,
    .set_gradient = f64_set_gradient,
    .set_weighted = f64_set_weighted,
};
extern const ckernels_passes JOINED(ckernels_float16, TARGET), JOINED(ckernels_bfloat16, TARGET);

const ckernels_kernels JOINED(ckernels, TARGET) = {
    .name = STRING(TARGET),
    .inverse_roots = inverse_roots,
    .set_moments = set_moments,
    .set_deviations = set_deviations,
    .passes =
        {
            [CKERNELS_FLOAT] = &float_passes,
            [CKERNELS_DOUBLE] = &double_passes,
            [CKERNELS_FLOAT16] = &JOINED(ckernels_float16, TARGET),
            [CKERNELS_BFLOAT16] = &JOINED(ckernels_bfloat16, TARGET),
        },
};
