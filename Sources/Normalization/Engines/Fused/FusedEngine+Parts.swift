// Sums of a block of which only some parts count. A pivot serves all of them, and a lane's sums become
// moments once, not for each part.

extension FusedEngine {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func moments<Scalar: NormalizationScalar>(
        _ x: TensorPointer<Scalar>, of block: Block, _ parts: BlockParts,
        into moments: UnsafeMutablePointer<Moments>, scratch: UnsafeMutablePointer<Scalar>
    ) -> Bool {
        let tables = unsafe LaneTables<Scalar>(scratch)
        var isWhole = true
        forEachGroup(of: block) { lanes in
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
            parts { part in
                forEachChunk(of: part.narrowed(toLanes: lanes)) { part in
                    if samples + part.outer > longestSum { takeIn() }
                    if values == 0 && areFirst { unsafe setPivots(of: x, part, tables) }
                    if values == 0 {
                        unsafe sum(x, part, from: tables.pivots, tables)
                    } else {
                        unsafe sum(x, part, from: tables.pivots, tables.ofPart)
                        unsafe tables.add(tables.ofPart, lanes.count)
                    }
                    samples += part.outer
                    values += part.valuesPerLane
                }
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
        _ x: TensorPointer<Scalar>, _ gradient: TensorPointer<Scalar>, of block: Block,
        _ parts: BlockParts, by coefficients: NormalizeCoefficients<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let tables = unsafe LaneTables<Scalar>(scratch)
        forEachGroup(of: block) { lanes in
            let first = block.firstLane + lanes.lowerBound
            let mean = unsafe coefficients.mean.pointer(at: first)
            unsafe tables.clear(lanes.count)
            parts { part in
                forEachChunk(of: part.narrowed(toLanes: lanes)) { part in
                    unsafe sum(x, times: gradient, part, from: mean, tables.ofPart)
                    unsafe tables.add(tables.ofPart, lanes.count)
                }
            }
            for lane in 0..<lanes.count {
                unsafe sums[lanes.lowerBound + lane] = LaneGradientSums(
                    gradient: tables.sums[lane],
                    gradientTimesNormalized: tables.products[lane]
                        * coefficients.inverseDeviation[first + lane])
            }
        }
    }
}
