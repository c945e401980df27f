// Vectors of one element type. They are 64 bytes wide whatever the registers are; the compiler cuts
// them.
#ifndef VECTORS_H
#define VECTORS_H

#include "CKernels.h"
#include "compiler.h"
#include "elements/element.h"

_Static_assert(sizeof(long) == sizeof(double), "masks of doubles are vectors of long");

typedef T NAME(vec) __attribute__((ext_vector_type(N)));
typedef INT NAME(ivec) __attribute__((ext_vector_type(N)));
typedef double NAME(wide) __attribute__((ext_vector_type(N)));
typedef long NAME(wide_mask) __attribute__((ext_vector_type(N)));
#define VEC NAME(vec)
#define WIDE NAME(wide)

// Memory may lie off the boundary of an element, so it is read and written as bytes.
INLINE VEC NAME(load)(const T *p) {
    VEC v;
    __builtin_memcpy(&v, (const char *)p, sizeof v);
    return v;
}

INLINE T NAME(load_one)(const T *p) {
    T value;
    __builtin_memcpy(&value, (const char *)p, sizeof value);
    return value;
}

// n < N values, in a few copies of fixed sizes: a call of memcpy would take longer than the work.
INLINE void NAME(copy_part)(T *to, const T *from, long n) {
#pragma clang loop unroll(full)
    for (long size = N / 2; size > 0; size /= 2) {
        if (n & size) {
            __builtin_memcpy((char *)to, (const char *)from, size * sizeof(T));
            to += size;
            from += size;
        }
    }
}

#if defined(LOAD_FIRST_32)
// The first n values of a vector, the others zero.
INLINE VEC NAME(load_part)(const T *p, long n) {
    return (VEC)JOINED(LOAD_FIRST, ELEMENT_BITS)(p, n);
}
#else
// The same. Not inlined: the ends of rows are rare.
OUTLINED VEC NAME(load_part)(const T *p, long n) {
    T lanes[N] = {0};
    NAME(copy_part)(lanes, p, n);
    return NAME(load)(lanes);
}
#endif

INLINE void NAME(store)(T *p, VEC v) {
    __builtin_memcpy((char *)p, &v, sizeof v);
}

INLINE WIDE NAME(widen)(VEC v) {
    return __builtin_convertvector(v, WIDE);
}

INLINE WIDE NAME(load_wide)(const double *p) {
    WIDE v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

INLINE void NAME(store_wide)(double *p, WIDE v) {
    __builtin_memcpy(p, &v, sizeof v);
}

typedef double NAME(eight) __attribute__((ext_vector_type(8)));

INLINE NAME(eight) NAME(fold)(WIDE v) {
#if N == 16
    return v.lo + v.hi;
#else
    return v;
#endif
}

INLINE NAME(eight) NAME(load_eight)(const double *p) {
    NAME(eight) v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

INLINE void NAME(store_eight)(double *p, NAME(eight) v) {
    __builtin_memcpy(p, &v, sizeof v);
}

// In a fixed order, lane by lane pairwise.
INLINE double NAME(reduce_eight)(NAME(eight) eight) {
    const double __attribute__((ext_vector_type(4))) four = eight.lo + eight.hi;
    const double __attribute__((ext_vector_type(2))) two = four.lo + four.hi;
    return two.x + two.y;
}

INLINE double NAME(reduce)(WIDE v) {
    return NAME(reduce_eight)(NAME(fold)(v));
}

// The first two of the three steps in which eight rows of eight lanes are added up: two vectors are
// left, with four rows of two lanes each.
#define ADD_EIGHT_ROWS(v)                                                                       \
    do {                                                                                        \
        for (int k = 0; k < 4; k++)                                                             \
            v[k] = __builtin_shufflevector(v[2 * k], v[2 * k + 1], 0, 1, 2, 3, 8, 9, 10, 11) +  \
                   __builtin_shufflevector(v[2 * k], v[2 * k + 1], 4, 5, 6, 7, 12, 13, 14, 15); \
        for (int k = 0; k < 2; k++)                                                             \
            v[k] = __builtin_shufflevector(v[2 * k], v[2 * k + 1], 0, 1, 4, 5, 8, 9, 12, 13) +  \
                   __builtin_shufflevector(v[2 * k], v[2 * k + 1], 2, 3, 6, 7, 10, 11, 14, 15); \
    } while (0)

// The last of them.
INLINE NAME(eight) NAME(add_pairs)(NAME(eight) a, NAME(eight) b) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14) +
           __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
}

// The lanes of a row: those in `valid` from `whole` on, and a whole vector before them, if there is
// one.
INLINE NAME(eight) NAME(row_lanes)(const double *row, long whole, NAME(wide_mask) valid) {
    const WIDE rest = valid ? NAME(load_wide)(row + whole) : (WIDE)0;
    return NAME(fold)(whole ? NAME(load_wide)(row) + rest : rest);
}

// What reduce makes of some rows, to the bit: eight at a time, so that none waits for another.
INLINE void NAME(reduce_each)(const double *rows, long stride, long whole, NAME(wide_mask) valid,
                              long count, double *to) {
    long i = 0;
    for (; i + 8 <= count; i += 8) {
        NAME(eight) v[8];
        for (int k = 0; k < 8; k++) v[k] = NAME(row_lanes)(rows + (i + k) * stride, whole, valid);
        ADD_EIGHT_ROWS(v);
        NAME(store_eight)(to + i, NAME(add_pairs)(v[0], v[1]));
    }
    for (; i < count; i++)
        to[i] = NAME(reduce_eight)(NAME(row_lanes)(rows + i * stride, whole, valid));
}

// 0, 1, 2 ...
INLINE NAME(ivec) NAME(lanes)(void) {
    NAME(ivec) lanes;
    for (int i = 0; i < N; i++) lanes[i] = i;
    return lanes;
}

INLINE long NAME(at_most)(long n, long limit) {
    return n < limit ? n : limit;
}

#endif
