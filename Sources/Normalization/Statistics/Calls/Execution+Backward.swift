/// The statistics that x̂ was made with, as backward sees them.
struct NormalizingNumbers {
    var mean: [Double]
    /// The biased batch variance, or the running variance.
    var variance: [Double]
    /// Whether the statistics depend on x, so that ∂x has the terms that come through them.
    var areOfTheBatch: Bool
}

/// An activation to go back through before the normalization.
@unsafe
struct GradientGate<Scalar: NormalizationScalar> {
    var activation: Activation
    /// What forward wrote; without it f′ is made again from x, the residual and β.
    var mask: UnsafePointer<UInt8>?
    var residual: UnsafePointer<Scalar>?
    var beta: AffineParameter<Scalar>
    /// Receives g · f′, the gradient behind the normalization; it may be where ∂x goes, or g.
    var gated: UnsafeMutablePointer<Scalar>
}

extension Execution {
    /// A_c and B_c of every channel, and ∂x where `dx` is given, of a tensor that is not empty.
    func backward(
        _ x: UnsafePointer<Scalar>, _ outputGradient: UnsafePointer<Scalar>,
        through gate: GradientGate<Scalar>? = nil, normalizedBy statistics: NormalizingNumbers,
        gamma: AffineParameter<Scalar>,
        epsilon: Double, into dx: UnsafeMutablePointer<Scalar>?, needsSums: Bool
    ) -> [GradientSums] {
        let coefficients = unsafe Coefficients<Scalar>(channels: geometry.channels)
        let map = unsafe coefficients.backward
        unsafe map.forward.setAffine(
            gamma, gate?.beta ?? .absent, channels: geometry.channels)
        func setStatistics(_ channels: Range<Int>) {
            unsafe map.forward.setStatistics(
                mean: statistics.mean, variance: statistics.variance, channels, epsilon: epsilon)
        }

        // With running statistics ∂x = γ · s · g: the terms of the sums are zero.
        let scaling = unsafe Coefficients<Scalar>(
            channels: statistics.areOfTheBatch ? 0 : geometry.channels)
        if !statistics.areOfTheBatch {
            unsafe scaling.forward.setAffine(gamma, .absent, channels: geometry.channels)
            unsafe scaling.forward.setStatistics(
                mean: Array(repeating: 0, count: geometry.channels),
                variance: statistics.variance, 0..<geometry.channels, epsilon: epsilon)
        }
        let scale = unsafe scaling.forward

        // Behind an activation, each block's gradient is made just before it is used.
        let gradient = unsafe gate.map { unsafe UnsafePointer($0.gated) } ?? outputGradient
        func openGate(_ block: Block, _ scratch: UnsafeMutablePointer<Scalar>) {
            guard let gate = unsafe gate else { return }
            unsafe self.gate(x, outputGradient, block, by: map.forward, gate, scratch: scratch)
        }

        guard needsSums || statistics.areOfTheBatch else {
            guard let dx = unsafe dx else { return [] }
            setStatistics(0..<geometry.channels)
            let grid = contiguousBlocks
            unsafe forEachBlock(grid.count) { index, scratch in
                unsafe openGate(grid[index], scratch)
                unsafe normalize(gradient, grid[index], by: scale, into: dx, scratch: scratch)
            }
            return []
        }
        return unsafe [GradientSums](unsafeUninitializedCapacity: geometry.channels) {
            buffer, count in
            count = geometry.channels
            guard let base = buffer.baseAddress else { return }
            unsafe base.initialize(repeating: GradientSums(), count: count)
            let sums = unsafe base
            let m = geometry.valuesPerChannel

            func writeInputGradient(
                _ block: Block, _ scratch: UnsafeMutablePointer<Scalar>
            ) {
                guard let dx = unsafe dx else { return }
                if statistics.areOfTheBatch {
                    unsafe inputGradient(
                        x, gradient, block, by: map, into: dx, scratch: scratch)
                } else {
                    unsafe normalize(gradient, block, by: scale, into: dx, scratch: scratch)
                }
            }

            switch BlockGrid.forReduction(
                geometry, elementSize: MemoryLayout<Scalar>.stride, tensors: 2)
            {
            case .resident(let grid):
                unsafe forEachBlock(of: grid) { block, pending, scratch in
                    setStatistics(block.channelRange)
                    unsafe openGate(block, scratch)
                    unsafe passes.gradientSums(
                        x, gradient, block, by: map.forward, into: sums + block.firstChannel,
                        writing: pending, scratch: scratch)
                    guard let dx = unsafe dx else { return nil }
                    guard statistics.areOfTheBatch else {
                        return unsafe normalizeLater(
                            gradient, block, by: scale, then: .nothing, into: dx,
                            scratch: scratch)
                    }
                    unsafe map.setSums(sums, block.channelRange, count: m)
                    return unsafe inputGradientLater(
                        x, gradient, block, by: map, into: dx, scratch: scratch)
                }
            case .striped(let grid):
                setStatistics(0..<geometry.channels)
                unsafe forEachStripe(of: grid, initial: GradientSums()) { block, partial, scratch in
                    unsafe openGate(block, scratch)
                    unsafe passes.gradientSums(
                        x, gradient, block, by: map.forward, into: partial, writing: nil,
                        scratch: scratch)
                } merge: { channel, partial in
                    unsafe sums[channel].add(partial)
                }
                if statistics.areOfTheBatch {
                    unsafe map.setSums(sums, 0..<count, count: m)
                }
                let grid = contiguousBlocks
                unsafe forEachBlock(grid.count) { index, scratch in
                    unsafe writeInputGradient(grid[index], scratch)
                }
            }
        }
    }
}
