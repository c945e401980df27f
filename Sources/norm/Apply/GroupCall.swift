import Normalization
import NormalizationFiles

/// The call of a group or instance normalization that `norm apply` was asked for. Training is inference.
struct GroupCall<Scalar: NormalizationScalar & NpyElement> {
    private let input: CallInput<Scalar>
    private let channelAxis: Int
    private let affine: AffineFiles<Scalar>
    private let layer: GroupNorm<Scalar>

    /// Reads the files beside the input.
    init(_ input: CallInput<Scalar>) throws {
        let options = input.options
        let geometry = try Geometry(input.x.shape, channelAxis: options.channelAxis ?? 1)
        let channels = geometry.channels
        self.input = input
        channelAxis = geometry.channelAxis
        affine = try AffineFiles(options, count: channels, samples: input.samples(geometry))
        try input.checkScaleOffset(of: affine)
        layer = try GroupNorm(
            channels: channels, groups: options.groups ?? channels, gamma: affine.gammaParameter,
            beta: affine.betaParameter,
            epsilon: options.epsilon ?? options.preset.groupPreset.epsilon,
            engine: options.engine, threadLimit: options.threads)
    }

    /// Makes the call: every array that is to be written, by the name of its file.
    func outputs() throws -> CallOutputs<Scalar> {
        let x = input.x
        var outputs = CallOutputs<Scalar>()
        let (gammas, betas) = affine.perSample(scaleOffset: input.scaleOffset)
        let y =
            try affine.isPerSample
            ? layer.inference(
                x.values, scaledBy: gammas, shiftedBy: betas, scaleOffset: input.scaleOffset,
                shape: x.shape, channelAxis: channelAxis)
            : layer.inference(x.values, shape: x.shape, channelAxis: channelAxis)
        try outputs.add("y", x.shape, y)
        guard let dy = input.dy else { return outputs }
        let gradients =
            try affine.isPerSample
            ? layer.backward(
                dy, input: x.values, scaledBy: gammas, shiftedBy: betas,
                scaleOffset: input.scaleOffset, shape: x.shape, channelAxis: channelAxis)
            : layer.backward(dy, input: x.values, shape: x.shape, channelAxis: channelAxis)
        try outputs.add(gradients, input: x.shape, affine)
        return outputs
    }
}
