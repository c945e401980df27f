// Rows shorter than a vector, in scratch memory where each has a vector of its own.
#ifndef ROWS_NARROW_H
#define ROWS_NARROW_H

#include "../elements/formats.h"

#ifndef NARROW_ROWS
// Rows that are brought there at a time.
#define NARROW_ROWS 32

// The statistics from row r on.
INLINE ckernels_row_statistics statistics_from(const ckernels_row_statistics *s, long r) {
    return (ckernels_row_statistics){s->mean ? s->mean + r : 0,
                                     s->correction ? s->correction + r : 0,
                                     s->squares ? s->squares + r : 0};
}
#endif

typedef struct {
    T scale[N], shift[N];
    E x[NARROW_ROWS * N], addend[NARROW_ROWS * N], residual[NARROW_ROWS * N], g[NARROW_ROWS * N];
    E sum[NARROW_ROWS * N], y[NARROW_ROWS * N];
    double scale_gradient[N], shift_gradient[N];
} NAME(narrow_rows);

_Static_assert(sizeof(NAME(narrow_rows)) <= CKERNELS_SCRATCH * sizeof(T),
               "scratch memory too small");

// Rows of n values, each at the beginning of a vector; null where there are none. What follows a
// row in its vector is zero.
INLINE const E *NAME(spread)(const E *from, long rows, long n, E *to) {
    if (!from) return 0;
    for (long r = 0; r < rows; r++) {
        NAME(place)(to + r * N, (VEC)(T)0);
        NAME(copy_elements)(to + r * N, from + r * n, n);
    }
    return to;
}

INLINE void NAME(gather_rows)(const E *from, long rows, long n, E *to) {
    for (long r = 0; r < rows; r++) NAME(copy_elements)(to + r * n, from + r * N, n);
}

// One number a value of a row, as a vector.
INLINE const T *NAME(spread_table)(const T *from, long n, T *to) {
    NAME(store)(to, (VEC)(T)0);
    NAME(copy_part)(to, from, n);
    return to;
}

#endif
