// What sums of channels amount to: the coefficients of an output. Plain loops, of which the
// compiler makes vectors; no two operations are contracted, so every target has the same bits.
#ifndef COEFFICIENTS_H
#define COEFFICIENTS_H

// Whether arithmetic with a value may leave the range.
INLINE int NAME(is_outside)(double value, const ckernels_range *range) {
    const double magnitude = __builtin_fabs(value);
    return !(magnitude >= range->least) | !(magnitude < range->most);
}

INLINE int NAME(is_outside_or_zero)(double value, const ckernels_range *range) {
    return (value != 0) & NAME(is_outside)(value, range);
}

static int NAME(set_map)(const ckernels_coefficients *k, ckernels_range range, long channels) {
#pragma clang fp contract(off)
    const double *restrict mean = k->mean, *restrict root = k->inverse_deviation;
    const double *restrict gamma = k->gamma, *restrict beta = k->beta;
    T *restrict center = k->center, *restrict scale = k->scale, *restrict shift = k->shift;
    int outside = 0;
    for (long c = 0; c < channels; c++) {
        const double slope = gamma[c] * root[c];
        const T rounded = (T)mean[c];
        center[c] = rounded;
        scale[c] = (T)slope;
        shift[c] = (T)(beta[c] - (mean[c] - (double)rounded) * slope);
        outside |= NAME(is_outside)(slope, &range) | NAME(is_outside)(root[c], &range) |
                   NAME(is_outside_or_zero)(mean[c], &range);
    }
    return outside;
}

static int NAME(set_gradient)(const ckernels_coefficients *k, double values, ckernels_range range,
                              long channels) {
#pragma clang fp contract(off)
    const double *restrict mean = k->mean, *restrict root = k->inverse_deviation;
    const double *restrict gamma = k->gamma;
    const T *restrict center = k->center;
    double *restrict a = k->mean_gradient, *restrict b = k->mean_gradient_times_normalized;
    T *restrict gradient_center = k->gradient_center, *restrict correction = k->correction;
    T *restrict deviation_scale = k->deviation_scale;
    int outside = 0;
    for (long c = 0; c < channels; c++) {
        a[c] /= values;
        b[c] /= values;
        const double slope = root[c] * b[c], scale = gamma[c] * root[c];
        const T rounded = (T)a[c];
        const double dropped = (a[c] - (double)rounded) - (mean[c] - (double)center[c]) * slope;
        gradient_center[c] = rounded;
        deviation_scale[c] = (T)slope;
        correction[c] = (T)(-scale * dropped);
        outside |= NAME(is_outside_or_zero)(slope, &range) |
                   NAME(is_outside_or_zero)(scale * slope, &range) |
                   NAME(is_outside_or_zero)(a[c], &range);
    }
    return outside;
}

static int NAME(set_weighted)(const ckernels_coefficients *k, ckernels_range range, long channels) {
#pragma clang fp contract(off)
    const double *restrict mean = k->mean, *restrict root = k->inverse_deviation;
    const double *restrict gamma = k->gamma;
    const double *restrict a = k->mean_gradient, *restrict b = k->mean_gradient_times_normalized;
    const T *restrict center = k->center;
    T *restrict gradient_center = k->gradient_center, *restrict correction = k->correction;
    T *restrict deviation_scale = k->deviation_scale, *restrict weight = k->weight;
    T *restrict rounded_root = k->rounded_inverse_deviation;
    int outside = 0;
    for (long c = 0; c < channels; c++) {
        const double slope = root[c] * b[c];
        const T rounded = (T)a[c];
        const double dropped = (a[c] - (double)rounded) - (mean[c] - (double)center[c]) * slope;
        gradient_center[c] = rounded;
        deviation_scale[c] = (T)slope;
        weight[c] = (T)gamma[c];
        rounded_root[c] = (T)root[c];
        correction[c] = (T)(-root[c] * dropped);
        outside |=
            NAME(is_outside_or_zero)(root[c], &range) | NAME(is_outside_or_zero)(mean[c], &range) |
            NAME(is_outside_or_zero)(gamma[c], &range) |
            NAME(is_outside_or_zero)(root[c] * gamma[c], &range) |
            NAME(is_outside_or_zero)(a[c], &range) | NAME(is_outside_or_zero)(slope, &range) |
            NAME(is_outside_or_zero)(root[c] * slope, &range);
    }
    return outside;
}

#endif
