#if defined(__x86_64__)
#include "float16_x86.h"
#include "masked_moves_avx512.h"
#define FEATURES "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,f16c"
#pragma clang attribute push(__attribute__((target(FEATURES))), apply_to = function)
#define TARGET avx512
#define FLOAT16_WIDEN(v) FLOAT16_WIDEN_512(v)
#define FLOAT16_NARROW(v) FLOAT16_NARROW_512(v)

// The upper half of each float, rounded as elements/formats.h says, in fewer steps: where that half
// is odd one more is added by a mask, and one permutation takes the upper halves.
static inline __attribute__((always_inline)) float16_bits bfloat16_narrow(float_lanes v) {
    const __m512i bits = (__m512i)v, half = _mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff));
    const __mmask16 is_odd = _mm512_test_epi32_mask(bits, _mm512_set1_epi32(0x10000));
    __m512i number = _mm512_mask_sub_epi32(half, is_odd, half, _mm512_set1_epi32(-1));
    const __mmask16 is_nan = _mm512_cmp_ps_mask((__m512)v, (__m512)v, _CMP_UNORD_Q);
    if (__builtin_expect(is_nan, 0))
        number = _mm512_mask_or_epi32(number, is_nan, bits, _mm512_set1_epi32(0x400000));
    const short __attribute__((ext_vector_type(32)))
    upper = {1,  3,  5,  7,  9,  11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31,
             33, 35, 37, 39, 41, 43, 45, 47, 49, 51, 53, 55, 57, 59, 61, 63};
    return (float16_bits)_mm512_castsi512_si256(_mm512_permutexvar_epi16((__m512i)upper, number));
}

#define BFLOAT16_NARROW(v) bfloat16_narrow(v)
#include "../generic/half.h"
#pragma clang attribute pop
#endif
