import Normalization
import NormalizationFiles

/// x, and γ and β of each channel of each sample where the layer has none of its own.
struct ScaledInput<Scalar: NormalizationScalar & NpyElement> {
    let x: NpyArray<Scalar>
    let channelAxis: Int
    let perSample: (gammas: [Scalar], betas: [Scalar])?
    /// What is added to γ per sample.
    let scaleOffset: Double
}

/// A layer of channels, which takes its own γ and β or those of each sample.
protocol ChannelLayer<Scalar> {
    associatedtype Scalar: NormalizationScalar
    /// What forward returns.
    associatedtype Statistics
    /// What backward takes.
    associatedtype Normalizing

    func forward(
        _ x: [Scalar], adding residual: [Scalar]?, then activation: Activation, shape: [Int],
        channelAxis: Int
    ) throws(NormalizationError) -> (output: [Scalar], statistics: Statistics)

    func forward(
        _ x: [Scalar], scaledBy gammas: [Scalar], shiftedBy betas: [Scalar], scaleOffset: Double,
        adding residual: [Scalar]?, then activation: Activation, shape: [Int], channelAxis: Int
    ) throws(NormalizationError) -> (output: [Scalar], statistics: Statistics)

    func inference(
        _ x: [Scalar], adding residual: [Scalar]?, then activation: Activation, shape: [Int],
        channelAxis: Int
    ) throws(NormalizationError) -> [Scalar]

    func inference(
        _ x: [Scalar], scaledBy gammas: [Scalar], shiftedBy betas: [Scalar], scaleOffset: Double,
        adding residual: [Scalar]?, then activation: Activation, shape: [Int], channelAxis: Int
    ) throws(NormalizationError) -> [Scalar]

    func backward(
        _ gradient: [Scalar], input x: [Scalar], adding residual: [Scalar]?,
        through activation: Activation, activationMask: [UInt8]?,
        normalizedBy statistics: Normalizing, shape: [Int], channelAxis: Int,
        wanting wanted: GradientSelection
    ) throws(NormalizationError) -> Gradients<Scalar>

    func backward(
        _ gradient: [Scalar], input x: [Scalar], scaledBy gammas: [Scalar],
        shiftedBy betas: [Scalar], scaleOffset: Double, adding residual: [Scalar]?,
        through activation: Activation, activationMask: [UInt8]?,
        normalizedBy statistics: Normalizing, shape: [Int], channelAxis: Int,
        wanting wanted: GradientSelection
    ) throws(NormalizationError) -> Gradients<Scalar>
}

extension BatchNorm: ChannelLayer {
    typealias Statistics = BatchStatistics
    typealias Normalizing = NormalizingStatistics
}

extension GroupNorm: ChannelLayer {
    typealias Statistics = GroupStatistics
    typealias Normalizing = GroupStatistics?
}

extension ChannelLayer where Scalar: NpyElement {
    func forward(
        _ input: ScaledInput<Scalar>
    ) throws(NormalizationError) -> (output: [Scalar], statistics: Statistics) {
        let (x, shape, axis) = (input.x.values, input.x.shape, input.channelAxis)
        guard let (gammas, betas) = input.perSample else {
            return try forward(x, adding: nil, then: .identity, shape: shape, channelAxis: axis)
        }
        return try forward(
            x, scaledBy: gammas, shiftedBy: betas, scaleOffset: input.scaleOffset, adding: nil,
            then: .identity, shape: shape, channelAxis: axis)
    }

    func inference(_ input: ScaledInput<Scalar>) throws(NormalizationError) -> [Scalar] {
        let (x, shape, axis) = (input.x.values, input.x.shape, input.channelAxis)
        guard let (gammas, betas) = input.perSample else {
            return try inference(x, adding: nil, then: .identity, shape: shape, channelAxis: axis)
        }
        return try inference(
            x, scaledBy: gammas, shiftedBy: betas, scaleOffset: input.scaleOffset, adding: nil,
            then: .identity, shape: shape, channelAxis: axis)
    }

    func backward(
        _ dy: [Scalar], _ input: ScaledInput<Scalar>, normalizedBy statistics: Normalizing
    ) throws(NormalizationError) -> Gradients<Scalar> {
        let (x, shape, axis) = (input.x.values, input.x.shape, input.channelAxis)
        guard let (gammas, betas) = input.perSample else {
            return try backward(
                dy, input: x, adding: nil, through: .identity, activationMask: nil,
                normalizedBy: statistics, shape: shape, channelAxis: axis, wanting: .all)
        }
        return try backward(
            dy, input: x, scaledBy: gammas, shiftedBy: betas, scaleOffset: input.scaleOffset,
            adding: nil, through: .identity, activationMask: nil, normalizedBy: statistics,
            shape: shape, channelAxis: axis, wanting: .all)
    }
}
