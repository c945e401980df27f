import Normalization
import NormalizationFiles

/// The call of a group or instance normalization that `norm apply` was asked for. Training is inference.
struct GroupCall<Scalar: NormalizationScalar & NpyElement> {
    private let dy: [Scalar]?
    private let affine: AffineParameters<Scalar>
    private let layer: GroupNorm<Scalar>
    private let scaled: ScaledInput<Scalar>

    /// Reads the files beside the input.
    init(_ input: CallInput<Scalar>) throws {
        let options = input.options
        let weights = try WeightsFile(options)
        let axis = try options.channelAxis ?? weights?.settings().channelAxis ?? 1
        let geometry = try Geometry(input.x.shape, channelAxis: axis)
        let channels = geometry.channels
        if let weights {
            layer = try weights.groupNorm(Scalar.self, options)
            affine = AffineParameters(
                gamma: layer.gamma, beta: layer.beta, shape: [layer.channels])
        } else {
            let preset = options.preset?.groupPreset ?? .pyTorch
            affine = try AffineParameters(
                options, .channels(channels, samples: input.samples(geometry)))
            layer = try GroupNorm(
                channels: channels, groups: options.groups ?? channels, gamma: affine.gamma,
                beta: affine.beta, epsilon: options.epsilon ?? preset.epsilon,
                engine: options.engine, threadLimit: options.threads)
        }
        dy = input.dy
        scaled = try input.scaled(affine, channelAxis: geometry.channelAxis)
    }

    /// Makes the call: every array that is to be written, by the name of its file.
    func outputs() throws -> CallOutputs<Scalar> {
        let shape = scaled.x.shape
        var outputs = CallOutputs<Scalar>()
        try outputs.add("y", shape, layer.inference(scaled))
        guard let dy else { return outputs }
        try outputs.add(
            layer.backward(dy, scaled, normalizedBy: nil), input: shape, affine)
        return outputs
    }
}
