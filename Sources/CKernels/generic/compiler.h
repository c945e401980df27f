// How the compiler shall treat the functions of the kernels.
#pragma once

// Vectors are passed between functions of one target only, so their calling convention is free.
#pragma clang diagnostic ignored "-Wpsabi"

// Inlined only where the compiler optimizes. Without optimization each inlined copy of a function
// keeps its own place on the stack, 770 KB in all, and takes a minute to compile.
#if defined(__OPTIMIZE__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

// For what is rare, or shall not take registers from its caller.
#define OUTLINED static __attribute__((noinline))

// Names made of macros, such as TARGET.
#define JOINED_(a, b) a##_##b
#define JOINED(a, b) JOINED_(a, b)
#define STRING_(x) #x
#define STRING(x) STRING_(x)
