// Example-weighted inference: the statistics of a sample mixed into the running ones.

extension BatchNorm {
    /// Inference in which each sample's own statistics count with weight w beside the running ones:
    ///
    ///     μ_nc  = w · μ_x + (1 − w) · μ
    ///     σ²_nc = w · σ²_x + (1 − w) · σ² + w · (1 − w) · (μ_x − μ)²
    ///     y = f(γ_c · (x − μ_nc) / √(σ²_nc + ε) + β_c + residual)
    ///
    /// with μ_x and the biased σ²_x of channel c of sample n. In training a sample is a share of the batch that
    /// it is normalized with; running statistics know nothing of it. Where batches were small, w of about a
    /// sample's share closes the gap; it is chosen on held-out data. Weight 0 is inference, to the bit; with
    /// weight 1 each channel of a sample is normalized by itself. Not for training: there is no backward.
    ///
    /// - Parameters:
    ///   - x: the input, `geometry.count` elements, its samples at axis 0.
    ///   - residual: as many, or `nil`.
    ///   - activation: f, in the same walk over memory.
    ///   - y: the output, as many.
    ///   - geometry: how the tensors are read. A single value per sample and channel has σ²_x = 0.
    ///   - weight: w, from 0 to 1.
    /// - Throws: ``NormalizationError/invalidSampleWeight(_:)``, ``NormalizationError/noRunningStatistics``,
    ///   ``NormalizationError/invalidShape(_:channelAxis:_:)`` for channels at axis 0, and what inference throws.
    /// - Complexity: O(n) time; O(N · C) memory beside the buffers.
    /// - References: Summers and Dinneen, "Four Things Everyone Should Know to Improve Batch Normalization", 2019,
    ///   <https://arxiv.org/abs/1906.03548>.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func inference<Element: NormalizationElement>(
        _ x: Span<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, into y: inout MutableSpan<Element>,
        geometry: Geometry, weighingEachSample weight: Double
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.with(x, residual, activation, &y, nil) {
            buffers throws(NormalizationError) in
            try inference(buffers, geometry, weight)
        }
    }

    /// Example-weighted inference in place: `x` becomes y.
    ///
    /// - Throws: as the form with an output; x is as it was then.
    @specialized(where Scalar == Float, Element == Float)
    @specialized(where Scalar == Double, Element == Double)
    public func inferenceInPlace<Element: NormalizationElement>(
        _ x: inout MutableSpan<Element>, adding residual: Span<Element>? = nil,
        then activation: Activation = .identity, geometry: Geometry,
        weighingEachSample weight: Double
    ) throws(NormalizationError)
    where Element.Arithmetic == Scalar {
        try NormalizeBuffers.inPlace(&x, residual, activation, nil) {
            buffers throws(NormalizationError) in
            try inference(buffers, geometry, weight)
        }
    }

    /// Example-weighted inference on arrays.
    ///
    /// - Parameters:
    ///   - x: the input, as many elements as `shape` says.
    ///   - residual: as many, or `nil`.
    ///   - activation: f.
    ///   - shape: the dimensions of x, slowest first, samples before all.
    ///   - channelAxis: the axis of the channels, not 0; -1 is channels-last.
    ///   - weight: w, from 0 to 1.
    /// - Returns: y.
    /// - Throws: as the form with spans.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func inference(
        _ x: [Scalar], adding residual: [Scalar]? = nil, then activation: Activation = .identity,
        shape: [Int], channelAxis: Int = 1, weighingEachSample weight: Double
    ) throws(NormalizationError) -> [Scalar] {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        try check(geometry, (.input, x.count))
        var output: [Scalar] = zeros(x.count)
        var y = output.mutableSpan
        try inference(
            x.span, adding: residual?.span, then: activation, into: &y, geometry: geometry,
            weighingEachSample: weight)
        return output
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func inference(
        _ buffers: NormalizeBuffers<Scalar>, _ geometry: Geometry, _ weight: Double
    ) throws(NormalizationError) {
        try check(geometry)
        try buffers.check(geometry)
        try geometry.checkSamples()
        guard weight >= 0, weight <= 1 else { throw .invalidSampleWeight(weight) }
        let running = try checkedRunningStatistics()
        guard geometry.count > 0, let tensors = buffers.tensors() else { return }
        guard weight > 0 else { return runInference(tensors, with: running, geometry) }
        runInference(tensors, with: running, weighingEachSample: weight, geometry)
    }

    /// The moments of every channel of every sample, and y by them and the running statistics.
    private func runInference(
        _ tensors: NormalizeTensors<Scalar>, with running: RunningStatistics,
        weighingEachSample weight: Double, _ geometry: Geometry
    ) {
        let partition = Partition(samplesOf: geometry, channelsPerGroup: 1)
        let runner = PassRunner<Scalar>(
            .training, partition, engine: engine, threadLimit: threadLimit)
        let affine = CallAffine.ofLayer(gamma: gamma, beta: beta)
        withCoefficients(lanes: partition.laneCount, of: Scalar.self) { coefficients in
            let coefficients = coefficients.normalize
            unsafe runner.withSums(Moments.self) { moments in
                unsafe runner.reduce(
                    MomentsReduction(x: tensors.x), into: moments,
                    rule: { lanes in
                        affine.write(to: coefficients, lanes, of: partition)
                        unsafe coefficients.setMixture(
                            moments, weight: weight, running, lanes, of: partition,
                            epsilon: epsilon, runner.engine)
                    }, output: { tensors.output($0, by: coefficients) })
            }
        }
    }
}

extension NormalizeCoefficients {
    /// Sets some lanes from their own moments, with a weight, and the statistics of their channels; γ and β
    /// are set. The variance is a sum of terms that are not negative, so nothing cancels.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    fileprivate func setMixture(
        _ moments: UnsafePointer<Moments>, weight: Double, _ running: RunningStatistics,
        _ lanes: Range<Int>, of partition: Partition, epsilon: Double,
        _ arithmetic: any CoefficientArithmetic.Type
    ) {
        let (mean, variance, rest) = (mean, variance, 1 - weight)
        let (means, variances) = (running.mean.span, running.variance.span)
        for lane in lanes {
            let channel = partition.parameter(of: lane)
            let found = unsafe moments[lane]
            let ownVariance = found.m2 / Double(found.count)
            if rest == 0 {
                (mean[lane], variance[lane]) = (found.mean, ownVariance)
            } else {
                let distance = found.mean - means[channel]
                mean[lane] = weight * found.mean + rest * means[channel]
                variance[lane] =
                    weight * ownVariance + rest * variances[channel]
                    + weight * rest * (distance * distance)
            }
        }
        arithmetic.setDeviations(self, lanes, epsilon: epsilon)
        setMap(lanes, arithmetic)
    }
}
