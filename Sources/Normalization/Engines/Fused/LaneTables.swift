internal import CKernels

/// Lanes go to the kernels in groups whose tables fit the scratch memory.
enum LaneGroup {
    static let size = 1024
}

/// A worker's scratch memory: two sums in `Double` and a pivot for each lane of a group, the same sums
/// of a part of the values, and what the kernels keep there for the time of a call.
@unsafe
struct LaneTables<Scalar: NormalizationScalar> {
    let sums: UnsafeMutablePointer<Double>
    let products: UnsafeMutablePointer<Double>
    let pivots: UnsafeMutablePointer<Double>
    let kernelScratch: UnsafeMutableRawPointer

    /// Tables of `Double` in scratch memory.
    private static var count: Int { 5 }
    /// The elements of scratch memory that they take.
    static var scratchCount: Int {
        unsafe count * LaneGroup.size * MemoryLayout<Double>.stride / MemoryLayout<Scalar>.stride
    }

    @inline(__always)
    init(_ scratch: UnsafeMutablePointer<Scalar>) {
        let raw = UnsafeMutableRawPointer(scratch)
        unsafe sums = raw.assumingMemoryBound(to: Double.self)
        unsafe products = sums + LaneGroup.size
        unsafe pivots = products + LaneGroup.size
        unsafe kernelScratch = UnsafeMutableRawPointer(sums + Self.count * LaneGroup.size)
    }

    private init(
        sums: UnsafeMutablePointer<Double>, products: UnsafeMutablePointer<Double>,
        pivots: UnsafeMutablePointer<Double>, kernelScratch: UnsafeMutableRawPointer
    ) {
        unsafe self.sums = sums
        unsafe self.products = products
        unsafe self.pivots = pivots
        unsafe self.kernelScratch = kernelScratch
    }

    func advanced(by lanes: Int) -> LaneTables {
        unsafe LaneTables(
            sums: sums + lanes, products: products + lanes, pivots: pivots + lanes,
            kernelScratch: kernelScratch)
    }

    /// Tables for the sums of a part of the values, with the same pivots.
    var ofPart: LaneTables {
        let part = unsafe sums + (Self.count - 2) * LaneGroup.size
        return unsafe LaneTables(
            sums: part, products: part + LaneGroup.size, pivots: pivots,
            kernelScratch: kernelScratch)
    }

    /// Makes the sums those of nothing.
    func clear(_ lanes: Int) {
        unsafe sums.update(repeating: 0, count: lanes)
        unsafe products.update(repeating: 0, count: lanes)
    }

    /// Adds the sums of a part.
    @inline(__always)
    func add(_ part: LaneTables, _ lanes: Int) {
        for lane in 0..<lanes { unsafe sums[lane] += part.sums[lane] }
        for lane in 0..<lanes { unsafe products[lane] += part.products[lane] }
    }

    /// Sets moments that the sums amount to.
    ///
    /// - Returns: whether none has cancelled, and all are finite; else they are of no use.
    @inline(__always)
    func set(_ moments: UnsafeMutablePointer<Moments>, _ lanes: Int, _ m: Double) -> Bool {
        let target = unsafe UnsafeMutableRawPointer(moments).assumingMemoryBound(
            to: ckernels_moments.self)
        return unsafe ChosenKernels.all.set_moments(
            sums, products, pivots, m, Self.kept, target, lanes) == 0
    }

    /// Takes the sums in where none has cancelled; else does nothing.
    @inline(__always)
    func mergeUnlessCancelled(
        _ lanes: Int, _ m: Double, into moments: UnsafeMutablePointer<Moments>
    ) -> Bool {
        // Each loop does one thing, so that the compiler makes vectors of them.
        var cancelled = 0
        let inverse = 1 / m
        for lane in 0..<lanes { cancelled |= unsafe isCancelled(lane, inverse) ? 1 : 0 }
        guard cancelled == 0 else { return false }
        for lane in 0..<lanes { unsafe moments[lane].merge(self.moments(lane, m)) }
        return true
    }

    /// Σd² − (Σd)²/m with d the deviations from the pivot.
    @inline(__always)
    private func m2(_ lane: Int, _ m: Double) -> Double {
        unsafe products[lane] - sums[lane] * (sums[lane] / m)
    }

    @inline(__always)
    func moments(_ lane: Int, _ m: Double) -> Moments {
        let m2 = unsafe m2(lane, m)
        return unsafe Moments(
            count: Int(m), mean: pivots[lane], plus: sums[lane] / m,
            m2: m2 < 0 ? 0 : m2)
    }

    /// What a difference keeps that has lost two bits, or half a bit of a `Double` tensor's.
    private static var kept: Double { Scalar.self == Double.self ? 0.75 : 0.25 }

    /// Whether the difference has lost more than that; of 1/m, for a product serves to tell.
    @inline(__always)
    func isCancelled(_ lane: Int, _ inverse: Double) -> Bool {
        let m2 = unsafe products[lane] - sums[lane] * (sums[lane] * inverse)
        return unsafe m2 < products[lane] * Self.kept
    }
}
