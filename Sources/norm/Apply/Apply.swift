import ArgumentParser
import Normalization
import NormalizationFiles

/// `norm apply`: one call of the library on `.npy` files.
struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run one call of a layer on .npy files.",
        usage: """
            norm apply --mode MODE --input x.npy [--gradient dy.npy] [OPTIONS]
            --output-directory DIR
            """,
        discussion: """
            MODES
              training            y with the statistics of the batch, which are then
                                  taken into the running ones
              inference           y with the running statistics
              backward            what training does, and its gradients
              inference-backward  what inference does, and its gradients

            Inference without running statistics uses those of the batch, and so do
            its gradients.

            FILES READ
            The input is <f4 or <f8, in C order, of rank 2 or more; the gradient has
            its type and shape. Gamma, beta and the running statistics are of either
            type and have one element per channel. A gamma or beta of one element is
            shared by all channels; one that is not given is absent.

            FILES WRITTEN, in the type of the input
              y.npy
              batch_mean.npy, batch_variance.npy
                  where the statistics of the batch are used; the variance is biased
              running_mean.npy, running_variance.npy
                  by training, where there are any: given, or started at 0 and 1
                  because of --momentum, --decay or --cumulative
              dx.npy, dgamma.npy, dbeta.npy
                  by the backward modes; dgamma and dbeta where there is a gamma, a
                  beta
            All of them are written, or on an error none. An empty batch has no
            statistics of its own.

            EXAMPLES
              norm apply --mode training --input x.npy --output-directory out \\
                --gamma gamma.npy --beta beta.npy \\
                --running-mean mean.npy --running-variance variance.npy
              norm apply --mode inference --input nhwc.npy --channel-axis -1 \\
                --running-mean mean.npy --running-variance variance.npy \\
                --preset keras --output-directory out
              norm apply --mode backward --input x.npy --gradient dy.npy \\
                --gamma gamma.npy --output-directory out
            """)

    @Option(help: "What to compute, as above.")
    var mode: Mode

    @Option(help: ArgumentHelp("The tensor x.", valueName: "x.npy"))
    var input: String

    @Option(
        help: ArgumentHelp(
            "The gradient of y, for the backward modes.", valueName: "dy.npy"))
    var gradient: String?

    @Option(help: ArgumentHelp("The scale.", valueName: "gamma.npy"))
    var gamma: String?

    @Option(help: ArgumentHelp("The shift.", valueName: "beta.npy"))
    var beta: String?

    @Option(help: ArgumentHelp("The running mean.", valueName: "mean.npy"))
    var runningMean: String?

    @Option(help: ArgumentHelp("The running variance.", valueName: "variance.npy"))
    var runningVariance: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The axis of the channels; negative counts from the end.", valueName: "K"))
    var channelAxis = 1

    @Option(
        help: ArgumentHelp(
            "The framework whose epsilon, weight and variance are the defaults.",
            discussion: """
                pytorch: epsilon 1e-5, momentum 0.1, unbiased. keras: 1e-3, decay 0.99, biased. \
                onnx: 1e-5, decay 0.9, biased.
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
            "A channel whose batch statistics are not finite: an error, no update, or NaN.",
            valueName: "throw|skip|propagate"))
    var nonFinite = NonFinitePolicy.throw

    @Option(help: ArgumentHelp("Where to write; made if missing.", valueName: "dir"))
    var outputDirectory: String

    /// What is wrong with the call whatever is in the files.
    func validate() throws {
        func check(_ condition: Bool, _ message: @autoclosure () -> String) throws {
            if !condition { throw ValidationError(message()) }
        }
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
                epsilon.isFinite && (epsilon > 0 || !mode.isTraining),
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

    func run() throws {
        let progress = Progress()
        defer { progress.clear() }
        let input = FileArgument("--input", input)
        progress.show("reading \(input.path)")
        // x and y, and their gradients.
        switch try input.read(tensors: mode.isBackward ? 4 : 2) {
        case .float32(let x): try run(x, progress)
        case .float64(let x): try run(x, progress)
        case let other: throw input.wrongType(other, expected: "<f4 or <f8")
        }
    }

    private func run<Scalar: NormalizationScalar & NpyElement>(
        _ x: NpyArray<Scalar>, _ progress: Progress
    ) throws {
        do {
            let call = try LayerCall(self, x)
            progress.show("computing")
            let outputs = try call.outputs()
            progress.show("writing to \(outputDirectory)")
            try OutputFolder(path: outputDirectory).write(outputs)
        } catch let error as NormalizationError { throw failure(error) }
    }

    /// The update weight of the options, nil where none of them is given.
    var weight: UpdateWeight? {
        if let momentum { return .newWeight(momentum) }
        if let decay { return .decay(decay) }
        return cumulative.map { _ in .cumulative }
    }

    /// The library's error, with the option it is about.
    private func failure(_ error: NormalizationError) -> Failure {
        switch error {
        case .invalidVariance(let channel, let variance, let epsilon):
            .data(
                "--running-variance \(runningVariance ?? ""): expected variance + epsilon above 0, "
                    + "found \(variance) + \(epsilon) in channel \(channel)")
        case .invalidEpsilon, .invalidWeight, .invalidUpdateCount, .invalidThreadLimit:
            .call("--\(error)")
        default: FileArgument("--input", input).failure(error)
        }
    }
}
