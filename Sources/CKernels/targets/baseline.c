// For the instructions that the compiler targets by default: SSE2 on x86-64, NEON on arm64.
#define TARGET baseline
#include "../generic/kernels.h"
