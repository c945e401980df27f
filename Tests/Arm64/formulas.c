// The activations as CKernels.h names them, in double.
#include "check.h"

#include <math.h>

const double negative_slope = 0.25;

static double sigmoid(double z) {
    return z < 0 ? exp(z) / (1 + exp(z)) : 1 / (1 + exp(-z));
}

double activate(int activation, double z) {
    switch (activation) {
        case CKERNELS_RELU:
            return fmax(z, 0);
        case CKERNELS_RELU6:
            return fmin(fmax(z, 0), 6);
        case CKERNELS_LEAKY_RELU:
            return z < 0 ? z * negative_slope : z;
        case CKERNELS_SILU:
            return z * sigmoid(z);
        case CKERNELS_HARD_SWISH:
            return z * fmin(fmax(z + 3, 0), 6) / 6;
        default:
            return z;
    }
}

double derivative(int activation, double z) {
    switch (activation) {
        case CKERNELS_RELU:
            return z > 0;
        case CKERNELS_RELU6:
            return z > 0 && z < 6;
        case CKERNELS_LEAKY_RELU:
            return z > 0 ? 1 : negative_slope;
        case CKERNELS_SILU:
            return sigmoid(z) * (1 + z * (1 - sigmoid(z)));
        case CKERNELS_HARD_SWISH:
            return z < -3 ? 0 : z > 3 ? 1 : z / 3 + 0.5;
        default:
            return 1;
    }
}

// e^z takes about six roundings, the rest of SiLU four; hard swish three, and that of 1/6 or 1/3.
double activation_error(int activation, double z) {
    const double value = fabs(activate(activation, z));
    return activation == CKERNELS_SILU         ? 16 * value
           : activation == CKERNELS_HARD_SWISH ? 4 * value
                                               : 0;
}

double derivative_error(int activation, double z) {
    if (activation == CKERNELS_SILU) return 16 * sigmoid(z) * (1 + fabs(z));
    return activation == CKERNELS_HARD_SWISH && fabs(z) <= 3 ? 4 * (fabs(z) / 3 + 0.5) : 0;
}
