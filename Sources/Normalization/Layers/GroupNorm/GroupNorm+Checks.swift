// The checks of every call, at the door. After them nothing throws.

extension GroupNorm {
    /// Throws unless γ, β and the numbers of the layer fit together; they are variables, and may have been
    /// changed since the layer was made.
    func checkParts() throws(NormalizationError) {
        guard 1...Geometry.mostChannels ~= channels else { throw .invalidChannelCount(channels) }
        guard groups > 0, channels % groups == 0 else {
            throw .invalidGroupCount(channels: channels, groups: groups)
        }
        // A group may be constant at any time, in inference too.
        guard epsilon.isFinite, epsilon > 0 else { throw .invalidEpsilon(epsilon) }
        try gamma.check(.gamma, channels: channels)
        try beta.check(.beta, channels: channels)
        if let threadLimit, threadLimit < 1 { throw .invalidThreadLimit(threadLimit) }
    }

    /// Throws unless the layer's parts fit together, the geometry fits the layer, and each group has more
    /// than one value.
    func check(_ geometry: Geometry) throws(NormalizationError) {
        try checkParts()
        guard geometry.channels == channels else {
            throw .channelMismatch(
                shape: geometry.shape, channelAxis: geometry.channelAxis, expected: channels,
                actual: geometry.channels)
        }
        try geometry.checkSamples()
        guard valuesPerGroup(geometry) != 1 else {
            throw .tooFewValuesPerGroup(shape: geometry.shape, groups: groups)
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

    /// Throws unless the statistics are of a tensor of this geometry.
    func check(
        _ statistics: GroupStatistics, of geometry: Geometry
    ) throws(NormalizationError) {
        typealias Sizes = NormalizationError.GroupSizes
        // An empty tensor has no samples that count.
        let samples = geometry.count == 0 ? 0 : geometry.shape[0]
        let expected = Sizes(samples: samples, groups: groups, count: valuesPerGroup(geometry))
        let actual = Sizes(
            samples: statistics.samples, groups: statistics.groups, count: statistics.count)
        guard actual == expected else {
            throw .mismatchedGroupStatistics(expected: expected, actual: actual)
        }
    }

    /// k, the number of values that share statistics; 0 of an empty tensor.
    func valuesPerGroup(_ geometry: Geometry) -> Int {
        // An empty tensor may have no samples to divide by.
        geometry.count == 0 ? 0 : geometry.count / geometry.shape[0] / groups
    }
}
