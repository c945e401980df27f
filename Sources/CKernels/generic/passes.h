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

// Each walk by itself, so that their frames lie in the same place of the stack. A copy of the
// description stays in registers.
#define WALK(NAME_OF_WALK)                                                         \
    OUTLINED void NAME(NAME_OF_WALK##_of_x)(const NAME(reduction) *described) {    \
        const NAME(reduction) r = *described;                                      \
        NAME(NAME_OF_WALK)(0, &r);                                                 \
    }                                                                              \
    OUTLINED void NAME(NAME_OF_WALK##_of_both)(const NAME(reduction) *described) { \
        const NAME(reduction) r = *described;                                      \
        NAME(NAME_OF_WALK)(1, &r);                                                 \
    }
WALK(sum_narrow)
WALK(sum_columns)
WALK(sum_rows)
WALK(sum_some)
WALK(complete)
#undef WALK

static void NAME(sum)(const void *x, const void *g, const ckernels_block *b, const double *center,
                      double *sum, double *products, const ckernels_output *meanwhile,
                      void *scratch) {
    NAME(writer) writer;
    if (meanwhile) NAME(begin)(&writer, meanwhile, scratch);
    const NAME(reduction) r = {
        x, g, b, center, sum, products, meanwhile ? &writer : 0, scratch, 0, 0,
    };
    const int columns = NAME(has_columns)(b), narrow = columns && NAME(is_narrow)(b);
    if (narrow && g)
        NAME(sum_narrow_of_both)(&r);
    else if (narrow)
        NAME(sum_narrow_of_x)(&r);
    else if (columns && g)
        NAME(sum_columns_of_both)(&r);
    else if (columns)
        NAME(sum_columns_of_x)(&r);
    else if (g)
        NAME(sum_rows_of_both)(&r);
    else
        NAME(sum_rows_of_x)(&r);
    if (g)
        NAME(complete_of_both)(&r);
    else
        NAME(complete_of_x)(&r);
    if (meanwhile) NAME(write_rest)(&writer);
}

static void NAME(sum_parts)(const void *x, const void *g, const ckernels_block *b,
                            const ckernels_part *parts, long count, const double *center,
                            double *sum, double *products, void *scratch) {
    const NAME(reduction) r = {x, g, b, center, sum, products, 0, scratch, parts, count};
    if (g) {
        NAME(sum_some_of_both)(&r);
        NAME(complete_of_both)(&r);
    } else {
        NAME(sum_some_of_x)(&r);
        NAME(complete_of_x)(&r);
    }
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
