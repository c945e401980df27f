// The passes for one element type: f32_pivots, f32_sum, f32_sum_parts, f32_write,
// f32_activation_backward_masked, f32_write_rows and f32_row_gradients.
#ifndef PASSES_H
#define PASSES_H

#include "activations.h"
#include "outputs.h"
#include "rows/gradients.h"
#include "rows/outputs.h"
#include "rows/planes.h"
#include "sums/column_sums.h"
#include "sums/exact_sums.h"
#include "sums/part_sums.h"
#include "sums/pivots.h"
#include "sums/sums.h"

// Each walk by itself, of x or of x and g, so that their frames lie in the same place of the stack.
// A copy of the description stays in registers.
#define APART(WALK)                                                        \
    OUTLINED void NAME(WALK##_of_x)(const NAME(reduction) *described) {    \
        const NAME(reduction) r = *described;                              \
        NAME(WALK)(0, &r);                                                 \
    }                                                                      \
    OUTLINED void NAME(WALK##_of_both)(const NAME(reduction) *described) { \
        const NAME(reduction) r = *described;                              \
        NAME(WALK)(1, &r);                                                 \
    }                                                                      \
    INLINE void NAME(WALK##_apart)(const NAME(reduction) *described) {     \
        if (described->g)                                                  \
            NAME(WALK##_of_both)(described);                               \
        else                                                               \
            NAME(WALK##_of_x)(described);                                  \
    }
APART(sum_narrow)
APART(sum_columns)
APART(sum_rows)
APART(sum_some)
APART(complete)
#undef APART

static void NAME(sum)(const void *x, const void *g, const ckernels_block *b, const double *center,
                      double *sum, double *products, const ckernels_output *meanwhile,
                      void *scratch) {
    NAME(writer) writer;
    if (meanwhile) NAME(begin)(&writer, meanwhile, scratch);
    const NAME(reduction) r = {
        x, g, b, center, sum, products, meanwhile ? &writer : 0, scratch, 0, 0,
    };
    if (!NAME(has_columns)(b))
        NAME(sum_rows_apart)(&r);
    else if (NAME(is_narrow)(b))
        NAME(sum_narrow_apart)(&r);
    else
        NAME(sum_columns_apart)(&r);
    NAME(complete_apart)(&r);
    if (meanwhile) NAME(write_rest)(&writer);
}

static void NAME(sum_parts)(const void *x, const void *g, const ckernels_block *b,
                            const ckernels_part *parts, long count, const double *center,
                            double *sum, double *products, void *scratch) {
    const NAME(reduction) r = {x, g, b, center, sum, products, 0, scratch, parts, count};
    NAME(sum_some_apart)(&r);
    NAME(complete_apart)(&r);
}

static void NAME(write)(const ckernels_output *output, void *scratch) {
    NAME(writer) writer;
    NAME(begin)(&writer, output, scratch);
    NAME(write_rest)(&writer);
}

static long NAME(write_rows)(const ckernels_row_output *output, long first, void *scratch) {
    return output->block.inner == 1 ? NAME(write_long_rows)(output, first, scratch)
                                    : NAME(write_planes)(output, first, scratch);
}

static long NAME(row_gradients)(const ckernels_row_gradient *gradient, long first, void *scratch) {
    return gradient->block.inner == 1 ? NAME(long_row_gradients)(gradient, first, scratch)
                                      : NAME(plane_gradients)(gradient, first, scratch);
}

#endif
