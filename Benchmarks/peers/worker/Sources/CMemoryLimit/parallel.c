#include "parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { SPINS = 100000 };  // some milliseconds, then to sleep

// How often each helper has been called, on a cache line of its own.
static struct { _Alignas(64) atomic_size_t calls; } helpers[MOST_THREADS];

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t called = PTHREAD_COND_INITIALIZER;
static atomic_size_t at_work;  // helpers that have not finished this call
static size_t started;         // helpers there are: 1, 2, … started
static void (*work)(size_t, void *);
static void *work_context;

static void pause_briefly(int spin) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
    // More threads than processors: let the one run that is waited for.
    if (spin % 256 == 255) sched_yield();
}

static void wait_for_call(atomic_size_t *calls, size_t last) {
    for (int spin = 0; spin < SPINS; spin++) {
        if (atomic_load_explicit(calls, memory_order_acquire) != last) return;
        pause_briefly(spin);
    }
    pthread_mutex_lock(&mutex);
    while (atomic_load(calls) == last) pthread_cond_wait(&called, &mutex);
    pthread_mutex_unlock(&mutex);
}

static void *helper(void *argument) {
    size_t thread = (size_t)argument;
    for (size_t last = 0;; last++) {
        wait_for_call(&helpers[thread].calls, last);
        work(thread, work_context);
        atomic_fetch_sub_explicit(&at_work, 1, memory_order_release);
    }
    return NULL;
}

void parallel(size_t threads, void (*body)(size_t thread, void *context), void *context) {
    while (started + 1 < threads && started + 1 < MOST_THREADS) {
        pthread_t handle;
        if (pthread_create(&handle, NULL, helper, (void *)(started + 1)) != 0) break;
        pthread_detach(handle);
        started++;
    }
    size_t wanted = threads - 1 < started ? threads - 1 : started;
    if (wanted > 0) {
        work = body;
        work_context = context;
        atomic_store(&at_work, wanted);
        pthread_mutex_lock(&mutex);
        for (size_t thread = 1; thread <= wanted; thread++)
            atomic_fetch_add(&helpers[thread].calls, 1);
        pthread_cond_broadcast(&called);
        pthread_mutex_unlock(&mutex);
    }
    body(0, context);
    // Parts of threads that there are not.
    for (size_t thread = wanted + 1; thread < threads; thread++) body(thread, context);
    for (int spin = 0; atomic_load_explicit(&at_work, memory_order_acquire) != 0; spin++)
        pause_briefly(spin & 0xffff);
}
