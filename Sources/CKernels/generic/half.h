// The kernels of one target, TARGET, for tensors of 16-bit elements, computed in float:
// ckernels_float16_TARGET and ckernels_bfloat16_TARGET.
#include "CKernels.h"
#include "compiler.h"

#define ELEMENT_BITS 32
#define ELEMENT_FORMAT 16
#include "elements/conversions.h"
#include "passes.h"

const ckernels_passes JOINED(ckernels_float16, TARGET) = {
    f16_sum,
    f16_write,
    f16_activation_backward_masked,
    f16_write_rows,
    f16_row_gradients,
    f16_widen_run,
    f16_narrow_run,
    0,
    0,
};

// Behind them, so in a group of its own, which is not sorted with them.
#include "elements/end_element.h"

#define ELEMENT_BITS 32
#define ELEMENT_FORMAT 17
#include "elements/conversions.h"
#include "passes.h"

const ckernels_passes JOINED(ckernels_bfloat16, TARGET) = {
    bf16_sum,
    bf16_write,
    bf16_activation_backward_masked,
    bf16_write_rows,
    bf16_row_gradients,
    bf16_widen_run,
    bf16_narrow_run,
    0,
    0,
};
