#define _GNU_SOURCE
#include "CProcessors.h"

#include <string.h>

int cprocessors_are_same(const cprocessors_set *a, const cprocessors_set *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>

static int count(const cprocessors_set *set) {
    int count = 0;
    for (unsigned i = 0; i < sizeof set->bits / sizeof *set->bits; i++)
        count += __builtin_popcountl(set->bits[i]);
    return count;
}

int cprocessors_allowed(cprocessors_set *set) {
    *set = (cprocessors_set){{0}};
    return sched_getaffinity(0, sizeof *set, (cpu_set_t *)set->bits) == 0 ? count(set) : 0;
}

int cprocessors_current(void) {
    return sched_getcpu();
}

#if !defined(__ANDROID__)
void cprocessors_place(cprocessors_thread thread, const cprocessors_set *set, int avoided) {
    cprocessors_set rest = *set;
    const int width = 8 * sizeof *rest.bits;
    if (avoided >= 0 && avoided < (int)(8 * sizeof rest.bits))
        rest.bits[avoided / width] &= ~(1ul << avoided % width);
    if (count(&rest) == 0) rest = *set;
    // Empty only where the system did not tell.
    if (count(&rest) == 0) return;
    pthread_setaffinity_np((pthread_t)thread, sizeof rest, (const cpu_set_t *)rest.bits);
}
#define CAN_PLACE
#endif
#else
int cprocessors_allowed(cprocessors_set *set) {
    *set = (cprocessors_set){{0}};
    return 0;
}
int cprocessors_current(void) {
    return -1;
}
#endif

#if !defined(CAN_PLACE)
void cprocessors_place(cprocessors_thread thread, const cprocessors_set *set, int avoided) {
    (void)thread, (void)set, (void)avoided;
}
#endif

#if defined(__x86_64__)
int cprocessors_is_intel_server(void) {
    __builtin_cpu_init();
    return __builtin_cpu_is("intel") && __builtin_cpu_supports("avx512f");
}
#else
int cprocessors_is_intel_server(void) {
    return 0;
}
#endif
