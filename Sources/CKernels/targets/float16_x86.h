// 16 values between Float16 and float by the instructions VCVTPH2PS and VCVTPS2PH, rounded to
// nearest whatever the thread's rounding is.
#pragma once

#include <immintrin.h>

typedef unsigned short float16_bits __attribute__((ext_vector_type(16)));
typedef float float_lanes __attribute__((ext_vector_type(16)));

#define ROUND_TO_NEAREST (_MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)

#define FLOAT16_WIDEN_512(v) ((float_lanes)_mm512_cvtph_ps((__m256i)(v)))
#define FLOAT16_NARROW_512(v) ((float16_bits)_mm512_cvtps_ph((__m512)(v), ROUND_TO_NEAREST))

// Two halves.
#define FLOAT16_WIDEN_256(v)                                                                     \
    ((float_lanes)__builtin_shufflevector(_mm256_cvtph_ps((__m128i)(v).lo),                      \
                                          _mm256_cvtph_ps((__m128i)(v).hi), 0, 1, 2, 3, 4, 5, 6, \
                                          7, 8, 9, 10, 11, 12, 13, 14, 15))
#define FLOAT16_NARROW_256(v)                                                                    \
    ((float16_bits)__builtin_shufflevector(_mm256_cvtps_ph((__m256)(v).lo, ROUND_TO_NEAREST),    \
                                           _mm256_cvtps_ph((__m256)(v).hi, ROUND_TO_NEAREST), 0, \
                                           1, 2, 3))
