// What rows and positions are normalized with, from their statistics.
#ifndef ROWS_COEFFICIENTS_H
#define ROWS_COEFFICIENTS_H

#include "statistics.h"

// What the rows of a batch are normalized with: (x - center) * scale + shift is the normalized x.
typedef struct {
    T center[BATCH], scale[BATCH], shift[BATCH];
    // Not zero where a row is left to the caller.
    T refused[BATCH];
} NAME(row_coefficients);

// What rows or positions are normalized with, from statistics: one number each.
typedef struct {
    T *center, *scale, *shift;
    // Not zero where a row is left to the caller.
    T *refused;
} NAME(coefficient_tables);

// 1 / sqrt(squares / n + epsilon) and the rest, of eight rows or positions; share is 1/n.
INLINE void NAME(set_coefficients)(NAME(eight) mean, NAME(eight) correction, NAME(eight) squares,
                                   double share, const ckernels_row_rule *rule, long at,
                                   const NAME(coefficient_tables) *to) {
    typedef T narrow __attribute__((ext_vector_type(8)));
    const NAME(eight) variance = squares * share + rule->epsilon;
    const NAME(eight) s = 1 / __builtin_elementwise_sqrt(variance);
    const NAME(eight) size = __builtin_elementwise_abs(mean);
    const narrow rounded = __builtin_convertvector(mean, narrow);
    const NAME(eight) center = __builtin_convertvector(rounded, NAME(eight));
    const NAME(eight_mask) is_kept = (variance >= rule->least_variance) &
                                     (variance <= rule->most_variance) & (size <= rule->most_mean);
    NAME(store_rounded)(to->center + at, center);
    NAME(store_rounded)(to->scale + at, s);
    NAME(store_rounded)(to->shift + at, (center - mean - correction) * s);
    NAME(store_rounded)(to->refused + at, is_kept ? (NAME(eight))0 : (NAME(eight))1);
}

// The first n of eight doubles, the others zero; zeros where there are none.
INLINE NAME(eight) NAME(load_first_eight)(const double *p, long n) {
    if (!p) return (NAME(eight))0;
    if (n >= 8) return NAME(load_eight)(p);
    double lanes[8] = {0};
    for (long i = 0; i < n; i++) lanes[i] = p[i];
    return NAME(load_eight)(lanes);
}

// The coefficients of `count` rows or positions from number `at` of the statistics on, in tables
// that hold whole vectors.
OUTLINED void NAME(read_coefficients)(const ckernels_row_statistics *s, long at, long count,
                                      double n, const ckernels_row_rule *rule,
                                      const NAME(coefficient_tables) *to) {
    const double *mean = rule->centered ? s->mean + at : 0;
    const double *correction = rule->centered && s->correction ? s->correction + at : 0;
    for (long i = 0; i < count; i += 8)
        NAME(set_coefficients)(NAME(load_first_eight)(mean ? mean + i : 0, count - i),
                               NAME(load_first_eight)(correction ? correction + i : 0, count - i),
                               NAME(load_first_eight)(s->squares + at + i, count - i), 1 / n, rule,
                               i, to);
}

// The rows of a batch before the first that is left to the caller.
INLINE long NAME(kept_rows)(const NAME(row_coefficients) *k, long count) {
    long i = 0;
    while (i < count && k->refused[i] == 0) i++;
    return i;
}

INLINE NAME(coefficient_tables) NAME(tables_of)(NAME(row_coefficients) *k) {
    return (NAME(coefficient_tables)){k->center, k->scale, k->shift, k->refused};
}

#endif
