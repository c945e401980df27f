// The kernels of this processor against plain loops, on random calls: main [SEED [CALLS]]. A call's
// numbers are a function of its seed, which a failure names: `main SEED 1` repeats it.
#include "check.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned long seed;
static char description[300];

void describe(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(description, sizeof description, format, arguments);
    va_end(arguments);
}

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "seed %lu: %s: ", seed, description);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

static void fault(int signal) {
    char line[400];
    const int n = snprintf(line, sizeof line, "seed %lu: %s: signal %d, outside of its memory\n",
                           seed, description, signal);
    if (write(2, line, (size_t)n) < 0) _exit(3);
    _exit(2);
}

// Every entry of the table once, for elements in turn.
static void check_call(const ckernels_kernels *kernels) {
    for (int element = 0; element < CKERNELS_ELEMENTS; element++) {
        const ckernels_passes *passes = kernels->passes[element];
        seed_numbers(seed * CKERNELS_ELEMENTS + (unsigned long)element);
        begin_call();
        check_lanes(passes, element);
        begin_call();
        check_masked(passes, element);
        begin_call();
        check_rows(passes, element);
        begin_call();
        check_row_gradients(passes, element);
        begin_call();
        if (passes->widen) check_conversions(passes, element);
    }
    begin_call();
    check_roots(kernels);
    check_copies();
}

int main(int count, char **arguments) {
    seed = count > 1 ? strtoul(arguments[1], 0, 10) : 1;
    const unsigned long calls = count > 2 ? strtoul(arguments[2], 0, 10) : 200;
    signal(SIGSEGV, fault);
    signal(SIGBUS, fault);
    signal(SIGILL, fault);
    begin_call();
    check_choice();
    check_processors();
    for (const unsigned long first = seed; seed < first + calls; seed++)
        check_call(ckernels_at(ckernels_count() - 1));
    printf(
        "%lu random calls of each entry of the table, for %d types of elements, from seed %lu on\n",
        calls, CKERNELS_ELEMENTS, seed - calls);
    return 0;
}
