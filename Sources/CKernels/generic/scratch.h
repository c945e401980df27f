// The scratch memory that a caller lends for a call.
#ifndef SCRATCH_H
#define SCRATCH_H

#include "vectors.h"

// The most columns of a row that are walked together, and the most planes.
#define COLUMNS 1024
#define PLANES 64
// Keeps the same column of two tables from lying 4 KB or a multiple apart, which stalls loads
// behind stores.
#define GAP 40
// The most tables of coefficients that an output has.
#define TABLES 6

typedef struct {
    // The coefficients of an output that is written by columns, and of the columns before its first
    // aligned one.
    T coefficients[TABLES][COLUMNS + N];
    union {
        // Each column's.
        struct {
            double sum[COLUMNS + GAP], products[COLUMNS + GAP];
            T center[COLUMNS + N];
        } columns;
        // Each plane's, in eight lanes.
        struct {
            T sum[PLANES][8], products[PLANES][8];
            // Those of the samples so far, not yet in eight lanes.
            T kept[PLANES][2 * N];
        } planes;
    } sums;
} NAME(scratch);

_Static_assert(sizeof(NAME(scratch)) <= CKERNELS_SCRATCH * sizeof(T), "scratch memory too small");

#endif
