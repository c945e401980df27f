// Single-pass vector kernels for normalization layers, chosen at run time for the processor.
// They decide nothing: plain numbers in, plain numbers out. All of policy is in Swift.
#pragma once

#include "coefficients.h"

// Part of a tensor: element (o, c, i) lies at o * outer_stride + c * channel_stride + i. Planes of
// a sample follow each other, channel_stride being inner, or lie apart, where it is more.
typedef struct {
    long outer;
    long channels;
    long inner;
    long outer_stride;
    long channel_stride;
} ckernels_block;

// Part of each plane of a block: `count` values from `offset` on, which is counted from the block's
// first element.
typedef struct {
    long offset;
    long count;
} ckernels_part;

// Element types of tensors, as indices of ckernels_kernels.passes. Those of 16 bits are widened to
// float and rounded back; tables are of float then, and so is all arithmetic.
enum {
    CKERNELS_FLOAT,
    CKERNELS_DOUBLE,
    CKERNELS_FLOAT16,
    CKERNELS_BFLOAT16,
    CKERNELS_ELEMENTS,
};

// f, the activation.
enum {
    CKERNELS_IDENTITY,
    CKERNELS_RELU,
    CKERNELS_RELU6,
    CKERNELS_LEAKY_RELU,
    CKERNELS_SILU,
    CKERNELS_HARD_SWISH,
};

// The kinds of output. With z = (x - center) * scale + shift (+ residual), d = x - center:
enum {
    // y = f(z)
    CKERNELS_NORMALIZE,
    // dz = g * f'(z)
    CKERNELS_ACTIVATION_BACKWARD,
    // dx = ((g - gradient_center) - d * deviation_scale) * scale + correction
    CKERNELS_INPUT_GRADIENT,
    // dx = ((g * weight - gradient_center) - d * deviation_scale) * scale + correction
    CKERNELS_WEIGHTED_INPUT_GRADIENT,
};

// Tables of coefficients, one a channel of the block, of the type of the arithmetic; null where the
// kind of output has none.
typedef struct {
    const void *center;
    const void *scale;
    const void *shift;
    const void *deviation_scale;
    const void *gradient_center;
    const void *correction;
    const void *weight;
} ckernels_tables;

// One output. Pointers are to elements, to the block's first one; they may be off the boundary of
// an element. y may be x, residual or g itself.
typedef struct {
    int kind;
    int activation;
    // Whether stores go past the caches. What does is others' to see behind a ckernels_fence().
    int non_temporal;
    ckernels_block block;
    // Zeros that are written behind each plane, at most up to the next one. What x and g hold there
    // may be read, and changes nothing.
    long padding;
    // One bit an element, set where f' = 1, with the block's first element at bit first_bit. It
    // must be zero before. Null, or with CKERNELS_NORMALIZE and relu, relu6 or leaky relu only.
    unsigned char *mask;
    long first_bit;
    // Of the leaky relu.
    double negative_slope;
    const void *x;
    // Null where nothing is added.
    const void *residual;
    // The gradient; null with CKERNELS_NORMALIZE.
    const void *g;
    void *y;
    ckernels_tables tables;
} ckernels_output;

// Rows: values that are normalized together, with a scale and a shift for each value of a row.
// Value j of row r at position i lies at (r * width + j) * inner + i; with inner = 1 rows follow
// each other in memory, else each position of a row has statistics of its own.
typedef struct {
    long rows;
    long width;
    long inner;
    // Walked of each row: inner, or a part of it; at most CKERNELS_POSITIONS.
    long positions;
} ckernels_row_block;

enum { CKERNELS_POSITIONS = 512 };

// How rows are normalized, with s = 1 / sqrt(squares / width + epsilon): by (x - mean) * s, where
// squares are those of x - mean, or by x * s, where they are those of x.
typedef struct {
    int centered;
    double epsilon;
    // A row is left to the caller where its mean, its variance + epsilon or a mean gradient that is
    // not zero lies outside of these.
    double most_mean;
    double least_variance;
    double most_variance;
    double least_gradient;
    double most_gradient;
} ckernels_row_rule;

// One number a row, or a position: of row r at position i at r * inner + i.
typedef struct {
    double *mean;
    // What rounding took from the mean; null where it does not matter.
    double *correction;
    double *squares;
} ckernels_row_statistics;

// One output of rows. With h = x (+ addend):
//   statistics  mean and squares of h; they are written, or read where they are known
//   sum = h     where there is an addend
//   y = f(normalized h * scale + shift (+ residual)), or, where there is a g, y = g * f'(the same)
// Pointers are to the first value that is walked, of tensors that may be off the boundary of an
// element. y may be x, addend or g itself, and so may sum be x or addend.
typedef struct {
    ckernels_row_block block;
    ckernels_row_rule rule;
    // Null where they are not wanted.
    ckernels_row_statistics statistics;
    int statistics_are_known;
    int activation;
    double negative_slope;
    int non_temporal;
    // One number a value of a row.
    const void *scale;
    const void *shift;
    const void *x;
    const void *addend;
    const void *residual;
    const void *g;
    void *sum;
    // Null where statistics alone are wanted.
    void *y;
} ckernels_row_output;

// Gradients of rows. With h = g * scale, n = normalized x, and the means over a row:
//   dx = s * (h - mean(h) - n * mean(h * n)) (+ addend), without mean(h) where rows are not
//   centered scale_gradient += g * n, shift_gradient += g, summed over the rows
typedef struct {
    ckernels_row_block block;
    ckernels_row_rule rule;
    ckernels_row_statistics statistics;
    int non_temporal;
    const void *scale;
    const void *x;
    const void *g;
    const void *addend;
    // Null where it is not wanted; it may be x, g or addend itself.
    void *dx;
    // Width numbers each, or both null.
    double *scale_gradient;
    double *shift_gradient;
} ckernels_row_gradient;

// A tile: some positions of adjacent channels as doubles. Position p, counted from `first` on, of
// channel c lies in the tensor at p / inner * sample_stride + c * inner + p % inner, with
// first < inner; in the tile at c * leading + p - first, or, where inner is 1, at p * leading + c.
typedef struct {
    long channels;
    long positions;
    long first;
    long inner;
    long sample_stride;
    long leading;
    // One number a channel.
    const double *offsets;
    // Whether the positions behind the tile are read next.
    int goes_on;
    // Whether stores go past the caches, where planes are not single values.
    int non_temporal;
} ckernels_tile;

// Elements of scratch memory, of either type, that a call of `sum` or `write` needs, best aligned
// to 64 bytes. The tables of the kernels are there and not on the stack, which may be small:
// compiled with optimization, a call takes less than 8 KB of stack.
enum { CKERNELS_SCRATCH = 12800 };

// The passes for one element type.
typedef struct {
    // An element near the middle of each channel, the first one where its neighbours there are not
    // finite; exactly the value of a channel whose values are equal.
    void (*pivots)(const void *x, const ckernels_block *block, double *pivot);
    // With d = x - center[c]: sum[c] and products[c] are the sums of d and d * d, or of g and g * d
    // where g is not null. Without g, center[c] is a number of the arithmetic's type. They are
    // added up in that type in runs of at most 32 values a lane, of planes up to 256 values down to
    // two lanes, and then in double; what a run cannot hold, in double alone. `meanwhile`, unless
    // null, is written at the same time.
    void (*sum)(const void *x, const void *g, const ckernels_block *block, const double *center,
                double *sum, double *products, const ckernels_output *meanwhile, void *scratch);
    // The same over some parts of the planes alone, of the block's channels; its samples and the
    // length of its planes do not matter.
    void (*sum_parts)(const void *x, const void *g, const ckernels_block *block,
                      const ckernels_part *parts, long count, const double *center, double *sum,
                      double *products, void *scratch);
    void (*write)(const ckernels_output *output, void *scratch);
    // dz = g * f', with f' from a mask; as ckernels_output.mask says.
    void (*activation_backward_masked)(const void *g, const ckernels_block *block,
                                       const unsigned char *mask, long first_bit, int activation,
                                       double negative_slope, void *dz);
    // From row `first` on; both return the first row that is left to the caller, of which nothing
    // was written or added, or the number of rows.
    long (*write_rows)(const ckernels_row_output *output, long first, void *scratch);
    long (*row_gradients)(const ckernels_row_gradient *gradient, long first, void *scratch);
    // n elements as floats, which is exact, and back, rounded to nearest, ties to even; null where
    // the element is that of the arithmetic. Pointers may be off the boundary of an element.
    void (*widen)(const void *from, long n, void *to);
    void (*narrow)(const void *from, long n, void *to);
    // values = x - offsets; adds the sum of each channel to `sums`, unless that is null. Both
    // passes are null for elements of 16 bits.
    void (*fill_tile)(const void *x, const ckernels_tile *tile, double *values, double *sums);
    // y = values + offsets. Pointers of both are to the first channel in the sample of the first
    // position.
    void (*store_tile)(const double *values, const ckernels_tile *tile, void *y);
    // The coefficients of an output from the numbers that they are made of; they return whether one
    // of those, or a product, is outside of the range. All are null for elements of 16 bits.
    // center, scale and shift, from mean, inverse_deviation, gamma and beta.
    int (*set_map)(const ckernels_coefficients *tables, ckernels_range range, long channels);
    // gradient_center, deviation_scale and correction; both means are sums of so many values
    // before.
    int (*set_gradient)(const ckernels_coefficients *tables, double values, ckernels_range range,
                        long channels);
    // The same, weight and rounded_inverse_deviation from means, for the weighted form.
    int (*set_weighted)(const ckernels_coefficients *tables, ckernels_range range, long channels);
} ckernels_passes;

// The kernels for one instruction set.
typedef struct {
    const char *name;
    // roots[i] = 1 / sqrt(values[i] + added): vectors of roots, of which Swift makes calls.
    void (*inverse_roots)(const double *values, double added, double *roots, long count);
    // Moments of so many values each, from the sums of deviations and of their squares. Returns
    // whether those of some channel are not finite, or the difference that is the m2 has kept less
    // than `kept` of the squares; none of the moments is of use then.
    int (*set_moments)(const double *sums, const double *squares, const double *pivots,
                       double values, double kept, ckernels_moments *moments, long channels);
    // inverse_deviation and margin, from mean and variance, which is the sum of so many squares
    // before; what was lost of the mean goes into beta.
    void (*set_deviations)(const ckernels_coefficients *tables, double epsilon, double values,
                           long channels);
    const ckernels_passes *passes[CKERNELS_ELEMENTS];
} ckernels_kernels;

// The number of instruction sets that this processor can run kernels for, at least 1.
int ckernels_count(void);

// Kernels by rank: 0 is the baseline, ckernels_count() - 1 the widest.
const ckernels_kernels *ckernels_at(int rank);

// Kernels by name; the widest where the name is null or unknown, or this processor cannot run them.
const ckernels_kernels *ckernels_named(const char *name);

// The kernels that the environment variable NORMALIZATION_INSTRUCTION_SET names, else the widest.
const ckernels_kernels *ckernels_chosen(void);

// Copies bytes past the caches.
void ckernels_copy_non_temporal(void *to, const void *from, long bytes);

// Lets other threads see what this one has written past the caches, behind whatever it does next to
// tell them. It waits for the stores, so one does for all of them.
void ckernels_fence(void);

// Prefetches memory that will be read soon.
void ckernels_prefetch(const void *from, long bytes);
