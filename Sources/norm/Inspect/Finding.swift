/// Something that is not as it should be, or need not be.
struct Finding: Equatable {
    /// How bad it is.
    enum Level: String {
        /// Inference gives what is no number, or no sense; or the layer cannot be read.
        case wrong
        /// It works, and is worth a look.
        case warning
    }

    /// What is looked at.
    enum Check: String, CaseIterable {
        case notFinite = "not-finite"
        case negativeVariance = "negative-variance"
        case zeroVariance = "zero-variance"
        case tinyVariance = "tiny-variance"
        case hugeVariance = "huge-variance"
        case neverUpdated = "never-updated"
        case deadChannel = "dead-channel"
        case farMean = "far-mean"
        case scaleRange = "scale-range"
        case subnormalScale = "subnormal-scale"
        case noAffine = "no-affine"
        case noStatistics = "no-statistics"
        case unreadable
        case nearMiss = "near-miss"
        case tied
    }

    let level: Level
    let check: Check
    /// A sentence without the layer's name.
    let message: String
    /// The channels it concerns, where it concerns channels.
    var channels: [Int] = []
}
