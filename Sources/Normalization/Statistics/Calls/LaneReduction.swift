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

    /// The sums of a block of which only some parts count, at once.
    ///
    /// - Returns: whether that can be; else each part is summed by itself.
    func sum(
        of parts: ValidParts, on runner: PassRunner<Scalar>,
        into sums: UnsafeMutablePointer<Sums>, scratch: UnsafeMutablePointer<Scalar>
    ) -> Bool
}

extension LaneReduction {
    func sum(
        of parts: ValidParts, on runner: PassRunner<Scalar>,
        into sums: UnsafeMutablePointer<Sums>, scratch: UnsafeMutablePointer<Scalar>
    ) -> Bool { false }
}

/// Count, mean and M2 of x.
@safe
struct MomentsReduction<Scalar: NormalizationScalar>: LaneReduction {
    let x: TensorPointer<Scalar>
    var tensors: Int { 1 }

    func sum(
        _ block: Block, on runner: PassRunner<Scalar>, into moments: UnsafeMutablePointer<Moments>,
        writing meanwhile: OutputTask<Scalar>?, scratch: UnsafeMutablePointer<Scalar>
    ) {
        if let engine = runner.overlappingEngine {
            let areFinite = unsafe engine.moments(
                x, block, into: moments, writing: meanwhile, scratch: scratch)
            if areFinite { return }
        } else {
            unsafe WidenedPasses.moments(
                runner.engine, x, block, into: moments, scratch: scratch)
        }
        // Deviations from an infinite pivot are no numbers; the reference tells which infinity it is.
        for lane in 0..<block.lanes where unsafe !moments[lane].areFinite {
            let alone = block.narrowed(toLanes: lane..<lane + 1)
            unsafe WidenedPasses.moments(
                ReferenceEngine.self, x, alone, into: moments + lane, scratch: scratch)
        }
    }

    func sum(
        of parts: ValidParts, on runner: PassRunner<Scalar>,
        into moments: UnsafeMutablePointer<Moments>, scratch: UnsafeMutablePointer<Scalar>
    ) -> Bool {
        guard let engine = runner.overlappingEngine,
            unsafe engine.moments(x, of: parts, into: moments, scratch: scratch)
        else { return false }
        return (0..<parts.block.lanes).allSatisfy { unsafe moments[$0].areFinite }
    }
}

/// Σ g and Σ g · x̂. Behind an activation, each block's gradient is made just before it is used.
@safe
struct GradientReduction<Scalar: NormalizationScalar>: LaneReduction {
    let x: TensorPointer<Scalar>
    /// g, or dz where there is an activation to go back through.
    let gradient: TensorPointer<Scalar>
    let coefficients: NormalizeCoefficients<Scalar>
    let activation: ActivationBackward<Scalar>?
    var tensors: Int { 2 }

    func sum(
        _ block: Block, on runner: PassRunner<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>,
        writing meanwhile: OutputTask<Scalar>?, scratch: UnsafeMutablePointer<Scalar>
    ) {
        if let activation, unsafe x.format.isHalf {
            let source = unsafe ActivationSource(
                activation: activation, x: x, coefficients: coefficients)
            return unsafe WidenedPasses.gradientSums(
                runner.engine, source, block, into: sums, scratch: scratch)
        }
        if let activation {
            unsafe runner.write(activation.task(x, block, by: coefficients), scratch)
        }
        if let engine = runner.overlappingEngine {
            unsafe engine.gradientSums(
                x, gradient, block, by: coefficients, into: sums, writing: meanwhile,
                scratch: scratch)
        } else {
            unsafe WidenedPasses.gradientSums(
                runner.engine, x, gradient, block, by: coefficients, into: sums, scratch: scratch)
        }
    }

    func sum(
        of parts: ValidParts, on runner: PassRunner<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>, scratch: UnsafeMutablePointer<Scalar>
    ) -> Bool {
        guard activation == nil, let engine = runner.overlappingEngine else { return false }
        unsafe engine.gradientSums(
            x, gradient, of: parts, by: coefficients, into: sums, scratch: scratch)
        return true
    }
}
