#include "parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { SPINS = 100000 };  // some milliseconds, then to sleep

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t called = PTHREAD_COND_INITIALIZER;
static atomic_size_t calls;     // counted; a thread works when it has grown
static atomic_size_t at_work;   // threads that have not finished this call
static size_t wanted, started;  // threads of this call, the caller among them; threads besides it
static size_t born[MOST_THREADS];  // the number of calls before a thread was started
static void (*work)(size_t, void *);
static void *work_context;

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static size_t next_call(size_t last) {
    for (int spin = 0; spin < SPINS; spin++) {
        size_t call = atomic_load_explicit(&calls, memory_order_acquire);
        if (call != last) return call;
        pause_briefly();
    }
    pthread_mutex_lock(&mutex);
    while (atomic_load(&calls) == last) pthread_cond_wait(&called, &mutex);
    pthread_mutex_unlock(&mutex);
    return atomic_load(&calls);
}

static void *helper(void *argument) {
    size_t thread = (size_t)argument, last = born[thread];
    while (true) {
        last = next_call(last);
        if (thread < wanted) work(thread, work_context);
        // Also those without a part have seen the call before its caller goes on.
        atomic_fetch_sub_explicit(&at_work, 1, memory_order_release);
    }
    return NULL;
}

void parallel(size_t threads, void (*body)(size_t thread, void *context), void *context) {
    if (threads <= 1) {
        body(0, context);
        return;
    }
    while (started + 1 < threads && started + 1 < MOST_THREADS) {
        pthread_t handle;
        born[started + 1] = atomic_load(&calls);
        if (pthread_create(&handle, NULL, helper, (void *)(started + 1)) != 0) break;
        pthread_detach(handle);
        started++;
    }
    wanted = threads;
    work = body;
    work_context = context;
    atomic_store(&at_work, started);
    pthread_mutex_lock(&mutex);
    atomic_fetch_add(&calls, 1);
    pthread_cond_broadcast(&called);
    pthread_mutex_unlock(&mutex);
    body(0, context);
    // Parts of threads that there are not.
    for (size_t thread = started + 1; thread < threads; thread++) body(thread, context);
    while (atomic_load_explicit(&at_work, memory_order_acquire) != 0) pause_briefly();
}
