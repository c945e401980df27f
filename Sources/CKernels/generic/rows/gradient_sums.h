// The two sums over a row that its input gradient needs, and what this is made with.
#ifndef ROWS_GRADIENT_SUMS_H
#define ROWS_GRADIENT_SUMS_H

#include "coefficients.h"

// The pointers of a walk, to the first of some rows; null where unused.
typedef struct {
    const T *scale;
    const E *x, *g, *addend;
    E *dx;
    double *scale_gradient, *shift_gradient;
} NAME(gradient_tensors);

// dx = ((h - center) - n * slope) * s + constant
typedef struct {
    T center[BATCH], slope[BATCH], constant[BATCH];
} NAME(gradient_coefficients);

// The normalized x of a vector of row r of the batch.
INLINE VEC NAME(normalized)(VEC x, const NAME(row_coefficients) *k, long r) {
    return (x - k->center[r]) * k->scale[r] + k->shift[r];
}

// h and its product with the normalized x, of a vector.
typedef struct {
    VEC h, product;
} NAME(gradient_terms);

INLINE NAME(gradient_terms) NAME(terms_at)(const E *x, const E *g, const T *scale, long j,
                                           const NAME(row_coefficients) *k, long r) {
    const VEC h = NAME(fetch)(g + j) * NAME(load)(scale + j);
    return (NAME(gradient_terms)){h, h * NAME(normalized)(NAME(fetch)(x + j), k, r)};
}

INLINE void NAME(add_terms)(NAME(gradient_terms) terms, NAME(run) *to) {
    to->sum += terms.h;
    to->products += terms.product;
}

// Sums of h and of h times the normalized x, of a chunk of a row from position j on: even and odd
// vectors apart, so that neither waits for the other. Each term was rounded to the element type
// when it was multiplied.
INLINE NAME(run)
    NAME(gradient_run)(const E *x, const E *g, const T *scale, const NAME(row_shape) *s,
                       const NAME(row_coefficients) *k, long r, long j) {
    NAME(run) even = {0, 0}, odd = {0, 0};
    const long stop = NAME(at_most)(s->whole, j + CHUNK);
    for (; j + 2 * N <= stop; j += 2 * N) {
        NAME(add_terms)(NAME(terms_at)(x, g, scale, j, k, r), &even);
        NAME(add_terms)(NAME(terms_at)(x, g, scale, j + N, k, r), &odd);
    }
    if (j < stop) NAME(add_terms)(NAME(terms_at)(x, g, scale, j, k, r), &even);
    if (stop == s->whole && s->whole < s->n) {
        const NAME(gradient_terms) last = NAME(terms_at)(x, g, scale, s->tail, k, r);
        const VEC zero = 0;
        NAME(add_terms)(
            (NAME(gradient_terms)){s->valid ? last.h : zero, s->valid ? last.product : zero}, &odd);
    }
    return (NAME(run)){even.sum + odd.sum, even.products + odd.products};
}

// The same of one row, run by run.
INLINE NAME(sums)
    NAME(sum_gradient)(const E *x, const E *g, const T *scale, const NAME(row_shape) *s,
                       const NAME(row_coefficients) *k, long r) {
    NAME(sums) all = {0, 0};
    long j = 0;
    do {
        const NAME(run) run = NAME(gradient_run)(x, g, scale, s, k, r, j);
        NAME(add_runs)(run.sum, run.products, &all);
        j += CHUNK;
    } while (j < s->whole);
    return all;
}

INLINE NAME(eight_mask) NAME(gradient_in_range)(NAME(eight) mean, const ckernels_row_rule *rule) {
    const NAME(eight) size = __builtin_elementwise_abs(mean);
    return (size == 0) | ((size >= rule->least_gradient) & (size <= rule->most_gradient));
}

// The tables of the coefficients of input gradients; refused as for those of the rows.
typedef struct {
    const T *scale;
    T *center, *slope, *constant, *refused;
} NAME(gradient_tables);

// What the input gradients of eight rows or positions are made with, from their two sums; share is
// 1/n.
INLINE void NAME(set_gradients)(const double *sums, const double *products, double share,
                                const ckernels_row_rule *rule, long at,
                                const NAME(gradient_tables) *to) {
    typedef T narrow __attribute__((ext_vector_type(8)));
    const NAME(eight) mean = rule->centered ? NAME(load_eight)(sums + at) * share : (NAME(eight))0;
    const NAME(eight) mean_product = NAME(load_eight)(products + at) * share;
    narrow scale;
    __builtin_memcpy(&scale, to->scale + at, sizeof scale);
    const narrow rounded = __builtin_convertvector(mean, narrow);
    const NAME(eight) center = __builtin_convertvector(rounded, NAME(eight));
    const NAME(eight_mask) is_kept =
        NAME(gradient_in_range)(mean, rule) & NAME(gradient_in_range)(mean_product, rule);
    NAME(store_rounded)(to->center + at, center);
    NAME(store_rounded)(to->slope + at, mean_product);
    NAME(store_rounded)(to->constant + at,
                        (center - mean) * __builtin_convertvector(scale, NAME(eight)));
    NAME(store_rounded)(to->refused + at, is_kept ? (NAME(eight))0 : (NAME(eight))1);
}

// The two sums of each of `rows` rows, 1 or ROWS, that are a run each, as those of row i on.
INLINE void NAME(reduce_gradient_runs)(int rows, const NAME(run) runs[ROWS], long i,
                                       NAME(row_sums) *to) {
    NAME(narrow) v[2 * ROWS];
    for (int r = 0; r < ROWS; r++) {
        v[r] = r < rows ? NAME(folded)(runs[r].sum) : (NAME(narrow))0;
        v[ROWS + r] = r < rows ? NAME(folded)(runs[r].products) : (NAME(narrow))0;
    }
    const NAME(eight) sums = NAME(add_eight_runs)(v);
    __builtin_memcpy(to->first + i, &sums, rows * sizeof(double));
    __builtin_memcpy(to->second + i, (const double *)&sums + ROWS, rows * sizeof(double));
}

INLINE void NAME(find_gradient_sums)(int rows, int are_runs, const NAME(gradient_tensors) *v,
                                     const NAME(row_shape) *s, const NAME(row_coefficients) *k,
                                     long i, NAME(row_sums) *to) {
    NAME(sums) sums[ROWS];
    NAME(run) runs[ROWS];
    for (int r = 0; r < rows; r++) {
        const long at = (i + r) * s->stride;
        if (are_runs)
            runs[r] = NAME(gradient_run)(v->x + at, v->g + at, v->scale, s, k, i + r, 0);
        else
            sums[r] = NAME(sum_gradient)(v->x + at, v->g + at, v->scale, s, k, i + r);
    }
    if (are_runs)
        NAME(reduce_gradient_runs)(rows, runs, i, to);
    else
        NAME(reduce_rows)(rows, sums, i, to);
}

INLINE void NAME(find_all_gradient_sums)(int are_runs, const NAME(gradient_tensors) *v,
                                         const NAME(row_shape) *s, long count,
                                         const NAME(row_coefficients) *k, NAME(row_sums) *to) {
    long i = 0;
    for (; i + ROWS <= count; i += ROWS) NAME(find_gradient_sums)(ROWS, are_runs, v, s, k, i, to);
    for (; i < count; i++) NAME(find_gradient_sums)(1, are_runs, v, s, k, i, to);
}

// What the input gradients of a batch are made with; rows out of range are marked as refused.
INLINE void NAME(find_gradients)(const NAME(gradient_tensors) *v, const NAME(row_shape) *s,
                                 const ckernels_row_rule *rule, long count,
                                 NAME(row_coefficients) *k, NAME(gradient_coefficients) *c) {
    NAME(row_sums) sums = {{0}, {0}};
    if (s->whole <= CHUNK)
        NAME(find_all_gradient_sums)(1, v, s, count, k, &sums);
    else
        NAME(find_all_gradient_sums)(0, v, s, count, k, &sums);
    const NAME(gradient_tables) tables = {k->scale, c->center, c->slope, c->constant, k->refused};
    for (long i = 0; i < count; i += 8)
        NAME(set_gradients)(sums.first, sums.second, 1 / (double)s->n, rule, i, &tables);
}

#endif
