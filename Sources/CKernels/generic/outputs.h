// Outputs: one is written all at once, or some values at a time while sums are taken.
#ifndef OUTPUTS_H
#define OUTPUTS_H

#include <limits.h>

#include "writer.h"

// Zeros behind a plane.
OUTLINED void NAME(pad)(E *y, long n, int non_temporal) {
    long i = non_temporal ? NAME(head)(y, n) : 0;
    if (i) NAME(place_part)(y, (VEC)0, i);
    for (; n - i >= N; i += N) NAME(put)(y + i, (VEC)0, N, non_temporal);
    if (i < n) NAME(place_part)(y + i, (VEC)0, n - i);
}

// Writes the next sample of planes apart and the zeros behind them; returns how many values.
INLINE long NAME(write_padded_as)(NAME(writer) *w, int mode, int non_temporal) {
    const ckernels_block *b = &w->output->block;
    const long at = w->o * b->outer_stride;
    NAME(map_padded)(mode, NAME(tensors_at)(&w->tensors, mode, at), b->inner, b->channel_stride,
                     b->channels, w->tables, non_temporal);
    w->o++;
    return b->channels * b->channel_stride;
}

OUTLINED long NAME(write_padded)(NAME(writer) *w) {
    if (w->mode == INPUT_GRADIENT)
        return w->non_temporal ? NAME(write_padded_as)(w, INPUT_GRADIENT, 1)
                               : NAME(write_padded_as)(w, INPUT_GRADIENT, 0);
    return w->non_temporal ? NAME(write_padded_as)(w, CKERNELS_IDENTITY, 1)
                           : NAME(write_padded_as)(w, CKERNELS_IDENTITY, 0);
}

// Writes the next part of a row, at most `longest` values; returns how many. Samples that follow
// each other in memory are one row; planes that lie apart are a row each.
INLINE long NAME(write_row)(NAME(writer) *w, int mode, long longest, int non_temporal) {
    const ckernels_block *b = &w->output->block;
    const int may_pad = mode == CKERNELS_IDENTITY || mode == INPUT_GRADIENT;
    if (may_pad && NAME(pads_rows)(w->output)) return NAME(write_padded)(w);
    const long channels = NAME(rows_are_planes)(w->output) ? 1 : b->channels;
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
    if (w->output->padding > 0) NAME(pad)(w->tensors.y + at + n, w->output->padding, non_temporal);
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
    // Single values have the tables of the channels themselves. As many as stay in L1 are best, but
    // past the caches whole rows.
    const int single = b->inner == 1;
    const long most = single ? non_temporal ? b->channels : COLUMNS : NAME(channels_per_walk)(b);
    const long channels = NAME(at_most)(b->channels - w->c, most);
    const long n = channels * b->inner;
    const T *columns[TABLES];
    for (int t = 0; t < NAME(table_count)(mode); t++) {
        columns[t] = single ? w->tables[t] + w->c : w->columns[t];
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
}

#endif
