// What deviations are taken from: a value near the middle of each channel, so that their squares
// are hardly more than those from the mean. An element, so that deviations of equal values are 0.
#ifndef PIVOTS_H
#define PIVOTS_H

#include "../columns.h"

// Halfway between the middle two of four values, which one outlier among them does not move; where
// that is not finite, the first.
INLINE T NAME(middle)(T a, T b, T c, T d) {
    const T low = a < b ? a : b, high = a < b ? b : a;
    const T low2 = c < d ? c : d, high2 = c < d ? d : c;
    const double inner = low < low2 ? low2 : low, outer = high < high2 ? high : high2;
    const double middle = (inner + outer) / 2;
    return middle - middle == 0 ? (T)middle : a;
}

// Which of n values are looked at: the middle of each quarter.
INLINE long NAME(quarter)(long n, long k) {
    return n < 4 ? k * n / 4 : (2 * k + 1) * n / 8;
}

// The same of N channels that lie beside each other.
INLINE WIDE NAME(middles)(const VEC v[4]) {
    const NAME(ivec) first = v[0] < v[1], second = v[2] < v[3];
    const VEC low = first ? v[0] : v[1], high = first ? v[1] : v[0];
    const VEC low2 = second ? v[2] : v[3], high2 = second ? v[3] : v[2];
    const WIDE inner = NAME(widen)(low < low2 ? low2 : low);
    const WIDE outer = NAME(widen)(high < high2 ? high : high2);
    const WIDE middle = (inner + outer) / 2;
    const WIDE rounded = NAME(widen)(__builtin_convertvector(middle, VEC));
    return (middle - middle) == (WIDE)0 ? rounded : NAME(widen)(v[0]);
}

static void NAME(pivots)(const void *x, const ckernels_block *b, double *pivot) {
    const E *from[4];
    for (long k = 0; k < 4; k++) {
        const long value = NAME(quarter)(b->outer * b->inner, k);
        from[k] = (const E *)x + value / b->inner * b->outer_stride + value % b->inner;
    }
    long c = 0;
    for (; NAME(has_single_values)(b) && c + N <= b->channels; c += N) {
        VEC v[4];
        for (int k = 0; k < 4; k++) v[k] = NAME(fetch)(from[k] + c);
        NAME(store_wide)(pivot + c, NAME(middles)(v));
    }
    for (; c < b->channels; c++) {
        T v[4];
        for (int k = 0; k < 4; k++) v[k] = NAME(fetch_one)(from[k] + c * b->channel_stride);
        pivot[c] = (double)NAME(middle)(v[0], v[1], v[2], v[3]);
    }
}

#endif
