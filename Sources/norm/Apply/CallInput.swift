import Normalization
import NormalizationFiles

/// What every call of `norm apply` has: x, the gradient of y in the backward modes, and the options.
struct CallInput<Scalar: NormalizationScalar & NpyElement> {
    let mode: Mode
    let options: LayerOptions
    let x: NpyArray<Scalar>
    let dy: [Scalar]?

    init(_ mode: Mode, _ options: LayerOptions, _ x: NpyArray<Scalar>) throws(Failure) {
        self.mode = mode
        self.options = options
        self.x = x
        guard let file = FileArgument("--gradient", options.gradient) else {
            dy = nil
            return
        }
        dy = try tensor(file, like: x, bfloat16: options.bfloat16)
    }

    /// The residual of the options.
    func residual() throws(Failure) -> [Scalar]? {
        guard let file = FileArgument("--residual", options.residual) else { return nil }
        return try tensor(file, like: x, bfloat16: options.bfloat16)
    }

    /// x and what the layer's γ and β are, for a layer of channels.
    func scaled(
        _ affine: AffineParameters<Scalar>, channelAxis: Int
    ) throws(Failure) -> ScaledInput<Scalar> {
        if let offset = options.scaleOffset, affine.perSample == nil {
            throw .call(
                "--scale-offset: expected a --gamma of shape (N, C) beside it, got \(offset) alone")
        }
        return ScaledInput(
            x: x, channelAxis: channelAxis, perSample: affine.perSample,
            scaleOffset: options.scaleOffset ?? 0)
    }

    /// The number of samples; nil where the channels lie on their axis.
    func samples(_ geometry: Geometry) -> Int? {
        geometry.channelAxis == 0 ? nil : geometry.shape[0]
    }
}
