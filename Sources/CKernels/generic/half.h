// The kernels of one target, TARGET, for tensors of 16-bit elements, computed in float:
// ckernels_float16_TARGET and ckernels_bfloat16_TARGET.
#include "CKernels.h"
#include "compiler.h"

#define ELEMENT_BITS 32
#define ELEMENT_FORMAT 16
#include "elements/conversions.h"
#include "passes.h"

const ckernels_passes JOINED(ckernels_float16, TARGET) = {
    .pivots = f16_pivots,
    .sum = f16_sum,
    .sum_parts = f16_sum_parts,
    .write = f16_write,
    .activation_backward_masked = f16_activation_backward_masked,
    .write_rows = f16_write_rows,
    .row_gradients = f16_row_gradients,
    .widen = f16_widen_run,
    .narrow = f16_narrow_run,
};

// Behind them, so in a group of its own, which is not sorted with them.
#include "elements/end_element.h"

#define ELEMENT_BITS 32
#define ELEMENT_FORMAT 17
#include "elements/conversions.h"
#include "passes.h"

const ckernels_passes JOINED(ckernels_bfloat16, TARGET) = {
    .pivots = bf16_pivots,
    .sum = bf16_sum,
    .sum_parts = bf16_sum_parts,
    .write = bf16_write,
    .activation_backward_masked = bf16_activation_backward_masked,
    .write_rows = bf16_write_rows,
    .row_gradients = bf16_row_gradients,
    .widen = bf16_widen_run,
    .narrow = bf16_narrow_run,
};
