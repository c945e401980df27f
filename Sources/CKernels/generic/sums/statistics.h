// Moments of channels and their reciprocal deviations, in double whatever the element type is.
// Plain loops, of which the compiler makes vectors; no two operations are contracted, so every
// target has the same bits.
#pragma once

static int set_moments(const double *sums, const double *squares, const double *pivots,
                       double values, double kept, ckernels_moments *moments, long channels) {
#pragma clang fp contract(off)
    const double inverse = 1 / values;
    int refused = 0;
    for (long c = 0; c < channels; c++) {
        const double offset = sums[c] / values, mean = pivots[c] + offset;
        const double m2 = squares[c] - sums[c] * offset;
        refused |= !(squares[c] - sums[c] * (sums[c] * inverse) >= squares[c] * kept);
        refused |= !(mean - mean == 0) | !(m2 - m2 == 0);
        moments[c].count = (long)values;
        moments[c].pivot = pivots[c];
        moments[c].mean_offset = offset;
        moments[c].m2 = m2 < 0 ? 0 : m2;
    }
    return refused;
}

// roots[i] = 1 / sqrt(values[i] + added)
static void inverse_roots(const double *values, double added, double *roots, long count) {
    for (long i = 0; i < count; i++) roots[i] = 1 / __builtin_elementwise_sqrt(values[i] + added);
}

static void set_deviations(const ckernels_coefficients *k, double epsilon, double values,
                           long channels) {
#pragma clang fp contract(off)
    const double *restrict mean = k->mean, *restrict gamma = k->gamma, *restrict lost = k->lost;
    double *restrict variance = k->variance, *restrict root = k->inverse_deviation;
    double *restrict margin = k->margin, *restrict beta = k->beta;
    if (values != 1)
        for (long c = 0; c < channels; c++) variance[c] /= values;
    for (long c = 0; c < channels; c++) {
        root[c] = 1 / __builtin_elementwise_sqrt(variance[c] + epsilon);
        const double distance = 2 - __builtin_fabs(mean[c]) * root[c];
        margin[c] = variance[c] > 0 ? distance : -1;
    }
    if (!lost) return;
    for (long c = 0; c < channels; c++) {
        const double part = lost[c] * gamma[c] * root[c];
        // Nothing is lost where a product of zero is not a number.
        beta[c] -= part - part == 0 ? part : 0;
    }
}
