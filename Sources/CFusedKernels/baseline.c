// The kernels for what the compiler targets by default: SSE2 on x86-64, NEON on arm64.
#define ISA baseline
#include "instantiate.inc"
