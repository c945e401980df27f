// CProcessors: threads, processes, and how arithmetic rounds.
#include "CProcessors.h"

#include "check.h"

#include <pthread.h>
#include <signal.h>

// Rounding toward zero, by the field RMode of FPCR.
static const uint64_t toward_zero = 3u << 22;

static volatile double one = 1, three = 3;
static double third_in_thread;
static int blocks_interrupts, has_ended;

static void *body(void *control) {
    cprocessors_set_float_control(*(uint64_t *)control);
    third_in_thread = one / three;
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, 0, &blocked);
    blocks_interrupts = sigismember(&blocked, SIGINT) && !sigismember(&blocked, SIGSEGV);
    __atomic_store_n(&has_ended, 1, __ATOMIC_RELEASE);
    return 0;
}

static void check_arithmetic(void) {
    const uint64_t before = cprocessors_float_control();
    const double nearest = one / three;
    uint64_t rounding = before | toward_zero;
    cprocessors_set_float_control(rounding);
    const double lower = -(-one / three), found = one / 10;
    if (cprocessors_float_control() != rounding) fail("the control register reads otherwise");
    cprocessors_set_float_control(before);
    // 1/10 to nearest is above 1/10.
    if (found >= one / 10 || lower != nearest) fail("arithmetic does not follow its control");
    cprocessors_thread thread;
    if (cprocessors_start_thread(&thread, body, &rounding)) fail("no thread");
    cprocessors_set processors;
    const int count = cprocessors_allowed(&processors);
    if (count < 1) fail("%d processors, expected some", count);
    cprocessors_place(thread, &processors, cprocessors_current());
    while (!__atomic_load_n(&has_ended, __ATOMIC_ACQUIRE)) cprocessors_pause();
    if (third_in_thread != nearest) fail("1/3 in a thread is %.17g", third_in_thread);
    if (!blocks_interrupts) fail("a thread takes signals of its host, or no fault of its own");
}

// Not a child of a fork: QEMU 7.2 takes MADV_WIPEONFORK for a hint that it need not follow.
void check_processors(void) {
    describe("CProcessors");
    check_arithmetic();
    if (cprocessors_is_intel_server()) fail("this is no processor of Intel's");
    const uint64_t process = cprocessors_process();
    if (process != cprocessors_process()) fail("a process has two numbers");
}
