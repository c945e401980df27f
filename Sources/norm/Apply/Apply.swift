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
            The input is <f2, <f4 or <f8, of rank 2 or more, or 1 for layer and rms; with
            --bfloat16 it is <u2, the bits of such numbers. The gradient and the residual
            have its type and shape. Gamma, beta and the
            running statistics are of any of these types and have one element per
            channel. A gamma or beta of one element is shared by all channels; one of
            shape (N, C) has a number for each channel of each sample; one that is not
            given is absent. Those of layer and rms have the shape of the axes that are
            normalized. With --weights they all come from a file of weights, and
            --layer says what the layer is.

            FILES WRITTEN, in the type of the input; beside one of 16 bits all but y
            and dx are <f4
              y.npy
              batch_mean.npy, batch_variance.npy
                  where the statistics of the batch are used; the variance is biased;
                  a row for each part with --ghost
              running_mean.npy, running_variance.npy
                  by training, where there are any: given, or started at 0 and 1
                  because of --momentum, --decay or --cumulative
              sum.npy
                  with --residual, whose gradient is that of x, dx
              batch_covariance.npy, running_covariance.npy
                  by whitening, in place of the variances: groups x D x D
              dx.npy, dgamma.npy, dbeta.npy
                  by the backward modes; dgamma and dbeta where there is a gamma, a
                  beta
            All of them are written, or on an error none. A batch that is empty, or of
            which a mask leaves nothing, has no statistics of its own.

            EXAMPLES
              norm apply --mode training --input x.npy --output-directory out \\
                --gamma gamma.npy --beta beta.npy \\
                --running-mean mean.npy --running-variance variance.npy
              norm apply --mode inference --input nhwc.npy --channel-axis -1 \\
                --running-mean mean.npy --running-variance variance.npy \\
                --preset keras --output-directory out
              norm apply --mode backward --input x.npy --gradient dy.npy \\
                --gamma gamma.npy --output-directory out
              norm apply --mode inference --input x.npy --layer group --groups 32 \\
                --gamma gamma.npy --beta beta.npy --output-directory out
              norm apply --mode training --input sequences.npy --mask valid.npy \\
                --gamma gamma.npy --momentum 0.1 --output-directory out
              norm apply --mode inference --input tokens.npy --layer rms \\
                --weights model.safetensors --epsilon 1e-5 \\
                --prefix model.layers.0.input_layernorm --output-directory out
              norm apply --mode training --input x.npy --layer whitening \\
                --group-size 8 --method newton --iterations 5 --momentum 0.1 \\
                --output-directory out
            """)

    @Option(help: "What to compute, as above.")
    var mode: Mode

    @Option(help: ArgumentHelp("The tensor x.", valueName: "x.npy"))
    var input: String

    @OptionGroup var layer: LayerOptions

    @Option(help: ArgumentHelp("Where to write; made if missing.", valueName: "dir"))
    var outputDirectory: String

    func validate() throws { try layer.check(mode) }

    func run() throws {
        let progress = Progress()
        defer { progress.clear() }
        let input = FileArgument("--input", input)
        progress.show("reading \(input.path)")
        let types = layer.bfloat16 ? HalfFile.brainTypes : ElementTypes.floatingPoint
        // x and y, and their gradients; a residual and the sum.
        let tensors = (mode.isBackward ? 4 : 2) + (layer.residual == nil ? 0 : 2)
        switch try input.read(types, tensors: tensors) {
        case .uint16(let x): try run(HalfFile.widened(x), as: .bfloat16, progress)
        case .float16(let x): try run(x.widened(), as: .float16, progress)
        case .float32(let x): try run(x, progress)
        case .float64(let x): try run(x, progress)
        case let other: throw input.name.wrongType(other, types)
        }
    }

    private func run<Scalar: NormalizationScalar & NpyElement>(
        _ x: NpyArray<Scalar>, as half: HalfFile? = nil, _ progress: Progress
    ) throws {
        do {
            let input = try CallInput(mode, layer, x)
            progress.show("computing")
            let outputs =
                switch layer.layer {
                case .batch: try BatchCall(input).outputs().arrays
                case .group, .instance: try GroupCall(input).outputs().arrays
                case .layer, .rms: try RowCall(input).outputs().arrays
                case .whitening: try WhiteningCall(input).outputs().arrays
                }
            progress.show("writing to \(outputDirectory)")
            try OutputFolder("--output-directory", outputDirectory).write(
                outputs.map { try half.file($0.name, $0.array) })
        } catch let error as NormalizationError { throw failure(error) }
    }

    /// The library's error, with the option it is about.
    private func failure(_ error: NormalizationError) -> Failure {
        switch error {
        case .invalidVariance(let channel, let variance, let epsilon):
            .data(
                "\(runningVariance): expected variance + epsilon above 0, "
                    + "found \(variance) + \(epsilon) in channel \(channel)")
        case .invalidEpsilon, .invalidWeight, .invalidUpdateCount, .invalidThreadLimit:
            .call("--\(error)")
        case .invalidNormalizedAxisCount(let shape, let count) where !shape.isEmpty:
            .call("--axes: expected 1 or more of shape \(shape), got \(count)")
        case .invalidGroupSize(let channels, let size):
            .call("--group-size: expected a divisor of \(channels) channels up to 256, got \(size)")
        case .invalidIterationCount(let count):
            .call("--iterations: expected 1 to 1000, got \(count)")
        case .invalidCovariance(let group, let eigenvalue):
            .data(
                "--running-covariance \(layer.whitening.runningCovariance ?? ""): expected finite numbers "
                    + "and no eigenvalue below 0, found \(eigenvalue) in group \(group)")
        case .invalidGroupCount(let channels, let groups):
            .call("--groups: expected a divisor of \(channels) channels, got \(groups)")
        case .tooFewValuesPerChannel(let shape) where !mode.isTraining:
            FileArgument("--input", input).name.failure(
                expected: "more than one value per channel, or --running-mean and "
                    + "--running-variance beside it",
                found: "shape \(shape)")
        default: FileArgument("--input", input).name.failure(error)
        }
    }

    /// Where the running variance comes from.
    private var runningVariance: String {
        if let file = layer.weights.weights { return "--weights \(file): running variance" }
        return "--running-variance \(layer.batch.runningVariance ?? "")"
    }
}
