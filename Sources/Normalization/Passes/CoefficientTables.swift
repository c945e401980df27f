/// Calls `body` with borrowed memory for the O(lanes) numbers of a call: statistics, γ and β, and what
/// they amount to. Their views do not keep the memory, so it is lent for the time of a closure.
func withCoefficients<Scalar: NormalizationScalar, Result>(
    lanes: Int, of: Scalar.Type = Scalar.self,
    _ body: (InputGradientCoefficients<Scalar>) -> Result
) -> Result {
    let length = lanes.roundedUp(toMultipleOf: CacheSizes.line / MemoryLayout<Float>.stride)
    let memory = unsafe ScratchMemory.borrow(
        bytes: length * NormalizeCoefficients<Scalar>.bytesPerLane)
    defer { unsafe ScratchMemory.giveBack(memory) }
    let tables = unsafe memory.baseAddress!.assumingMemoryBound(to: Double.self)
    return body(
        InputGradientCoefficients(
            normalize: unsafe NormalizeCoefficients(tables: tables, length: length)))
}
