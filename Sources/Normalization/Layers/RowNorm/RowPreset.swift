/// ε and the offset of γ of a framework, for layers that normalize rows.
public struct RowPreset: Sendable, Equatable {
    /// The small number inside the root of layer norm.
    public var layerNormEpsilon: Double
    /// The small number inside the root of RMS norm; `nil` is the distance from 1 to the next number of
    /// the element type.
    public var rmsNormEpsilon: Double?
    /// What is added to γ: γ is stored less by so much.
    public var scaleOffset: Double

    /// A convention of one's own.
    public init(layerNormEpsilon: Double, rmsNormEpsilon: Double?, scaleOffset: Double = 0) {
        self.layerNormEpsilon = layerNormEpsilon
        self.rmsNormEpsilon = rmsNormEpsilon
        self.scaleOffset = scaleOffset
    }

    /// PyTorch's defaults: ε 1e-5; RMS norm's the machine epsilon, 1.19e-7 in `Float`. The default here
    /// too.
    public static let pyTorch = RowPreset(layerNormEpsilon: 1e-5, rmsNormEpsilon: nil)
    /// Keras's defaults: ε 1e-3; RMS norm's 1e-6.
    public static let keras = RowPreset(layerNormEpsilon: 1e-3, rmsNormEpsilon: 1e-6)
    /// ONNX's defaults: ε 1e-5 in both.
    public static let onnx = RowPreset(layerNormEpsilon: 1e-5, rmsNormEpsilon: 1e-5)
    /// Flax's defaults: ε 1e-6 in both.
    public static let flax = RowPreset(layerNormEpsilon: 1e-6, rmsNormEpsilon: 1e-6)
    /// MLX's defaults: ε 1e-5 in both.
    public static let mlx = RowPreset(layerNormEpsilon: 1e-5, rmsNormEpsilon: 1e-5)
    /// Gemma's RMS norm: ε 1e-6, and y = x̂ · (1 + γ), so γ starts at 0.
    public static let gemma = RowPreset(
        layerNormEpsilon: 1e-6, rmsNormEpsilon: 1e-6, scaleOffset: 1)
    /// The RMS norm of Llama as Hugging Face has it: ε 1e-6. Models since Llama 2 say 1e-5 in their
    /// configuration.
    public static let llama = RowPreset(layerNormEpsilon: 1e-6, rmsNormEpsilon: 1e-6)
}
