import Synchronization

/// Sums of all groups: of D numbers and of D × D products each.
struct GroupedSums {
    /// What was taken from x, per channel.
    var center: [Double]
    /// Σ, per channel.
    var sum: [Double]
    /// Σ of products, groups × D × D.
    var products: [Double]
}

/// One call's choice of engine and threads for whitening, and the passes it runs: blocks over workers, and
/// the sums of a group's stripes merged in their order.
struct WhiteningRunner<Scalar: NormalizationScalar>: Sendable {
    let grid: WhiteningGrid
    let engine: any WhiteningEngine.Type
    let threads: Int
    private let threadLimit: Int?
    /// Whether an output is so large that it is written past the caches, where no input is in its place.
    private let isNonTemporal: Bool

    init(
        _ operation: Engine.Operation, _ geometry: Geometry, groupSize: Int, engine: Engine,
        threadLimit: Int?
    ) {
        grid = WhiteningGrid(geometry, groupSize: groupSize)
        self.engine = engine.whiteningPasses
        self.threadLimit = threadLimit
        let tensors = operation == .backward ? 2 : 1
        let bytes = geometry.count * MemoryLayout<Scalar>.stride
        threads = Workers.count(forBytes: tensors * bytes, limit: threadLimit)
        isNonTemporal = bytes > CacheSizes.nonTemporal(operation.walk, threads: threads)
    }

    /// Σ u and, in the upper triangle of each group, Σ u · uᵀ, of deviations u from a pivot.
    func deviations(of x: UnsafePointer<Scalar>) -> GroupedSums {
        let pivot = unsafe pivots(of: x)
        return unsafe sums(around: pivot) { block, center, sums, scratch in
            unsafe engine.addProducts(
                of: x, minus: center, block, into: sums, scratch: scratch)
        }
    }

    /// Σ g and Σ g · uᵀ, with u = x − center.
    func products(
        of gradient: UnsafePointer<Scalar>, with x: UnsafePointer<Scalar>, minus center: [Double]
    ) -> GroupedSums {
        unsafe sums(around: center) { block, center, sums, scratch in
            unsafe engine.addProducts(
                of: gradient, with: x, minus: center, block, into: sums, scratch: scratch)
        }
    }

    /// Writes an output at every position.
    func write(_ output: WhiteningOutput<Scalar>) {
        unsafe Workers.run(
            grid.blocks, limit: threads, scratchCount: engine.scratchCount(for: grid)
        ) { (next: () -> Int?, scratch: UnsafeMutablePointer<Double>) in
            while let index = next() {
                unsafe engine.write(output, grid.block(index), scratch: scratch)
            }
        }
    }

    /// Writes y = A · (x − center) + shift at every position.
    func write(
        _ y: UnsafeMutablePointer<Scalar>, as matrices: [Double], of x: UnsafePointer<Scalar>,
        minus center: [Double], plus shift: [Double]
    ) {
        unsafe write(y, as: matrices, of: (x, center), nil, plus: shift)
    }

    /// Writes A · (a − center_a) + B · (b − center_b) + shift at every position.
    func write(
        _ output: UnsafeMutablePointer<Scalar>, as matrices: [Double],
        of first: (UnsafePointer<Scalar>, [Double]), _ second: (UnsafePointer<Scalar>, [Double])?,
        plus shift: [Double]
    ) {
        typealias Input = WhiteningOutput<Scalar>.Input
        // In place, the lines to write are in cache.
        let target = unsafe UnsafePointer(output)
        let isElsewhere = unsafe first.0 != target && second?.0 != target
        unsafe matrices.withUnsafeBufferPointer { matrices in
            unsafe shift.withUnsafeBufferPointer { shift in
                unsafe first.1.withUnsafeBufferPointer { center in
                    unsafe (second?.1 ?? []).withUnsafeBufferPointer { other in
                        unsafe write(
                            WhiteningOutput(
                                first: Input(values: first.0, center: center.baseAddress!),
                                second: second.map {
                                    unsafe Input(values: $0.0, center: other.baseAddress!)
                                }, matrices: matrices.baseAddress!, shift: shift.baseAddress!,
                                output: output, isNonTemporal: isNonTemporal && isElsewhere))
                    }
                }
            }
        }
    }

    /// An array with the numbers of each group, `count` of them, which `body` writes, on several threads.
    ///
    /// - Throws: what `body` throws of the first group of which it does.
    func numbersOfGroups(
        _ count: Int,
        _ body: (Int, UnsafeMutableBufferPointer<Double>) throws(NormalizationError) -> Void
    ) throws(NormalizationError) -> [Double] {
        var numbers: [Double] = zeros(grid.groups * count)
        // A decomposition takes about as long as walking so many bytes.
        let cost = grid.channels * grid.groupSize * grid.groupSize * MemoryLayout<Double>.stride
        let threads =
            engine.staysOnItsThread(order: grid.groupSize)
            ? Workers.count(forBytes: cost, limit: threadLimit) : 1
        let firstFailed = Atomic(Int.max)
        try unsafe numbers.withUnsafeMutableBufferPointer { numbers throws(NormalizationError) in
            func part(_ group: Int) -> UnsafeMutableBufferPointer<Double> {
                unsafe UnsafeMutableBufferPointer(
                    start: numbers.baseAddress! + group * count, count: count)
            }
            unsafe Workers.run(grid.groups, limit: threads, scratchCount: 0) {
                (next: () -> Int?, _: UnsafeMutablePointer<Double>) in
                while let group = next() {
                    do throws(NormalizationError) {
                        try unsafe body(group, part(group))
                    } catch {
                        firstFailed.min(group, ordering: .relaxed)
                    }
                }
            }
            let failed = firstFailed.load(ordering: .relaxed)
            // Once more, for its error.
            if failed < grid.groups { try unsafe body(failed, part(failed)) }
        }
        return numbers
    }

    private func sums(
        around center: [Double],
        _ add: (
            WhiteningBlock, UnsafePointer<Double>, ProductSums, UnsafeMutablePointer<Double>
        ) -> Void
    ) -> GroupedSums {
        let d = grid.groupSize
        let size = d * (d + 1)
        var memory: [Double] = zeros(grid.blocks * size)
        return unsafe memory.withUnsafeMutableBufferPointer { memory in
            let start = memory.baseAddress!
            func sums(_ index: Int) -> ProductSums {
                unsafe ProductSums(sum: start + index * size, products: start + index * size + d)
            }
            unsafe center.withUnsafeBufferPointer { center in
                unsafe Workers.run(
                    grid.blocks, limit: threads, scratchCount: engine.scratchCount(for: grid)
                ) { (next: () -> Int?, scratch: UnsafeMutablePointer<Double>) in
                    while let index = next() {
                        unsafe add(
                            grid.block(index), center.baseAddress!, sums(index), scratch)
                    }
                }
            }
            // Stripes of a group lie a number of groups apart.
            for stripe in 1..<max(1, grid.stripes) {
                let more = unsafe start + stripe * grid.groups * size
                for i in 0..<grid.groups * size { unsafe start[i] += more[i] }
            }
            return GroupedSums(
                center: center,
                sum: doubles(grid.channels) { unsafe sums($0 / d).sum[$0 % d] },
                products: doubles(grid.channels * d) {
                    unsafe sums($0 / (d * d)).products[$0 % (d * d)]
                })
        }
    }

    /// A number near the mean of each channel; of a constant channel its value, so that its deviations are
    /// exactly 0. The mean of some values that lie apart is near enough: what it lacks, δ, is taken from the sums
    /// later, which costs log₂(1 + δ²/σ²) bits. An outlier among them makes δ²/σ² m/64² at most.
    private func pivots(of x: UnsafePointer<Scalar>) -> [Double] {
        let count = min(grid.positions, 64)
        let first = doubles(grid.channels) { unsafe Double(x[grid.index(0, $0)]) }
        var sums = [Double](repeating: 0, count: grid.channels)
        for sample in 0..<count {
            let place = unsafe x + grid.index(sample * (grid.positions / count), 0)
            for channel in 0..<grid.channels {
                unsafe sums[channel] += Double(place[channel * grid.inner]) - first[channel]
            }
        }
        return doubles(grid.channels) {
            let pivot = first[$0] + sums[$0] / Double(count)
            return pivot.isFinite ? pivot : first[$0].isFinite ? first[$0] : 0
        }
    }
}
