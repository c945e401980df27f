#define _GNU_SOURCE
#include "CProcessors.h"

#include <unistd.h>

// A child of a fork finds the page empty. So do children that no handler of pthread_atfork hears
// of, and those in a name space of their own, where process numbers begin anew.
#if defined(__linux__)
#include <sys/mman.h>

#if !defined(MADV_WIPEONFORK)
#define MADV_WIPEONFORK 18
#endif

static uint64_t *new_page(void) {
    const size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return 0;
    if (madvise(page, size, MADV_WIPEONFORK) == 0) return page;
    munmap(page, size);
    return 0;
}

static uint64_t *shared_page(void) {
    static uint64_t *page;
    static int has_none;
    uint64_t *found = __atomic_load_n(&page, __ATOMIC_ACQUIRE);
    if (found || __atomic_load_n(&has_none, __ATOMIC_RELAXED)) return found;
    uint64_t *mine = new_page();
    if (!mine) {
        __atomic_store_n(&has_none, 1, __ATOMIC_RELAXED);
        return 0;
    }
    if (__atomic_compare_exchange_n(&page, &found, mine, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return mine;
    munmap(mine, (size_t)sysconf(_SC_PAGESIZE));
    return found;
}
#else
static uint64_t *shared_page(void) {
    return 0;
}
#endif

uint64_t cprocessors_process(void) {
    // Copied by a fork: a child counts on from its parent's number.
    static uint64_t count;
    uint64_t *number = shared_page();
    if (!number) return (uint64_t)getpid();
    uint64_t found = __atomic_load_n(number, __ATOMIC_ACQUIRE);
    if (found) return found;
    uint64_t mine = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
    if (__atomic_compare_exchange_n(number, &found, mine, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return mine;
    return found;
}
