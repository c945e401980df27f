internal import CKernels

/// The passes as single walks over memory by vector kernels in C, chosen at run time for the
/// processor: what BLAS has no single call for.
///
/// Sums are those of deviations from a value near the middle of each lane; where that was none, again
/// from the mean it gave. A few values of a `Float` tensor are added in `Float`, and these sums in
/// `Double`: `ErrorBounds` of the tests derives what that rounds.
enum FusedEngine: OverlappingEngine {
    /// The tables of a group of lanes, then the kernels'.
    static let scratchCount = unsafe LaneTables<Float>.scratchCount + Int(CKERNELS_SCRATCH)
    /// Samples whose values a kernel may add one after another. The rounding of a sum grows with its
    /// length, so longer ones are cut and their moments merged.
    static let longestSum = 1024

    static let takesHalves = true
    static let takesPadding = true

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func moments<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ block: Block,
        into moments: UnsafeMutablePointer<Moments>, writing meanwhile: OutputTask<Scalar>?,
        scratch: UnsafeMutablePointer<Scalar>
    ) -> Bool {
        let tables = unsafe LaneTables<Scalar>(scratch)
        var (meanwhile, areFinite) = (meanwhile, true)
        forEachChunk(of: block) { part in
            let first = part.firstLane - block.firstLane
            unsafe setPivots(of: x, part, tables)
            unsafe sum(x, part, from: tables.pivots, tables, writing: meanwhile)
            meanwhile = nil
            let areSet = unsafe mergeMoments(
                of: x, part, tables, into: moments + first,
                areFirst: part.offset == block.offset + first * block.laneStride)
            areFinite = areFinite && areSet
        }
        return areFinite
    }

    /// Sets what deviations are taken from: a value near the middle of each lane.
    @inline(__always)
    static func setPivots<Scalar: NormalizationScalar>(
        of x: TensorPointer<Scalar>, _ part: Block, _ tables: LaneTables<Scalar>
    ) {
        unsafe withUnsafePointer(to: ckernels_block(part)) { shape in
            unsafe ChosenKernels.passes(of: x.format).pivots(
                (x + part.offset).address, shape, tables.pivots)
        }
    }

    /// Merges the moments that the sums of a part amount to. Lanes whose pivot lay far from the mean are walked again from the
    /// mean it gave, while the part is in cache: alone where they are few, else with all the others,
    /// which have their numbers already. Of planes shorter than a vector the last bits depend on which.
    ///
    /// - Returns: whether all are known to be finite.
    @inline(__always)
    private static func mergeMoments<Scalar: NormalizationScalar>(
        of x: TensorPointer<Scalar>, _ part: Block, _ tables: LaneTables<Scalar>,
        into moments: UnsafeMutablePointer<Moments>, areFirst: Bool
    ) -> Bool {
        let m = Double(part.valuesPerLane)
        if areFirst {
            if unsafe tables.set(moments, part.lanes, m) { return true }
            unsafe moments.update(repeating: Moments(), count: part.lanes)
        } else if unsafe tables.mergeUnlessCancelled(part.lanes, m, into: moments) {
            return false
        }
        var cancelled = 0
        for lane in 0..<part.lanes {
            let found = unsafe tables.moments(lane, m)
            if unsafe tables.isCancelled(lane, 1 / m) {
                unsafe tables.pivots[lane] = Double(Scalar(found.mean))
                cancelled += 1
            } else {
                unsafe moments[lane].merge(found)
                unsafe tables.pivots[lane] = .nan
            }
        }
        let walksAll = cancelled > part.lanes / 8
        if walksAll { unsafe sum(x, part, from: tables.pivots, tables) }
        for lane in 0..<part.lanes where unsafe !tables.pivots[lane].isNaN {
            let alone = part.narrowed(toLanes: lane..<lane + 1)
            let here = unsafe tables.advanced(by: lane)
            if !walksAll { unsafe sum(x, alone, from: here.pivots, here) }
            // A mean found with an outlier for pivot may be far off itself; the second one is not.
            if unsafe here.isCancelled(0, 1 / m) {
                unsafe here.pivots[0] = Double(Scalar(here.moments(0, m).mean))
                unsafe sum(x, alone, from: here.pivots, here)
            }
            unsafe moments[lane].merge(here.moments(0, m))
        }
        return false
    }

    /// Cuts a block into groups of lanes, and their samples into chunks whose sums are short.
    @inline(__always)
    static func forEachChunk(of block: Block, _ body: (Block) -> Void) {
        forEachGroup(of: block) { range in
            let lanes = block.narrowed(toLanes: range)
            for start in stride(from: 0, to: block.outer, by: longestSum) {
                body(lanes.narrowed(toOuter: start..<min(start + longestSum, block.outer)))
            }
        }
    }

    /// The lanes of a block, counted within it, in groups that the tables hold.
    @inline(__always)
    static func forEachGroup(of block: Block, _ body: (Range<Int>) -> Void) {
        for first in stride(from: 0, to: block.lanes, by: LaneGroup.size) {
            body(first..<min(first + LaneGroup.size, block.lanes))
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ gradient: TensorPointer<Scalar>, _ block: Block,
        by coefficients: NormalizeCoefficients<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>,
        writing meanwhile: OutputTask<Scalar>?, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let tables = unsafe LaneTables<Scalar>(scratch)
        var meanwhile = meanwhile
        forEachChunk(of: block) { part in
            let c = part.firstLane
            let areFirst = part.offset == block.offset + (c - block.firstLane) * block.laneStride
            unsafe sum(
                x, times: gradient, part, from: coefficients.mean.pointer(at: c), tables,
                writing: meanwhile)
            meanwhile = nil
            for lane in 0..<part.lanes {
                let found = unsafe LaneGradientSums(
                    gradient: tables.sums[lane],
                    gradientTimesNormalized: tables.products[lane]
                        * coefficients.inverseDeviation[c + lane])
                let place = c - block.firstLane + lane
                if areFirst { unsafe sums[place] = found } else { unsafe sums[place].merge(found) }
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func write<Scalar: NormalizationScalar>(
        _ output: OutputTask<Scalar>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let block = output.block
        if case .maskedActivationBackward(let mask, let activation) = output.kind {
            return unsafe withUnsafePointer(to: ckernels_block(block)) { shape in
                let at = block.offset
                unsafe ChosenKernels.passes(of: output.x.format).activation_backward_masked(
                    (output.x + at).address, shape, mask, at, activation.code,
                    activation.negativeSlope, (output.output + at).address)
            }
        }
        let tables = unsafe LaneTables<Scalar>(scratch)
        unsafe withOutput(output) {
            unsafe ChosenKernels.passes(of: output.x.format).write($0, tables.kernelScratch)
        }
    }

    /// With d the deviation of x from the centers: Σ d and Σ d² of each lane of the block, or
    /// Σ g and Σ g · d, into the tables.
    @inline(__always)
    static func sum<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, times gradient: TensorPointer<Scalar>? = nil, _ block: Block,
        from centers: UnsafePointer<Double>, _ tables: LaneTables<Scalar>,
        writing meanwhile: OutputTask<Scalar>? = nil
    ) {
        let at = block.offset
        let gradient = unsafe gradient.map { unsafe ($0 + at).address }
        unsafe withUnsafePointer(to: ckernels_block(block)) { shape in
            unsafe withOutput(meanwhile) { meanwhile in
                unsafe ChosenKernels.passes(of: x.format).sum(
                    (x + at).address, gradient, shape, centers, tables.sums, tables.products,
                    meanwhile,
                    tables.kernelScratch)
            }
        }
    }
}
