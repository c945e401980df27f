// Single-pass vector kernels for batch normalization, chosen at run time for the processor.
// They decide nothing: plain numbers in, plain numbers out. All of policy is in Swift.
#pragma once

// A part of a tensor: element (o, c, i) lies at o * outer_stride + c * channel_stride + i, and
// channel_stride is inner, or there is one channel.
typedef struct {
    long outer;
    long channels;
    long inner;
    long outer_stride;
    long channel_stride;
} cfused_block;

// What follows a normalization.
enum {
    CFUSED_IDENTITY,
    CFUSED_RELU,
    CFUSED_RELU6,
    CFUSED_LEAKY_RELU,
    CFUSED_SILU,
    CFUSED_HARD_SWISH,
};

// What is written. With z = (x - center) * scale + shift (+ residual, which may be null):
enum {
    CFUSED_NORMALIZE,       // y = f(z)
    CFUSED_GATE,            // g * f'(z)
    CFUSED_INPUT_GRADIENT,  // dx = ((g - gradient_center) - (x - center) * slope) * scale + residue
};

// An output, whatever its element type. The mask, which may be null and is zero before, receives whether
// f'(z) is 1 when y is written, for the block's first element at bit `first`; f is then one of those
// whose derivative is 1 or another number. Streaming goes around the caches.
typedef struct {
    int map;
    int activation;
    int streaming;
    cfused_block block;
    unsigned char *mask;
    long first;
} cfused_form;

// Elements of scratch memory, of either type, that a call of `sum` or `write` needs. It is best aligned
// to 64 bytes. The kernels have their tables there and not on the stack, which may be a small one: with
// optimization no call takes more than 4 KB of stack.
enum { CFUSED_SCRATCH = 12800 };

// Tables of coefficients are per channel.
#define CFUSED_DECLARE(T, S)                                                                       \
    typedef struct {                                                                               \
        const T *center;                                                                           \
        const T *scale;                                                                            \
        const T *shift;                                                                            \
    } cfused_forward_##S;                                                                          \
    typedef struct {                                                                               \
        const T *center;                                                                           \
        const T *slope;                                                                            \
        const T *gradient_center;                                                                  \
        const T *scale;                                                                            \
        const T *residue;                                                                          \
    } cfused_backward_##S;                                                                         \
    typedef struct {                                                                               \
        cfused_form form;                                                                          \
        const T *x;                                                                                \
        const T *residual;                                                                         \
        const T *g;                                                                                \
        T *y;                                                                                      \
        T slope; /* of the leaky ReLU */                                                           \
        cfused_forward_##S forward;                                                                \
        cfused_backward_##S backward;                                                              \
    } cfused_output_##S;                                                                           \
    typedef struct {                                                                               \
        /* With d = x - center[c], in double: sum[c] and products[c] are the sums of d and d * d, or \
           of g and g * d where g is not null. Meanwhile `pending` is written, unless it is null. */\
        void (*sum)(const T *x, const T *g, const cfused_block *block, const double *center,       \
                    double *sum, double *products, const cfused_output_##S *pending,               \
                    void *scratch);                                                                \
        void (*write)(const cfused_output_##S *output, void *scratch);                             \
        /* gated = g * f', f' from the mask */                                                     \
        void (*gate_masked)(const T *g, const cfused_block *block, const unsigned char *mask,      \
                            long first, int activation, T slope, T *gated);                        \
    } cfused_passes_##S;

CFUSED_DECLARE(float, f32)
CFUSED_DECLARE(double, f64)

// The kernels for one instruction set.
typedef struct {
    const char *name;
    // roots[i] = 1 / sqrt(values[i] + added): a vector of roots, which Swift makes calls of.
    void (*inverse_roots)(const double *values, double added, double *roots, long count);
    cfused_passes_f32 f32;
    cfused_passes_f64 f64;
} cfused_kernels;

// How many instruction sets this processor can run kernels for, at least 1.
int cfused_kernels_count(void);

// Kernels by rank: 0 is the baseline, cfused_kernels_count() - 1 the widest.
const cfused_kernels *cfused_kernels_at(int index);

// Kernels by name; the widest where the name is null or unknown, or this processor cannot run them.
const cfused_kernels *cfused_kernels_named(const char *name);

// Those that the environment variable NORMALIZATION_INSTRUCTION_SET names, else the widest.
const cfused_kernels *cfused_kernels_chosen(void);

// Copies bytes around the caches; cfused_stream_end() once behind the last of some copies.
void cfused_stream(void *to, const void *from, long bytes);
void cfused_stream_end(void);

// Asks for memory that will be read soon.
void cfused_prefetch(const void *from, long bytes);
