// Rows of small integers, so that the sums here are exact and only some roundings of a kernel,
// named at each bound, are allowed for.
#pragma once

#include "check.h"

// Exact sums over a row at a position, and what follows from them.
typedef struct {
    double mean, squares, s;
    int is_refused;
} moments;

typedef struct {
    int element;
    ckernels_row_block block;
    ckernels_row_rule rule;
    tensor x, addend, g;
    double *scale, *shift;
    void *scale_table, *shift_table;
    int adds;  // whether rows are x + addend
    moments *found;
} row_problem;

// Of value j of row r at position i, from the first value on.
long index_of(const row_problem *p, long r, long j, long i);
double h_at(const row_problem *p, long at);
long span_of_rows(const ckernels_row_block *b);
// Whether a row is the caller's, since one of its positions is.
int is_refused(const row_problem *p, long r);
void choose_rows(row_problem *p, int element, int adds);
// The statistics of all rows in memory for a kernel, right or not yet known.
ckernels_row_statistics lend_statistics(const row_problem *p, int are_known);
void describe_rows(const row_problem *p, const char *operation, int activation);
// How far n = (h - mean) * s is off for its mean's sake.
double error_of_n(const row_problem *p, const moments *m);

// Runs a pass over all rows but those that are the caller's.
#define RUN(p, pass)                                                                   \
    for (long r = 0; r < (p)->block.rows; r++) {                                       \
        r = pass;                                                                      \
        if (r < (p)->block.rows && !is_refused(p, r)) fail("row %ld was left out", r); \
    }
