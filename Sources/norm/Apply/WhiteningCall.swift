import Normalization
import NormalizationFiles

/// The call of a whitening that `norm apply` was asked for, its files read and checked.
struct WhiteningCall<Scalar: NormalizationScalar & NpyElement> {
    private let input: CallInput<Scalar>
    private let channelAxis: Int
    private let affine: AffineParameters<Scalar>
    private let layer: WhiteningNorm<Scalar>
    /// Outputs have the shapes of the files they belong to; where there is none, (C) and (groups, D, D).
    private let shapes:
        (mean: [Int], covariance: [Int], runningMean: [Int], runningCovariance: [Int])

    /// Reads the files beside the input.
    init(_ input: CallInput<Scalar>) throws {
        let options = input.options
        let geometry = try Geometry(input.x.shape, channelAxis: options.channelAxis ?? 1)
        let channels = geometry.channels
        let size = options.whitening.groupSize ?? 16
        self.input = input
        affine = try AffineParameters(options, .channels(channels, samples: nil))
        // Throws where there is an offset that no γ takes.
        channelAxis = try input.scaled(affine, channelAxis: geometry.channelAxis).channelAxis
        // Throws where the channels do not fall into groups, before a file is looked at.
        let start = try RunningWhitening(channels: channels, groupSize: size)
        let mean = try FileArgument("--running-mean", options.batch.runningMean).map { file in
            try PerChannel(file, channels: channels)
        }
        let covariance = try FileArgument(
            "--running-covariance", options.whitening.runningCovariance
        ).map { file in try PerChannel(file, channels: channels * size) }
        let square = [channels / size, size, size]
        shapes = ([channels], square, mean?.shape ?? [channels], covariance?.shape ?? square)
        var running: RunningWhitening?
        let weight = options.batch.weight
        if mean != nil || (weight != nil && input.mode.isTraining) {
            let preset = options.preset?.preset ?? .pyTorch
            running = try RunningWhitening(
                mean: mean?.values ?? start.mean,
                covariance: covariance?.values ?? start.covariance,
                groupSize: size, updateCount: options.batch.cumulative.map { $0 - 1 } ?? 0,
                weight: weight ?? preset.weight,
                estimator: options.batch.variance ?? preset.estimator,
                nonFinite: options.batch.nonFinite ?? .throw)
        }
        layer = try WhiteningNorm(
            channels: channels, groupSize: size, method: options.whitening.whiteningMethod,
            gamma: affine.gamma, beta: affine.beta, epsilon: options.epsilon,
            runningStatistics: running, engine: options.engine, threadLimit: options.threads)
    }

    /// Makes the call: every array that is to be written, by the name of its file.
    func outputs() throws -> CallOutputs<Scalar> {
        let x = input.x
        var outputs = CallOutputs<Scalar>()
        let statistics: NormalizingWhitening
        if !input.mode.isTraining, layer.runningStatistics != nil {
            try outputs.add(
                "y", x.shape, layer.inference(x.values, shape: x.shape, channelAxis: channelAxis))
            statistics = .running
        } else {
            let (y, batch) = try layer.forward(x.values, shape: x.shape, channelAxis: channelAxis)
            try outputs.add("y", x.shape, y)
            statistics = .batch(batch)
            if batch.count > 0 {
                try outputs.add("batch_mean", shapes.mean, batch.mean)
                try outputs.add("batch_covariance", shapes.covariance, batch.covariance())
            }
            if var running = layer.runningStatistics {
                try running.update(with: batch)
                try outputs.add("running_mean", shapes.runningMean, running.mean)
                try outputs.add("running_covariance", shapes.runningCovariance, running.covariance)
            }
        }
        if let dy = input.dy {
            try outputs.add(
                layer.backward(
                    dy, input: x.values, normalizedBy: statistics, shape: x.shape,
                    channelAxis: channelAxis), input: x.shape, affine)
        }
        return outputs
    }
}
