/// The passes over the data that every engine implements; a layer is arithmetic on O(C) numbers
/// around them, so a new layer needs no new engine code and a new engine no new layer code.
///
/// A pass takes the base of a tensor and the block of it to work on, takes plain numbers and decides
/// nothing. Tables of coefficients are indexed by the tensor's channel, results by the block's.
/// `scratch` is the worker's own, `scratchCount` elements. Outputs may be the very buffer an input
/// is, never a shifted one.
protocol PassEngine: Sendable {
    /// The elements of scratch memory a worker needs.
    static var scratchCount: Int { get }

    /// Count, mean and M2 of each channel of the block; meanwhile another block's output.
    static func moments<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block,
        into moments: UnsafeMutablePointer<Moments>, writing pending: PendingOutput<Scalar>?,
        scratch: UnsafeMutablePointer<Scalar>)

    /// A = Σ g and B = Σ g · x̂ with x̂ = (x − μ) · s, of each channel of the block; meanwhile another
    /// block's output.
    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: ForwardMap<Scalar>, into sums: UnsafeMutablePointer<GradientSums>,
        writing pending: PendingOutput<Scalar>?, scratch: UnsafeMutablePointer<Scalar>)

    /// Any output of a block whose coefficients are known.
    static func write<Scalar: NormalizationScalar>(
        _ output: PendingOutput<Scalar>, scratch: UnsafeMutablePointer<Scalar>)

    /// g · f′, with f′ from the mask that was written with f
    static func gate<Scalar: NormalizationScalar>(
        _ gradient: UnsafePointer<Scalar>, _ block: Block, by mask: UnsafePointer<UInt8>,
        _ activation: Activation, into gated: UnsafeMutablePointer<Scalar>)
}

/// An engine that has a pass of its own for each output, and does one thing after the other.
protocol PlainPassEngine: PassEngine {
    /// Count, mean and M2 of each channel of the block.
    static func moments<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block,
        into moments: UnsafeMutablePointer<Moments>, scratch: UnsafeMutablePointer<Scalar>)

    /// y = γ · (x − μ) · s + β
    static func normalize<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        into y: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>)

    /// A = Σ g and B = Σ g · x̂
    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: ForwardMap<Scalar>, into sums: UnsafeMutablePointer<GradientSums>,
        scratch: UnsafeMutablePointer<Scalar>)

    /// ∂x = γ · s · (g − A/m − x̂ · B/m)
    static func inputGradient<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: BackwardMap<Scalar>, into dx: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>)

    /// y = f(γ · (x − μ) · s + β + residual), and into a mask, which was zero, where f′ is 1
    static func activate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        then epilogue: Epilogue<Scalar>, into y: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>)

    /// g · f′(z), with z = γ · (x − μ) · s + β + residual
    static func gate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: ForwardMap<Scalar>, then epilogue: Epilogue<Scalar>,
        into gated: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>)
}

extension PlainPassEngine {
    static func moments<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block,
        into moments: UnsafeMutablePointer<Moments>, writing pending: PendingOutput<Scalar>?,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        if let pending = unsafe pending { unsafe write(pending, scratch: scratch) }
        unsafe self.moments(x, block, into: moments, scratch: scratch)
    }

    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: ForwardMap<Scalar>, into sums: UnsafeMutablePointer<GradientSums>,
        writing pending: PendingOutput<Scalar>?, scratch: UnsafeMutablePointer<Scalar>
    ) {
        if let pending = unsafe pending { unsafe write(pending, scratch: scratch) }
        unsafe gradientSums(x, gradient, block, by: map, into: sums, scratch: scratch)
    }

    static func write<Scalar: NormalizationScalar>(
        _ output: PendingOutput<Scalar>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let (x, block, target) = unsafe (output.x, output.block, output.output)
        switch unsafe output.map {
        case .forward(let map, let epilogue) where epilogue.isNothing:
            unsafe normalize(x, block, by: map, into: target, scratch: scratch)
        case .forward(let map, let epilogue):
            unsafe activate(x, block, by: map, then: epilogue, into: target, scratch: scratch)
        case .gate(let gradient, let map, let epilogue):
            unsafe gate(
                x, gradient, block, by: map, then: epilogue, into: target, scratch: scratch)
        case .backward(let gradient, let map):
            unsafe inputGradient(x, gradient, block, by: map, into: target, scratch: scratch)
        }
    }

    static func activate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        then epilogue: Epilogue<Scalar>, into y: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        unsafe ActivationPasses.activate(x, block, by: map, then: epilogue, into: y)
    }

    static func gate<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: ForwardMap<Scalar>, then epilogue: Epilogue<Scalar>,
        into gated: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        unsafe ActivationPasses.gate(x, gradient, block, by: map, then: epilogue, into: gated)
    }

    static func gate<Scalar: NormalizationScalar>(
        _ gradient: UnsafePointer<Scalar>, _ block: Block, by mask: UnsafePointer<UInt8>,
        _ activation: Activation, into gated: UnsafeMutablePointer<Scalar>
    ) {
        unsafe ActivationPasses.gate(gradient, block, by: mask, activation, into: gated)
    }
}

/// A = Σ g and B = Σ g · x̂ of one channel.
struct GradientSums: Sendable, BitwiseCopyable {
    var gradient = 0.0
    var gradientTimesNormalized = 0.0

    var areFinite: Bool { gradient.isFinite && gradientTimesNormalized.isFinite }

    mutating func add(_ other: GradientSums) {
        gradient += other.gradient
        gradientTimesNormalized += other.gradientTimesNormalized
    }
}
