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

static void NAME(sum)(const void *x, const void *g, const ckernels_block *b, const double *center,
                      double *sum, double *products, const ckernels_output *meanwhile,
                      void *scratch) {
    // Aligned, and with it the vectors that the compiler keeps on the stack for want of registers.
    __attribute__((aligned(64))) NAME(writer) writer;
    if (meanwhile) NAME(begin)(&writer, meanwhile, scratch);
    const NAME(reduction) r = {
        x, g, b, center, sum, products, meanwhile ? &writer : 0, scratch, 0, 0,
    };
    const int columns = NAME(has_columns)(b), narrow = columns && NAME(is_narrow)(b);
    if (narrow && g)
        NAME(sum_narrow)(1, &r);
    else if (narrow)
        NAME(sum_narrow)(0, &r);
    else if (columns && g)
        NAME(sum_columns)(1, &r);
    else if (columns)
        NAME(sum_columns)(0, &r);
    else if (g)
        NAME(sum_rows)(1, &r);
    else
        NAME(sum_rows)(0, &r);
    if (g)
        NAME(complete)(1, &r);
    else
        NAME(complete)(0, &r);
    if (meanwhile) NAME(write_rest)(&writer);
}

static void NAME(sum_parts)(const void *x, const void *g, const ckernels_block *b,
                            const ckernels_part *parts, long count, const double *center,
                            double *sum, double *products, void *scratch) {
    const NAME(reduction) r = {x, g, b, center, sum, products, 0, scratch, parts, count};
    if (g) {
        NAME(sum_some)(1, &r);
        NAME(complete)(1, &r);
    } else {
        NAME(sum_some)(0, &r);
        NAME(complete)(0, &r);
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
