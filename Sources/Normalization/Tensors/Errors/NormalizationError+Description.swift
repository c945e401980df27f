extension NormalizationError: CustomStringConvertible {
    /// One sentence: which argument, what was expected, what came.
    public var description: String {
        switch self {
        case .invalidShape(let shape, let axis, let defect):
            "shape \(shape) with channel axis \(axis): \(defect.description)"
        case .channelMismatch(let shape, let axis, let expected, let actual):
            "shape \(shape) has \(actual) channels at axis \(axis), expected \(expected)"
        case .tooFewValuesPerChannel(let shape):
            "expected more than one value per channel when training, got shape \(shape)"
        case .tooFewValuesToCommit(let count):
            "expected batch statistics of more than one value per channel, got \(count)"
        case .invalidValueCount(let count):
            "count: expected zero or more values per channel, got \(count)"
        case .wrongLength(let argument, let expected, let actual):
            "\(argument.rawValue): expected \(expected) elements, got \(actual)"
        case .wrongMaskLength(let expected, let actual):
            "mask: expected \(expected) bytes, one bit an element, got \(actual)"
        case .noMask(let activation):
            "mask: expected relu, relu6 or leakyReLU, whose derivative is one of two numbers, "
                + "got \(activation)"
        case .invalidChannelCount(let count):
            "channels: expected 1 to \(ChannelLimit.most), got \(count)"
        case .invalidEpsilon(let epsilon):
            "epsilon: expected a finite number above zero, got \(epsilon)"
        case .invalidVariance(let channel, let variance, let epsilon):
            "running variance: expected variance + epsilon above zero in every channel, "
                + "got \(variance) + \(epsilon) in channel \(channel)"
        case .invalidWeight(let name, let value):
            "update weight: expected a number from 0 to 1, got \(name)(\(value))"
        case .invalidUpdateCount(let count):
            "update count: expected zero or more, got \(count)"
        case .invalidThreadLimit(let limit):
            "thread limit: expected at least 1, got \(limit)"
        case .nonFiniteStatistics(let channel):
            "x: expected finite batch statistics, got a NaN or an infinity in channel \(channel)"
        case .nonFiniteMean(let channel, let mean):
            "running mean: expected finite numbers, got \(mean) in channel \(channel)"
        case .noRunningStatistics:
            "running statistics: the call needs them, and the layer has none"
        case .mismatchedRunningStatistics(let expected, let actual):
            "running statistics: expected \(expected) channels, got \(actual)"
        case .nonFiniteRunningStatistics(let channel):
            "running statistics: expected finite numbers in both layers, "
                + "got a NaN or an infinity in channel \(channel)"
        case .mismatchedStatistics(let expected, let actual):
            "batch statistics: expected \(expected) channels, got \(actual)"
        case .valueCountOverflow(let first, let second):
            "batch statistics: expected counts whose sum fits in Int, got \(first) and \(second)"
        case .mismatchedCount(let expected, let actual):
            "batch statistics: expected \(expected) values per channel, got \(actual)"
        case .overlap(let first, let second):
            "\(first.rawValue) and \(second.rawValue) overlap without being the same buffer"
        case .tooFewValuesPerGroup(let shape, let groups):
            "expected more than one value per sample and group, "
                + "got shape \(shape) in \(groups) groups"
        case .invalidGroupCount(let channels, let groups):
            "groups: expected a number that divides \(channels) channels, got \(groups)"
        case .mismatchedGroupStatistics(let expected, let actual):
            "group statistics: expected \(expected.description), got \(actual.description)"
        case .ambiguousParameter(let argument):
            "\(argument.rawValue): expected none in the layer, where it is given per sample"
        case .invalidGroupSize(let channels, let size):
            "group size: expected a divisor of \(channels) channels up to \(ChannelLimit.mostOfGroup), "
                + "and at most \(ChannelLimit.most) covariances, got \(size)"
        case .invalidIterationCount(let count):
            "iterations: expected 1 to \(ChannelLimit.mostIterations), got \(count)"
        case .mismatchedGroups(let expected, let actual):
            "whitening statistics: expected \(expected.description), got \(actual.description)"
        case .notConverged(let group):
            "covariance: expected one that is positive definite with epsilon, "
                + "got one that cannot be decomposed in group \(group)"
        case .invalidCovariance(let group, let eigenvalue):
            "running covariance: expected finite numbers and no eigenvalue below zero, "
                + "got \(eigenvalue) in group \(group)"
        case .invalidNormalizedAxes(let shape, let axes):
            "normalized axes: expected axes of shape \(shape), got \(axes)"
        case .invalidNormalizedAxisCount(let shape, let count):
            "last axes: expected 1 or more of shape \(shape), got \(count)"
        case .invalidRowShape(let shape, let defect):
            "shape \(shape): \(defect.description)"
        case .widthMismatch(let shape, let axes, let expected, let actual):
            "shape \(shape) has \(actual) elements in the axes \(axes), expected \(expected)"
        case .tooFewValuesPerRow(let shape, let axes):
            "expected more than one value in the axes \(axes), got shape \(shape)"
        case .invalidWidth(let width):
            "width: expected 0 to \(ChannelLimit.most), got \(width)"
        case .mismatchedRowCount(let expected, let actual):
            "row statistics: expected \(expected) values a row, got \(actual)"
        case .invalidScaleOffset(let offset):
            "scale offset: expected a finite number, got \(offset)"
        case .invalidLimit(let name, let value):
            "\(name): expected a finite number, rMax at least 1 and dMax at least 0, got \(value)"
        case .invalidLength(let sample, let length, let most):
            "lengths: expected 0 to \(most), got \(length) for sample \(sample)"
        case .invalidSampleWeight(let weight):
            "weighingEachSample: expected a number from 0 to 1, got \(weight)"
        case .invalidGhostSize(let size):
            "ghost size: expected at least 1 sample, got \(size)"
        case .mismatchedPartCount(let samples, let parts):
            "batch statistics: expected those of 1 to \(max(1, samples)) parts, got \(parts)"
        case .part(let index, let error):
            "part \(index): \(error.description)"
        case .renormalizedStatistics(let call):
            "statistics: expected those of a batch or the running ones, "
                + "got renormalized ones, which \(call) does not take"
        case .exchange(let failure): failure.description
        }
    }
}

extension NormalizationError.ShapeDefect {
    fileprivate var description: String {
        switch self {
        case .rankBelowTwo: "expected at least two dimensions"
        case .axisOutsideShape: "the axis is outside the shape"
        case .negativeDimension: "expected no negative dimension"
        case .noChannels: "expected at least one channel"
        case .tooManyChannels: "expected at most \(ChannelLimit.most) channels"
        case .countOverflow: "the number of elements overflows Int"
        case .noSampleAxis: "expected the samples at axis 0, and the channels behind them"
        case .tooManyNormalized:
            "expected at most \(ChannelLimit.most) elements normalized together"
        case .sliceOutsideChannels(let slice):
            "expected some of its channels, got \(slice)"
        case .sliceOfChannels(let slice):
            "expected all channels in this call, got the slice \(slice)"
        }
    }
}

extension NormalizationError.GroupSizes {
    fileprivate var description: String {
        "\(samples) samples of \(groups) groups of \(count) values"
    }
}

extension NormalizationError.WhiteningSizes {
    fileprivate var description: String { "\(channels) channels in groups of \(groupSize)" }
}
