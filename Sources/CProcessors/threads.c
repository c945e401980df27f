#define _GNU_SOURCE
#include "CProcessors.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#if defined(__GLIBC__)
#include <dlfcn.h>
#include <link.h>

// Keeps the image that holds this code loaded, since its threads never end. Other systems keep
// images that have Swift in them (macOS), or all of them (musl).
static int pin_image(void) {
    static int is_pinned;
    if (__atomic_load_n(&is_pinned, __ATOMIC_RELAXED)) return 1;
    Dl_info info;
    struct link_map *image = 0;
    // A static program knows no images. The program itself has no name. Nothing unloads either.
    int is_shared = dladdr1((void *)pin_image, &info, (void **)&image, RTLD_DL_LINKMAP) && image &&
                    image->l_name[0];
    // The handle is never closed: it is the pin.
    if (is_shared && !dlopen(image->l_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE)) return 0;
    __atomic_store_n(&is_pinned, 1, __ATOMIC_RELAXED);
    return 1;
}
#else
static int pin_image(void) {
    return 1;
}
#endif

// All signals but those of faults that the calling thread takes: a fault is its own thread's, and
// the host's handler must hear of it.
static void signals_to_block(sigset_t *set, const sigset_t *blocked) {
    const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    sigfillset(set);
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++)
        if (!sigismember(blocked, faults[i])) sigdelset(set, faults[i]);
}

int cprocessors_start_thread(cprocessors_thread *thread, void *(*body)(void *), void *argument) {
    if (!pin_image()) return EAGAIN;
    // A thread begins with its creator's mask, so that there is no moment without.
    sigset_t before, blocked;
    pthread_sigmask(SIG_SETMASK, 0, &before);
    signals_to_block(&blocked, &before);
    pthread_sigmask(SIG_SETMASK, &blocked, 0);
    pthread_t started;
    int failed = pthread_create(&started, 0, body, argument);
    pthread_sigmask(SIG_SETMASK, &before, 0);
    if (failed) return failed;
    pthread_detach(started);
    *thread = (cprocessors_thread)started;
    return 0;
}
