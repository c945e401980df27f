#ifndef MEMORY_LIMIT_H
#define MEMORY_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

// The least that batch normalization can do to memory, with next to no arithmetic: what these take
// is the limit that its times are compared with. `count` is a multiple of 16, outputs are aligned
// to 64 bytes, each of `threads` has a contiguous part. `streaming` writes past the caches. To be
// called from one thread at a time.

/// y = a·x + b: training and inference read one tensor and write one.
void memory_limit_map(const float *x, float *y, size_t count, float a, float b, bool streaming,
                      size_t threads);

/// dx = a·g + b·x + c: backward reads two tensors and writes one.
void memory_limit_backward(const float *g, const float *x, float *dx, size_t count, float a,
                           float b, float c, bool streaming, size_t threads);

#endif
