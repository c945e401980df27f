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
        dy = try gradient(file, of: x, bfloat16: options.bfloat16)
    }

    /// What is added to γ.
    var scaleOffset: Double { options.scaleOffset ?? 0 }

    /// The number of samples; nil where the channels lie on their axis.
    func samples(_ geometry: Geometry) -> Int? {
        geometry.channelAxis == 0 ? nil : geometry.shape[0]
    }

    /// Throws where there is an offset and no γ of each sample for it.
    func checkScaleOffset(of affine: AffineFiles<Scalar>) throws(Failure) {
        guard let offset = options.scaleOffset, !affine.isPerSample else { return }
        throw .call(
            "--scale-offset: expected a --gamma of shape (N, C) beside it, got \(offset) alone")
    }
}
