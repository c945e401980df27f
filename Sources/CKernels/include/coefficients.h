// Numbers of channels, between their sums and the coefficients of an output.
#pragma once

// The moments of a channel: how many values, what deviations were taken from, the mean deviation,
// and the sum of squared deviations from the mean.
typedef struct {
    long count;
    double pivot;
    double mean_offset;
    double m2;
} ckernels_moments;

// Magnitudes from `least` up to `most`, without it.
typedef struct {
    double least;
    double most;
} ckernels_range;

// Tables of some channels, one number each, on the way from statistics to the coefficients of an
// output: of `double`, and as the output reads them, of the type of the arithmetic. No two overlap.
typedef struct {
    double *mean;
    double *variance;
    double *inverse_deviation;
    double *gamma;
    double *beta;
    // At least 0 where x * scale + shift is as accurate as (x - mean) * scale + shift.
    double *margin;
    // What rounding took from the mean; null where it does not matter.
    double *lost;
    double *mean_gradient;
    double *mean_gradient_times_normalized;
    void *center;
    void *scale;
    void *shift;
    void *gradient_center;
    void *deviation_scale;
    void *correction;
    void *weight;
    void *rounded_inverse_deviation;
} ckernels_coefficients;
