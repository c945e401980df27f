/// What a call reads its tensors for: a sum of each lane.
protocol LaneReduction<Scalar> {
    associatedtype Scalar: NormalizationScalar
    associatedtype Sums: LaneSums

    /// How many tensors are read.
    var tensors: Int { get }

    /// The sums of a block's lanes; meanwhile another block's output.
    func sum(
        _ block: Block, on runner: PassRunner<Scalar>, into sums: UnsafeMutablePointer<Sums>,
        writing meanwhile: OutputTask<Scalar>?, scratch: UnsafeMutablePointer<Scalar>)
}

/// Count, mean and M2 of x.
@safe
struct MomentsReduction<Scalar: NormalizationScalar>: LaneReduction {
    let x: UnsafePointer<Scalar>
    var tensors: Int { 1 }

    func sum(
        _ block: Block, on runner: PassRunner<Scalar>, into moments: UnsafeMutablePointer<Moments>,
        writing meanwhile: OutputTask<Scalar>?, scratch: UnsafeMutablePointer<Scalar>
    ) {
        if let engine = runner.overlappingEngine {
            unsafe engine.moments(x, block, into: moments, writing: meanwhile, scratch: scratch)
        } else {
            unsafe runner.engine.moments(x, block, into: moments, scratch: scratch)
        }
        // Deviations from an infinite pivot are no numbers; the reference tells which infinity it is.
        for lane in 0..<block.lanes where unsafe !moments[lane].areFinite {
            let alone = block.narrowed(toLanes: lane..<lane + 1)
            unsafe ReferenceEngine.moments(x, alone, into: moments + lane, scratch: scratch)
        }
    }
}

/// Σ g and Σ g · x̂. Behind an activation, each block's gradient is made just before it is used.
@safe
struct GradientReduction<Scalar: NormalizationScalar>: LaneReduction {
    let x: UnsafePointer<Scalar>
    /// g, or dz where there is an activation to go back through.
    let gradient: UnsafePointer<Scalar>
    let coefficients: NormalizeCoefficients<Scalar>
    let activation: ActivationBackward<Scalar>?
    var tensors: Int { 2 }

    func sum(
        _ block: Block, on runner: PassRunner<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>,
        writing meanwhile: OutputTask<Scalar>?, scratch: UnsafeMutablePointer<Scalar>
    ) {
        if let activation {
            unsafe runner.write(activation.task(x, block, by: coefficients), scratch)
        }
        if let engine = runner.overlappingEngine {
            unsafe engine.gradientSums(
                x, gradient, block, by: coefficients, into: sums, writing: meanwhile,
                scratch: scratch)
        } else {
            unsafe runner.engine.gradientSums(
                x, gradient, block, by: coefficients, into: sums, scratch: scratch)
        }
    }
}

/// An activation to go back through before the normalization: dz = g · f′(z).
@safe
struct ActivationBackward<Scalar: NormalizationScalar> {
    var activation: Activation
    /// g, the gradient behind the activation.
    var gradient: UnsafePointer<Scalar>
    /// What forward wrote; without it f′ is made again from x, the residual and β.
    var mask: UnsafePointer<UInt8>?
    var residual: UnsafePointer<Scalar>?
    /// Receives dz, the gradient behind the normalization; it may be where ∂x goes, or g.
    var dz: UnsafeMutablePointer<Scalar>

    /// dz of one block.
    func task(
        _ x: UnsafePointer<Scalar>, _ block: Block, by coefficients: NormalizeCoefficients<Scalar>
    ) -> OutputTask<Scalar> {
        if let mask = unsafe mask {
            return unsafe OutputTask(
                .maskedActivationBackward(mask, activation), of: gradient, block, into: dz)
        }
        let epilogue = unsafe Epilogue(residual: residual, activation: activation, mask: nil)
        return unsafe OutputTask(
            .activationBackward(gradient, coefficients, epilogue), of: x, block, into: dz)
    }
}
