// The checks of every call, at the door. After them nothing throws.

extension BatchNorm {
    /// Throws unless γ, β, running statistics and the numbers of the layer fit together; they are
    /// variables, and may have been changed since the layer was made.
    func checkParts() throws(NormalizationError) {
        guard 1...Geometry.mostChannels ~= channels else { throw .invalidChannelCount(channels) }
        guard epsilon.isFinite else { throw .invalidEpsilon(epsilon) }
        try gamma.check(.gamma, channels: channels)
        try beta.check(.beta, channels: channels)
        if let runningStatistics, runningStatistics.channels != channels {
            throw .wrongLength(
                .runningMean, expected: channels, actual: runningStatistics.channels)
        }
        if let threadLimit, threadLimit < 1 { throw .invalidThreadLimit(threadLimit) }
    }

    /// Throws unless the layer's parts fit together, and the geometry fits the layer.
    func check(_ geometry: Geometry) throws(NormalizationError) {
        try checkParts()
        guard geometry.channels == channels else {
            throw .channelMismatch(
                shape: geometry.shape, channelAxis: geometry.channelAxis, expected: channels,
                actual: geometry.channels)
        }
    }

    /// Throws unless an array has as many elements as the shape says, before memory is taken for an
    /// output of as many.
    func check(
        _ geometry: Geometry, _ arrays: (NormalizationError.Argument, Int)...
    ) throws(NormalizationError) {
        try check(geometry)
        for (argument, count) in arrays where count != geometry.count {
            throw .wrongLength(argument, expected: geometry.count, actual: count)
        }
    }

    /// Throws unless batch statistics of this geometry can be computed and normalized with.
    func checkBatchStatistics(of geometry: Geometry) throws(NormalizationError) {
        guard epsilon > 0 else { throw .invalidEpsilon(epsilon) }
        guard geometry.valuesPerChannel != 1 else {
            throw .tooFewValuesPerChannel(shape: geometry.shape)
        }
    }

    /// Throws unless these batch statistics, of however many values, can be normalized with.
    func check(_ batch: BatchStatistics, of geometry: Geometry) throws(NormalizationError) {
        guard epsilon > 0 else { throw .invalidEpsilon(epsilon) }
        guard batch.channels == channels else {
            throw .mismatchedStatistics(expected: channels, actual: batch.channels)
        }
        guard batch.count > 1 || geometry.count == 0 else {
            throw .tooFewValuesPerChannel(shape: geometry.shape)
        }
    }

    /// The running statistics, once every variance is known to have a root with ε.
    func checkedRunningStatistics() throws(NormalizationError) -> RunningStatistics {
        guard let runningStatistics else { throw .noRunningStatistics }
        let variance = runningStatistics.variance
        if let channel = variance.firstNotPositive(plus: epsilon) {
            throw .invalidVariance(
                channel: channel, variance: variance[channel], epsilon: epsilon)
        }
        if runningStatistics.nonFinite == .throw { try runningStatistics.checkMean() }
        return runningStatistics
    }
}

/// What x̂ is made with, as the calls see it.
struct MeanAndVariance {
    var mean: [Double]
    /// The biased batch variance, or the running variance.
    var variance: [Double]
    /// Whether the statistics depend on x, so that ∂x has the terms that come through them.
    var areOfTheBatch: Bool
    /// r and d, which stand between x̂ and γ.
    var renorm: RenormStatistics? = nil
}

extension BatchNorm {
    /// The mean and variance that `statistics` stands for, checked against layer and geometry.
    ///
    /// - Parameters:
    ///   - isWhole: whether batch statistics are of this tensor alone.
    ///   - withoutRenorm: the name of a call that has no place for r and d.
    func meanAndVariance(
        _ statistics: NormalizingStatistics, _ geometry: Geometry, isWhole: Bool = true,
        withoutRenorm call: String? = nil
    ) throws(NormalizationError) -> MeanAndVariance {
        switch statistics {
        case .running:
            let running = try checkedRunningStatistics()
            return MeanAndVariance(
                mean: running.mean, variance: running.variance, areOfTheBatch: false)
        case .renormalized(let renorm):
            if let call { throw .renormalizedStatistics(call: call) }
            var numbers = try meanAndVariance(.batch(renorm.batch), geometry, isWhole: isWhole)
            numbers.renorm = renorm
            return numbers
        case .batch(let batch):
            if isWhole { try checkBatchStatistics(of: geometry) }
            try check(batch, of: geometry)
            if isWhole && batch.count != geometry.valuesPerChannel {
                throw .mismatchedCount(expected: geometry.valuesPerChannel, actual: batch.count)
            }
            return MeanAndVariance(
                mean: batch.mean, variance: batch.variance(), areOfTheBatch: true)
        }
    }
}
