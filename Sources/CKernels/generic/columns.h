// How a block is walked by columns: where planes are shorter than a vector, or single values.
#ifndef COLUMNS_H
#define COLUMNS_H

#include "scratch.h"
#include "vectors.h"

// Whether the planes of a sample lie apart: parts of whole planes. Rows and columns end with them.
INLINE int NAME(are_apart)(const ckernels_block *b) {
    return b->channels > 1 && b->channel_stride != b->inner;
}

// Whether each sample is one run of channels.
INLINE int NAME(has_single_values)(const ckernels_block *b) {
    return b->inner == 1 && !NAME(are_apart)(b);
}

// Whether a block is summed by columns: also where planes are little more than a vector, if there
// are enough rows to share the tables.
INLINE int NAME(has_columns)(const ckernels_block *b) {
    return b->inner <= N || (b->inner <= 3 * N / 2 && b->outer >= 8 && !NAME(are_apart)(b));
}

// Whether a block of planes of a vector at most has so few samples that tables of columns would
// cost more than they carry, or has no columns that follow each other.
INLINE int NAME(is_narrow)(const ckernels_block *b) {
    return b->inner <= N && (b->outer == 1 || 3 * b->outer <= b->inner || NAME(are_apart)(b));
}

// Channels whose columns fit the tables; their columns are whole vectors where possible.
INLINE long NAME(channels_per_walk)(const ckernels_block *b) {
    const long channels = COLUMNS / b->inner;
    const long factor = b->inner & -b->inner;  // the power of two in it
    const long unit = factor < N ? N / factor : 1;
    if (channels >= b->channels) return b->channels;
    return channels >= unit ? channels - channels % unit : channels;
}

// Rows walked as one where they follow each other in memory, about `wanted` columns, so that rows
// of few columns are whole vectors too.
INLINE long NAME(rows_per_walk)(const ckernels_block *b, long wanted) {
    const long n = b->channels * b->inner;
    if (b->outer_stride != n || n > COLUMNS) return 1;
    const long factor = n & -n;  // the power of two in it
    const long unit = factor < N ? N / factor : 1;
    const long rows = wanted / n / unit * unit;
    return NAME(at_most)(rows ? rows : NAME(at_most)(unit, COLUMNS / n), b->outer);
}

// The same number in each column of a plane. Vectors are stored whole, or half where planes are no
// longer: what goes beyond the plane is the next one's.
INLINE void NAME(repeat)(int is_half, T value, long inner, T *columns) {
    typedef T half __attribute__((ext_vector_type(N / 2)));
    const half v = value;
    if (is_half)
        __builtin_memcpy((char *)columns, &v, sizeof v);
    else
        for (long i = 0; i < inner; i += N) NAME(store)(columns + i, (VEC)value);
}

// One value a column, repeated up to `count` columns; the table has room for one more vector.
INLINE void NAME(expand)(const T *values, long channels, long inner, long count, T *columns) {
    if (inner <= N / 2)
        for (long c = 0; c < channels; c++) NAME(repeat)(1, values[c], inner, columns + c * inner);
    else
        for (long c = 0; c < channels; c++) NAME(repeat)(0, values[c], inner, columns + c * inner);
    for (long known = channels * inner, more; known < count; known += more) {
        more = NAME(at_most)(known, count - known);
        __builtin_memcpy(columns + known, columns, more * sizeof(T));
    }
}

#endif
