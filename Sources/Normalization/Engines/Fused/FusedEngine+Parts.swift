internal import CKernels

// Sums of a block of which only some parts count. A pivot serves all of them, and a lane's sums become
// moments once, not for each part.

/// What a kernel sums at once: a block, or parts of a block's planes, which are samples of their own.
@safe
private struct SummedParts {
    let block: Block
    var parts: UnsafeBufferPointer<ckernels_part>? = nil
    let samples: Int
    let valuesPerLane: Int
}

extension FusedEngine {
    /// Parts that a kernel sums at once.
    private static let longestList = 64
    /// Planes shorter than a vector go to the kernels as blocks, whose samples are walked by columns.
    private static let leastPlane = 16

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func moments<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, of parts: ValidParts,
        into moments: UnsafeMutablePointer<Moments>, scratch: UnsafeMutablePointer<Scalar>
    ) -> Bool {
        let tables = unsafe LaneTables<Scalar>(scratch)
        var isWhole = true
        forEachGroup(of: parts.block) { lanes in
            let found = unsafe moments + lanes.lowerBound
            var (samples, values, areFirst) = (0, 0, true)
            func takeIn() {
                guard values > 0 else { return }
                let m = Double(values)
                let areTaken =
                    areFirst
                    ? unsafe tables.set(found, lanes.count, m)
                    : unsafe tables.mergeUnlessCancelled(lanes.count, m, into: found)
                isWhole = isWhole && areTaken
                (samples, values, areFirst) = (0, 0, false)
            }
            forEachSum(of: parts, lanes) { some in
                if samples + some.samples > longestSum { takeIn() }
                if values == 0 && areFirst { unsafe setPivots(of: x, some.block, tables) }
                if values == 0 {
                    unsafe sum(x, some, from: tables.pivots, tables)
                } else {
                    unsafe sum(x, some, from: tables.pivots, tables.ofPart)
                    unsafe tables.add(tables.ofPart, lanes.count)
                }
                samples += some.samples
                values += some.valuesPerLane
            }
            takeIn()
            // Of no part at all, the moments are those of nothing.
            if areFirst { unsafe found.update(repeating: Moments(), count: lanes.count) }
        }
        return isWhole
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, _ gradient: TensorPointer<Scalar>, of parts: ValidParts,
        by coefficients: NormalizeCoefficients<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let tables = unsafe LaneTables<Scalar>(scratch)
        forEachGroup(of: parts.block) { lanes in
            let first = parts.block.firstLane + lanes.lowerBound
            let mean = unsafe coefficients.mean.pointer(at: first)
            unsafe tables.clear(lanes.count)
            forEachSum(of: parts, lanes) { some in
                unsafe sum(x, times: gradient, some, from: mean, tables.ofPart)
                unsafe tables.add(tables.ofPart, lanes.count)
            }
            for lane in 0..<lanes.count {
                unsafe sums[lanes.lowerBound + lane] = LaneGradientSums(
                    gradient: tables.sums[lane],
                    gradientTimesNormalized: tables.products[lane]
                        * coefficients.inverseDeviation[first + lane])
            }
        }
    }

    /// Some lanes of the parts, as what is summed at once.
    @inline(__always)
    private static func forEachSum(
        of parts: ValidParts, _ lanes: Range<Int>, _ body: (SummedParts) -> Void
    ) {
        guard parts.block.inner >= leastPlane else {
            return parts.forEachPart { part in
                forEachChunk(of: part.narrowed(toLanes: lanes)) { part in
                    unsafe body(
                        SummedParts(
                            block: part, samples: part.outer, valuesPerLane: part.valuesPerLane))
                }
            }
        }
        unsafe withUnsafeTemporaryAllocation(of: ckernels_part.self, capacity: longestList) {
            list in
            var (count, values) = (0, 0)
            var first = parts.block
            func flush() {
                guard count > 0 else { return }
                unsafe body(
                    SummedParts(
                        block: first, parts: UnsafeBufferPointer(list.extracting(..<count)),
                        samples: count, valuesPerLane: values))
                (count, values) = (0, 0)
            }
            parts.forEachPart { part in
                let part = part.narrowed(toLanes: lanes)
                for sample in 0..<part.outer {
                    if count == longestList { flush() }
                    let plane = part.narrowed(toOuter: sample..<sample + 1)
                    if count == 0 { first = plane }
                    unsafe list.initializeElement(
                        at: count,
                        to: ckernels_part(offset: plane.offset - first.offset, count: plane.inner))
                    count += 1
                    values += plane.inner
                }
            }
            flush()
        }
    }

    /// As the sums of a block.
    @inline(__always)
    private static func sum<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, times gradient: TensorPointer<Scalar>? = nil,
        _ some: SummedParts, from centers: UnsafePointer<Double>, _ tables: LaneTables<Scalar>
    ) {
        guard let parts = unsafe some.parts else {
            return unsafe sum(x, times: gradient, some.block, from: centers, tables)
        }
        let at = some.block.offset
        let gradient = unsafe gradient.map { unsafe ($0 + at).address }
        unsafe withUnsafePointer(to: ckernels_block(some.block)) { shape in
            unsafe ChosenKernels.passes(of: x.format).sum_parts(
                (x + at).address, gradient, shape, parts.baseAddress, parts.count, centers,
                tables.sums, tables.products, tables.kernelScratch)
        }
    }
}
