// Random calls of the kernels against plain loops: what the checks share.
#pragma once

#include "CKernels.h"

#include <stdint.h>

// MARK: Random numbers, a pure function of the seed

void seed_numbers(uint64_t seed);
// From low to high, both included.
long between(long low, long high);
// True once in n times.
int once_in(long n);

// MARK: Elements

enum { MOST_VALUES = 40000 };

const char *name_of(int element);
// The element of the arithmetic and of tables.
int arithmetic_of(int element);
long size_of(int element);
double get(int element, const void *p, long i);
void put(int element, void *p, long i, double value);
// The unit roundoff of the arithmetic, and how far rounding to the element may carry a value.
double unit_of(int element);
double rounding_of(int element, double value);
double rounded(int element, double value);

// MARK: Tensors

// A tensor between two pages that nobody may touch: it ends before the second, or begins behind the
// first. Around a block lie values that must stay.
typedef struct {
    int element;
    long count;  // with what lies around the block
    long first;  // where the block begins
    char *memory;
    double *values;  // as they were at first
} tensor;

// Forgets all memory that was lent.
void begin_call(void);
void *lend(long bytes, int at_end, long misalignment);
// Just the memory that a kernel asks for, full of NaNs.
void *scratch_for(int element);
// Doubles that nobody guards, all zero.
double *numbers(long count);
// A tensor of integers in low...high with a block of `span` values; bytes off the boundary of an
// element now and then.
tensor random_tensor(int element, long span, long low, long high);
void *block_of(const tensor *t);

// What a tensor shall hold after a call, and how far a value may be off; where nothing is allowed,
// it is the expected value rounded once.
typedef struct {
    double *value, *allowed;
} expectation;

// That nothing changes.
expectation unchanged(const tensor *t);
void check(const tensor *t, expectation expected, const char *name);

// MARK: Formulas

double activate(int activation, double z);
// The derivative, at a corner the one from the left.
double derivative(int activation, double z);
// How far a kernel may be from either, in units of roundoff.
double activation_error(int activation, double z);
double derivative_error(int activation, double z);

enum { ACTIVATIONS = CKERNELS_HARD_SWISH + 1 };
extern const double negative_slope;

// MARK: Reports

// What the present call is, for a failure.
void describe(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// MARK: The checks, one random call each

void check_lanes(const ckernels_passes *passes, int element);
void check_masked(const ckernels_passes *passes, int element);
void check_rows(const ckernels_passes *passes, int element);
void check_row_gradients(const ckernels_passes *passes, int element);
void check_conversions(const ckernels_passes *passes, int element);
void check_roots(const ckernels_kernels *kernels);
void check_copies(void);
void check_choice(void);
void check_processors(void);
