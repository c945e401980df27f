// Maps: from vectors of x, of a gradient and of a residual to an output, by the coefficients of
// each channel. A walk takes a row of planes, or some rows whose columns have coefficients of their
// own.
//
// Planes of a sample follow each other in memory, so a sample's part of a block is one row. Where
// planes hold a vector or more, a row is walked from end to end, and a vector in which one plane
// ends and the next begins takes its coefficients from both. Where they are shorter, or single
// values, the coefficients are expanded to one a column of the row, which many rows share.
#ifndef MAPS_H
#define MAPS_H

#include "activations.h"
#include "masks.h"
#include "scratch.h"
#include "vectors.h"

#ifndef MODES
#define MODES
// A mode says at compile time what a walk computes: an activation, and these.
enum {
    ACTIVATION = 7,
    ACTIVATION_BACKWARD = 16,
    ADDS_RESIDUAL = 32,
    WRITES_MASK = 64,
    INPUT_GRADIENT = 128,
    WEIGHTED = 256,
};
#define READS_GRADIENT (ACTIVATION_BACKWARD | INPUT_GRADIENT)

// The tables of coefficients: 3 where an output normalizes, 5 or 6 of an input gradient.
enum {
    CENTER,
    SCALE,
    SHIFT,
    CORRECTION = SHIFT,
    DEVIATION_SCALE,
    GRADIENT_CENTER,
    WEIGHT,
};
_Static_assert(WEIGHT + 1 == TABLES, "one table each");
#endif

INLINE int NAME(table_count)(int mode) {
    return mode & WEIGHTED ? WEIGHT + 1 : mode & INPUT_GRADIENT ? GRADIENT_CENTER + 1 : SHIFT + 1;
}

// The pointers of a walk; null where unused.
typedef struct {
    const E *x, *residual, *g;
    E *y;
    T negative_slope;
} NAME(tensors);

INLINE NAME(tensors) NAME(tensors_at)(const NAME(tensors) *v, int mode, long at) {
    return (NAME(tensors)){v->x + at, mode & ADDS_RESIDUAL ? v->residual + at : 0,
                           mode & READS_GRADIENT ? v->g + at : 0, v->y + at, v->negative_slope};
}

// Fetches a whole vector, or the first `width` values.
INLINE VEC NAME(fetch_first)(const E *p, long width) {
    return width < N ? NAME(fetch_part)(p, width) : NAME(fetch)(p);
}

// The first `width` values of the output at position `at`, and their bits of the mask.
INLINE VEC NAME(result)(int mode, const NAME(tensors) *v, long at, long width, const VEC k[TABLES],
                        unsigned *bits) {
    const VEC x = NAME(fetch_first)(v->x + at, width);
    const VEC g = mode & READS_GRADIENT ? NAME(fetch_first)(v->g + at, width) : (VEC)0;
    if (mode & WEIGHTED)
        return ((g * k[WEIGHT] - k[GRADIENT_CENTER]) - (x - k[CENTER]) * k[DEVIATION_SCALE]) *
                   k[SCALE] +
               k[CORRECTION];
    if (mode & INPUT_GRADIENT)
        return ((g - k[GRADIENT_CENTER]) - (x - k[CENTER]) * k[DEVIATION_SCALE]) * k[SCALE] +
               k[CORRECTION];
    VEC z = (x - k[CENTER]) * k[SCALE] + k[SHIFT];
    if (mode & ADDS_RESIDUAL) z += NAME(fetch_first)(v->residual + at, width);
    const int activation = mode & ACTIVATION;
    if (mode & WRITES_MASK) *bits = NAME(pack)(NAME(derivative_is_one)(z, activation));
    if (mode & ACTIVATION_BACKWARD)
        return NAME(activation_backward)(g, z, activation, v->negative_slope);
    return NAME(activate)(z, activation, v->negative_slope);
}

// Places a whole vector, past the caches or not, or the first `width` values.
INLINE void NAME(put)(E *y, VEC v, long width, int non_temporal) {
    if (width < N)
        NAME(place_part)(y, v, width);
    else if (non_temporal)
        NAME(stream)(y, v);
    else
        NAME(place)(y, v);
}

INLINE void NAME(put_bits)(int mode, bit_writer *w, unsigned bits, long width) {
    if (!(mode & WRITES_MASK)) return;
    if (width == N)
        add_bits(w, bits, N, 1);
    else
        add_bits(w, bits & ((1u << width) - 1), (int)width, 0);
}

// Writes n values from position i of a row on. The first channel of the row has the coefficients
// tables[...][0]; behind the last one the first begins again.
INLINE void NAME(map_row)(int mode, NAME(tensors) v, long i, long n, long inner, long channels,
                          const T *const tables[TABLES], int non_temporal, bit_writer mask) {
    // Most rows are written at once; a division would take as long as some vectors.
    long c = i ? i / inner % channels : 0, left = i ? inner - i % inner : inner;  // of channel c
    const long head = non_temporal ? NAME(head)(v.y, n) : 0;
    VEC k[TABLES];  // of channel c
    for (int t = 0; t < NAME(table_count)(mode); t++) k[t] = (VEC)tables[t][c];
    unsigned bits = 0;
    for (long j = 0; j < n;) {
        const long width = j < head ? head - j : NAME(at_most)(n - j, N);
        if (width == N && left >= N) {
            const long values = NAME(at_most)(left, n - j) / N * N;
            for (const long end = j + values; j < end; j += N) {
                NAME(put)(v.y + j, NAME(result)(mode, &v, j, N, k, &bits), N, non_temporal);
                NAME(put_bits)(mode, &mask, bits, N);
            }
            left -= values;
            if (left > 0) continue;
            c = c + 1 < channels ? c + 1 : 0;
            for (int t = 0; t < NAME(table_count)(mode); t++) k[t] = (VEC)tables[t][c];
        } else if (left > width) {
            NAME(put)(v.y + j, NAME(result)(mode, &v, j, width, k, &bits), width, non_temporal);
            NAME(put_bits)(mode, &mask, bits, width);
            j += width;
            left -= width;
            continue;
        } else {
            // The next channel's begin in this vector, or behind it.
            c = c + 1 < channels ? c + 1 : 0;
            VEC next[TABLES];
            for (int t = 0; t < NAME(table_count)(mode); t++) {
                next[t] = (VEC)tables[t][c];
                k[t] = NAME(lanes)() < (INT)left ? k[t] : next[t];
            }
            NAME(put)(v.y + j, NAME(result)(mode, &v, j, width, k, &bits), width, non_temporal);
            NAME(put_bits)(mode, &mask, bits, width);
            for (int t = 0; t < NAME(table_count)(mode); t++) k[t] = next[t];
            j += width;
            left -= width;
        }
        left += inner;
    }
    if (mode & WRITES_MASK) end_bits(&mask);
}

// The first lines of a plane: behind a gap the processor does not follow memory. Short planes
// follow soon enough.
INLINE void NAME(prefetch_plane)(int mode, const NAME(tensors) *v, long at, long plane) {
    if (plane < 512) return;
    for (long line = 0; line < 4; line++) {
        __builtin_prefetch(v->x + at + line * 64 / (long)sizeof(E));
        if (mode & READS_GRADIENT) __builtin_prefetch(v->g + at + line * 64 / (long)sizeof(E));
    }
}

// Writes `channels` planes, of which the first `inner` values are an output and the others zeros,
// as one row: a vector in which one plane ends and the next begins is written whole. What x and the
// gradient hold where the zeros are may be read, and changes nothing. Planes hold a vector or more.
INLINE void NAME(map_padded)(int mode, NAME(tensors) v, long inner, long plane, long channels,
                             const T *const tables[TABLES], int non_temporal) {
    const long n = channels * plane, padding = plane - inner;
    const long head = non_temporal ? NAME(head)(v.y, n) : 0;
    long c = 0, left = plane;  // of channel c, with its zeros
    VEC k[TABLES];             // of channel c
    for (int t = 0; t < NAME(table_count)(mode); t++) k[t] = (VEC)tables[t][c];
    unsigned bits;
    for (long j = 0; j < n;) {
        const long width = j < head ? head - j : NAME(at_most)(n - j, N);
        const long filled = left - padding;  // that are no zeros
        if (width == N && filled >= N) {
            const long values = filled / N * N;
            if (non_temporal) NAME(prefetch_plane)(mode, &v, j + left, plane);
            for (const long end = j + values; j < end; j += N)
                NAME(put)(v.y + j, NAME(result)(mode, &v, j, N, k, &bits), N, non_temporal);
            left -= values;
            continue;
        }
        if (width == N && filled <= 0 && left >= N) {
            const long values = left / N * N;
            for (const long end = j + values; j < end; j += N)
                NAME(put)(v.y + j, (VEC)0, N, non_temporal);
            left -= values;
        } else if (left > width) {
            const VEC y = NAME(result)(mode, &v, j, width, k, &bits);
            NAME(put)(v.y + j, NAME(lanes)() < (INT)filled ? y : (VEC)0, width, non_temporal);
            j += width;
            left -= width;
        } else {
            // The next channel's begin in this vector, or behind it.
            const NAME(ivec) next = NAME(lanes)() - (INT)left;
            c = c + 1 < channels ? c + 1 : 0;
            VEC own[TABLES];
            for (int t = 0; t < NAME(table_count)(mode); t++) {
                own[t] = k[t];
                k[t] = (VEC)tables[t][c];
                own[t] = next < 0 ? own[t] : k[t];
            }
            const VEC y = NAME(result)(mode, &v, j, width, own, &bits);
            const NAME(ivec) end = next < 0 ? (NAME(ivec))(INT)-padding : (NAME(ivec))(INT)inner;
            NAME(put)(v.y + j, next < end ? y : (VEC)0, width, non_temporal);
            j += width;
            left += plane - width;
            continue;
        }
        if (left > 0) continue;
        c = c + 1 < channels ? c + 1 : 0;
        for (int t = 0; t < NAME(table_count)(mode); t++) k[t] = (VEC)tables[t][c];
        left = plane;
    }
}

// Less than a vector of columns from the j-th of a row on.
INLINE void NAME(map_part)(int mode, const NAME(tensors) *v, long j, long width,
                           const T *const tables[TABLES], bit_writer *mask) {
    VEC k[TABLES];
    unsigned bits = 0;
    for (int t = 0; t < NAME(table_count)(mode); t++) k[t] = NAME(load_part)(tables[t] + j, width);
    NAME(put)(v->y + j, NAME(result)(mode, v, j, width, k, &bits), width, 0);
    NAME(put_bits)(mode, mask, bits, width);
}

// Writes n columns of a row, or of it and the one behind at once, whose lines begin where its do.
INLINE void NAME(map_line)(int mode, int two, const NAME(tensors) *row, long n, long stride,
                           const T *const tables[TABLES], int non_temporal, bit_writer *mask) {
    const NAME(tensors) other = NAME(tensors_at)(row, mode, two ? stride : 0);
    // Where rows lie apart, the processor does not follow from one to the next.
    const long next = stride > n ? stride : 0;
    unsigned bits = 0;
    long j = non_temporal ? NAME(head)(row->y, n) : 0;
    // Lines that are written in part come through the caches. Asked for now, they do not hold
    // up the stores in front of them.
    if (non_temporal) {
        __builtin_prefetch(row->y + n - 1, 1);
        __builtin_prefetch(row->y + stride, 1);
    }
    if (j) NAME(map_part)(mode, row, 0, j, tables, mask);
    if (two && j) NAME(map_part)(mode, &other, 0, j, tables, mask);
    for (; n - j >= N; j += N) {
        VEC k[TABLES];
        for (int t = 0; t < NAME(table_count)(mode); t++) k[t] = NAME(load)(tables[t] + j);
        if (!two && non_temporal) __builtin_prefetch(row->x + next + j);
        if (!two && non_temporal && mode & READS_GRADIENT) __builtin_prefetch(row->g + next + j);
        NAME(put)(row->y + j, NAME(result)(mode, row, j, N, k, &bits), N, non_temporal);
        if (two) NAME(put)(other.y + j, NAME(result)(mode, &other, j, N, k, &bits), N, 1);
        NAME(put_bits)(mode, mask, bits, N);
    }
    if (j == n) return;
    NAME(map_part)(mode, row, j, n - j, tables, mask);
    if (two) NAME(map_part)(mode, &other, j, n - j, tables, mask);
}

// Whether rows past the caches are taken in pairs: else their tables would leave L1 between one row
// and the next.
INLINE int NAME(takes_pairs)(int mode, long n, long stride) {
    return (mode == CKERNELS_IDENTITY || mode & INPUT_GRADIENT) &&
           NAME(table_count)(mode) * n * (long)sizeof(T) > 32 << 10 && stride * sizeof(E) % 64 == 0;
}

// Writes n columns of some rows, row by row, since the processor follows memory best in its order,
// or two by two. Bit `first` of the mask is the first value's.
INLINE void NAME(map_columns)(int mode, const NAME(tensors) *v, long n, long rows, long stride,
                              const T *const tables[TABLES], int non_temporal, unsigned char *mask,
                              long first) {
    long r = 0;
    if (non_temporal && NAME(takes_pairs)(mode, n, stride)) {
        for (; r + 2 <= rows; r += 2) {
            const NAME(tensors) row = NAME(tensors_at)(v, mode, r * stride);
            NAME(map_line)(mode, 1, &row, n, stride, tables, 1, 0);
        }
    }
    for (; r < rows; r++) {
        const NAME(tensors) row = NAME(tensors_at)(v, mode, r * stride);
        bit_writer w = mode & WRITES_MASK ? bits_from(mask, first + r * stride) : (bit_writer){0};
        NAME(map_line)(mode, 0, &row, n, stride, tables, non_temporal, &w);
        if (mode & WRITES_MASK) end_bits(&w);
    }
}

#endif
