// Elements as doubles, written without the kernels' help.
#include "check.h"

#include <math.h>
#include <string.h>

static uint64_t state;

void seed_numbers(uint64_t seed) {
    state = seed;
}

// SplitMix64.
static uint64_t next(void) {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

long between(long low, long high) {
    return low + (long)(next() % (uint64_t)(high - low + 1));
}

int once_in(long n) {
    return between(1, n) == 1;
}

const char *name_of(int element) {
    static const char *const names[] = {"float", "double", "Float16", "BFloat16"};
    return names[element];
}

int arithmetic_of(int element) {
    return element == CKERNELS_DOUBLE ? CKERNELS_DOUBLE : CKERNELS_FLOAT;
}

long size_of(int element) {
    return element == CKERNELS_DOUBLE ? 8 : element == CKERNELS_FLOAT ? 4 : 2;
}

// To nearest, ties to even; no NaN.
static uint16_t brain_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static float brain_value(uint16_t half) {
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double get(int element, const void *p, long i) {
    const char *from = (const char *)p + i * size_of(element);
    double wide;
    float value;
    _Float16 half;
    uint16_t bits;
    switch (element) {
        case CKERNELS_DOUBLE:
            memcpy(&wide, from, sizeof wide);
            return wide;
        case CKERNELS_FLOAT:
            memcpy(&value, from, sizeof value);
            return value;
        case CKERNELS_FLOAT16:
            memcpy(&half, from, sizeof half);
            return (double)half;
        default:
            memcpy(&bits, from, sizeof bits);
            return brain_value(bits);
    }
}

void put(int element, void *p, long i, double wide) {
    char *to = (char *)p + i * size_of(element);
    const float value = (float)wide;
    const _Float16 half = (_Float16)wide;
    const uint16_t bits = brain_bits(value);
    switch (element) {
        case CKERNELS_DOUBLE:
            memcpy(to, &wide, sizeof wide);
            break;
        case CKERNELS_FLOAT:
            memcpy(to, &value, sizeof value);
            break;
        case CKERNELS_FLOAT16:
            memcpy(to, &half, sizeof half);
            break;
        default:
            memcpy(to, &bits, sizeof bits);
    }
}

double rounded(int element, double value) {
    double memory;
    put(element, &memory, 0, value);
    return get(element, &memory, 0);
}

double unit_of(int element) {
    return element == CKERNELS_DOUBLE ? 0x1p-53 : 0x1p-24;
}

double rounding_of(int element, double value) {
    switch (element) {
        case CKERNELS_FLOAT16:
            return fmax(fabs(value) * 0x1p-11, 0x1p-25);
        case CKERNELS_BFLOAT16:
            return fmax(fabs(value) * 0x1p-8, 0x1p-134);
        default:
            return 0;  // The arithmetic's, which the formulas' bounds have.
    }
}
