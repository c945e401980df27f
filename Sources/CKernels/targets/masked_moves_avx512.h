// Parts of a vector by masked moves of AVX-512: what a mask leaves out is neither read nor written,
// and zero in a register. Elements have 16, 32 or 64 bits.
#pragma once

#include <immintrin.h>

// The first n lanes, n being fewer than a vector has.
#define FIRST_LANES(n) ((1u << (n)) - 1)

#define LOAD_FIRST_16(p, n) _mm256_maskz_loadu_epi16((__mmask16)FIRST_LANES(n), (const void *)(p))
#define LOAD_FIRST_32(p, n) _mm512_maskz_loadu_epi32((__mmask16)FIRST_LANES(n), (const void *)(p))
#define LOAD_FIRST_64(p, n) _mm512_maskz_loadu_epi64((__mmask8)FIRST_LANES(n), (const void *)(p))

// The lanes of a mask, to where they lie from p on.
#define STORE_LANES_16(p, lanes, v) \
    _mm256_mask_storeu_epi16((void *)(p), (__mmask16)(lanes), (__m256i)(v))
#define STORE_LANES_32(p, lanes, v) \
    _mm512_mask_storeu_epi32((void *)(p), (__mmask16)(lanes), (__m512i)(v))
#define STORE_LANES_64(p, lanes, v) \
    _mm512_mask_storeu_epi64((void *)(p), (__mmask8)(lanes), (__m512i)(v))
