public import BLAS

/// An element type that batch normalization is built for: `Float` or `Double`.
///
/// Statistics, coefficients and sums are carried in `Double` for both, so a `Float` tensor gets the
/// statistics of its exact values, not of their rounded sums.
public protocol NormalizationScalar: BLASScalar {}

extension Float: NormalizationScalar {}
extension Double: NormalizationScalar {}

/// An array of zeros. Specialized: the standard library's generic fill makes a call for each element.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func zeros<Scalar: NormalizationScalar>(_ count: Int) -> [Scalar] {
    [Scalar](repeating: 0, count: count)
}

/// Each value in the element type.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func rounded<Scalar: NormalizationScalar>(_ values: [Double]) -> [Scalar] {
    values.map { Scalar($0) }
}
