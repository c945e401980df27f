// Parts of a vector by masked loads of AVX2: what a mask leaves out is not read, and zero. Its
// masked stores are slow on some processors.
#pragma once

#include <immintrin.h>

typedef int eight_ints __attribute__((ext_vector_type(8)));
typedef long four_longs __attribute__((ext_vector_type(4)));

// The first n elements of 32 or 64 bits of a vector of 64 bytes: a register of the first half, and
// one of the other.
#define LOAD_FIRST_32(p, n)                                                                \
    __builtin_shufflevector(                                                               \
        (eight_ints)_mm256_maskload_epi32(                                                 \
            (const int *)(p), (__m256i)((eight_ints){0, 1, 2, 3, 4, 5, 6, 7} < (int)(n))), \
        (eight_ints)_mm256_maskload_epi32(                                                 \
            (const int *)(p) + 8,                                                          \
            (__m256i)((eight_ints){8, 9, 10, 11, 12, 13, 14, 15} < (int)(n))),             \
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define LOAD_FIRST_64(p, n)                                                                 \
    __builtin_shufflevector(                                                                \
        (four_longs)_mm256_maskload_epi64((const long long *)(p),                           \
                                          (__m256i)((four_longs){0, 1, 2, 3} < (long)(n))), \
        (four_longs)_mm256_maskload_epi64((const long long *)(p) + 4,                       \
                                          (__m256i)((four_longs){4, 5, 6, 7} < (long)(n))), \
        0, 1, 2, 3, 4, 5, 6, 7)
