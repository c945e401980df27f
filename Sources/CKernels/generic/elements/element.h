// The element type for which the other headers are included: ELEMENT_BITS is 32 for float, 64 for
// double. Tensors hold such elements, or those of the format that ELEMENT_FORMAT names, which are
// widened to float when they are read and rounded when they are written.
#ifndef ELEMENT_H
#define ELEMENT_H

#ifndef ELEMENT_BITS
#define ELEMENT_BITS 32
#endif

#define FORMAT_FLOAT16 16
#define FORMAT_BFLOAT16 17
#ifndef ELEMENT_FORMAT
#define ELEMENT_FORMAT ELEMENT_BITS
#define STORED_BITS ELEMENT_BITS
#else
#define STORED_BITS 16
#endif

// T: what is computed with, and the element of tables. N: its lanes in a vector of 64 bytes. INT:
// an integer of its size. BITS: an integer of N bits. E: the element of tensors.
//
// ROUND to EXP_SHIFT are for exp(): a number whose sum with v has the nearest integer of v in its
// lowest bits; ln 2 in two parts; the largest |v|; the terms of the polynomial; the bias of the
// exponent, and its place.
#if ELEMENT_BITS == 64
#define T double
#define N 8
#define NAME(x) f64_##x
#define E double
#define INT long
#define BITS unsigned char
#define ROUND 6755399441055744.0
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define EXP_MAX 708.0
#define EXP_TERMS 13
#define EXP_BIAS 1023
#define EXP_SHIFT 52
#else
#define T float
#define N 16
#define INT int
#define BITS unsigned short
#define ROUND 12582912.0
#define LN2_HIGH 0.693359375
#define LN2_LOW -2.12194440054690583e-4
#define EXP_MAX 87.0
#define EXP_TERMS 7
#define EXP_BIAS 127
#define EXP_SHIFT 23
#if ELEMENT_FORMAT == FORMAT_FLOAT16
#define NAME(x) f16_##x
#define E unsigned short
#elif ELEMENT_FORMAT == FORMAT_BFLOAT16
#define NAME(x) bf16_##x
#define E unsigned short
#else
#define NAME(x) f32_##x
#define E float
#endif
#endif

#endif
