import ArgumentParser
import Normalization

/// The options of batch normalization alone: running statistics, and what statistics are made of.
struct BatchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The running mean.", valueName: "mean.npy"))
    var runningMean: String?

    @Option(help: ArgumentHelp("The running variance.", valueName: "variance.npy"))
    var runningVariance: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The weight of the new value in the running statistics. (default: the preset's)",
            valueName: "W"))
    var momentum: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The weight of the old value, instead.", valueName: "D"))
    var decay: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The plain average, instead; this is the K-th update, from 1.", valueName: "K"))
    var cumulative: Int?

    @Option(
        help: ArgumentHelp(
            "The variance that enters the running one. (default: the preset's)",
            valueName: "unbiased|biased"))
    var variance: VarianceEstimator?

    @Option(
        help: ArgumentHelp(
            "A channel whose batch statistics are not finite: an error (the default), no update, or NaN.",
            valueName: "throw|skip|propagate"))
    var nonFinite: NonFinitePolicy?

    @Option(
        help: ArgumentHelp(
            "Which positions count: 1 or 0 (|u1 or |b1), in the shape of x without its channel axis.",
            valueName: "mask.npy"))
    var mask: String?

    @Option(
        help: ArgumentHelp(
            "y where the mask is 0: 0, as everywhere, or x as it is. (default: zero)",
            discussion: "The gradient of y counts there only where y is normalized.",
            valueName: "zero|normalized|untouched"))
    var maskedOutput: MaskedOutput?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Batch renormalization: the largest r, from 1 on, and the largest d, from 0 on.",
            discussion: "In modes training and backward, with running statistics to go toward.",
            valueName: "RMAX,DMAX"))
    var renorm: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Ghost batches: so many samples at most have statistics together.",
            discussion: "In modes training and backward.", valueName: "SIZE"))
    var ghost: Int?

    /// The update weight of the options, nil where none of them is given.
    var weight: UpdateWeight? {
        if let momentum { return .newWeight(momentum) }
        if let decay { return .decay(decay) }
        return cumulative.map { _ in .cumulative }
    }

    /// The limits of batch renormalization; nil where they are not two numbers in their ranges.
    var limits: RenormLimits? {
        let numbers = (renorm ?? "").split(separator: ",", omittingEmptySubsequences: false)
        guard numbers.count == 2, let rMax = Double(numbers[0]), let dMax = Double(numbers[1])
        else { return nil }
        return try? RenormLimits(rMax: rMax, dMax: dMax)
    }

    /// Those that are given, by name.
    var given: [String] {
        let all: [(String, Bool)] = [
            ("--running-mean", runningMean != nil), ("--running-variance", runningVariance != nil),
            ("--momentum", momentum != nil), ("--decay", decay != nil),
            ("--cumulative", cumulative != nil), ("--variance", variance != nil),
            ("--non-finite", nonFinite != nil), ("--mask", mask != nil),
            ("--masked-output", maskedOutput != nil), ("--renorm", renorm != nil),
            ("--ghost", ghost != nil),
        ]
        return all.filter(\.1).map(\.0)
    }
}
