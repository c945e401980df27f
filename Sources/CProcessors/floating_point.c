#include "CProcessors.h"

#if defined(__SSE__)
#include <xmmintrin.h>

// The lowest six bits of MXCSR are the flags.
static const unsigned flags = 0x3f;

uint64_t cprocessors_float_control(void) {
    return _mm_getcsr() & ~flags;
}

void cprocessors_set_float_control(uint64_t control) {
    _mm_setcsr((_mm_getcsr() & flags) | ((unsigned)control & ~flags));
}
#elif defined(__aarch64__)
// The flags are in another register, FPSR.
uint64_t cprocessors_float_control(void) {
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    return control;
}

void cprocessors_set_float_control(uint64_t control) {
    __asm__ volatile("msr fpcr, %0" ::"r"(control) : "memory");
}
#else
#include <fenv.h>

uint64_t cprocessors_float_control(void) {
    return (uint64_t)fegetround();
}

void cprocessors_set_float_control(uint64_t control) {
    fesetround((int)control);
}
#endif
