// What a host program does to its own process and threads, for tests of a guest in it.
#pragma once

#include <stdint.h>

// Runs the body in a child of a fork. Returns what it returns, 256 plus the number of the signal
// that ended it, or -1 where it has not ended after so many seconds, and is killed.
int host_fork(int32_t (*body)(int32_t), int32_t argument, int seconds);

// Runs the body on a new thread, and returns what it returns; -1 where there is no thread to have.
int32_t host_run_on_new_thread(int32_t (*body)(int32_t), int32_t argument);

// The first 64 processors that the calling thread may run on, one bit each; 0 where nobody tells.
uint64_t host_affinity(void);
// Confines the calling thread to such processors; 0 where that is done.
int host_set_affinity(uint64_t processors);

// How floating-point arithmetic treats subnormal numbers and how it rounds.
enum host_arithmetic { host_usual, host_flushing, host_upward, host_downward, host_toward_zero };
void host_set_arithmetic(enum host_arithmetic arithmetic);
// Which of these the calling thread has; -1 for another.
int host_arithmetic_now(void);
