// Elements of tensors: how vectors of them are read and written. Where they are those of the
// arithmetic, that is all; 16 bits are widened, which is exact, and rounded to nearest, ties to
// even, in integers or by the instruction that a target names.
#ifndef FORMATS_H
#define FORMATS_H

#include "../vectors.h"

#define STORED NAME(stored)
typedef E STORED __attribute__((ext_vector_type(N)));

#if ELEMENT_FORMAT == FORMAT_FLOAT16 || ELEMENT_FORMAT == FORMAT_BFLOAT16
typedef unsigned NAME(words) __attribute__((ext_vector_type(N)));

INLINE NAME(words) NAME(words_of)(VEC v) {
    NAME(words) words;
    __builtin_memcpy(&words, &v, sizeof words);
    return words;
}

INLINE VEC NAME(vector_of)(NAME(words) words) {
    VEC v;
    __builtin_memcpy(&v, &words, sizeof v);
    return v;
}
#endif

#if ELEMENT_FORMAT == FORMAT_BFLOAT16
// The upper half of a float.
INLINE VEC NAME(from_stored)(STORED v) {
    return NAME(vector_of)(__builtin_convertvector(v, NAME(words)) << 16);
}

// A NaN stays one, with the upper bits of its payload: rounding could carry it into an infinity or
// zero. Not VCVTNEPS2BF16, which makes zeros of subnormal numbers. In few steps: it is these that
// inference waits for where tensors are in cache, so vectors without a NaN are not asked lane by
// lane.
#if defined(BFLOAT16_NARROW)
INLINE STORED NAME(to_stored)(VEC v) {
    return BFLOAT16_NARROW(v);
}
#else
typedef E NAME(parts) __attribute__((ext_vector_type(2 * N)));

INLINE STORED NAME(to_stored)(VEC v) {
    const NAME(words) bits = NAME(words_of)(v);
    // Half a unit carries into the number that stays where that is odd.
    NAME(words) number = bits + (bits >> 16 & 1) + 0x7fff;
    if (__builtin_expect(__builtin_reduce_or(v != v), 0))
        number = v != v ? bits | 0x400000 : number;
    NAME(parts) parts;
    __builtin_memcpy(&parts, &number, sizeof parts);
    // The upper halves.
    return __builtin_shufflevector(parts, parts, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27,
                                   29, 31);
}
#endif
#elif ELEMENT_FORMAT == FORMAT_FLOAT16 && defined(FLOAT16_WIDEN)
INLINE VEC NAME(from_stored)(STORED v) {
    return FLOAT16_WIDEN(v);
}

INLINE STORED NAME(to_stored)(VEC v) {
    return FLOAT16_NARROW(v);
}
#elif ELEMENT_FORMAT == FORMAT_FLOAT16
// As the instructions do it: a NaN becomes a quiet one with the same payload.
INLINE VEC NAME(from_stored)(STORED v) {
    const NAME(words) bits = __builtin_convertvector(v, NAME(words)), size = bits & 0x7fff;
    const NAME(words) normal = (size << 13) + (112u << 23);
    const NAME(words) special =
        (size << 13) | 0x7f800000 | (size > 0x7c00 ? (NAME(words))0x400000 : (NAME(words))0);
    // In units of the smallest subnormal number.
    const VEC units = __builtin_convertvector((NAME(ivec))size, VEC) * 0x1p-24f;
    NAME(words) number = size < 0x400 ? NAME(words_of)(units) : normal;
    number = size >= 0x7c00 ? special : number;
    return NAME(vector_of)(number | (bits & 0x8000) << 16);
}

INLINE STORED NAME(to_stored)(VEC v) {
    const NAME(words) bits = NAME(words_of)(v), size = bits & 0x7fffffff;
    const NAME(words) normal = (size + 0xfff + (size >> 13 & 1) - (112u << 23)) >> 13;
    // The unit in the last place of 0.5 is the smallest subnormal number.
    const VEC raised = NAME(vector_of)(size) + 0.5f;
    NAME(words) number = size < 0x38800000 ? NAME(words_of)(raised) - 0x3f000000 : normal;
    number = size >= 0x477ff000 ? (NAME(words))0x7c00 : number;
    number = size > 0x7f800000 ? 0x7e00 | (size >> 13 & 0x3ff) : number;
    return __builtin_convertvector(number | (bits >> 16 & 0x8000), STORED);
}
#else
INLINE VEC NAME(from_stored)(STORED v) {
    return v;
}

INLINE STORED NAME(to_stored)(VEC v) {
    return v;
}
#endif

INLINE VEC NAME(fetch)(const E *p) {
    STORED v;
    __builtin_memcpy(&v, (const char *)p, sizeof v);
    return NAME(from_stored)(v);
}

INLINE void NAME(place)(E *p, VEC v) {
    const STORED stored = NAME(to_stored)(v);
    __builtin_memcpy((char *)p, &stored, sizeof stored);
}

// Past the caches.
INLINE void NAME(stream)(E *p, VEC v) {
    __builtin_nontemporal_store(NAME(to_stored)(v), (STORED *)p);
}

// n < N elements, in a few copies of fixed sizes.
INLINE void NAME(copy_elements)(E *to, const E *from, long n) {
#pragma clang loop unroll(full)
    for (long size = N / 2; size > 0; size /= 2) {
        if (n & size) {
            __builtin_memcpy((char *)to, (const char *)from, size * sizeof(E));
            to += size;
            from += size;
        }
    }
}

#if defined(LOAD_FIRST_32) && (STORED_BITS > 16 || defined(LOAD_FIRST_16))
// The first n values of a vector, the others zero.
INLINE VEC NAME(fetch_part)(const E *p, long n) {
    return NAME(from_stored)((STORED)JOINED(LOAD_FIRST, STORED_BITS)(p, n));
}
#else
// The same. Not inlined: the ends of rows are rare.
OUTLINED VEC NAME(fetch_part)(const E *p, long n) {
    E lanes[N] = {0};
    NAME(copy_elements)(lanes, p, n);
    return NAME(fetch)(lanes);
}
#endif

INLINE T NAME(fetch_one)(const E *p) {
#if ELEMENT_FORMAT == ELEMENT_BITS
    return NAME(load_one)(p);
#else
    E lanes[N] = {0};
    __builtin_memcpy(lanes, (const char *)p, sizeof(E));
    return NAME(fetch)(lanes)[0];
#endif
}

// n < N values, those of the vector's lanes from `lane` on.
INLINE void NAME(place_lanes)(E *p, VEC v, long lane, long n) {
    const STORED stored = NAME(to_stored)(v);
#if defined(STORE_LANES_32)
    JOINED(STORE_LANES, STORED_BITS)(p - lane, FIRST_LANES(n) << lane, stored);
#else
    NAME(copy_elements)(p, (const E *)&stored + lane, n);
#endif
}

#if defined(STORE_LANES_32)
INLINE
#else
OUTLINED
#endif
void NAME(place_part)(E *p, VEC v, long n) {
    NAME(place_lanes)(p, v, 0, n);
}

// Elements before p is aligned to a vector, at most n.
INLINE long NAME(head)(const E *p, long n) {
    long misaligned = (long)((unsigned long)p % sizeof(STORED) / sizeof(E));
    long head = misaligned ? N - misaligned : 0;
    return head < n ? head : n;
}

#endif
