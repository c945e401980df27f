/// γ and β of a call, for the lanes of a partition.
@safe
enum CallAffine<Scalar: NormalizationScalar> {
    /// The layer's: every sample has the same.
    case ofLayer(gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>)
    /// One number a sample and channel.
    case ofSamples(SampleAffine<Scalar>)

    /// Writes γ and β of some lanes to the tables.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func write(
        to coefficients: NormalizeCoefficients<Scalar>, _ lanes: Range<Int>, of partition: Partition
    ) {
        switch self {
        case .ofLayer(let gamma, let beta):
            gamma.write(to: coefficients.gamma, lanes, of: partition, absent: 1)
            beta.write(to: coefficients.beta, lanes, of: partition, absent: 0)
        case .ofSamples(let samples):
            samples.write(to: coefficients, lanes)
        }
    }
}

/// γ and β per sample, samples × channels: lane n · C + c has those of sample n and channel c.
///
/// The scale of a lane is scaleOffset + γ.
@safe
struct SampleAffine<Scalar: NormalizationScalar> {
    let gammas: UnsafeBufferPointer<Scalar>
    let betas: UnsafeBufferPointer<Scalar>
    let scaleOffset: Double

    /// Calls `body` with the memory of γ and β.
    static func with<Result>(
        _ gammas: Span<Scalar>, _ betas: Span<Scalar>, _ scaleOffset: Double,
        _ body: (SampleAffine) throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result {
        try unsafe gammas.withUnsafeBufferPointer { gammas throws(NormalizationError) in
            try unsafe betas.withUnsafeBufferPointer { betas throws(NormalizationError) in
                try unsafe body(
                    SampleAffine(gammas: gammas, betas: betas, scaleOffset: scaleOffset))
            }
        }
    }

    /// γ and β from a lane on.
    func advanced(byLanes count: Int) -> SampleAffine {
        unsafe SampleAffine(
            gammas: UnsafeBufferPointer(rebasing: gammas[count...]),
            betas: UnsafeBufferPointer(rebasing: betas[count...]), scaleOffset: scaleOffset)
    }

    /// Writes γ and β of some lanes to the tables.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func write(to coefficients: NormalizeCoefficients<Scalar>, _ lanes: Range<Int>) {
        let (gamma, beta) = (coefficients.gamma, coefficients.beta)
        for lane in lanes { gamma[lane] = unsafe scaleOffset + Double(gammas[lane]) }
        for lane in lanes { beta[lane] = unsafe Double(betas[lane]) }
    }

    /// Throws unless the layer has none of its own, there is one number a sample and channel, and no
    /// output shares memory with them.
    func check(
        _ geometry: Geometry, own: (gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>),
        outputs first: CallBuffer?, _ second: CallBuffer?
    ) throws(NormalizationError) {
        guard own.gamma == .absent else { throw .ambiguousParameter(.gamma) }
        guard own.beta == .absent else { throw .ambiguousParameter(.beta) }
        guard scaleOffset.isFinite else { throw .invalidScaleOffset(scaleOffset) }
        try geometry.checkSamples()
        // No span is as long as a product that overflows.
        let (count, overflow) = geometry.shape[0].multipliedReportingOverflow(by: geometry.channels)
        let (g, b) = unsafe (CallBuffer(.gammas, gammas), CallBuffer(.betas, betas))
        try g.check(count: overflow ? .max : count)
        try b.check(count: overflow ? .max : count)
        if let first {
            try g.checkOverlap(with: first, allowingSame: false)
            try b.checkOverlap(with: first, allowingSame: false)
        }
        if let second {
            try g.checkOverlap(with: second, allowingSame: false)
            try b.checkOverlap(with: second, allowingSame: false)
        }
    }
}

extension CallAffine {
    /// Throws where γ and β are given per sample and do not fit the layer or the tensor.
    func check(
        _ geometry: Geometry, own: (gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>),
        outputs first: CallBuffer?, _ second: CallBuffer?
    ) throws(NormalizationError) {
        guard case .ofSamples(let samples) = self else { return }
        try samples.check(geometry, own: own, outputs: first, second)
    }

    /// ∂γ and ∂β from the sums of every lane of every sample.
    func gradients(
        _ sums: UnsafePointer<LaneGradientSums>, of partition: Partition,
        wanting wanted: GradientSelection
    ) -> ParameterGradients<Scalar> {
        var totals = ParameterSums()
        unsafe add(sums, of: partition, to: &totals, wanting: wanted)
        return gradients(from: totals, wanting: wanted)
    }

    /// Adds the sums of every lane of some samples: over the samples where γ and β are the layer's; else each
    /// lane has a place of its own, behind those of the samples before.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func add(
        _ sums: UnsafePointer<LaneGradientSums>, of partition: Partition,
        to totals: inout ParameterSums, wanting wanted: GradientSelection
    ) {
        let lanes = partition.laneCount
        switch self {
        case .ofLayer(let gamma, let beta):
            let channels = partition.parameters
            if wanted.contains(.gamma) && gamma != .absent {
                Self.add(lanes, channels, to: &totals.gamma) {
                    unsafe sums[$0].gradientTimesNormalized
                }
            }
            if wanted.contains(.beta) && beta != .absent {
                Self.add(lanes, channels, to: &totals.beta) { unsafe sums[$0].gradient }
            }
        case .ofSamples:
            if wanted.contains(.gamma) {
                totals.gamma += doubles(lanes) { unsafe sums[$0].gradientTimesNormalized }
            }
            if wanted.contains(.beta) {
                totals.beta += doubles(lanes) { unsafe sums[$0].gradient }
            }
        }
    }

    /// ∂γ and ∂β from the sums of all samples.
    func gradients(
        from totals: ParameterSums, wanting wanted: GradientSelection
    ) -> ParameterGradients<Scalar> {
        let (wantsGamma, wantsBeta) = (wanted.contains(.gamma), wanted.contains(.beta))
        switch self {
        case .ofLayer(let gamma, let beta):
            return ParameterGradients(
                gamma: wantsGamma ? gamma.gradient(fromChannelSums: totals.gamma) : nil,
                beta: wantsBeta ? beta.gradient(fromChannelSums: totals.beta) : nil)
        case .ofSamples:
            return ParameterGradients(
                gamma: wantsGamma ? rounded(totals.gamma) : nil,
                beta: wantsBeta ? rounded(totals.beta) : nil)
        }
    }

    /// ∂γ and ∂β of an empty tensor.
    func zeroGradients(
        channels: Int, wanting wanted: GradientSelection
    ) -> ParameterGradients<Scalar> {
        let (wantsGamma, wantsBeta) = (wanted.contains(.gamma), wanted.contains(.beta))
        switch self {
        case .ofLayer(let gamma, let beta):
            let sums = [Double](repeating: 0, count: channels)
            return ParameterGradients(
                gamma: wantsGamma ? gamma.gradient(fromChannelSums: sums) : nil,
                beta: wantsBeta ? beta.gradient(fromChannelSums: sums) : nil)
        case .ofSamples(let samples):
            return unsafe ParameterGradients(
                gamma: wantsGamma ? zeros(samples.gammas.count) : nil,
                beta: wantsBeta ? zeros(samples.betas.count) : nil)
        }
    }

    /// Adds a number that each lane has, sample by sample in their order.
    @inline(__always)
    private static func add(
        _ lanes: Int, _ channels: Int, to totals: inout [Double], _ number: (Int) -> Double
    ) {
        if totals.isEmpty { totals = Array(repeating: 0, count: channels) }
        var totals = totals.mutableSpan
        for first in stride(from: 0, to: lanes, by: channels) {
            for channel in 0..<channels { totals[channel] += number(first + channel) }
        }
    }
}

/// ∂γ and ∂β while they are added up: per channel, or per sample and channel.
struct ParameterSums {
    fileprivate(set) var gamma: [Double] = []
    fileprivate(set) var beta: [Double] = []
}
