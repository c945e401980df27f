import Normalization
import NormalizationFiles

/// The arrays that a call is to write, by the names of their files.
struct CallOutputs<Scalar: NormalizationScalar & NpyElement> {
    private(set) var arrays: [(name: String, array: NpyArray<Scalar>)] = []

    mutating func add(_ name: String, _ shape: [Int], _ values: [Scalar]) throws {
        arrays.append((name, try NpyArray(shape: shape, values: values)))
    }

    mutating func add(_ name: String, _ shape: [Int], _ values: [Double]) throws {
        try add(name, shape, values.map { Scalar($0) })
    }

    /// Gradients, in the shapes of x and of the files of γ and β.
    mutating func add(
        _ gradients: Gradients<Scalar>, input shape: [Int], _ affine: AffineParameters<Scalar>
    ) throws {
        if let values = gradients.input { try add("dx", shape, values) }
        if let shape = affine.shapes.gamma, let values = gradients.gamma {
            try add("dgamma", shape, values)
        }
        if let shape = affine.shapes.beta, let values = gradients.beta {
            try add("dbeta", shape, values)
        }
    }
}
