// Activations: f(z), g * f'(z), and whether f'(z) is 1, of whole vectors and by a mask.
#ifndef ACTIVATIONS_H
#define ACTIVATIONS_H

#include "elements/formats.h"
#include "masks.h"

// e^v by Cody and Waite's reduction to |r| <= ln 2 / 2 and a Taylor polynomial in r whose remainder
// is below half a unit in the last place.
INLINE VEC NAME(exp)(VEC v) {
    v = v > (T)EXP_MAX ? (VEC)(T)EXP_MAX : v;
    v = v < -(T)EXP_MAX ? (VEC)(-(T)EXP_MAX) : v;
    // The nearest integer stands in the lowest bits of this sum.
    const VEC rounded = v * (T)1.44269504088896340736 + (T)ROUND;
    const VEC n = rounded - (T)ROUND;
    const VEC r = (v - n * (T)LN2_HIGH) - n * (T)LN2_LOW;
    const T reciprocal_factorials[] = {1,
                                       1,
                                       1.0 / 2,
                                       1.0 / 6,
                                       1.0 / 24,
                                       1.0 / 120,
                                       1.0 / 720,
                                       1.0 / 5040,
                                       1.0 / 40320,
                                       1.0 / 362880,
                                       1.0 / 3628800,
                                       1.0 / 39916800,
                                       1.0 / 479001600,
                                       1.0 / 6227020800};
    VEC sum = (VEC)reciprocal_factorials[EXP_TERMS];
    for (int k = EXP_TERMS - 1; k >= 0; k--) sum = sum * r + reciprocal_factorials[k];
    NAME(ivec) bits;
    __builtin_memcpy(&bits, &rounded, sizeof bits);
    bits = (bits << EXP_SHIFT) + ((INT)EXP_BIAS << EXP_SHIFT);
    VEC power;
    __builtin_memcpy(&power, &bits, sizeof power);
    return sum * power;
}

// SiLU's tail, where e^-z leaves the range of exp: z * e^z there, as z * e^(z + 64) * e^-64, so
// that nothing underflows where the product does not. Below SILU_END it is zero.
#define SILU_TAIL ((T)(EXP_MAX - 7))
#define SILU_END ((T)(EXP_MAX + 60))

// e^-z, or e^(z + 64) in the tail.
INLINE VEC NAME(silu_exp)(VEC z) {
    return NAME(exp)(z < -SILU_TAIL ? z + (T)64 : -z);
}

// factor * e^z in the tail, where e is e^(z + 64).
INLINE VEC NAME(silu_tail)(VEC z, VEC factor, VEC e) {
    return z < -SILU_END ? (VEC)(T)0 : factor * e * (T)1.603810890548638e-28;
}

// f(z). Comparisons are written so that a NaN stays one.
INLINE VEC NAME(activate)(VEC z, int activation, T negative_slope) {
    const VEC zero = 0, six = (T)6, three = (T)3;
    switch (activation) {
        case CKERNELS_RELU:
            return z < 0 ? zero : z;
        case CKERNELS_RELU6:
            z = z < 0 ? zero : z;
            return z > 6 ? six : z;
        case CKERNELS_LEAKY_RELU:
            return z < 0 ? z * negative_slope : z;
        case CKERNELS_SILU: {
            const VEC e = NAME(silu_exp)(z);
            return z < -SILU_TAIL ? NAME(silu_tail)(z, z, e) : z / (1 + e);
        }
        case CKERNELS_HARD_SWISH: {
            VEC ramp = z + three;
            ramp = ramp < 0 ? zero : ramp;
            ramp = ramp > 6 ? six : ramp;
            // Not a product below the ramp, where minus infinity times zero would be no number.
            return z < -three ? -zero : z * (ramp * (T)(1.0 / 6));
        }
        default:
            return z;
    }
}

// Whether f'(z) is 1, for the f whose derivative is 1 or another number.
INLINE NAME(ivec) NAME(derivative_is_one)(VEC z, int activation) {
    switch (activation) {
        case CKERNELS_RELU6:
            return (z > 0) & (z < 6);
        default:
            return z > 0;
    }
}

// g * f'(z). At a corner f' is the value from the left, as PyTorch has it. Where f' is 0 on one
// side of a corner, so is the result, whatever g is.
INLINE VEC NAME(activation_backward)(VEC g, VEC z, int activation, T negative_slope) {
    const VEC zero = 0;
    switch (activation) {
        case CKERNELS_RELU:
        case CKERNELS_RELU6:
            return NAME(derivative_is_one)(z, activation) ? g : zero;
        case CKERNELS_LEAKY_RELU:
            return z > 0 ? g : g * negative_slope;
        case CKERNELS_SILU: {
            const VEC e = NAME(silu_exp)(z), sigmoid = 1 / (1 + e);
            const VEC inner = sigmoid * (1 + z * (1 - sigmoid));
            const VEC below = z < -SILU_TAIL ? NAME(silu_tail)(z, 1 + z, e) : inner;
            return g * (z > SILU_TAIL ? (VEC)(T)1 : below);
        }
        case CKERNELS_HARD_SWISH:
            return z < -3 ? zero : z > 3 ? g : g * (z * (T)(1.0 / 3) + (T)0.5);
        default:
            return g;
    }
}

// One bit a lane.
typedef _Bool NAME(flags) __attribute__((ext_vector_type(N)));

INLINE BITS NAME(pack)(NAME(ivec) lanes) {
    const NAME(flags) flags = __builtin_convertvector(lanes, NAME(flags));
    BITS bits;
    __builtin_memcpy(&bits, &flags, sizeof bits);
    return bits;
}

INLINE NAME(ivec) NAME(unpack)(BITS bits) {
    NAME(flags) flags;
    __builtin_memcpy(&flags, &bits, sizeof bits);
    return -__builtin_convertvector(flags, NAME(ivec));
}

// g * f' of a vector whose lanes in `is_one` have f' = 1; f' elsewhere is the negative slope of a
// leaky ReLU, or 0.
INLINE VEC NAME(selected)(NAME(ivec) is_one, VEC g, int leaks, T negative_slope) {
    return is_one ? g : leaks ? g * negative_slope : (VEC)(T)0;
}

// g * f' of n values in a run of memory, whose bits start at `first`.
INLINE void NAME(masked_run)(const E *g, long n, const unsigned char *mask, long first, int leaks,
                             T negative_slope, E *dz) {
    long j = 0;
    for (; j + N <= n; j += N) {
        const NAME(ivec) is_one = NAME(unpack)((BITS)bits_at(mask, first + j, N));
        NAME(place)(dz + j, NAME(selected)(is_one, NAME(fetch)(g + j), leaks, negative_slope));
    }
    if (j == n) return;
    const NAME(ivec) is_one = NAME(unpack)((BITS)bits_at(mask, first + j, n - j));
    const VEC last = NAME(selected)(is_one, NAME(fetch_part)(g + j, n - j), leaks, negative_slope);
    NAME(place_lanes)(dz + j, last, 0, n - j);
}

// dz = g * f', with f' from a mask.
static void NAME(activation_backward_masked)(const void *gradient, const ckernels_block *b,
                                             const unsigned char *mask, long first, int activation,
                                             double slope, void *result) {
    const E *g = gradient;
    E *dz = result;
    const T negative_slope = (T)slope;
    // Planes that follow each other are one run, and so are such rows.
    const int planes_touch = b->channel_stride == b->inner;
    const long row = b->channels * b->inner;
    const int rows_touch = planes_touch && b->outer_stride == row;
    const long n = rows_touch ? b->outer * row : planes_touch ? row : b->inner;
    const long samples = rows_touch ? 1 : b->outer, runs = planes_touch ? 1 : b->channels;
    for (long o = 0; o < samples; o++) {
        for (long c = 0; c < runs; c++) {
            const long at = o * b->outer_stride + c * b->channel_stride;
            if (activation == CKERNELS_LEAKY_RELU)
                NAME(masked_run)(g + at, n, mask, first + at, 1, negative_slope, dz + at);
            else
                NAME(masked_run)(g + at, n, mask, first + at, 0, negative_slope, dz + at);
        }
    }
}

#undef SILU_TAIL
#undef SILU_END

#endif
