/// Calls `body` with borrowed memory for the O(lanes) numbers of a call: statistics, γ and β, and what
/// they amount to. Their views do not keep the memory, so it is lent for the time of a closure.
func withCoefficients<Scalar: NormalizationScalar, Result>(
    lanes: Int, of: Scalar.Type = Scalar.self,
    _ body: (InputGradientCoefficients<Scalar>) -> Result
) -> Result {
    let line = CacheSizes.line / MemoryLayout<Float>.stride
    // An odd number of lines: tables of a power of two would all begin in the same place of L1, which has
    // room for fewer than a loop walks.
    let lines = lanes.dividedRoundingUp(by: line) | 1
    let length = lines * line
    let memory = unsafe ScratchMemory.borrow(
        bytes: length * NormalizeCoefficients<Scalar>.bytesPerLane)
    defer { unsafe ScratchMemory.giveBack(memory) }
    let tables = unsafe memory.baseAddress!.assumingMemoryBound(to: Double.self)
    return body(
        InputGradientCoefficients(
            normalize: unsafe NormalizeCoefficients(tables: tables, length: length)))
}
