// What is in a table beside the passes: runs of 16-bit elements, reciprocal roots; and the copies
// past the caches, and the choice of a table.
#include "check.h"

#include <math.h>
#include <string.h>

// A NaN becomes a quiet one with the same payload.
static uint32_t widened(int element, uint16_t bits) {
    if (element == CKERNELS_BFLOAT16) return (uint32_t)bits << 16;
    const uint32_t size = bits & 0x7fff, sign = (uint32_t)(bits & 0x8000) << 16;
    if (size > 0x7c00) return sign | 0x7fc00000 | size << 13;
    const float value = (float)get(element, &bits, 0);
    uint32_t result;
    memcpy(&result, &value, sizeof result);
    return result;
}

static uint16_t narrowed(int element, float value) {
    uint32_t bits;
    uint16_t result;
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value) && element == CKERNELS_BFLOAT16) return (uint16_t)(bits >> 16 | 0x40);
    if (isnan(value)) return (uint16_t)((bits >> 16 & 0x8000) | 0x7e00 | (bits >> 13 & 0x3ff));
    put(element, &result, 0, value);
    return result;
}

// A run of any bits, and of numbers beside the middle of two neighbours.
void check_conversions(const ckernels_passes *passes, int element) {
    const long n = between(0, 400), at = between(0, 3);
    describe("conversions of %ld %s", n, name_of(element));
    uint16_t *halves = lend(2 * n, 1, 0);
    char *floats = lend(4 * n + at, 1, 0);
    for (long i = 0; i < n; i++) halves[i] = (uint16_t)between(0, 0xffff);
    passes->widen(halves, n, floats);
    for (long i = 0; i < n; i++) {
        uint32_t found;
        memcpy(&found, floats + 4 * i, sizeof found);
        if (found != widened(element, halves[i]))
            fail("%04x is widened to %08x, expected %08x", halves[i], found,
                 widened(element, halves[i]));
        const uint32_t middle = element == CKERNELS_BFLOAT16 ? 0x8000 : 0x1000;
        uint32_t next = once_in(3) ? (uint32_t)between(0, 0xffffffff) : found + middle;
        next += (uint32_t)between(-1, 1);
        memcpy(floats + 4 * i, &next, sizeof next);
    }
    passes->narrow(floats, n, halves);
    for (long i = 0; i < n; i++) {
        float value;
        memcpy(&value, floats + 4 * i, sizeof value);
        if (halves[i] != narrowed(element, value))
            fail("%.9g is rounded to %04x, expected %04x", value, halves[i],
                 narrowed(element, value));
    }
}

void check_roots(const ckernels_kernels *kernels) {
    const long n = between(0, 100);
    describe("%ld reciprocal roots", n);
    double *values = lend(8 * n, 1, 0), *roots = lend(8 * n, 1, 0);
    const double added = (double)between(1, 1000) / 1024;
    for (long i = 0; i < n; i++) values[i] = (double)between(0, 1000000) / 977;
    kernels->inverse_roots(values, added, roots, n);
    for (long i = 0; i < n; i++)
        if (roots[i] != 1 / sqrt(values[i] + added))
            fail("1 / sqrt(%.17g + %.17g) is %.17g", values[i], added, roots[i]);
}

void check_copies(void) {
    const long n = between(0, 3000), at = between(0, 63);
    describe("a copy of %ld bytes, %ld behind a cache line", n, at);
    char *from = lend(n, 1, 0), *to = lend(n + 64, 0, at);
    for (long i = 0; i < n; i++) from[i] = (char)between(-128, 127);
    memset(to, 7, (size_t)n + 64);
    ckernels_prefetch(from, n);
    ckernels_copy_non_temporal(to, from, n);
    ckernels_fence();
    if (memcmp(to, from, (size_t)n)) fail("the copy differs");
    for (long i = n; i < n + 64; i++)
        if (to[i] != 7) fail("byte %ld behind the copy was written", i - n);
}

// There is one table here: no name leads to another.
void check_choice(void) {
    describe("the choice of kernels");
    const ckernels_kernels *only = ckernels_at(0);
    if (ckernels_count() != 1) fail("there are %d tables, expected 1", ckernels_count());
    if (strcmp(only->name, "baseline")) fail("the kernels are %s, expected baseline", only->name);
    if (ckernels_named("avx2") != only || ckernels_named(0) != only || ckernels_chosen() != only)
        fail("a name leads to other kernels");
}
