// What Swift cannot say about processors and threads: system calls that its C library module does
// not show, instructions, and which kind of processor this is.
#pragma once

#include <stdint.h>

// Processors, one bit each. Where there are more, the system does not tell which are allowed.
typedef struct {
    unsigned long bits[2048 / (8 * sizeof(unsigned long))];
} cprocessors_set;

// The processors that the calling thread may run on, and how many; 0 where the system does not
// tell.
int cprocessors_allowed(cprocessors_set *set);

int cprocessors_are_same(const cprocessors_set *a, const cprocessors_set *b);

// The processor the calling thread is on; -1 where the system does not tell.
int cprocessors_current(void);

// A number that is this process's own among it, its ancestors and its descendants. Cheap.
uint64_t cprocessors_process(void);

// A thread of this process, which never ends: a pthread_t.
typedef uintptr_t cprocessors_thread;

// Starts a detached thread; 0, or the error. The thread blocks every signal but those of faults,
// and the image that holds this code stays loaded for as long as the process lives.
int cprocessors_start_thread(cprocessors_thread *thread, void *(*body)(void *), void *argument);

// Lets a thread run on the processors of the set but one, if there is another. Never in a child of
// a fork, where the thread does not exist: the call would act on its caller.
void cprocessors_place(cprocessors_thread thread, const cprocessors_set *set, int avoided);

// How the calling thread's floating-point arithmetic rounds, what it does with subnormal numbers,
// and which exceptions trap. The flags of exceptions are no part of it.
uint64_t cprocessors_float_control(void);
void cprocessors_set_float_control(uint64_t control);

// Whether this is an Intel processor with AVX-512, whose last-level cache is shared by a mesh of
// cores.
int cprocessors_is_intel_server(void);

// Tells the processor that this loop waits for memory to change.
static inline void cprocessors_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield" ::: "memory");
#endif
}
