// What Swift cannot ask about processors: the system calls that its C library module does not show,
// and which kind this one is.
#pragma once

#include <pthread.h>

// How many processors the calling thread may run on; 0 where the system does not tell.
int cprocessors_allowed(void);

// The processor the calling thread is on; -1 where the system does not tell.
int cprocessors_current(void);

// Lets a thread run wherever the calling thread may, but on one processor, if there is another.
void cprocessors_keep_away(pthread_t thread, int processor);

// Whether this is an Intel processor with AVX-512, whose last-level cache is shared by a mesh of cores.
int cprocessors_is_intel_server(void);
