// Sums of each channel by columns: planes shorter than a vector, or single values. A run is some
// rows of a vector of columns.
#ifndef COLUMN_SUMS_H
#define COLUMN_SUMS_H

#include "../columns.h"
#include "sums.h"

// Rows that are added up before they are widened.
#define ROWS_PER_RUN 8

// Adds a vector of columns in some rows: among themselves first, which are a run. `next` is where
// more rows follow.
INLINE void NAME(add_columns)(int gradient, const E *x, const E *g, long rows, long stride,
                              long next, const T *center, double *sum, double *products) {
    const VEC k = NAME(load)(center);
    NAME(run) run = {0, 0};
    for (long r = 0; r < rows; r++) {
        __builtin_prefetch(x + next + r * stride);
        if (gradient) __builtin_prefetch(g + next + r * stride);
        NAME(add_at)(gradient, x, g, r * stride, k, &run);
    }
    NAME(store_wide)(sum, NAME(load_wide)(sum) + NAME(widen)(run.sum));
    NAME(store_wide)(products, NAME(load_wide)(products) + NAME(widen)(run.products));
}

// Adds the whole vectors of n columns; returns how many columns they are.
INLINE long NAME(add_vectors)(int gradient, const E *x, const E *g, long n, long rows, long stride,
                              long next, const T *center, double *sum, double *products) {
    long j = 0;
    for (; j + N <= n; j += N)
        NAME(add_columns)(gradient, x + j, gradient ? g + j : 0, rows, stride, next, center + j,
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

// The sums of each channel, from those of its columns in all the rows that were walked as one: n
// columns. No table of the scratch memory is one of the caller's.
INLINE void NAME(gather)(const NAME(reduction) *r, long first, long channels, long n) {
    const double *restrict const sum = r->scratch->sums.columns.sum;
    const double *restrict const products = r->scratch->sums.columns.products;
    double *restrict const to_sum = r->sum + first;
    double *restrict const to_products = r->products + first;
    const long inner = r->block->inner, row = channels * inner;
    if (inner == 1) {
        for (long c = 0; c < channels; c++) to_sum[c] = to_products[c] = 0;
        for (long f = 0; f < n; f += row) {
            for (long c = 0; c < channels; c++) {
                to_sum[c] += sum[f + c];
                to_products[c] += products[f + c];
            }
        }
        return;
    }
    const long whole = (inner - 1) / N * N;
    const NAME(wide_mask) valid =
        __builtin_convertvector(NAME(lanes)() < (INT)(inner - whole), NAME(wide_mask));
    for (long c = 0; c < channels; c++) {
        NAME(sums) all = {0, 0}, rest = {0, 0};
        for (long f = c * inner; f < n; f += row) {
            for (long i = f; i < f + whole; i += N) {
                all.sum += NAME(load_wide)(sum + i);
                all.products += NAME(load_wide)(products + i);
            }
            rest.sum += NAME(load_wide)(sum + f + whole);
            rest.products += NAME(load_wide)(products + f + whole);
        }
        to_sum[c] = NAME(reduce)(all.sum + (valid ? rest.sum : (WIDE)0));
        to_products[c] = NAME(reduce)(all.products + (valid ? rest.products : (WIDE)0));
    }
}

// One center a column, repeated up to n columns.
INLINE void NAME(expand_centers)(const NAME(reduction) *r, long first, long channels, long n) {
    T *restrict const center = r->scratch->sums.columns.center;
    const double *restrict const from = r->center + first;
    const long inner = r->block->inner, row = channels * inner;
    // Whole vectors: what goes beyond a plane is the next one's.
    for (long c = 0; c < channels; c++)
        for (long i = 0; i < inner; i += N) NAME(store)(center + c * inner + i, (VEC)(T)from[c]);
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
        NAME(gather)(r, first, channels, n);
    }
}

// Planes of a vector at most in a few samples, or apart: channel by channel.
INLINE void NAME(sum_narrow)(int gradient, const NAME(reduction) *r) {
    const ckernels_block *b = r->block;
    const long inner = b->inner, stride = b->outer_stride;
    const long plane = NAME(are_apart)(b) ? b->channel_stride : inner;
    const NAME(ivec) valid = NAME(lanes)() < (INT)inner;
    // Channels from which a whole vector can be read.
    const long row = (b->channels - 1) * plane + inner, whole = row < N ? 0 : (row - N) / plane + 1;
    long unwritten = 0;
    for (long c = 0; c < b->channels; c++) {
        const E *x = r->x + c * plane;
        const E *g = gradient ? r->g + c * plane : 0;
        const VEC center = (VEC)(T)r->center[c];
        NAME(sums) all = {0, 0};
        for (long o = 0; o < b->outer;) {
            NAME(run) run = {0, 0};
            for (const long end = NAME(at_most)(b->outer, o + ROWS_PER_RUN); o < end; o++) {
                if (c < whole)
                    NAME(add_valid)(gradient, NAME(fetch)(x + o * stride),
                                    gradient ? NAME(fetch)(g + o * stride) : (VEC)0, center, valid,
                                    &run);
                else
                    NAME(add_valid)(gradient, NAME(fetch_part)(x + o * stride, inner),
                                    gradient ? NAME(fetch_part)(g + o * stride, inner) : (VEC)0,
                                    center, valid, &run);
            }
            NAME(add_runs)(run.sum, run.products, &all);
        }
        r->sum[c] = NAME(reduce)(all.sum);
        r->products[c] = NAME(reduce)(all.products);
        unwritten += b->outer * inner;
        if (r->meanwhile && unwritten >= CHUNK) {
            NAME(write_some)(r->meanwhile, unwritten);
            unwritten = 0;
        }
    }
}

#endif
