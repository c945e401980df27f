internal import BLAS
