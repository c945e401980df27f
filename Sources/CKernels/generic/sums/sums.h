// Sums of each channel by rows: planes of a vector or more.
//
// With d = x - center: the sums of d and d * d, or of g and g * d. They are added up in runs: a few
// vectors in the element type, each lane by itself, then runs in double. That is half the work of
// adding all in double, and rounds a float once more for each of the few. What a run cannot hold,
// exact_sums.h adds up again.
//
// Another block's output may be written meanwhile, some values after every few that are read, so
// that memory is read and written at the same time. It changes nothing in the sums, nor their
// order.
#ifndef SUMS_H
#define SUMS_H

#include "../outputs.h"
#include "runs.h"

// Prefetch distance in vectors, over all tensors read.
#define PREFETCH_DISTANCE 128
// A block of more bytes is read from afar, in the order of its memory where its rows are shorter.
#define LARGE_BLOCK (256L << 10)
#define SHORT_ROW (16L << 10)
// The vectors of a run through samples, at most; two planes of a chunk.
#define LONGEST_RUN 32

// The sums that are taken of a block.
typedef struct {
    const E *x, *g;
    const ckernels_block *block;
    const double *center;
    double *sum, *products;
    NAME(writer) *meanwhile;  // null where nothing is written
    NAME(scratch) *scratch;
    // Null where all of the block is summed.
    const ckernels_part *parts;
    long part_count;
} NAME(reduction);

// Prefetches from position i of a row: i + near before the limit, then i + far.
typedef struct {
    long limit, near, far;
} NAME(ahead);

// The row of sample o, of `samples` that are walked together, and the rows that follow it: those of
// the next samples, then the first of the next channels. Of planes apart, whole planes on: they are
// parts, and the next samples' follow in another call.
INLINE NAME(ahead)
    NAME(ahead_of)(int gradient, const ckernels_block *b, long o, long samples, long row) {
    const long wanted = (gradient ? PREFETCH_DISTANCE / 2 : PREFETCH_DISTANCE) * N / samples;
    const int are_apart = NAME(are_apart)(b);
    const long ahead = are_apart ? (wanted / b->inner + 1) * b->channel_stride : wanted;
    const long rows = ahead / row * samples, rest = ahead % row, stride = b->outer_stride;
    const long skipped = row - o * stride;
    const int near = are_apart || o + rows < b->outer;
    const int far = are_apart || o + rows + samples < b->outer;
    return (NAME(ahead)){row - rest, rest + (near ? rows * stride : skipped),
                         rest - row + (far ? (rows + samples) * stride : skipped)};
}

INLINE void NAME(prefetch_at)(int gradient, const E *x, const E *g, long at) {
    __builtin_prefetch(x + at);
    if (gradient) __builtin_prefetch(g + at);
}

// The processor follows one run of memory by itself, slowly at first, and not to the next row.
INLINE void NAME(prefetch)(int gradient, const E *x, const E *g, long i, const NAME(ahead) *a) {
    NAME(prefetch_at)(gradient, x, g, i + (i < a->limit ? a->near : a->far));
}

// A whole vector from position i of a row on.
INLINE void NAME(add_at)(int gradient, const E *x, const E *g, long i, VEC center, NAME(run) *to) {
    NAME(add)(gradient, NAME(fetch)(x + i), gradient ? NAME(fetch)(g + i) : (VEC)0, center, to);
}

// The end of a plane from position i of a row on, behind its last whole vector.
INLINE void NAME(add_rest)(int gradient, const E *x, const E *g, long i, long end, T center,
                           NAME(ivec) valid, NAME(run) *to) {
    if (end - i == 1)
        NAME(add_single)(gradient, NAME(fetch_one)(x + i), gradient ? NAME(fetch_one)(g + i) : 0,
                         center, to);
    else if (i < end)
        NAME(add_valid)(gradient, NAME(fetch)(x + end - N),
                        gradient ? NAME(fetch)(g + end - N) : (VEC)0, (VEC)center, valid, to);
}

// A run for each of two samples.
typedef struct {
    NAME(run) first, second;
} NAME(runs);

// A short plane of one channel in one or two samples, of a vector at least: neither run waits for
// the other.
INLINE NAME(runs)
    NAME(sum_short)(int gradient, int two, const E *x, const E *g, long stride, long begin,
                    long end, const NAME(ahead) *ahead, T center, NAME(ivec) valid) {
    const E *x1 = x + stride, *g1 = gradient ? g + stride : 0;
    const VEC k = (VEC)center;
    const long next = begin < ahead->limit ? ahead->near : ahead->far;
    NAME(run) a = {0, 0}, b = {0, 0};
    long i = begin;
    do {
        NAME(prefetch_at)(gradient, x, g, i + next);
        NAME(add_at)(gradient, x, g, i, k, &a);
        if (two) NAME(prefetch_at)(gradient, x1, g1, i + next);
        if (two) NAME(add_at)(gradient, x1, g1, i, k, &b);
        i += N;
    } while (end - i >= N);
    NAME(add_rest)(gradient, x, g, i, end, center, valid, &a);
    if (two) NAME(add_rest)(gradient, x1, g1, i, end, center, valid, &b);
    return (NAME(runs)){a, b};
}

// A long plane in runs of half a chunk each, and meanwhile another output.
INLINE NAME(sums) NAME(sum_plane)(int gradient, const E *x, const E *g, long begin, long end,
                                  const NAME(ahead) *ahead, T center, NAME(ivec) valid,
                                  NAME(writer) *meanwhile, long *unwritten) {
    const VEC k = (VEC)center;
    NAME(sums) all = {0, 0};
    long i = begin;
    for (;;) {
        NAME(run) even = {0, 0}, odd = {0, 0};
        const long stop = NAME(at_most)(end, i + CHUNK);
        *unwritten += stop - i;
        for (; stop - i >= 2 * N; i += 2 * N) {
            NAME(prefetch)(gradient, x, g, i, ahead);
            // Two vectors of 16 bits are a line.
            if (sizeof(E) == sizeof(T)) NAME(prefetch)(gradient, x, g, i + N, ahead);
            NAME(add_at)(gradient, x, g, i, k, &even);
            NAME(add_at)(gradient, x, g, i + N, k, &odd);
        }
        if (stop - i >= N) {
            NAME(prefetch)(gradient, x, g, i, ahead);
            NAME(add_at)(gradient, x, g, i, k, &even);
            i += N;
        }
        const int is_last = end - i < N;
        if (is_last) NAME(add_rest)(gradient, x, g, i, end, center, valid, &odd);
        NAME(add_runs)(even.sum + odd.sum, even.products + odd.products, &all);
        if (meanwhile && *unwritten >= CHUNK) {
            NAME(write_some)(meanwhile, *unwritten);
            *unwritten = 0;
        }
        if (is_last) return all;
    }
}

// The sums of a plane, added to those of the samples before, if it does not begin them.
INLINE void NAME(put_sums)(int begins, NAME(sums) plane, const NAME(reduction) *r, long channel) {
    const double sum = NAME(reduce)(plane.sum), products = NAME(reduce)(plane.products);
    r->sum[channel] = begins ? sum : r->sum[channel] + sum;
    r->products[channel] = begins ? products : r->products[channel] + products;
}

// The run of a short plane, which waits as number c in the scratch memory until its neighbours'
// are known.
INLINE void NAME(store_run)(NAME(run) run, NAME(scratch) *scratch, long c) {
    const NAME(narrow) sum = NAME(folded)(run.sum), products = NAME(folded)(run.products);
    __builtin_memcpy(scratch->sums.planes.sum[c], &sum, sizeof sum);
    __builtin_memcpy(scratch->sums.planes.products[c], &products, sizeof products);
}

INLINE void NAME(reduce_runs)(int begins, const NAME(reduction) *r, long first, long channels) {
    NAME(put_runs)(begins, r->scratch->sums.planes.sum, channels, r->sum + first);
    NAME(put_runs)(begins, r->scratch->sums.planes.products, channels, r->products + first);
}

// The run of a short plane that the next samples' are added to.
INLINE void NAME(keep_run)(NAME(run) run, NAME(scratch) *scratch, long c) {
    NAME(store)(scratch->sums.planes.kept[c], run.sum);
    NAME(store)(scratch->sums.planes.kept[c] + N, run.products);
}

INLINE NAME(run) NAME(kept_run)(const NAME(scratch) *scratch, long c) {
    return (NAME(run)){NAME(load)(scratch->sums.planes.kept[c]),
                       NAME(load)(scratch->sums.planes.kept[c] + N)};
}

INLINE NAME(run) NAME(together)(NAME(run) a, NAME(run) b) {
    return (NAME(run)){a.sum + b.sum, a.products + b.products};
}

// Some channels of samples whose runs are added up, and whose planes are short.
typedef struct {
    long first, channels, begin, end;
} NAME(shorts);

// Sample o, or two from there on at once.
INLINE void NAME(walk_shorts)(int gradient, int two, const NAME(reduction) *r,
                              const NAME(shorts) *s, long o, NAME(ivec) valid, long *unwritten) {
    const ckernels_block *b = r->block;
    const long inner = b->inner, stride = b->outer_stride;
    const long plane = NAME(are_apart)(b) ? b->channel_stride : inner;
    const long at = o * stride + s->first * b->channel_stride;
    const E *const x = r->x + at, *const g = gradient ? r->g + at : 0;
    const NAME(ahead) ahead = NAME(ahead_of)(gradient, b, o, 1 + two, s->channels * plane);
    const double *const centers = r->center + s->first;
    const int is_first = o == s->begin, is_last = o + 1 + two == s->end;
    for (long c = 0; c < s->channels; c++) {
        const NAME(runs) found = NAME(sum_short)(gradient, two, x, g, stride, c * plane,
                                                 c * plane + inner, &ahead, (T)centers[c], valid);
        NAME(run) all = found.first;
        if (!is_first) all = NAME(together)(NAME(kept_run)(r->scratch, c), all);
        if (two) all = NAME(together)(all, found.second);
        if (is_last)
            NAME(store_run)(all, r->scratch, c);
        else
            NAME(keep_run)(all, r->scratch, c);
        if (!r->meanwhile) continue;
        *unwritten += (1 + two) * inner;
        if (*unwritten < CHUNK) continue;
        NAME(write_some)(r->meanwhile, *unwritten);
        *unwritten = 0;
    }
}

// Whether samples are walked one after the other, as they stand in memory: two at once, a few lines
// apart, are no run that the processor follows. No bit depends on it.
INLINE int NAME(is_in_order)(const ckernels_block *b) {
    const long row = b->outer_stride * (long)sizeof(E);
    return b->channels <= PLANES && b->outer_stride == b->channels * b->inner && row < SHORT_ROW &&
           b->outer * row > LARGE_BLOCK;
}

// Short planes of some channels and samples.
INLINE void NAME(sum_shorts)(int gradient, const NAME(reduction) *r, NAME(shorts) s,
                             NAME(ivec) valid, long *unwritten) {
    const int in_pairs = !NAME(is_in_order)(r->block);
    long o = s.begin;
    for (; in_pairs && o + 2 <= s.end; o += 2)
        NAME(walk_shorts)(gradient, 1, r, &s, o, valid, unwritten);
    for (; o < s.end; o++) NAME(walk_shorts)(gradient, 0, r, &s, o, valid, unwritten);
    NAME(reduce_runs)(s.begin == 0, r, s.first, s.channels);
}

// Long planes of some channels of one sample.
INLINE void NAME(sum_longs)(int gradient, const NAME(reduction) *r, long o, long first,
                            long channels, NAME(ivec) valid, long *unwritten) {
    const ckernels_block *b = r->block;
    const long inner = b->inner;
    const long plane = NAME(are_apart)(b) ? b->channel_stride : inner;
    const long at = o * b->outer_stride + first * b->channel_stride;
    const E *const x = r->x + at, *const g = gradient ? r->g + at : 0;
    const NAME(ahead) ahead = NAME(ahead_of)(gradient, b, o, 1, channels * plane);
    for (long c = 0; c < channels; c++) {
        const NAME(sums) all =
            NAME(sum_plane)(gradient, x, g, c * plane, c * plane + inner, &ahead,
                            (T)r->center[first + c], valid, r->meanwhile, unwritten);
        NAME(put_sums)(o == 0, all, r, first + c);
    }
}

// Sample by sample, along its row, as many channels at a time as the tables hold; where planes are
// short, with runs that go on through samples.
INLINE void NAME(sum_rows)(int gradient, const NAME(reduction) *r) {
    const ckernels_block *b = r->block;
    // The last vector of a plane begins before the one before it ends.
    NAME(ivec) valid;
    for (int lane = 0; lane < N; lane++) valid[lane] = lane >= N - b->inner % N ? -1 : 0;
    // Of a run, in pairs.
    const long samples = LONGEST_RUN / ((b->inner + N - 1) / N) & ~1;
    for (long first = 0; first < b->channels; first += PLANES) {
        const long channels = NAME(at_most)(b->channels - first, PLANES);
        long o = 0, unwritten = 0;
        for (; b->inner > CHUNK && o < b->outer; o++)
            NAME(sum_longs)(gradient, r, o, first, channels, valid, &unwritten);
        for (; o < b->outer; o += samples) {
            const NAME(shorts) s = {first, channels, o, NAME(at_most)(o + samples, b->outer)};
            NAME(sum_shorts)(gradient, r, s, valid, &unwritten);
        }
    }
}

#endif
