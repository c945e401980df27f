/// What whitening takes.
enum WhiteningLimits {
    /// Throws unless the channels fall into groups of that size, and their covariances are not more numbers
    /// than a layer may have channels.
    static func check(channels: Int, groupSize: Int) throws(NormalizationError) {
        guard 1...ChannelLimit.most ~= channels else { throw .invalidChannelCount(channels) }
        guard 1...ChannelLimit.mostOfGroup ~= groupSize, channels.isMultiple(of: groupSize),
            channels * groupSize <= ChannelLimit.most
        else { throw .invalidGroupSize(channels: channels, groupSize: groupSize) }
    }

    /// Throws unless as many iterations can be made.
    static func check(iterations: Int) throws(NormalizationError) {
        guard 1...ChannelLimit.mostIterations ~= iterations else {
            throw .invalidIterationCount(iterations)
        }
    }
}
