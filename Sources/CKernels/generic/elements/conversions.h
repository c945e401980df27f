// Runs of 16-bit elements as floats, and back.
#ifndef CONVERSIONS_H
#define CONVERSIONS_H

#include "formats.h"

static void NAME(widen_run)(const void *from, long n, void *to) {
    const E *f = from;
    T *t = to;
    long i = 0;
    for (; i + N <= n; i += N) NAME(store)(t + i, NAME(fetch)(f + i));
    if (i == n) return;
    const VEC last = NAME(fetch_part)(f + i, n - i);
    NAME(copy_part)(t + i, (const T *)&last, n - i);
}

static void NAME(narrow_run)(const void *from, long n, void *to) {
    const T *f = from;
    E *t = to;
    long i = 0;
    for (; i + N <= n; i += N) NAME(place)(t + i, NAME(load)(f + i));
    if (i < n) NAME(place_part)(t + i, NAME(load_part)(f + i, n - i), n - i);
}

#endif
