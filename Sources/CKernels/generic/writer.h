// An output on its way, which is written all at once or some values at a time, and how its block is
// walked.
#ifndef WRITER_H
#define WRITER_H

#include "columns.h"
#include "maps.h"

// Values that a sum reads between two writes of another output: 1 KiB.
#define CHUNK (16 * N)

// An output on its way: its options, and the position of the next value.
typedef struct {
    const ckernels_output *output;
    NAME(tensors) tensors;
    const T *tables[TABLES];
    T (*columns)[COLUMNS + N];  // the coefficients of columns
    int mode, non_temporal;
    long o, c, i;
    int is_joined;             // whether rows are walked as one run of memory
    long rows_per_walk, head;  // how many at a time, and the columns before the first
} NAME(writer);

// Whether the planes of a sample are rows by themselves: they lie apart, or zeros follow each.
INLINE int NAME(rows_are_planes)(const ckernels_output *output) {
    return NAME(are_apart)(&output->block) || output->padding > 0;
}

// Whether an output is written by columns: also where planes are little more than a vector, so that
// each last one belongs to two planes, if there are enough rows to share the tables. Planes of two
// vectors and more pay for them only where there are few tables.
INLINE int NAME(writes_columns)(const ckernels_output *output) {
    const ckernels_block *b = &output->block;
    if (NAME(rows_are_planes)(output)) return 0;
    if (b->inner < N) return 1;
    const long row = b->channels * b->inner;
    if (b->outer < 8 || b->outer * row < 8 * CHUNK) return 0;
    // Past the caches, pieces of a row would each begin and end within a line, and tables as long
    // as a page are slower than none.
    if (output->non_temporal && row >= COLUMNS) return 0;
    if (b->inner % N == 0) return b->inner == N;
    const int are_few = output->kind < CKERNELS_INPUT_GRADIENT;
    return b->inner < (are_few ? 3 : 2) * N;
}

INLINE int NAME(mode_of)(const ckernels_output *output) {
    switch (output->kind) {
        case CKERNELS_INPUT_GRADIENT:
            return INPUT_GRADIENT;
        case CKERNELS_WEIGHTED_INPUT_GRADIENT:
            return INPUT_GRADIENT | WEIGHTED;
        default:
            return output->activation | (output->residual ? ADDS_RESIDUAL : 0) |
                   (output->mask ? WRITES_MASK : 0) |
                   (output->kind == CKERNELS_ACTIVATION_BACKWARD ? ACTIVATION_BACKWARD : 0);
    }
}

// Whether planes with the zeros behind them are walked as one row.
INLINE int NAME(pads_rows)(const ckernels_output *output) {
    const ckernels_block *b = &output->block;
    const int mode = NAME(mode_of)(output);
    return (mode == CKERNELS_IDENTITY || mode == INPUT_GRADIENT) && output->padding > 0 &&
           b->inner + output->padding == b->channel_stride && b->channel_stride >= N;
}

INLINE void NAME(begin)(NAME(writer) *w, const ckernels_output *output, NAME(scratch) *scratch) {
    const ckernels_tables *tables = &output->tables;
    w->output = output;
    w->tensors = (NAME(tensors)){output->x, output->residual, output->g, output->y,
                                 (T)output->negative_slope};
    w->mode = NAME(mode_of)(output);
    w->tables[CENTER] = tables->center;
    w->tables[SCALE] = tables->scale;
    w->tables[SHIFT] = w->mode & INPUT_GRADIENT ? tables->correction : tables->shift;
    w->tables[DEVIATION_SCALE] = tables->deviation_scale;
    w->tables[GRADIENT_CENTER] = tables->gradient_center;
    w->tables[WEIGHT] = tables->weight;
    w->columns = scratch->coefficients;
    // Where y lies off the boundary of an element, no vector of it can be aligned.
    w->non_temporal = output->non_temporal && (unsigned long)output->y % sizeof(E) == 0;
    w->o = w->c = w->i = 0;
    const ckernels_block *b = &output->block;
    // Planes of some lines and the zeros behind them would each begin and end within one.
    if (NAME(rows_are_planes)(output) && b->inner < COLUMNS && !NAME(pads_rows)(output))
        w->non_temporal = 0;
    const int columns = NAME(writes_columns)(output);
    w->rows_per_walk = columns ? NAME(rows_per_walk)(b, CHUNK) : 1;
    const long head = w->non_temporal ? NAME(head)(output->y, N) : 0;
    // Also one row at a time, where rows that follow each other would each begin and end within a
    // line.
    const long row = b->channels * b->inner;
    w->is_joined = columns && (w->rows_per_walk > 1 ||
                               (head && b->outer > 1 && b->outer_stride == row && row <= COLUMNS));
    w->head = w->is_joined ? head : 0;
}

#endif
