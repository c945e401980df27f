#define _GNU_SOURCE
#include "CProcessors.h"

#if defined(__linux__)
#include <sched.h>

int cprocessors_allowed(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

int cprocessors_current(void) { return sched_getcpu(); }

void cprocessors_keep_away(pthread_t thread, int processor) {
#if defined(__GLIBC__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return;
    CPU_CLR(processor, &set);
    if (CPU_COUNT(&set) > 0) pthread_setaffinity_np(thread, sizeof set, &set);
#else
    (void)thread, (void)processor;
#endif
}
#else
int cprocessors_allowed(void) { return 0; }
int cprocessors_current(void) { return -1; }
void cprocessors_keep_away(pthread_t thread, int processor) { (void)thread, (void)processor; }
#endif

#if defined(__x86_64__)
int cprocessors_is_intel_server(void) {
    __builtin_cpu_init();
    return __builtin_cpu_is("intel") && __builtin_cpu_supports("avx512f");
}
#else
int cprocessors_is_intel_server(void) { return 0; }
#endif
