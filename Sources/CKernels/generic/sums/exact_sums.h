// What runs of the element type cannot hold is added up again in double, channel by channel: sums
// that overflowed or are not numbers, and products that may have lost digits below the normal
// numbers.
#ifndef EXACT_SUMS_H
#define EXACT_SUMS_H

#include <float.h>

#include "sums.h"

// The mean product from which on underflow does not count. A product that underflows is off by
// 2^-150 at most, so a sum of m that is above m * 2^-100 lost less than its double would round.
#define LEAST_PRODUCT 0x1p-100

INLINE int NAME(is_lost)(double sum, double products, double least) {
    const double size = __builtin_elementwise_abs(products);
    return !(size >= least) | !(size <= DBL_MAX) | !(__builtin_elementwise_abs(sum) <= DBL_MAX);
}

// What is summed of each channel: parts of its planes, or a plane in each sample.
INLINE long NAME(parts_of)(const NAME(reduction) *r) {
    return r->parts ? r->part_count : r->block->outer;
}

INLINE ckernels_part NAME(part_at)(const NAME(reduction) *r, long o) {
    return r->parts ? r->parts[o] : (ckernels_part){o * r->block->outer_stride, r->block->inner};
}

// Whether the channels of a sample are single values that follow each other.
INLINE int NAME(sums_single_values)(const NAME(reduction) *r) {
    return !r->parts && NAME(has_single_values)(r->block);
}

// The sums of one channel or, where planes are single values, of N channels or fewer.
OUTLINED NAME(sums)
    NAME(sum_exactly)(int gradient, const NAME(reduction) *r, long first, long channels) {
    const long at = first * r->block->channel_stride;
    double centers[N];
    for (int lane = 0; lane < N; lane++)
        centers[lane] = r->center[first + (lane < channels ? lane : 0)];
    const WIDE center = NAME(sums_single_values)(r) ? NAME(load_wide)(centers) : (WIDE)centers[0];
    NAME(sums) all = {0, 0};
    for (long o = 0; o < NAME(parts_of)(r); o++) {
        const ckernels_part part = NAME(part_at)(r, o);
        const long width = channels * part.count;
        const E *x = r->x + at + part.offset;
        const E *g = gradient ? r->g + at + part.offset : 0;
        NAME(sums) plane = {0, 0};
        for (long i = 0, n; i < width; i += n) {
            n = NAME(at_most)(width - i, N);
            const VEC v = n == N ? NAME(fetch)(x + i) : NAME(fetch_part)(x + i, n);
            const VEC w = !gradient ? (VEC)0
                          : n == N  ? NAME(fetch)(g + i)
                                    : NAME(fetch_part)(g + i, n);
            const NAME(wide_mask) valid =
                __builtin_convertvector(NAME(lanes)() < (INT)n, NAME(wide_mask));
            const WIDE d = valid ? NAME(widen)(v) - center : (WIDE)0;
            const WIDE a = gradient ? NAME(widen)(w) : d;
            plane.sum += a;
            plane.products += a * d;
        }
        all.sum += plane.sum;
        all.products += plane.products;
    }
    return all;
}

// Mends the sums of N channels or fewer, from `first` on. Those that were well keep their bits, for
// they are not to depend on their neighbours.
INLINE void NAME(mend)(int gradient, const NAME(reduction) *r, long first, const char *lost) {
    if (!NAME(sums_single_values)(r)) {
        if (!lost[0]) return;
        const NAME(sums) all = NAME(sum_exactly)(gradient, r, first, 1);
        r->sum[first] = NAME(reduce)(all.sum);
        r->products[first] = NAME(reduce)(all.products);
        return;
    }
    const long channels = NAME(at_most)(r->block->channels - first, N);
    int any = 0;
    for (long c = 0; c < channels; c++) any |= lost[c];
    if (!any) return;
    const NAME(sums) all = NAME(sum_exactly)(gradient, r, first, channels);
    for (long c = 0; c < channels; c++) {
        if (!lost[c]) continue;
        r->sum[first + c] = all.sum[c];
        r->products[first + c] = all.products[c];
    }
}

// What the sums of runs still lack.
INLINE void NAME(complete)(int gradient, const NAME(reduction) *r) {
    if (sizeof(T) == sizeof(double)) return;
    const ckernels_block *b = r->block;
    const long step = NAME(sums_single_values)(r) ? N : 1;
    long values = 0;
    for (long o = 0; r->parts && o < r->part_count; o++) values += r->parts[o].count;
    const double count = (double)(r->parts ? values : b->outer * b->inner);
    const double least = count * LEAST_PRODUCT;
    // A single value is its own center as a rule: nothing is lost of zero.
    const int is_single = !gradient && count == 1;
    for (long first = 0; first < b->channels; first += PLANES) {
        const long channels = NAME(at_most)(b->channels - first, PLANES);
        double *const sum = r->sum + first, *const products = r->products + first;
        char lost[PLANES];
        int any = 0;
        for (long c = 0; c < channels; c++) {
            lost[c] =
                (char)(NAME(is_lost)(sum[c], products[c], least) & !(is_single & (sum[c] == 0)));
            any |= lost[c];
        }
        // d was taken from the center as an element.
        for (long c = 0; gradient && c < channels; c++) {
            const double center = r->center[first + c];
            products[c] -= (center - (double)(T)center) * sum[c];
        }
        for (long c = 0; any && c < channels; c += step)
            NAME(mend)(gradient, r, first + c, lost + c);
    }
}

#endif
