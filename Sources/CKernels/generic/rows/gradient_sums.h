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

INLINE void NAME(add_terms)(NAME(gradient_terms) terms, NAME(sums) *to) {
    to->sum += NAME(widen)(terms.h);
    to->products += NAME(widen)(terms.product);
}

// Four vectors, added up before they are widened: each term was rounded to the element type when it
// was multiplied, and two additions round it no more than twice again.
INLINE void NAME(add_four)(const E *x, const E *g, const T *scale, long j,
                           const NAME(row_coefficients) *k, long r, NAME(sums) *to) {
    const NAME(gradient_terms) a = NAME(terms_at)(x, g, scale, j, k, r);
    const NAME(gradient_terms) b = NAME(terms_at)(x, g, scale, j + N, k, r);
    const NAME(gradient_terms) c = NAME(terms_at)(x, g, scale, j + 2 * N, k, r);
    const NAME(gradient_terms) d = NAME(terms_at)(x, g, scale, j + 3 * N, k, r);
    NAME(add_terms)((NAME(gradient_terms)){(a.h + b.h) + (c.h + d.h),
                                           (a.product + b.product) + (c.product + d.product)},
                    to);
}

// Sums of h and of h times the normalized x, of one row.
INLINE NAME(sums)
    NAME(sum_gradient)(const E *x, const E *g, const T *scale, const NAME(row_shape) *s,
                       const NAME(row_coefficients) *k, long r) {
    // Sums of doubles have no bits to spare: they are added up in pieces.
    const int pieces = sizeof(T) == sizeof(double);
    NAME(sums) some = {0, 0}, all = {0, 0};
    for (long j = 0; j < s->whole;) {
        const long stop = pieces ? NAME(at_most)(s->whole, j + 4 * CHUNK) : s->whole;
        for (; j + 4 * N <= stop; j += 4 * N) NAME(add_four)(x, g, scale, j, k, r, &some);
        for (; j < stop; j += N) NAME(add_terms)(NAME(terms_at)(x, g, scale, j, k, r), &some);
        if (pieces && s->whole > 4 * CHUNK) {
            all.sum += some.sum;
            all.products += some.products;
            some = (NAME(sums)){0, 0};
        }
    }
    if (s->whole < s->n) {
        const NAME(gradient_terms) last = NAME(terms_at)(x, g, scale, s->tail, k, r);
        const VEC zero = 0;
        NAME(add_terms)(
            (NAME(gradient_terms)){s->valid ? last.h : zero, s->valid ? last.product : zero},
            &some);
    }
    all.sum += some.sum;
    all.products += some.products;
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

INLINE void NAME(find_gradient_sums)(int rows, const NAME(gradient_tensors) *v,
                                     const NAME(row_shape) *s, const NAME(row_coefficients) *k,
                                     long i, NAME(row_sums) *to) {
    NAME(sums) sums[ROWS];
    for (int r = 0; r < rows; r++) {
        const long at = (i + r) * s->stride;
        sums[r] = NAME(sum_gradient)(v->x + at, v->g + at, v->scale, s, k, i + r);
    }
    NAME(reduce_rows)(rows, sums, i, to);
}

// What the input gradients of a batch are made with; rows out of range are marked as refused.
INLINE void NAME(find_gradients)(const NAME(gradient_tensors) *v, const NAME(row_shape) *s,
                                 const ckernels_row_rule *rule, long count,
                                 NAME(row_coefficients) *k, NAME(gradient_coefficients) *c) {
    NAME(row_sums) sums = {{0}, {0}};
    long i = 0;
    for (; i + ROWS <= count; i += ROWS) NAME(find_gradient_sums)(ROWS, v, s, k, i, &sums);
    for (; i < count; i++) NAME(find_gradient_sums)(1, v, s, k, i, &sums);
    const NAME(gradient_tables) tables = {k->scale, c->center, c->slope, c->constant, k->refused};
    for (i = 0; i < count; i += 8)
        NAME(set_gradients)(sums.first, sums.second, 1 / (double)s->n, rule, i, &tables);
}

#endif
