import Normalization
import NormalizationFiles

/// The call of a batch normalization that `norm apply` was asked for, its files read and checked.
struct BatchCall<Scalar: NormalizationScalar & NpyElement> {
    private let input: CallInput<Scalar>
    private let channelAxis: Int
    private let affine: AffineFiles<Scalar>
    private let layer: BatchNorm<Scalar>
    /// Outputs have the shapes of the files they belong to, and (C) where there is none.
    private let shapes: (mean: [Int], variance: [Int], channels: [Int])

    /// Reads the files beside the input.
    init(_ input: CallInput<Scalar>) throws {
        let options = input.options
        let geometry = try Geometry(input.x.shape, channelAxis: options.channelAxis ?? 1)
        let channels = geometry.channels
        self.input = input
        channelAxis = geometry.channelAxis
        affine = try AffineFiles(options, count: channels, samples: input.samples(geometry))
        try input.checkScaleOffset(of: affine)
        let mean = try FileArgument("--running-mean", options.runningMean).map { file in
            try PerChannel(file, channels: channels)
        }
        let variance = try FileArgument("--running-variance", options.runningVariance).map { file in
            try PerChannel(file, channels: channels)
        }
        shapes = (mean?.shape ?? [channels], variance?.shape ?? [channels], [channels])
        let preset = options.preset.preset
        let weight = options.weight
        var running: RunningStatistics?
        if mean != nil || (weight != nil && input.mode.isTraining) {
            running = try RunningStatistics(
                mean: mean?.values ?? Array(repeating: 0, count: channels),
                variance: variance?.values ?? Array(repeating: 1, count: channels),
                updateCount: options.cumulative.map { $0 - 1 } ?? 0,
                weight: weight ?? preset.weight, estimator: options.variance ?? preset.estimator,
                nonFinite: options.nonFinite ?? .throw)
        }
        layer = try BatchNorm(
            channels: channels, gamma: affine.gammaParameter, beta: affine.betaParameter,
            epsilon: options.epsilon ?? preset.epsilon, runningStatistics: running,
            engine: options.engine, threadLimit: options.threads)
    }

    /// Makes the call: every array that is to be written, by the name of its file.
    func outputs() throws -> CallOutputs<Scalar> {
        let x = input.x
        var outputs = CallOutputs<Scalar>()
        let statistics: NormalizingStatistics
        if !input.mode.isTraining, layer.runningStatistics != nil {
            try outputs.add("y", x.shape, inference())
            statistics = .running
        } else {
            let (y, batch) = try forward()
            try outputs.add("y", x.shape, y)
            statistics = .batch(batch)
            if batch.count > 0 {
                try outputs.add("batch_mean", shapes.channels, batch.mean)
                try outputs.add("batch_variance", shapes.channels, batch.variance())
            }
            if var running = layer.runningStatistics {
                try running.update(with: batch)
                try outputs.add("running_mean", shapes.mean, running.mean)
                try outputs.add("running_variance", shapes.variance, running.variance)
            }
        }
        if let dy = input.dy {
            try outputs.add(backward(dy, statistics), input: x.shape, affine)
        }
        return outputs
    }

    private func forward() throws(NormalizationError) -> (
        output: [Scalar], statistics: BatchStatistics
    ) {
        let x = input.x
        guard affine.isPerSample else {
            return try layer.forward(x.values, shape: x.shape, channelAxis: channelAxis)
        }
        let (gammas, betas) = affine.perSample(scaleOffset: input.scaleOffset)
        return try layer.forward(
            x.values, scaledBy: gammas, shiftedBy: betas, scaleOffset: input.scaleOffset,
            shape: x.shape, channelAxis: channelAxis)
    }

    private func inference() throws(NormalizationError) -> [Scalar] {
        let x = input.x
        guard affine.isPerSample else {
            return try layer.inference(x.values, shape: x.shape, channelAxis: channelAxis)
        }
        let (gammas, betas) = affine.perSample(scaleOffset: input.scaleOffset)
        return try layer.inference(
            x.values, scaledBy: gammas, shiftedBy: betas, scaleOffset: input.scaleOffset,
            shape: x.shape, channelAxis: channelAxis)
    }

    private func backward(
        _ dy: [Scalar], _ statistics: NormalizingStatistics
    ) throws(NormalizationError) -> Gradients<Scalar> {
        let x = input.x
        guard affine.isPerSample else {
            return try layer.backward(
                dy, input: x.values, normalizedBy: statistics, shape: x.shape,
                channelAxis: channelAxis)
        }
        let (gammas, betas) = affine.perSample(scaleOffset: input.scaleOffset)
        return try layer.backward(
            dy, input: x.values, scaledBy: gammas, shiftedBy: betas,
            scaleOffset: input.scaleOffset, normalizedBy: statistics, shape: x.shape,
            channelAxis: channelAxis)
    }
}
