#ifndef PARALLEL_H
#define PARALLEL_H

#include <stddef.h>

enum { MOST_THREADS = 64 };

/// Calls `body` with 0, 1, … threads − 1, on at most MOST_THREADS threads at once, of which the
/// calling one is number 0.
///
/// The other threads stay, and wait spinning for some milliseconds as OpenMP's do: what waking a
/// thread costs is no limit of memory.
void parallel(size_t threads, void (*body)(size_t thread, void *context), void *context);

#endif
