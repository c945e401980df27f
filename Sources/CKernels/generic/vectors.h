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

// The first n values of a vector, the others zero. Not inlined: the ends of rows are rare.
OUTLINED VEC NAME(load_part)(const T *p, long n) {
    T lanes[N] = {0};
    NAME(copy_part)(lanes, p, n);
    return NAME(load)(lanes);
}

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

// In a fixed order, lane by lane pairwise.
INLINE double NAME(reduce)(WIDE v) {
#if N == 16
    const double __attribute__((ext_vector_type(8))) eight = v.lo + v.hi;
#else
    const double __attribute__((ext_vector_type(8))) eight = v;
#endif
    const double __attribute__((ext_vector_type(4))) four = eight.lo + eight.hi;
    const double __attribute__((ext_vector_type(2))) two = four.lo + four.hi;
    return two.x + two.y;
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
