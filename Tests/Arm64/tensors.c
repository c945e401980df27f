// Tensors in guarded memory, and what they shall hold.
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Each is guarded on both sides.
enum { REGIONS = 40, REGION_BYTES = 1 << 20, PLAIN_NUMBERS = 2000000 };

static char *regions[REGIONS];
static int lent;
static double *plain;
static long plain_used;

static void map_regions(void) {
    const long page = sysconf(_SC_PAGESIZE);
    for (int i = 0; i < REGIONS; i++) {
        char *memory = mmap(0, (size_t)(REGION_BYTES + 2 * page), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || mprotect(memory, (size_t)page, PROT_NONE) ||
            mprotect(memory + page + REGION_BYTES, (size_t)page, PROT_NONE))
            fail("no guarded memory");
        regions[i] = memory + page;
    }
    plain = malloc(PLAIN_NUMBERS * sizeof *plain);
    if (!plain) fail("no memory");
}

void begin_call(void) {
    if (!plain) map_regions();
    lent = 0;
    plain_used = 0;
}

void *lend(long bytes, int at_end, long misalignment) {
    if (lent == REGIONS || bytes + misalignment > REGION_BYTES)
        fail("the test wants too much memory");
    char *region = regions[lent++];
    return at_end ? region + REGION_BYTES - bytes : region + misalignment;
}

double *numbers(long count) {
    if (plain_used + count > PLAIN_NUMBERS) fail("the test wants too many numbers");
    double *result = plain + plain_used;
    plain_used += count;
    memset(result, 0, (size_t)count * sizeof *result);
    return result;
}

void *scratch_for(int element) {
    const long bytes = CKERNELS_SCRATCH * size_of(arithmetic_of(element));
    void *scratch = lend(bytes, 0, 0);
    memset(scratch, 0xff, (size_t)bytes);
    return scratch;
}

tensor random_tensor(int element, long span, long low, long high) {
    const int at_end = once_in(2);
    const long before = once_in(3) ? 0 : between(1, 40), behind = at_end ? 0 : between(0, 40);
    tensor t = {element, before + span + behind, before, 0, 0};
    const long misalignment = at_end || !once_in(4) ? 0 : between(1, size_of(element) - 1);
    t.memory = lend(t.count * size_of(element), at_end, misalignment);
    t.values = numbers(t.count);
    for (long i = 0; i < t.count; i++) {
        t.values[i] = (double)between(low, high);
        put(element, t.memory, i, t.values[i]);
    }
    return t;
}

void *block_of(const tensor *t) {
    return t->memory + t->first * size_of(t->element);
}

expectation unchanged(const tensor *t) {
    expectation e = {numbers(t->count), numbers(t->count)};
    memcpy(e.value, t->values, (size_t)t->count * sizeof *e.value);
    return e;
}

void check(const tensor *t, expectation e, const char *name) {
    for (long i = 0; i < t->count; i++) {
        const double found = get(t->element, t->memory, i), value = e.value[i];
        const double allowed = e.allowed[i] + rounding_of(t->element, fabs(value) + e.allowed[i]);
        const int is_right = e.allowed[i] == 0 ? found == rounded(t->element, value)
                                               : fabs(found - value) <= allowed;
        if (!is_right)
            fail("%s[%ld] is %.17g, expected %.17g to %.3g", name, i - t->first, found, value,
                 e.allowed[i] == 0 ? 0 : allowed);
    }
}
