import Normalization
import NormalizationFiles

/// The weights and the bias of a convolution or dense layer in a file.
///
/// | weights | shape | output channels |
/// | --- | --- | --- |
/// | `weight` | (out, in / groups, kernel…) | the first axis |
/// | `weight`, transposed | (in, out / groups, kernel…) | the second, of each group |
/// | `kernel` | (kernel…, in, out) | the last |
/// | `kernel`, transposed | (kernel…, out, in) | the last but one |
/// | `depthwise_kernel` | (kernel…, in, multiplier) | the last two |
struct LinearTensors {
    /// The layer's name.
    let prefix: String
    let weights: NamedTensor
    let bias: NamedTensor?

    /// Nil where the tensors under the name are none of such a layer.
    init?(_ prefix: String, in index: LayerIndex) {
        let tensors = index.tensors(of: prefix)
        func first(_ parts: [String]) -> NamedTensor? {
            // TensorFlow puts ":0" behind the names.
            let parts = parts + parts.map { "\($0):0" }
            return tensors.first { parts.contains($0.part) }
        }
        guard let weights = first(["weight", "kernel", "depthwise_kernel"]),
            weights.entry.shape.count >= 2, weights.entry.count > 0
        else { return nil }
        self.prefix = prefix
        self.weights = weights
        bias = first(["bias"])
    }

    /// Whether the weights lie as Keras has them, outputs last.
    private var isKernel: Bool { !weights.part.hasPrefix("weight") }

    /// Whether it may be a transposed convolution.
    var mayBeTransposed: Bool {
        weights.entry.shape.count >= 3 && !weights.part.hasPrefix("depthwise")
    }

    /// The number of output channels.
    func outputs(isTransposed: Bool, groups: Int = 1) -> Int {
        let shape = weights.entry.shape
        switch (isKernel, isTransposed) {
        case (false, false): return shape[0]
        case (false, true): return shape[1] * groups
        case (true, true): return shape[shape.count - 2]
        case (true, false):
            let isDepthwise = weights.part.hasPrefix("depthwise")
            return shape[shape.count - 1] * (isDepthwise ? shape[shape.count - 2] : 1)
        }
    }

    /// The weights as those of a layer that is scaled in the same places.
    func layer(isTransposed: Bool, groups: Int) throws(FoldingError) -> LinearLayer {
        let shape = weights.entry.shape
        if isTransposed, !isKernel { return try .transposedConvolution(shape, groups: groups) }
        // (before, out, behind): whatever stands before and behind the outputs is scaled alike.
        let outputs = outputs(isTransposed: isTransposed)
        let behind =
            !isKernel ? weights.entry.count / outputs : isTransposed ? shape[shape.count - 1] : 1
        return try .transposedConvolution(
            [weights.entry.count / outputs / behind, outputs, behind])
    }

    /// The name of a bias, where there is none yet.
    var newBiasName: String { String(weights.name.dropLast(weights.part.count)) + "bias" }
}
