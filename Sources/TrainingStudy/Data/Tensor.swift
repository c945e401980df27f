package import Normalization

/// A row-major array of numbers with a shape; the first dimension counts samples (or rows).
package struct Tensor<Scalar: NormalizationScalar>: Sendable, Equatable {
    /// The dimensions, slowest first.
    package var shape: [Int]
    /// The elements; their count is the product of the dimensions.
    package var values: [Scalar]

    /// A tensor from its elements, as many as `shape` says.
    package init(shape: [Int], values: [Scalar]) {
        precondition(shape.reduce(1, *) == values.count, "shape \(shape), \(values.count) values")
        self.shape = shape
        self.values = values
    }

    /// A tensor of zeros.
    package init(shape: [Int]) {
        self.init(shape: shape, values: zeros(shape.reduce(1, *)))
    }

    /// The size of the first dimension.
    package var rows: Int { shape[0] }
    /// The number of elements of one row: the product of the other dimensions.
    package var width: Int { shape.dropFirst().reduce(1, *) }
}

/// An array of zeros; specialized, because a generic fill goes through a call for each element.
@specialized(where Scalar == Float)
func zeros<Scalar: NormalizationScalar>(_ count: Int) -> [Scalar] {
    [Scalar](repeating: 0, count: count)
}
