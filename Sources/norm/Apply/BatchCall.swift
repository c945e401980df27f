import Normalization
import NormalizationFiles

/// The call of a batch normalization that `norm apply` was asked for, its files read and checked.
struct BatchCall<Scalar: NormalizationScalar & NpyElement> {
    private let input: CallInput<Scalar>
    private let scaled: ScaledInput<Scalar>
    private let affine: AffineParameters<Scalar>
    private let layer: BatchNorm<Scalar>
    private let variant: BatchVariant
    /// Outputs have the shapes of the files they belong to, and (C) where there is none.
    private let shapes: (mean: [Int], variance: [Int])

    /// Reads the files beside the input.
    init(_ input: CallInput<Scalar>) throws {
        let options = input.options
        let weights = try WeightsFile(options)
        let axis = try options.channelAxis ?? weights?.settings().channelAxis ?? 1
        let geometry = try Geometry(input.x.shape, channelAxis: axis)
        let channels = geometry.channels
        variant = try BatchVariant(options.batch, geometry)
        if let weights {
            layer = try weights.batchNorm(Scalar.self, options)
            affine = AffineParameters(
                gamma: layer.gamma, beta: layer.beta, shape: [layer.channels])
            shapes = ([layer.channels], [layer.channels])
        } else {
            affine = try AffineParameters(
                options,
                .channels(channels, samples: input.samples(geometry), beside: variant.option))
            let preset = options.preset?.preset ?? .pyTorch
            let (running, shapes) = try Self.runningStatistics(input, preset, channels)
            self.shapes = shapes
            layer = try BatchNorm(
                channels: channels, gamma: affine.gamma, beta: affine.beta,
                epsilon: options.epsilon ?? preset.epsilon, runningStatistics: running,
                engine: options.engine, threadLimit: options.threads)
        }
        scaled = try input.scaled(affine, channelAxis: geometry.channelAxis)
        self.input = input
        try checkMask()
    }

    /// The running statistics of the options, and the shapes of their files.
    private static func runningStatistics(
        _ input: CallInput<Scalar>, _ preset: Preset, _ channels: Int
    ) throws -> (RunningStatistics?, shapes: (mean: [Int], variance: [Int])) {
        let options = input.options.batch
        let mean = try FileArgument("--running-mean", options.runningMean).map { file in
            try PerChannel(file, channels: channels)
        }
        let variance = try FileArgument("--running-variance", options.runningVariance).map { file in
            try PerChannel(file, channels: channels)
        }
        let shapes = (mean?.shape ?? [channels], variance?.shape ?? [channels])
        let weight = options.weight
        guard mean != nil || (weight != nil && input.mode.isTraining) else { return (nil, shapes) }
        let running = try RunningStatistics(
            mean: mean?.values ?? Array(repeating: 0, count: channels),
            variance: variance?.values ?? Array(repeating: 1, count: channels),
            updateCount: options.cumulative.map { $0 - 1 } ?? 0,
            weight: weight ?? preset.weight, estimator: options.variance ?? preset.estimator,
            nonFinite: options.nonFinite ?? .throw)
        return (running, shapes)
    }

    private var usesRunningStatistics: Bool {
        !input.mode.isTraining && layer.runningStatistics != nil
    }

    /// Throws where a mask leaves a single position to make statistics of.
    private func checkMask() throws(Failure) {
        guard case .masked(let mask, _) = variant, mask.validCount == 1, !usesRunningStatistics
        else { return }
        throw FileArgument("--mask", input.options.batch.mask ?? "").name.failure(
            expected: "no valid position or more than one", found: "1")
    }

    /// Makes the call: every array that is to be written, by the name of its file.
    func outputs() throws -> CallOutputs<Scalar> {
        let shape = input.x.shape
        var outputs = CallOutputs<Scalar>()
        let used: UsedStatistics
        if usesRunningStatistics {
            try outputs.add("y", shape, layer.inference(scaled, variant))
            used = .running
        } else {
            let (y, statistics) = try layer.forward(scaled, variant)
            try outputs.add("y", shape, y)
            used = statistics
            try add(statistics, to: &outputs)
        }
        if let dy = input.dy {
            try outputs.add(
                layer.backward(dy, scaled, variant, normalizedBy: used), input: shape, affine)
        }
        return outputs
    }

    /// The statistics of the batch, a row for each of its parts where there are parts, and the running
    /// ones after it.
    private func add(
        _ statistics: UsedStatistics, to outputs: inout CallOutputs<Scalar>
    ) throws {
        let parts = statistics.ofBatch
        var shape = [layer.channels]
        if case .parts = statistics { shape = [parts.count] + shape }
        if parts.contains(where: { $0.count > 0 }) {
            try outputs.add("batch_mean", shape, parts.flatMap(\.mean))
            try outputs.add("batch_variance", shape, parts.flatMap { $0.variance() })
        }
        if var running = layer.runningStatistics {
            try running.update(with: parts)
            try outputs.add("running_mean", shapes.mean, running.mean)
            try outputs.add("running_variance", shapes.variance, running.variance)
        }
    }
}
