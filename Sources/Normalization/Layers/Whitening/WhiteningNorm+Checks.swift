// The checks of every call, at the door. After them nothing throws but a decomposition.

extension WhiteningNorm {
    /// Throws unless γ, β, running statistics and the numbers of the layer fit together; they are variables,
    /// and may have been changed since the layer was made.
    func checkParts() throws(NormalizationError) {
        try WhiteningLimits.check(channels: channels, groupSize: groupSize)
        try method.check()
        guard epsilon.isFinite, epsilon > 0 else { throw .invalidEpsilon(epsilon) }
        try gamma.check(.gamma, channels: channels)
        try beta.check(.beta, channels: channels)
        if let runningStatistics {
            typealias Sizes = NormalizationError.WhiteningSizes
            let expected = Sizes(channels: channels, groupSize: groupSize)
            let actual = Sizes(
                channels: runningStatistics.channels, groupSize: runningStatistics.groupSize)
            guard actual == expected else {
                throw .mismatchedGroups(expected: expected, actual: actual)
            }
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
        try geometry.checkIsWhole()
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

    /// Throws unless these batch statistics are of a tensor of this geometry, and of more than one value.
    func check(
        _ batch: WhiteningStatistics, of geometry: Geometry
    ) throws(NormalizationError) {
        typealias Sizes = NormalizationError.WhiteningSizes
        let expected = Sizes(channels: channels, groupSize: groupSize)
        let actual = Sizes(channels: batch.channels, groupSize: batch.groupSize)
        guard actual == expected else {
            throw .mismatchedGroups(expected: expected, actual: actual)
        }
        guard batch.count == geometry.valuesPerChannel else {
            throw .mismatchedCount(expected: geometry.valuesPerChannel, actual: batch.count)
        }
        try checkValues(of: geometry)
    }

    /// Throws where a channel has a single value.
    func checkValues(of geometry: Geometry) throws(NormalizationError) {
        guard geometry.valuesPerChannel != 1 else {
            throw .tooFewValuesPerChannel(shape: geometry.shape)
        }
    }

    /// The running statistics, once they are known to be finite, where the policy wants that.
    func checkedRunningStatistics() throws(NormalizationError) -> RunningWhitening {
        guard let runningStatistics else { throw .noRunningStatistics }
        guard runningStatistics.nonFinite == .throw else { return runningStatistics }
        if let channel = runningStatistics.mean.firstNonFinite {
            throw .nonFiniteMean(channel: channel, mean: runningStatistics.mean[channel])
        }
        if let index = runningStatistics.covariance.firstNonFinite {
            throw .invalidCovariance(
                group: index / (groupSize * groupSize),
                eigenvalue: runningStatistics.covariance[index])
        }
        return runningStatistics
    }
}
