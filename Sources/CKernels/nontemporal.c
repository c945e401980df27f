// Copies past the caches, and prefetches, for engines that have neither. Every processor runs
// these.
#include "CKernels.h"

#include <string.h>

typedef char vector __attribute__((ext_vector_type(16)));

void ckernels_copy_non_temporal(void *to, const void *from, long bytes) {
    char *t = to;
    const char *f = from;
    const long misaligned = (long)((unsigned long)t % 64);
    const long wanted = misaligned ? 64 - misaligned : 0;
    const long head = wanted < bytes ? wanted : bytes;
    memcpy(t, f, head);
    long i = head;
    // Whole cache lines, so that each is written at once.
    for (; i + 64 <= bytes; i += 64) {
        for (long k = i; k < i + 64; k += 16) {
            vector v;
            memcpy(&v, f + k, sizeof v);
            __builtin_nontemporal_store(v, (vector *)(t + k));
        }
    }
    memcpy(t + i, f + i, bytes - i);
}

void ckernels_fence(void) {
#if defined(__x86_64__)
    __builtin_ia32_sfence();
#endif
}

void ckernels_prefetch(const void *from, long bytes) {
    for (long i = 0; i < bytes; i += 64) __builtin_prefetch((const char *)from + i);
}
