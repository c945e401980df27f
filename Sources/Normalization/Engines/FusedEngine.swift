internal import CFusedKernels

/// The passes as single walks over memory by vector kernels in C, chosen at run time for the
/// processor: what BLAS has no single call for.
///
/// Sums are carried in `Double` for `Float` data too, as deviations from the mean of four values of
/// each channel; where those were outliers, again from the mean they gave.
enum FusedEngine: PassEngine {
    /// Channels go to the kernels in groups whose tables fit the scratch memory.
    private static let group = 1024
    /// For each channel of a group a pivot in the element type and two sums in `Double`.
    static let scratchCount = 5 * group

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func moments<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block,
        into moments: UnsafeMutablePointer<Moments>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let m = Double(block.valuesPerChannel)
        let tables = unsafe Tables(scratch)
        for first in stride(from: 0, to: block.channels, by: group) {
            let part = block.narrowed(toChannels: first..<min(first + group, block.channels))
            for channel in 0..<part.channels {
                unsafe tables.pivots[channel] = pivot(x, part, channel)
            }
            unsafe deviationSums(x, part, tables)
            for channel in 0..<part.channels {
                unsafe moments[first + channel] = tables.moments(channel, m)
            }
            for channel in 0..<part.channels where unsafe tables.isCancelled(channel, m) {
                unsafe moments[first + channel] = recentred(x, part, channel, tables)
            }
        }
    }

    /// The mean of four values of a channel, likely to be near that of all; the value itself where they
    /// are equal, so that a constant channel is exact.
    @inline(__always)
    private static func pivot<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, _ channel: Int
    ) -> Scalar {
        let plane = unsafe x + block.plane(0, channel)
        let first = unsafe Double(plane[0])
        var deviations = 0.0
        if block.inner >= 4 {
            let step = block.inner / 4
            for i in 1..<4 { unsafe deviations += Double(plane[i * step]) - first }
        } else if block.outer >= 4 {
            for i in 1..<4 { unsafe deviations += Double(plane[i * block.outerStride]) - first }
        }
        return Scalar(first + deviations / 4)
    }

    /// The moments of one channel whose pivot lay far from the mean, from the mean it gave.
    private static func recentred<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, _ channel: Int, _ tables: Tables<Scalar>
    ) -> Moments {
        let m = Double(block.valuesPerChannel)
        let alone = block.narrowed(toChannels: channel..<channel + 1)
        let here = unsafe tables.advanced(by: channel)
        var moments = unsafe here.moments(0, m)
        // A mean found with an outlier for pivot may be far off itself; the second one is not.
        for _ in 0..<2 where unsafe here.isCancelled(0, m) {
            unsafe here.pivots[0] = Scalar(moments.mean)
            unsafe deviationSums(x, alone, here)
            moments = unsafe here.moments(0, m)
        }
        return moments
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func normalize<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, by map: ForwardMap<Scalar>,
        into y: UnsafeMutablePointer<Scalar>, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let (c, at) = (block.firstChannel, block.offset)
        unsafe withUnsafePointer(to: cfused_block(block)) { shape in
            if Scalar.self == Float.self {
                var table = unsafe forwardTable32(map, c)
                unsafe kernels.f32.normalize(
                    cast(x + at), shape, &table, cast(y + at), block.streams)
            } else {
                var table = unsafe forwardTable64(map, c)
                unsafe kernels.f64.normalize(
                    cast(x + at), shape, &table, cast(y + at), block.streams)
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func gradientSums<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: ForwardMap<Scalar>, into sums: UnsafeMutablePointer<GradientSums>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        let tables = unsafe Tables(scratch)
        for first in stride(from: 0, to: block.channels, by: group) {
            let part = block.narrowed(toChannels: first..<min(first + group, block.channels))
            let (c, at) = (part.firstChannel, part.offset)
            unsafe withUnsafePointer(to: cfused_block(part)) { shape in
                if Scalar.self == Float.self {
                    unsafe kernels.f32.gradient_sums(
                        cast(x + at), cast(gradient + at), shape, map.mean + c, tables.sums,
                        tables.products)
                } else {
                    unsafe kernels.f64.gradient_sums(
                        cast(x + at), cast(gradient + at), shape, map.mean + c, tables.sums,
                        tables.products)
                }
            }
            for channel in 0..<part.channels {
                unsafe sums[first + channel] = GradientSums(
                    gradient: tables.sums[channel],
                    gradientTimesNormalized: tables.products[channel]
                        * map.inverseDeviation[c + channel])
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func inputGradient<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ block: Block,
        by map: BackwardMap<Scalar>, into dx: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        let (c, at) = (block.firstChannel, block.offset)
        unsafe withUnsafePointer(to: cfused_block(block)) { shape in
            if Scalar.self == Float.self {
                var table = unsafe cfused_backward_f32(
                    center: cast(map.forward.center + c), slope: cast(map.slope + c),
                    gradient_center: cast(map.gradientCenter + c),
                    scale: cast(map.forward.scale + c), residue: cast(map.residue + c))
                unsafe kernels.f32.input_gradient(
                    cast(x + at), cast(gradient + at), shape, &table, cast(dx + at),
                    block.streams)
            } else {
                var table = unsafe cfused_backward_f64(
                    center: cast(map.forward.center + c), slope: cast(map.slope + c),
                    gradient_center: cast(map.gradientCenter + c),
                    scale: cast(map.forward.scale + c), residue: cast(map.residue + c))
                unsafe kernels.f64.input_gradient(
                    cast(x + at), cast(gradient + at), shape, &table, cast(dx + at),
                    block.streams)
            }
        }
    }

    /// Σ (x − pivot) and Σ (x − pivot)² of each channel of the block, into the tables.
    @inline(__always)
    private static func deviationSums<Scalar: NormalizationScalar>(
        _ x: UnsafePointer<Scalar>, _ block: Block, _ tables: Tables<Scalar>
    ) {
        unsafe withUnsafePointer(to: cfused_block(block)) { shape in
            if Scalar.self == Float.self {
                unsafe kernels.f32.moments(
                    cast(x + block.offset), shape, cast(tables.pivots), tables.sums,
                    tables.products)
            } else {
                unsafe kernels.f64.moments(
                    cast(x + block.offset), shape, cast(tables.pivots), tables.sums,
                    tables.products)
            }
        }
    }

    /// A worker's scratch memory: two sums in `Double` and a pivot for each channel of a group.
    @unsafe
    private struct Tables<Scalar: NormalizationScalar> {
        let sums: UnsafeMutablePointer<Double>
        let products: UnsafeMutablePointer<Double>
        let pivots: UnsafeMutablePointer<Scalar>

        @inline(__always)
        init(_ scratch: UnsafeMutablePointer<Scalar>) {
            let raw = UnsafeMutableRawPointer(scratch)
            unsafe sums = raw.assumingMemoryBound(to: Double.self)
            unsafe products = sums + group
            unsafe pivots = UnsafeMutableRawPointer(products + group)
                .assumingMemoryBound(to: Scalar.self)
        }

        private init(
            sums: UnsafeMutablePointer<Double>, products: UnsafeMutablePointer<Double>,
            pivots: UnsafeMutablePointer<Scalar>
        ) {
            unsafe self.sums = sums
            unsafe self.products = products
            unsafe self.pivots = pivots
        }

        func advanced(by channels: Int) -> Tables {
            unsafe Tables(
                sums: sums + channels, products: products + channels, pivots: pivots + channels)
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
                count: Int(m), mean: Double(pivots[channel]) + sums[channel] / m,
                deviations: deviations < 0 ? 0 : deviations)
        }

        /// Whether the difference has lost more than two bits.
        @inline(__always)
        func isCancelled(_ channel: Int, _ m: Double) -> Bool {
            unsafe deviations(channel, m) < products[channel] / 4
        }
    }
}

extension FusedEngine {
    /// The instruction set whose kernels run here.
    static var instructionSet: String { unsafe String(cString: kernels.name) }

    nonisolated(unsafe) static let kernels = unsafe cfused_kernels_at(
        cfused_kernels_count() - 1
    ).pointee
}

extension FusedEngine {
    @inline(__always)
    static func forwardTable32<Scalar>(
        _ map: ForwardMap<Scalar>, _ c: Int
    ) -> cfused_forward_f32 {
        unsafe cfused_forward_f32(
            center: cast(map.center + c), scale: cast(map.scale + c), shift: cast(map.shift + c))
    }

    @inline(__always)
    static func forwardTable64<Scalar>(
        _ map: ForwardMap<Scalar>, _ c: Int
    ) -> cfused_forward_f64 {
        unsafe cfused_forward_f64(
            center: cast(map.center + c), scale: cast(map.scale + c), shift: cast(map.shift + c))
    }
}

extension cfused_block {
    init(_ block: Block) {
        self.init(
            outer: block.outer, channels: block.channels, inner: block.inner,
            outer_stride: block.outerStride, channel_stride: block.channelStride)
    }
}

extension Block {
    var streams: Int32 { bypassesCache ? 1 : 0 }
}

/// The same pointer, where the element types are known to be one.
@inline(__always)
func cast<From, To>(_ pointer: UnsafePointer<From>) -> UnsafePointer<To> {
    unsafe UnsafeRawPointer(pointer).assumingMemoryBound(to: To.self)
}

@inline(__always)
func cast<From, To>(_ pointer: UnsafeMutablePointer<From>) -> UnsafePointer<To> {
    unsafe UnsafeRawPointer(pointer).assumingMemoryBound(to: To.self)
}

@inline(__always)
func cast<From, To>(_ pointer: UnsafeMutablePointer<From>) -> UnsafeMutablePointer<To> {
    unsafe UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: To.self)
}
