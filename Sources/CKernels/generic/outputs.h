// Outputs: one is written all at once, or some values at a time while sums are taken.
#ifndef OUTPUTS_H
#define OUTPUTS_H

#include <limits.h>

#include "columns.h"
#include "maps.h"

#if defined(__x86_64__)
#define NON_TEMPORAL_FENCE() __builtin_ia32_sfence()
#else
#define NON_TEMPORAL_FENCE() ((void)0)
#endif

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

// Whether an output is written by columns: also where planes are little more than a vector, so that
// each last one belongs to two planes, if there are enough rows to share the tables. Planes of two
// vectors and more pay for them only where there are few tables.
INLINE int NAME(writes_columns)(const ckernels_output *output) {
    const ckernels_block *b = &output->block;
    if (NAME(are_apart)(b)) return 0;
    if (b->inner < N) return 1;
    const long row = b->channels * b->inner;
    if (b->outer < 8 || b->outer * row < 8 * CHUNK) return 0;
    // Past the caches, pieces of a row would each begin and end within a line.
    if (output->non_temporal && row > COLUMNS) return 0;
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

// Writes the next part of a row, at most `longest` values; returns how many. Samples that follow
// each other in memory are one row; planes that lie apart are a row each.
INLINE long NAME(write_row)(NAME(writer) *w, int mode, long longest, int non_temporal) {
    const ckernels_block *b = &w->output->block;
    const long channels = NAME(are_apart)(b) ? 1 : b->channels;
    const long sample = channels * b->inner;
    const long samples = b->outer_stride == sample ? b->outer : 1;
    const long at = w->o * b->outer_stride + w->c * b->channel_stride + w->i;
    const T *tables[TABLES];
    for (int t = 0; t < NAME(table_count)(mode); t++) tables[t] = w->tables[t] + w->c;
    // The head of a row goes with its first part, so that each part ends aligned.
    if (non_temporal && w->i == 0) longest += NAME(head)(w->tensors.y + at, N);
    const long n = NAME(at_most)(samples * sample - w->i, longest);
    const bit_writer mask = mode & WRITES_MASK
                                ? bits_from(w->output->mask, w->output->first_bit + at)
                                : (bit_writer){0};
    NAME(map_row)(mode, NAME(tensors_at)(&w->tensors, mode, at), w->i, n, b->inner, channels,
                  tables, non_temporal, mask);
    w->i += n;
    if (w->i < samples * sample) return n;
    w->i = 0;
    w->c += channels;
    if (w->c < b->channels) return n;
    w->c = 0;
    w->o += samples;
    return n;
}

// n columns of some rows, from position `at` of the block on.
INLINE void NAME(write_at)(NAME(writer) *w, int mode, long at, long n, long rows, long stride,
                           const T *const columns[TABLES], int non_temporal) {
    const NAME(tensors) tensors = NAME(tensors_at)(&w->tensors, mode, at);
    NAME(map_columns)(mode, &tensors, n, rows, stride, columns, non_temporal, w->output->mask,
                      w->output->first_bit + at);
}

// Writes the next rows of a group of channels, at least `wanted` values if there are so many;
// returns how many.
INLINE long NAME(write_group)(NAME(writer) *w, int mode, long wanted, int non_temporal) {
    const ckernels_block *b = &w->output->block;
    // Single values have the tables of the channels themselves.
    const int single = b->inner == 1;
    const long channels =
        single ? b->channels : NAME(at_most)(b->channels - w->c, NAME(channels_per_walk)(b));
    const long n = channels * b->inner;
    const T *columns[TABLES];
    for (int t = 0; t < NAME(table_count)(mode); t++) {
        columns[t] = single ? w->tables[t] : w->columns[t];
        if (!single && w->o == 0)
            NAME(expand)(w->tables[t] + w->c, channels, b->inner, n, w->columns[t]);
    }
    const long rows = NAME(at_most)(b->outer - w->o, 1 + (wanted - 1) / n);
    NAME(write_at)(w, mode, w->o * b->outer_stride + w->c * b->channel_stride, n, rows,
                   b->outer_stride, columns, non_temporal);
    w->o += rows;
    if (w->o == b->outer) {
        w->o = 0;
        w->c += channels;
    }
    return n * rows;
}

// The same where rows follow each other in memory and some are walked as one, from position w->i
// on: first up to where vectors are aligned, at last the rows that are left.
INLINE long NAME(write_joined)(NAME(writer) *w, int mode, long wanted, int non_temporal) {
    const ckernels_block *b = &w->output->block;
    const long row = b->channels * b->inner, walk = row * w->rows_per_walk;
    const long left = b->outer * row - w->i;
    const int is_head = w->head && w->i == 0;
    const T *columns[TABLES];
    for (int t = 0; t < NAME(table_count)(mode); t++) {
        if (w->i == 0)
            NAME(expand)(w->tables[t], b->channels, b->inner, walk + w->head, w->columns[t]);
        columns[t] = w->columns[t] + (is_head ? 0 : w->head);
    }
    const long n = NAME(at_most)(is_head ? w->head : walk, left);
    const long rows = is_head ? 1 : NAME(at_most)(left / n, 1 + (wanted - 1) / n);
    NAME(write_at)(w, mode, w->i, n, rows, walk, columns, non_temporal);
    w->i += n * rows;
    if (n * rows == left) w->o = b->outer;
    return n * rows;
}

INLINE long NAME(write_columns)(NAME(writer) *w, int mode, long wanted, int non_temporal) {
    return w->is_joined ? NAME(write_joined)(w, mode, wanted, non_temporal)
                        : NAME(write_group)(w, mode, wanted, non_temporal);
}

// One instance of each mode, so that nothing is decided within a loop.
#define EACH_CORNER(CASE, AND) \
    CASE(CKERNELS_RELU | AND) CASE(CKERNELS_RELU6 | AND) CASE(CKERNELS_LEAKY_RELU | AND)
#define EACH_ACTIVATION(CASE, AND) \
    EACH_CORNER(CASE, AND)         \
    CASE(CKERNELS_IDENTITY | AND) CASE(CKERNELS_SILU | AND) CASE(CKERNELS_HARD_SWISH | AND)
#define EACH_MODE(CASE)                                          \
    EACH_ACTIVATION(CASE, 0)                                     \
    EACH_ACTIVATION(CASE, ADDS_RESIDUAL)                         \
    EACH_CORNER(CASE, WRITES_MASK)                               \
    EACH_CORNER(CASE, (ADDS_RESIDUAL | WRITES_MASK))             \
    EACH_ACTIVATION(CASE, ACTIVATION_BACKWARD)                   \
    EACH_ACTIVATION(CASE, (ACTIVATION_BACKWARD | ADDS_RESIDUAL)) \
    CASE(INPUT_GRADIENT) CASE(INPUT_GRADIENT | WEIGHTED)

#define STEP_ROW(MODE) \
    (non_temporal ? NAME(write_row)(w, MODE, longest, 1) : NAME(write_row)(w, MODE, longest, 0))
#define ROW(MODE) \
    case MODE:    \
        return STEP_ROW(MODE);
#define STEP_COLUMN(MODE)                                   \
    (non_temporal ? NAME(write_columns)(w, MODE, wanted, 1) \
                  : NAME(write_columns)(w, MODE, wanted, 0))
#define COLUMN(MODE) \
    case MODE:       \
        return NAME(write_columns)(w, MODE, wanted, non_temporal);

OUTLINED long NAME(step_row)(NAME(writer) *w, long longest) {
    const int non_temporal = w->non_temporal;
    switch (w->mode) { EACH_MODE(ROW) default : __builtin_trap(); }
}

OUTLINED long NAME(step_column)(NAME(writer) *w, long wanted) {
    const int non_temporal = w->non_temporal;
    switch (w->mode) { EACH_MODE(COLUMN) default : __builtin_trap(); }
}

// Writes at least `wanted` values more, if there are so many, in parts of at most `longest`. Not
// inlined, so that the sums taken meanwhile have the registers to themselves.
OUTLINED void NAME(advance)(NAME(writer) *w, long wanted, long longest) {
    const ckernels_block *b = &w->output->block;
    const int non_temporal = w->non_temporal;
    const int columns = NAME(writes_columns)(w->output);
    while (wanted > 0 && w->o < b->outer && w->c < b->channels) {
        if (w->mode == CKERNELS_IDENTITY)
            wanted -= columns ? STEP_COLUMN(CKERNELS_IDENTITY) : STEP_ROW(CKERNELS_IDENTITY);
        else if (w->mode == INPUT_GRADIENT)
            wanted -= columns ? STEP_COLUMN(INPUT_GRADIENT) : STEP_ROW(INPUT_GRADIENT);
        else
            wanted -= columns ? NAME(step_column)(w, wanted) : NAME(step_row)(w, longest);
    }
}

#undef ROW
#undef COLUMN
#undef STEP_ROW
#undef STEP_COLUMN
#undef EACH_CORNER
#undef EACH_ACTIVATION
#undef EACH_MODE

// Some values of an output while sums are taken.
INLINE void NAME(write_some)(NAME(writer) *w, long values) {
    NAME(advance)(w, values, CHUNK);
}

INLINE void NAME(write_rest)(NAME(writer) *w) {
    NAME(advance)(w, LONG_MAX, LONG_MAX / 2);
    if (w->non_temporal) NON_TEMPORAL_FENCE();
}

#endif
