#include "CHostProcess.h"

#include <fenv.h>

static const int rounding[] = {FE_TONEAREST, FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

#if defined(__SSE__)
#include <xmmintrin.h>

// Results and operands are flushed by a bit each.
static const unsigned flush = 0x8040;

static int is_flushing(void) {
    return (_mm_getcsr() & flush) == flush;
}
static void set_flushing(int on) {
    _mm_setcsr((_mm_getcsr() & ~flush) | (on ? flush : 0));
}
// fegetround asks the x87 unit, which computes nothing here.
static int rounding_now(void) {
    const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    return modes[_mm_getcsr() >> 13 & 3];
}
#elif defined(__aarch64__)
static const uint64_t flush = 1ull << 24;

static uint64_t control(void) {
    uint64_t value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
}
static int is_flushing(void) {
    return (control() & flush) != 0;
}
static void set_flushing(int on) {
    uint64_t value = (control() & ~flush) | (on ? flush : 0);
    __asm__ volatile("msr fpcr, %0" ::"r"(value));
}
static int rounding_now(void) {
    return fegetround();
}
#else
static int is_flushing(void) {
    return 0;
}
static void set_flushing(int on) {
    (void)on;
}
static int rounding_now(void) {
    return fegetround();
}
#endif

void host_set_arithmetic(enum host_arithmetic arithmetic) {
    fesetround(rounding[arithmetic]);
    set_flushing(arithmetic == host_flushing);
}

int host_arithmetic_now(void) {
    if (is_flushing()) return rounding_now() == FE_TONEAREST ? host_flushing : -1;
    for (int i = 0; i < 5; i++)
        if (i != host_flushing && rounding[i] == rounding_now()) return i;
    return -1;
}
