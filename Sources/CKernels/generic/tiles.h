// Tiles of doubles, which BLAS multiplies: filled from the elements of a tensor, and stored to
// them. A tile is wide, its rows channels and its columns positions, or, where planes are single
// values, tall.
#ifndef TILES_H
#define TILES_H

#include "elements/formats.h"

// What whole vectors leave goes four at a time, then one by one.
typedef double NAME(quad) __attribute__((ext_vector_type(4)));
typedef T NAME(narrow_quad) __attribute__((ext_vector_type(4)));

INLINE NAME(quad) NAME(load_quad)(const double *p) {
    NAME(quad) v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

INLINE void NAME(store_quad)(double *p, NAME(quad) v) {
    __builtin_memcpy(p, &v, sizeof v);
}

INLINE NAME(quad) NAME(fetch_quad)(const E *p) {
    NAME(narrow_quad) v;
    __builtin_memcpy(&v, (const char *)p, sizeof v);
    return __builtin_convertvector(v, NAME(quad));
}

INLINE void NAME(place_quad)(E *p, NAME(quad) v) {
    const NAME(narrow_quad) rounded = __builtin_convertvector(v, NAME(narrow_quad));
    __builtin_memcpy((char *)p, &rounded, sizeof rounded);
}

INLINE void NAME(place_one)(E *p, double value) {
    const T rounded = (T)value;
    __builtin_memcpy((char *)p, &rounded, sizeof rounded);
}

// A line that will be read next; none where `next` is null.
INLINE void NAME(ask_for)(const E *next, long i) {
    if (next) __builtin_prefetch(next + i);
}

// One channel: n positions, from which `center` is taken. Returns their sum.
INLINE double NAME(fill_row)(const E *x, long n, double center, double *values, const E *next) {
    WIDE sums = 0;
    long i = 0;
    for (; i + N <= n; i += N) {
        NAME(ask_for)(next, i);
        const WIDE d = NAME(widen)(NAME(fetch)(x + i)) - center;
        NAME(store_wide)(values + i, d);
        sums += d;
    }
    NAME(quad) rest = 0;
    for (; i + 4 <= n; i += 4) {
        const NAME(quad) d = NAME(fetch_quad)(x + i) - center;
        NAME(store_quad)(values + i, d);
        rest += d;
    }
    double sum = NAME(reduce)(sums) + ((rest.x + rest.y) + (rest.z + rest.w));
    for (; i < n; i++) {
        values[i] = (double)NAME(fetch_one)(x + i) - center;
        sum += values[i];
    }
    return sum;
}

INLINE long NAME(tile_run)(const ckernels_tile *tile, long first, long done) {
    return NAME(at_most)(tile->inner - first, tile->positions - done);
}

// Plane by plane, while the next ones are on their way from memory.
INLINE void NAME(fill_planes)(const E *x, const ckernels_tile *tile, double *values, double *sums) {
    long i = tile->first, n;
    for (long done = 0; done < tile->positions; done += n) {
        n = NAME(tile_run)(tile, i, done);
        const int ends = i + n == tile->inner;
        const E *from = x + i, *next = ends ? x + tile->sample_stride : from + n;
        const int is_last = done + n == tile->positions && !tile->goes_on;
        for (long c = 0; c < tile->channels; c++) {
            const long plane = c * tile->inner;
            const double sum =
                NAME(fill_row)(from + plane, n, tile->offsets[c], values + c * tile->leading + done,
                               is_last ? 0 : next + plane);
            if (sums) sums[c] += sum;
        }
        if (ends) x += tile->sample_stride;
        i = ends ? 0 : i + n;
    }
}

// Some channels of every position at a time, so that their centers and sums stay in registers.
INLINE void NAME(fill_tall)(const E *x, const ckernels_tile *tile, double *values, double *sums) {
    const long stride = tile->sample_stride, leading = tile->leading;
    const double *centers = tile->offsets;
    long c = 0;
    for (; c + N <= tile->channels; c += N) {
        const WIDE center = NAME(load_wide)(centers + c);
        WIDE sum = 0;
        for (long r = 0; r < tile->positions; r++) {
            const WIDE d = NAME(widen)(NAME(fetch)(x + r * stride + c)) - center;
            NAME(store_wide)(values + r * leading + c, d);
            sum += d;
        }
        if (sums) NAME(store_wide)(sums + c, NAME(load_wide)(sums + c) + sum);
    }
    for (; c + 4 <= tile->channels; c += 4) {
        const NAME(quad) center = NAME(load_quad)(centers + c);
        NAME(quad) sum = 0;
        for (long r = 0; r < tile->positions; r++) {
            const NAME(quad) d = NAME(fetch_quad)(x + r * stride + c) - center;
            NAME(store_quad)(values + r * leading + c, d);
            sum += d;
        }
        if (sums) NAME(store_quad)(sums + c, NAME(load_quad)(sums + c) + sum);
    }
    for (; c < tile->channels; c++) {
        double sum = 0;
        for (long r = 0; r < tile->positions; r++) {
            const double d = (double)NAME(fetch_one)(x + r * stride + c) - centers[c];
            values[r * leading + c] = d;
            sum += d;
        }
        if (sums) sums[c] += sum;
    }
}

static void NAME(fill_tile)(const void *x, const ckernels_tile *tile, double *values,
                            double *sums) {
    if (tile->inner == 1)
        NAME(fill_tall)(x, tile, values, sums);
    else
        NAME(fill_planes)(x, tile, values, sums);
}

// One channel: n numbers plus `shift`.
INLINE void NAME(store_row)(const double *values, long n, double shift, E *y, int non_temporal) {
    const long head = non_temporal ? NAME(head)(y, n) : 0;
    long i = 0;
    for (; i < head; i++) NAME(place_one)(y + i, values[i] + shift);
    for (; i + N <= n; i += N) {
        const VEC v = __builtin_convertvector(NAME(load_wide)(values + i) + shift, VEC);
        if (non_temporal)
            NAME(stream)(y + i, v);
        else
            NAME(place)(y + i, v);
    }
    for (; i + 4 <= n; i += 4) NAME(place_quad)(y + i, NAME(load_quad)(values + i) + shift);
    for (; i < n; i++) NAME(place_one)(y + i, values[i] + shift);
}

INLINE void NAME(store_planes)(const double *values, const ckernels_tile *tile, E *y,
                               int non_temporal) {
    long i = tile->first, n;
    for (long done = 0; done < tile->positions; done += n) {
        n = NAME(tile_run)(tile, i, done);
        for (long c = 0; c < tile->channels; c++)
            NAME(store_row)(values + c * tile->leading + done, n, tile->offsets[c],
                            y + i + c * tile->inner, non_temporal);
        i = 0;
        y += tile->sample_stride;
    }
}

INLINE void NAME(store_tall)(const double *values, const ckernels_tile *tile, E *y) {
    for (long r = 0; r < tile->positions; r++) {
        const double *from = values + r * tile->leading;
        E *to = y + r * tile->sample_stride;
        long c = 0;
        for (; c + N <= tile->channels; c += N) {
            const WIDE v = NAME(load_wide)(from + c) + NAME(load_wide)(tile->offsets + c);
            NAME(place)(to + c, __builtin_convertvector(v, VEC));
        }
        for (; c + 4 <= tile->channels; c += 4)
            NAME(place_quad)(to + c,
                             NAME(load_quad)(from + c) + NAME(load_quad)(tile->offsets + c));
        for (; c < tile->channels; c++) NAME(place_one)(to + c, from[c] + tile->offsets[c]);
    }
}

static void NAME(store_tile)(const double *values, const ckernels_tile *tile, void *y) {
    // Where y lies off the boundary of an element, no vector of it can be aligned.
    const int non_temporal = tile->non_temporal && (unsigned long)y % sizeof(E) == 0;
    if (tile->inner == 1)
        NAME(store_tall)(values, tile, y);
    else if (non_temporal)
        NAME(store_planes)(values, tile, y, 1);
    else
        NAME(store_planes)(values, tile, y, 0);
}

#endif
