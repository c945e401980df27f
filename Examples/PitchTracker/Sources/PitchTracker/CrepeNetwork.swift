internal import Normalization

/// The CREPE "tiny" network: 1024 samples at 16 kHz in, the probabilities of 360 pitches out.
///
/// Six layers of convolution, ReLU, batch normalization and max pooling, then a dense layer and a
/// sigmoid. Activations lie (frame, time, channel), so batch normalization is channels-last.
/// The network is a value that inference does not change: threads share it, each with a
/// ``Workspace`` of its own.
///
/// - References: Kim, Salamon, Li and Bello, "CREPE: A Convolutional Representation for Pitch
///   Estimation", ICASSP 2018, <https://arxiv.org/abs/1802.06182>.
public struct CrepeNetwork: Sendable {
    /// The frames computed together unless the caller says otherwise: enough rows for the products
    /// to be efficient, few enough for the activations of a group to take 12 MB.
    public static let groupSize = 64

    /// One layer; a normalization that has been folded into what follows is not there.
    struct Layer: Sendable {
        let convolution: Convolution
        let normalization: BatchNorm<Float>?
    }

    let layers: [Layer]
    let dense: Dense

    /// The probabilities of the 360 pitches, (frames, 360).
    ///
    /// - Parameters:
    ///   - frames: normalized frames of 1024 samples, one after the other.
    ///   - workspace: memory for the activations, which grows to what is needed; and where the
    ///     time goes.
    /// - Throws: ``PitchError/frameLength(count:)``, ``PitchError/normalization(_:)``.
    public func probabilities(
        of frames: [Float], in workspace: inout Workspace
    ) throws(PitchError) -> [Float] {
        guard frames.count.isMultiple(of: FrameSequence.length) else {
            throw .frameLength(count: frames.count)
        }
        let count = frames.count / FrameSequence.length
        guard count > 0 else { return [] }
        workspace.load(frames, largestOutput: count * largestOutput)
        for layer in layers { try workspace.run(layer, frames: count) }
        return workspace.finish(dense, frames: count)
    }

    /// The numbers that the largest convolution writes per frame.
    private var largestOutput: Int {
        layers.map { $0.convolution.plan.outputLength * $0.convolution.plan.outputChannels }.max()
            ?? 0
    }
}
