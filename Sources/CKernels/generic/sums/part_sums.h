// Sums of each channel over some parts of its planes: what a mask leaves of them.
#ifndef PART_SUMS_H
#define PART_SUMS_H

#include "sums.h"

// What is prefetched from a part on: the same part of a few planes on, then the next part.
INLINE NAME(ahead)
    NAME(ahead_of_part)(int gradient, const NAME(reduction) *r, long index, long channels) {
    const ckernels_part *part = r->parts + index;
    const long wanted = (gradient ? PREFETCH_DISTANCE / 2 : PREFETCH_DISTANCE) * N;
    const long planes = NAME(at_most)(wanted / part->count + 1, channels);
    const long stride = r->block->channel_stride, near = planes * stride;
    const long whole = channels * stride;
    // Behind the last part are the next channels.
    const long next = index + 1 < r->part_count ? part[1].offset : r->parts->offset + whole;
    return (NAME(ahead)){whole - near, near, next - part->offset + near - whole};
}

// A part that is shorter than a vector, from position i of a row on.
INLINE NAME(run) NAME(sum_piece)(int gradient, const E *x, const E *g, long i, long count,
                                 const NAME(ahead) *ahead, T center) {
    NAME(run) run = {0, 0};
    NAME(prefetch)(gradient, x, g, i, ahead);
    NAME(add_valid)(gradient, NAME(fetch_part)(x + i, count),
                    gradient ? NAME(fetch_part)(g + i, count) : (VEC)0, (VEC)center,
                    NAME(lanes)() < (INT)count, &run);
    return run;
}

// A part of some channels, from `first` on.
INLINE void NAME(sum_part)(int gradient, const NAME(reduction) *r, long index, long first,
                           long channels) {
    const ckernels_part *part = r->parts + index;
    const long count = part->count, stride = r->block->channel_stride;
    const long at = part->offset + first * stride;
    const E *const x = r->x + at, *const g = gradient ? r->g + at : 0;
    const NAME(ahead) ahead = NAME(ahead_of_part)(gradient, r, index, channels);
    const NAME(ivec) valid = NAME(lanes)() >= (INT)(N - count % N);
    const double *const centers = r->center + first;
    long unwritten = 0;
    for (long c = 0; c < channels; c++) {
        const long begin = c * stride, end = begin + count;
        const T center = (T)centers[c];
        // The line that a part ends in is no other part's. Two tensors are read slowly enough.
        if (!gradient)
            __builtin_prefetch(x + end - 1 + (begin < ahead.limit ? ahead.near : ahead.far));
        if (count > CHUNK)
            NAME(put_sums)(
                index == 0,
                NAME(sum_plane)(gradient, x, g, begin, end, &ahead, center, valid, 0, &unwritten),
                r, first + c);
        else
            NAME(store_run)(
                count < N ? NAME(sum_piece)(gradient, x, g, begin, count, &ahead, center)
                          : NAME(sum_short)(gradient, 0, x, g, 0, begin, end, &ahead, center, valid)
                                .first,
                r->scratch, c);
    }
    if (count <= CHUNK) NAME(reduce_runs)(index == 0, r, first, channels);
}

// Part by part, as many channels at a time as the tables hold.
INLINE void NAME(sum_some)(int gradient, const NAME(reduction) *r) {
    for (long first = 0; first < r->block->channels; first += PLANES) {
        const long channels = NAME(at_most)(r->block->channels - first, PLANES);
        for (long index = 0; index < r->part_count; index++)
            NAME(sum_part)(gradient, r, index, first, channels);
    }
}

#endif
