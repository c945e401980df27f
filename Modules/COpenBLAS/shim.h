// The C interfaces of OpenBLAS (with its extensions) and of LAPACKE. Nothing else belongs here.
#pragma once
// LAPACKE's complex types would pull in <complex.h>, which Swift cannot import.
#define lapack_complex_float float _Complex
#define lapack_complex_double double _Complex
#include <cblas.h>
#include <lapacke.h>
