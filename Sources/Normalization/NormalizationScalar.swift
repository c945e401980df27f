public import BLAS

/// An element type that batch normalization is built for: `Float` or `Double`.
///
/// Statistics, coefficients and sums are carried in `Double` for both, so a `Float` tensor gets the
/// statistics of its exact values, not of their rounded sums.
public protocol NormalizationScalar: BLASScalar {}

extension Float: NormalizationScalar {}
extension Double: NormalizationScalar {}
