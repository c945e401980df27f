// Forgets the element type and the guards of the headers that depend on it, so that they may be
// included for another one.
#undef ELEMENT_BITS
#undef T
#undef N
#undef NAME
#undef INT
#undef BITS
#undef ROUND
#undef LN2_HIGH
#undef LN2_LOW
#undef EXP_MAX
#undef EXP_TERMS
#undef EXP_BIAS
#undef EXP_SHIFT
#undef VEC
#undef WIDE

#undef ELEMENT_H
#undef VECTORS_H
#undef ACTIVATIONS_H
#undef SCRATCH_H
#undef COLUMNS_H
#undef MAPS_H
#undef OUTPUTS_H
#undef SUMS_H
#undef COLUMN_SUMS_H
#undef ROWS_NARROW_H
#undef ROWS_STATISTICS_H
#undef ROWS_COEFFICIENTS_H
#undef ROWS_GRADIENT_SUMS_H
#undef ROWS_OUTPUTS_H
#undef ROWS_GRADIENTS_H
#undef ROWS_PLANES_H
#undef PASSES_H
