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
        try geometry.checkSampleAxis()
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

    /// ∂γ and ∂β from the sums of every lane of every sample: summed over the samples where γ and β are the
    /// layer's, else the lanes' own.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func gradients(
        _ sums: UnsafePointer<LaneGradientSums>, of partition: Partition,
        wanting wanted: GradientSelection
    ) -> ParameterGradients<Scalar> {
        let (wantsGamma, wantsBeta) = (wanted.contains(.gamma), wanted.contains(.beta))
        switch self {
        case .ofLayer(let gamma, let beta):
            var gradients = ParameterGradients<Scalar>()
            if wantsGamma && gamma != .absent {
                gradients.gamma = gamma.gradient(
                    fromChannelSums: channelSums(of: partition) {
                        unsafe sums[$0].gradientTimesNormalized
                    })
            }
            if wantsBeta && beta != .absent {
                gradients.beta = beta.gradient(
                    fromChannelSums: channelSums(of: partition) {
                        unsafe sums[$0].gradient
                    })
            }
            return gradients
        case .ofSamples:
            let lanes = partition.laneCount
            return ParameterGradients(
                gamma: wantsGamma
                    ? rounded(doubles(lanes) { unsafe sums[$0].gradientTimesNormalized }) : nil,
                beta: wantsBeta ? rounded(doubles(lanes) { unsafe sums[$0].gradient }) : nil)
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

    /// Σ over the samples of a number that each lane has, in the order of the samples.
    @inline(__always)
    private func channelSums(of partition: Partition, _ number: (Int) -> Double) -> [Double] {
        let channels = partition.parameters
        var sums = [Double](repeating: 0, count: channels)
        var totals = sums.mutableSpan
        for first in stride(from: 0, to: partition.laneCount, by: channels) {
            for channel in 0..<channels { totals[channel] += number(first + channel) }
        }
        return sums
    }
}
