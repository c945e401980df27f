import ArgumentParser
import Normalization

/// The options of a call that say which layer is called, beside its input.
struct LayerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Which normalization.",
            discussion: """
                group and instance have no statistics of a batch: training is inference, and both \
                backward modes are the same.
                """))
    var layer = LayerName.batch

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many groups of adjacent channels, for group.", valueName: "G"))
    var groups: Int?

    @Option(
        help: ArgumentHelp(
            "The gradient of y, for the backward modes.", valueName: "dy.npy"))
    var gradient: String?

    @Flag(
        name: .customLong("bfloat16"),
        help: "Input and gradient are <u2, the bits of bfloat16 numbers, and y and dx will be.")
    var bfloat16 = false

    @Option(help: ArgumentHelp("The scale.", valueName: "gamma.npy"))
    var gamma: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "What is added to a gamma of shape (N, C), such as 1.", valueName: "U"))
    var scaleOffset: Double?

    @Option(help: ArgumentHelp("The shift.", valueName: "beta.npy"))
    var beta: String?

    @Option(help: ArgumentHelp("The running mean.", valueName: "mean.npy"))
    var runningMean: String?

    @Option(help: ArgumentHelp("The running variance.", valueName: "variance.npy"))
    var runningVariance: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The axis of the channels; negative counts from the end. (default: 1)", valueName: "K"))
    var channelAxis: Int?

    @Option(
        help: ArgumentHelp(
            "The framework whose epsilon, weight and variance are the defaults.",
            discussion: """
                pytorch: epsilon 1e-5, momentum 0.1, unbiased. keras: 1e-3, decay 0.99, biased. \
                onnx: 1e-5, decay 0.9, biased. Of group and instance, epsilon is 1e-5, 1e-3 and 1e-5.
                """,
            valueName: "name"))
    var preset = PresetName.pytorch

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The number inside the root. (default: the preset's)", valueName: "E"))
    var epsilon: Double?

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

    @Option(help: "The engine that does the work.")
    var engine = Engine.default

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The most threads to use. (default: all cores)", valueName: "T"))
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "A channel whose batch statistics are not finite: an error (the default), no update, or NaN.",
            valueName: "throw|skip|propagate"))
    var nonFinite: NonFinitePolicy?

    /// Throws where options contradict each other or the mode, or a number is out of its range.
    func check(_ mode: Mode) throws {
        func check(_ condition: Bool, _ message: @autoclosure () -> String) throws {
            if !condition { throw ValidationError(message()) }
        }
        try checkLayer()
        try check(
            !mode.isBackward || gradient != nil,
            "--gradient: expected a file in mode \(mode.rawValue), got none")
        try check(
            mode.isBackward || gradient == nil,
            "--gradient: expected none in mode \(mode.rawValue), got \(gradient ?? "")")
        try check(
            runningMean == nil || runningVariance != nil,
            "--running-variance: expected a file beside --running-mean, got none")
        try check(
            runningVariance == nil || runningMean != nil,
            "--running-mean: expected a file beside --running-variance, got none")
        if let epsilon {
            try check(
                epsilon.isFinite && (epsilon > 0 || (layer.hasBatch && !mode.isTraining)),
                "--epsilon: expected a finite number above 0, got \(epsilon)")
        }
        try check(
            [momentum != nil, decay != nil, cumulative != nil].count(where: \.self) < 2,
            "--momentum, --decay, --cumulative: expected at most one, got several")
        for (option, value) in [("--momentum", momentum), ("--decay", decay)] {
            guard let value else { continue }
            try check(
                (0...1).contains(value), "\(option): expected a number from 0 to 1, got \(value)")
        }
        for (option, value) in [("--cumulative", cumulative), ("--threads", threads)] {
            guard let value else { continue }
            try check(value > 0, "\(option): expected a number from 1 on, got \(value)")
        }
    }

    /// Throws where there is an option that the layer does not have.
    private func checkLayer() throws {
        let ofBatches = [
            ("--running-mean", runningMean != nil), ("--running-variance", runningVariance != nil),
            ("--momentum", momentum != nil), ("--decay", decay != nil),
            ("--cumulative", cumulative != nil), ("--variance", variance != nil),
            ("--non-finite", nonFinite != nil),
        ]
        if !layer.hasBatch, let (option, _) = ofBatches.first(where: \.1) {
            throw ValidationError(
                "\(option): expected none with --layer \(layer.rawValue), which has no statistics of a "
                    + "batch")
        }
        if layer == .group, groups == nil {
            throw ValidationError("--groups: expected a number with --layer group, got none")
        }
        if layer != .group, let groups {
            throw ValidationError(
                "--groups: expected none with --layer \(layer.rawValue), got \(groups)")
        }
        if let scaleOffset, !scaleOffset.isFinite {
            throw ValidationError("--scale-offset: expected a finite number, got \(scaleOffset)")
        }
    }

    /// The update weight of the options, nil where none of them is given.
    var weight: UpdateWeight? {
        if let momentum { return .newWeight(momentum) }
        if let decay { return .decay(decay) }
        return cumulative.map { _ in .cumulative }
    }
}
