/// The passes over the data that every engine implements; a layer is arithmetic on O(lanes) numbers
/// around them, so a new layer needs no new engine code and a new engine no new layer code.
///
/// A pass takes the base of a tensor and the block of it to work on, takes plain numbers and decides
/// nothing. Tables of coefficients are indexed by the tensor's lane, sums by the block's.
/// `scratch` is the worker's own, `scratchCount` elements. Outputs may be the very buffer an input
/// is, never a shifted one.
protocol PassEngine: CoefficientArithmetic {
    /// The elements of scratch memory a worker needs.
    static var scratchCount: Int { get }
    /// Whether tensors may have elements of 16 bits; else they are widened for it.
    static var takesHalves: Bool { get }
    /// Whether outputs may have padding; else that is written for it.
    static var takesPadding: Bool { get }

    /// Count, mean and M2 of each lane of the block.
    static func moments<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ block: Block, into moments: UnsafeMutablePointer<Moments>,
        scratch: UnsafeMutablePointer<Scalar>)

    /// A = Σ g and B = Σ g · x̂ with x̂ = (x − μ) · s, of each lane of the block.
    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ gradient: TensorPointer<Scalar>, _ block: Block,
        by coefficients: NormalizeCoefficients<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>, scratch: UnsafeMutablePointer<Scalar>)

    /// Any output of a block whose coefficients are known.
    static func write<Scalar: NormalizationScalar>(
        _ output: OutputTask<Scalar>, scratch: UnsafeMutablePointer<Scalar>)
}

/// An engine that can write one block's output while it reads another for its sums. What is summed,
/// and in which order, is the same as without.
protocol OverlappingEngine: PassEngine {
    /// Count, mean and M2 of each lane of the block; meanwhile another block's output.
    ///
    /// - Returns: whether all are known to be finite.
    static func moments<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ block: Block, into moments: UnsafeMutablePointer<Moments>,
        writing meanwhile: OutputTask<Scalar>?, scratch: UnsafeMutablePointer<Scalar>
    ) -> Bool

    /// A = Σ g and B = Σ g · x̂ of each lane of the block; meanwhile another block's output.
    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ gradient: TensorPointer<Scalar>, _ block: Block,
        by coefficients: NormalizeCoefficients<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>,
        writing meanwhile: OutputTask<Scalar>?, scratch: UnsafeMutablePointer<Scalar>)

    /// Count, mean and M2 of each lane of the valid parts of a block.
    ///
    /// - Returns: whether the moments are as accurate as those of each part by itself, merged.
    static func moments<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, of parts: ValidParts,
        into moments: UnsafeMutablePointer<Moments>, scratch: UnsafeMutablePointer<Scalar>
    ) -> Bool

    /// A = Σ g and B = Σ g · x̂ of each lane of the valid parts of a block.
    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ gradient: TensorPointer<Scalar>, of parts: ValidParts,
        by coefficients: NormalizeCoefficients<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>, scratch: UnsafeMutablePointer<Scalar>)
}

extension PassEngine {
    static var takesHalves: Bool { false }
    static var takesPadding: Bool { false }
}

extension OverlappingEngine {
    static func moments<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ block: Block, into moments: UnsafeMutablePointer<Moments>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        _ = unsafe self.moments(x, block, into: moments, writing: nil, scratch: scratch)
    }

    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ gradient: TensorPointer<Scalar>, _ block: Block,
        by coefficients: NormalizeCoefficients<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        unsafe gradientSums(
            x, gradient, block, by: coefficients, into: sums, writing: nil, scratch: scratch)
    }
}
