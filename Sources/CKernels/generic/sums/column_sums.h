// Sums of each channel by columns: planes shorter than a vector, or single values. A run is some
// rows of a vector of columns.
#ifndef COLUMN_SUMS_H
#define COLUMN_SUMS_H

#include "../columns.h"
#include "sums.h"

// Rows that are added up before they are widened.
#define ROWS_PER_RUN 8

// Rows of so many vectors are walked row by row, others vector by vector.
#define VECTORS_OF_ROW 4

// Adds `count` vectors of columns in some rows, 1 or VECTORS_OF_ROW: among themselves first, which
// are a run. `next` is where what follows is read ahead from, `ahead` values on for each row.
INLINE void NAME(add_columns)(int count, int gradient, const E *x, const E *g, long rows,
                              long stride, long next, long ahead, const T *center, double *sum,
                              double *products) {
    VEC k[VECTORS_OF_ROW];
    NAME(run) runs[VECTORS_OF_ROW];
    for (int v = 0; v < count; v++) {
        k[v] = NAME(load)(center + v * N);
        runs[v] = (NAME(run)){0, 0};
    }
    for (long r = 0; r < rows; r++) {
        for (int v = 0; v < count; v++) {
            NAME(prefetch_at)(gradient, x, g, next + r * ahead + v * N);
            NAME(add_at)(gradient, x, g, r * stride + v * N, k[v], &runs[v]);
        }
    }
    for (int v = 0; v < count; v++) {
        double *const sums = sum + v * N, *const all_products = products + v * N;
        NAME(store_wide)(sums, NAME(load_wide)(sums) + NAME(widen)(runs[v].sum));
        NAME(store_wide)(all_products,
                         NAME(load_wide)(all_products) + NAME(widen)(runs[v].products));
    }
}

// Adds the whole vectors of n columns; returns how many columns they are. Rows that follow each
// other are read ahead in the order of memory, unless each is about a page: beyond the caches that
// is up to one and a half times as fast as in the order of the walk, and a walk in that order, of
// rows that registers hold, up to twice.
INLINE long NAME(add_vectors)(int gradient, const E *x, const E *g, long n, long rows, long stride,
                              long next, const T *center, double *sum, double *products) {
    if (n == VECTORS_OF_ROW * N) {
        NAME(add_columns)(VECTORS_OF_ROW, gradient, x, g, rows, stride, next, stride, center, sum,
                          products);
        return n;
    }
    const int is_run = stride == n && n <= COLUMNS / 2;
    long j = 0;
    for (; j + N <= n; j += N)
        NAME(add_columns)(1, gradient, x + j, gradient ? g + j : 0, rows, stride,
                          is_run ? next + j * (rows - 1) : next, is_run ? N : stride, center + j,
                          sum + j, products + j);
    return j;
}

// Adds n columns of some rows, as many as a run has as a rule.
INLINE void NAME(add_rows)(int gradient, const E *x, const E *g, long n, long rows, long stride,
                           long next, const T *center, double *sum, double *products) {
    long j;
    if (rows == ROWS_PER_RUN)
        j = NAME(add_vectors)(gradient, x, g, n, ROWS_PER_RUN, stride, next, center, sum, products);
    else
        j = NAME(add_vectors)(gradient, x, g, n, rows, stride, next, center, sum, products);
    for (; j < n; j++) {
        double sums = 0, sums_of_products = 0;
        for (long r = 0; r < rows; r++) {
            const double d = (double)NAME(fetch_one)(x + r * stride + j) - (double)center[j];
            const double a = gradient ? (double)NAME(fetch_one)(g + r * stride + j) : d;
            sums += a;
            sums_of_products += a * d;
        }
        sum[j] += sums;
        products[j] += sums_of_products;
    }
}

// The sum of each of some planes of 2 to 4 columns, as reduce would add them up.
INLINE void NAME(reduce_shortest)(const double *columns, long inner, long count, double *to) {
    if (inner == 2)
        for (long c = 0; c < count; c++) to[c] = columns[2 * c] + columns[2 * c + 1];
    else if (inner == 3)
        for (long c = 0; c < count; c++)
            to[c] = (columns[3 * c] + columns[3 * c + 2]) + columns[3 * c + 1];
    else
        for (long c = 0; c < count; c++)
            to[c] =
                (columns[4 * c] + columns[4 * c + 2]) + (columns[4 * c + 1] + columns[4 * c + 3]);
}

// The sums of some channels, from those of their columns in all the rows that were walked as one: n
// columns. Both are of the scratch memory, and no table of it is one of the caller's.
INLINE void NAME(gather)(double *restrict columns, long inner, long channels, long n,
                         double *restrict to) {
    const long row = channels * inner;
    if (row < N)
        for (long j = 0; j < row; j++)
            for (long f = row; f < n; f += row) columns[j] += columns[f + j];
    else
        for (long f = row; f < n; f += row)
            for (long j = 0; j < row; j++) columns[j] += columns[f + j];
    if (inner == 1) {
        __builtin_memcpy(to, columns, channels * sizeof(double));
    } else if (inner <= 4) {
        NAME(reduce_shortest)(columns, inner, channels, to);
    } else {
        const long whole = (inner - 1) / N * N;
        const NAME(wide_mask) valid =
            __builtin_convertvector(NAME(lanes)() < (INT)(inner - whole), NAME(wide_mask));
        NAME(reduce_each)(columns, inner, whole, valid, channels, to);
    }
}

// One center a column, repeated up to n columns.
INLINE void NAME(expand_centers)(const NAME(reduction) *r, long first, long channels, long n) {
    T *restrict const center = r->scratch->sums.columns.center;
    const double *restrict const from = r->center + first;
    const long inner = r->block->inner, row = channels * inner;
    if (inner <= N / 2)
        for (long c = 0; c < channels; c++) NAME(repeat)(1, (T)from[c], inner, center + c * inner);
    else
        for (long c = 0; c < channels; c++) NAME(repeat)(0, (T)from[c], inner, center + c * inner);
    for (long j = row; j < n; j++) center[j] = center[j - row];
}

// Some samples at a time, more where their rows are narrow, so that one sum need not wait for the
// other.
INLINE void NAME(sum_columns)(int gradient, const NAME(reduction) *r) {
    const ckernels_block *b = r->block;
    double *const sum = r->scratch->sums.columns.sum;
    double *const products = r->scratch->sums.columns.products;
    T *const center = r->scratch->sums.columns.center;
    const long joined = NAME(rows_per_walk)(b, 4 * N), stride = b->outer_stride * joined;
    const long group = NAME(channels_per_walk)(b), outer = b->outer / joined;
    for (long first = 0; first < b->channels; first += group) {
        const long channels = NAME(at_most)(b->channels - first, group);
        const long row = channels * b->inner, n = row * joined;
        const long step = n <= 4 * N ? 2 * ROWS_PER_RUN : ROWS_PER_RUN;
        NAME(expand_centers)(r, first, channels, n);
        for (long j = 0; j < n; j++) sum[j] = products[j] = 0;
        const E *const x = r->x + first * b->channel_stride;
        const E *const g = gradient ? r->g + first * b->channel_stride : 0;
        for (long o = 0; o < outer; o += step) {
            const long rows = NAME(at_most)(outer - o, step), at = o * stride;
            // The rows after these.
            const long next = o + step < outer ? step * stride : group * b->channel_stride - at;
            NAME(add_rows)(gradient, x + at, gradient ? g + at : 0, n, rows, stride, next, center,
                           sum, products);
            if (r->meanwhile) NAME(write_some)(r->meanwhile, rows * n);
        }
        // Samples that make no whole walk.
        const long rest = (b->outer - outer * joined) * row, at = outer * stride;
        if (rest)
            NAME(add_rows)(gradient, x + at, gradient ? g + at : 0, rest, 1, 0, 0, center, sum,
                           products);
        NAME(gather)(sum, b->inner, channels, n, r->sum + first);
        NAME(gather)(products, b->inner, channels, n, r->products + first);
    }
}

// A plane of a vector at most in some samples from o on. `whole`: a whole vector of it can be read.
INLINE NAME(run) NAME(sum_lane)(int gradient, int whole, const NAME(reduction) *r, long o, long end,
                                long at, VEC center, NAME(ivec) valid) {
    const long inner = r->block->inner, stride = r->block->outer_stride;
    NAME(run) run = {0, 0};
    do {
        const E *const x = r->x + o * stride + at;
        const E *const g = gradient ? r->g + o * stride + at : 0;
        const VEC v = whole ? NAME(fetch)(x) : NAME(fetch_part)(x, inner);
        const VEC w = !gradient ? (VEC)0 : whole ? NAME(fetch)(g) : NAME(fetch_part)(g, inner);
        NAME(add_valid)(gradient, v, w, center, valid, &run);
    } while (++o < end);
    return run;
}

// Planes of a vector at most in a few samples, or apart: channel by channel.
INLINE void NAME(sum_narrow)(int gradient, const NAME(reduction) *r) {
    const ckernels_block *b = r->block;
    const long inner = b->inner, plane = NAME(are_apart)(b) ? b->channel_stride : inner;
    const NAME(ivec) valid = NAME(lanes)() < (INT)inner;
    // Channels from which a whole vector can be read.
    const long row = (b->channels - 1) * plane + inner, whole = row < N ? 0 : (row - N) / plane + 1;
    for (long first = 0; first < b->channels; first += PLANES) {
        const long channels = NAME(at_most)(b->channels - first, PLANES);
        for (long o = 0; o < b->outer; o += ROWS_PER_RUN) {
            const long end = NAME(at_most)(b->outer, o + ROWS_PER_RUN);
            for (long c = 0; c < channels; c++) {
                const long at = (first + c) * plane;
                const VEC center = (VEC)(T)r->center[first + c];
                const NAME(run) run =
                    first + c < whole ? NAME(sum_lane)(gradient, 1, r, o, end, at, center, valid)
                                      : NAME(sum_lane)(gradient, 0, r, o, end, at, center, valid);
                NAME(store_run)(run, r->scratch, c);
            }
            NAME(reduce_runs)(o == 0, r, first, channels);
        }
        if (r->meanwhile) NAME(write_some)(r->meanwhile, channels * b->outer * inner);
    }
}

#endif
