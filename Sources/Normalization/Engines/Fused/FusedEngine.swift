internal import CKernels

/// The passes as single walks over memory by vector kernels in C, chosen at run time for the
/// processor: what BLAS has no single call for.
///
/// Sums are carried in `Double` for `Float` data too, as deviations from the first value of each
/// channel; where that value was an outlier, again from the mean it gave.
enum FusedEngine: PassEngine {
    /// Channels go to the kernels in groups whose tables fit the scratch memory.
    private static let group = 1024
    /// For each channel of a group a pivot and two sums in `Double`; then the kernels' tables.
    static let scratchCount = 6 * group + Int(CKERNELS_SCRATCH)
    /// Samples whose values a kernel may add one after another. The rounding of a sum grows with its
    /// length, so longer ones are cut and their moments merged.
    private static let longestSum = 1024

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func moments<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block,
        into moments: UnsafeMutablePointer<Moments>, writing pending: PendingOutput<Scalar>?,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        let tables = unsafe Tables(scratch)
        var pending = unsafe pending
        unsafe moments.update(repeating: Moments(), count: block.channels)
        forEachPart(of: block) { part in
            let first = part.firstChannel - block.firstChannel
            for channel in 0..<part.channels {
                unsafe tables.pivots[channel] = Double(x[part.plane(0, channel)])
            }
            unsafe sum(x, part, from: tables.pivots, tables, writing: pending)
            unsafe pending = nil
            unsafe settle(x, part, tables, into: moments + first)
        }
    }

    /// Takes the sums of a part in. Channels whose pivot lay far from the mean are walked again from the
    /// mean it gave, while the part is in cache: alone where they are few, else with all the others,
    /// which have their numbers already. Of planes shorter than a vector the last bits depend on which.
    @inline(__always)
    private static func settle<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ part: Block, _ tables: Tables<Scalar>,
        into moments: UnsafeMutablePointer<Moments>
    ) {
        let m = Double(part.valuesPerChannel)
        if unsafe tables.settle(part.channels, m, into: moments) { return }
        var cancelled = 0
        for channel in 0..<part.channels {
            let found = unsafe tables.moments(channel, m)
            if unsafe tables.isCancelled(channel, m) {
                unsafe tables.pivots[channel] = Double(Scalar(found.mean))
                cancelled += 1
            } else {
                unsafe moments[channel].merge(found)
                unsafe tables.pivots[channel] = .nan
            }
        }
        let walksAll = cancelled > part.channels / 8
        if walksAll { unsafe sum(x, part, from: tables.pivots, tables) }
        for channel in 0..<part.channels where unsafe !tables.pivots[channel].isNaN {
            let alone = part.narrowed(toChannels: channel..<channel + 1)
            let here = unsafe tables.advanced(by: channel)
            if !walksAll { unsafe sum(x, alone, from: here.pivots, here) }
            // A mean found with an outlier for pivot may be far off itself; the second one is not.
            if unsafe here.isCancelled(0, m) {
                unsafe here.pivots[0] = Double(Scalar(here.moments(0, m).mean))
                unsafe sum(x, alone, from: here.pivots, here)
            }
            unsafe moments[channel].merge(here.moments(0, m))
        }
    }

    /// Cuts a block into groups of channels, and their samples into parts whose sums are short.
    @inline(__always)
    private static func forEachPart(of block: Block, _ body: (Block) -> Void) {
        // The kernels walk samples, not parts of planes.
        let group = block.isContiguousInSamples ? group : 1
        for first in stride(from: 0, to: block.channels, by: group) {
            let channels = block.narrowed(toChannels: first..<min(first + group, block.channels))
            for start in stride(from: 0, to: block.outer, by: longestSum) {
                body(channels.narrowed(toOuter: start..<min(start + longestSum, block.outer)))
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: ForwardMap<Scalar>, into sums: UnsafeMutablePointer<GradientSums>,
        writing pending: PendingOutput<Scalar>?, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let tables = unsafe Tables(scratch)
        var pending = unsafe pending
        unsafe sums.update(repeating: GradientSums(), count: block.channels)
        forEachPart(of: block) { part in
            let c = part.firstChannel
            unsafe sum(x, times: gradient, part, from: map.mean + c, tables, writing: pending)
            unsafe pending = nil
            for channel in 0..<part.channels {
                unsafe sums[c - block.firstChannel + channel].add(
                    GradientSums(
                        gradient: tables.sums[channel],
                        gradientTimesNormalized: tables.products[channel]
                            * map.inverseDeviation[c + channel]))
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func write<Scalar: NormalizationScalar>(
        _ output: PendingOutput<Scalar>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let block = unsafe output.block
        guard block.isContiguousInSamples else {
            for channel in 0..<block.channels {
                unsafe write(
                    output.narrowed(toChannels: channel..<channel + 1), scratch: scratch)
            }
            return
        }
        let tables = unsafe Tables(scratch)
        unsafe withOutput(output) {
            unsafe passes(of: Scalar.self).write($0, tables.kernelScratch)
        }
    }

    /// With d the deviation of x from the centers: Σ d and Σ d² of each channel of the block, or
    /// Σ g and Σ g · d, into the tables.
    @inline(__always)
    private static func sum<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, times gradient: UnsafePointer<Scalar>? = nil, _ block: Block,
        from centers: UnsafePointer<Double>, _ tables: Tables<Scalar>,
        writing pending: PendingOutput<Scalar>? = nil
    ) {
        let at = block.offset
        let gradient = unsafe gradient.map { unsafe $0 + at }
        unsafe withUnsafePointer(to: ckernels_block(block)) { shape in
            unsafe withOutput(pending) { pending in
                unsafe passes(of: Scalar.self).sum(
                    x + at, gradient, shape, centers, tables.sums, tables.products, pending,
                    tables.kernelScratch)
            }
        }
    }

    /// A worker's scratch memory: two sums in `Double` and a pivot for each channel of a group, and
    /// what the kernels keep there for the time of a call.
    @unsafe
    private struct Tables<Scalar: NormalizationScalar> {
        let sums: UnsafeMutablePointer<Double>
        let products: UnsafeMutablePointer<Double>
        let pivots: UnsafeMutablePointer<Double>
        let kernelScratch: UnsafeMutableRawPointer

        @inline(__always)
        init(_ scratch: UnsafeMutablePointer<Scalar>) {
            let raw = UnsafeMutableRawPointer(scratch)
            unsafe sums = raw.assumingMemoryBound(to: Double.self)
            unsafe products = sums + group
            unsafe pivots = products + group
            unsafe kernelScratch = UnsafeMutableRawPointer(pivots + group)
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

        func advanced(by channels: Int) -> Tables {
            unsafe Tables(
                sums: sums + channels, products: products + channels, pivots: pivots + channels,
                kernelScratch: kernelScratch)
        }

        /// Takes the sums in where none has cancelled; else does nothing.
        ///
        /// Each loop does one thing, so that the compiler makes vectors of them.
        @inline(__always)
        func settle(
            _ channels: Int, _ m: Double, into moments: UnsafeMutablePointer<Moments>
        ) -> Bool {
            var cancelled = 0
            for channel in 0..<channels { cancelled |= unsafe isCancelled(channel, m) ? 1 : 0 }
            guard cancelled == 0 else { return false }
            for channel in 0..<channels {
                unsafe moments[channel].merge(self.moments(channel, m))
            }
            return true
        }

        /// Σd² − (Σd)²/m with d the deviations from the pivot.
        @inline(__always)
        private func deviations(_ channel: Int, _ m: Double) -> Double {
            unsafe products[channel] - sums[channel] * sums[channel] / m
        }

        @inline(__always)
        func moments(_ channel: Int, _ m: Double) -> Moments {
            let deviations = unsafe deviations(channel, m)
            return unsafe Moments(
                count: Int(m), mean: pivots[channel], plus: sums[channel] / m,
                deviations: deviations < 0 ? 0 : deviations)
        }

        /// Whether the difference has lost more than four bits, or half a bit of a `Double` tensor's.
        @inline(__always)
        func isCancelled(_ channel: Int, _ m: Double) -> Bool {
            // Sums in `Double` have bits to spare for Float data, and none for their own.
            let kept = Scalar.self == Double.self ? 0.75 : 1.0 / 16
            return unsafe deviations(channel, m) < products[channel] * kept
        }
    }
}
