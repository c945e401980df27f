// Runs: a few vectors added up in the element type, each lane by itself, and what becomes of them.
#ifndef RUNS_H
#define RUNS_H

#include "../vectors.h"

// The sums of one channel, lane by lane.
typedef struct {
    WIDE sum, products;
} NAME(sums);

// Those of a few vectors.
typedef struct {
    VEC sum, products;
} NAME(run);

INLINE void NAME(add)(int gradient, VEC x, VEC g, VEC center, NAME(run) *to) {
    const VEC d = x - center, a = gradient ? g : d;
    to->sum += a;
    to->products += a * d;
}

// Adds only the lanes in `valid`; the others have g = 0, so d need only be finite.
INLINE void NAME(add_valid)(int gradient, VEC x, VEC g, VEC center, NAME(ivec) valid,
                            NAME(run) *to) {
    const VEC zero = 0, d = (gradient ? (valid ? x : zero) : x) - center;
    const VEC a = valid ? (gradient ? g : d) : zero;
    to->sum += a;
    to->products += a * (gradient ? d : a);
}

// A single value, the last of a plane of 7 x 7.
INLINE void NAME(add_single)(int gradient, T x, T g, T center, NAME(run) *to) {
    typedef T half __attribute__((ext_vector_type(N / 2)));
    const T d = x - center, a = gradient ? g : d;
    half sum = 0, products = 0;
    sum[0] = a;
    products[0] = a * d;
    to->sum.lo += sum;
    to->products.lo += products;
}

INLINE void NAME(add_runs)(VEC sum, VEC products, NAME(sums) *to) {
    to->sum += NAME(widen)(sum);
    to->products += NAME(widen)(products);
}

typedef T NAME(narrow) __attribute__((ext_vector_type(8)));

// A vector in eight lanes.
INLINE NAME(narrow) NAME(folded)(VEC v) {
#if N == 16
    return v.lo + v.hi;
#else
    return v;
#endif
}

// Numbers of eight channels, added to those that are there, unless they begin.
INLINE void NAME(put_eight)(int begins, NAME(eight) v, double *to) {
    NAME(store_eight)(to, begins ? v : v + NAME(load_eight)(to));
}

// The sums of eight runs, two lanes of which are left when they are widened. A run has the same
// bits in any company.
INLINE NAME(eight) NAME(add_eight_runs)(NAME(narrow) v[8]) {
    ADD_EIGHT_ROWS(v);
    return NAME(add_pairs)(__builtin_convertvector(v[0], NAME(eight)),
                           __builtin_convertvector(v[1], NAME(eight)));
}

// Those of `count` runs, 8 or fewer.
INLINE NAME(eight) NAME(add_runs_up)(const T (*runs)[8], long count) {
    NAME(narrow) v[8] = {0};
    for (long k = 0; k < count; k++) __builtin_memcpy(&v[k], runs[k], sizeof v[k]);
    return NAME(add_eight_runs)(v);
}

// Those of `channels` runs, added to those of the samples before, if they do not begin them.
INLINE void NAME(put_runs)(int begins, const T (*runs)[8], long channels, double *to) {
    long c = 0;
    for (; c + 8 <= channels; c += 8)
        NAME(put_eight)(begins, NAME(add_runs_up)(runs + c, 8), to + c);
    if (c == channels) return;
    const NAME(eight) sums = NAME(add_runs_up)(runs + c, channels - c);
    for (long k = 0; k < channels - c; k++) to[c + k] = begins ? sums[k] : to[c + k] + sums[k];
}

#endif
