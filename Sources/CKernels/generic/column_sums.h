// Sums of each channel by columns: planes shorter than a vector, or single values, in double.
#ifndef COLUMN_SUMS_H
#define COLUMN_SUMS_H

#include "columns.h"
#include "sums.h"

// Adds a vector of columns in some rows: among themselves first, so that rounding grows with the
// number of rows and that of groups, not with the product. `next` is where more rows follow.
INLINE void NAME(add_columns)(int gradient, const T *x, const T *g, long rows, long stride,
                              long next, const double *center, double *sum, double *products) {
    const WIDE k = NAME(load_wide)(center);
    NAME(sums) sums = {0, 0};
    for (long r = 0; r < rows; r++) {
        __builtin_prefetch(x + next + r * stride);
        if (gradient) __builtin_prefetch(g + next + r * stride);
        NAME(add_at)(gradient, x, g, r * stride, k, &sums);
    }
    NAME(store_wide)(sum, NAME(load_wide)(sum) + sums.sum);
    NAME(store_wide)(products, NAME(load_wide)(products) + sums.products);
}

// Adds the whole vectors of n columns; returns how many columns they are.
INLINE long NAME(add_vectors)(int gradient, const T *x, const T *g, long n, long rows, long stride,
                              long next, const double *center, double *sum, double *products) {
    long j = 0;
    for (; j + N <= n; j += N)
        NAME(add_columns)(gradient, x + j, gradient ? g + j : 0, rows, stride, next, center + j,
                          sum + j, products + j);
    return j;
}

// Adds n columns of some rows, four as a rule.
INLINE void NAME(add_rows)(int gradient, const T *x, const T *g, long n, long rows, long stride,
                           long next, const double *center, double *sum, double *products) {
    long j;
    if (rows == 4)
        j = NAME(add_vectors)(gradient, x, g, n, 4, stride, next, center, sum, products);
    else
        j = NAME(add_vectors)(gradient, x, g, n, rows, stride, next, center, sum, products);
    for (; j < n; j++) {
        double sums = 0, sums_of_products = 0;
        for (long r = 0; r < rows; r++) {
            const double d = (double)NAME(load_one)(x + r * stride + j) - center[j];
            const double a = gradient ? (double)NAME(load_one)(g + r * stride + j) : d;
            sums += a;
            sums_of_products += a * d;
        }
        sum[j] += sums;
        products[j] += sums_of_products;
    }
}

// The sums of each channel, from those of its columns in all the rows that were walked as one: n
// columns. No table of the scratch memory is one of the caller's.
INLINE void NAME(gather)(const NAME(reduction) *r, long first, long channels, long n) {
    const double *restrict const sum = r->scratch->sums.columns.sum;
    const double *restrict const products = r->scratch->sums.columns.products;
    double *restrict const to_sum = r->sum + first;
    double *restrict const to_products = r->products + first;
    const long inner = r->block->inner, row = channels * inner;
    for (long c = 0; c < channels; c++) to_sum[c] = to_products[c] = 0;
    for (long f = 0; f < n; f += row) {
        for (long c = 0; c < channels; c++) {
            for (long i = 0; i < inner; i++) {
                to_sum[c] += sum[f + c * inner + i];
                to_products[c] += products[f + c * inner + i];
            }
        }
    }
}

// One center a column, repeated up to n columns.
INLINE void NAME(expand_centers)(const NAME(reduction) *r, long first, long channels, long n) {
    double *restrict const center = r->scratch->sums.columns.center;
    const double *restrict const from = r->center + first;
    const long inner = r->block->inner, row = channels * inner;
    for (long c = 0; c < channels; c++)
        for (long i = 0; i < inner; i++) center[c * inner + i] = from[c];
    for (long j = row; j < n; j++) center[j] = center[j - row];
}

// Some samples at a time: four, or more where their rows are narrow, so that one sum need not wait
// for the other.
INLINE void NAME(sum_columns)(int gradient, const NAME(reduction) *r) {
    const ckernels_block *b = r->block;
    double *const sum = r->scratch->sums.columns.sum;
    double *const products = r->scratch->sums.columns.products;
    double *const center = r->scratch->sums.columns.center;
    const long joined = NAME(rows_per_walk)(b, 4 * N), stride = b->outer_stride * joined;
    const long group = NAME(channels_per_walk)(b), outer = b->outer / joined;
    for (long first = 0; first < b->channels; first += group) {
        const long channels = NAME(at_most)(b->channels - first, group);
        const long row = channels * b->inner, n = row * joined;
        const long step = n <= 4 * N ? 32 : 4;
        NAME(expand_centers)(r, first, channels, n);
        for (long j = 0; j < n; j++) sum[j] = products[j] = 0;
        const T *const x = r->x + first * b->channel_stride;
        const T *const g = gradient ? r->g + first * b->channel_stride : 0;
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
        NAME(gather)(r, first, channels, n);
    }
}

#endif
