/// The parts of the study, each of which can be run by itself.
package enum StudyPart: String, Sendable, CaseIterable {
    /// Convolutional, dense, residual and recurrent networks, with the kinds of batch normalization.
    case networks
    /// Accuracy against batch size, with the layers that depend on the batch and those that do not.
    case batchSizes = "batch-sizes"
    /// Self-attention over padded sequences.
    case attention
    /// A generative adversarial network that draws digits.
    case gan
}
