/// The layer that a batch normalization is folded into, by the shape of its weights and the axes of its channels.
///
/// | layer | shape of the weights, unless axes are named | bias |
/// | --- | --- | --- |
/// | ``convolution(_:groups:inputAxis:outputAxis:)`` | (out, in / groups, kernel…) | out |
/// | ``transposedConvolution(_:groups:inputAxis:outputAxis:)`` | (in, out / groups, kernel…) | out |
/// | ``dense(_:)`` | (out, in) | out |
/// | ``dense(_:inputAxis:outputAxis:)`` | (…, in, …, out, …) in any order | out |
///
/// These are PyTorch's and ONNX's layouts. Where weights lie otherwise, the axes of their channels are named, and
/// nothing is transposed:
///
/// | weights | shape | `inputAxis` | `outputAxis` |
/// | --- | --- | --- | --- |
/// | Keras, convolution | (kernel…, in / groups, out) | −2 | −1 |
/// | Keras, depthwise convolution (kernel…, C, M) | (kernel…, 1, C · M), in C groups | −2 | −1 |
/// | Keras, transposed convolution | (kernel…, out, in) | −1 | −2 |
/// | Keras, dense | (in, out) | 0 | 1 |
/// | PyTorch, dense after a flattened (C, H, W) | (out, C, H · W) | 1 | 0 |
/// | PyTorch, dense after a flattened (H, W, C) | (out, H · W, C) | 2 | 0 |
/// | Keras, dense after a flattened (H, W, C) | (H · W, C, out) | 1 | 2 |
public struct LinearLayer: Sendable, Hashable {
    /// What kind of layer it is.
    public enum Kind: String, Sendable {
        /// A convolution of any rank, grouped or depthwise or neither.
        case convolution
        /// A transposed convolution, also called deconvolution.
        case transposedConvolution = "transposed convolution"
        /// A dense layer, also called fully connected or linear.
        case dense = "dense layer"
    }

    /// What kind of layer it is.
    public let kind: Kind
    /// The dimensions of the weights, as given.
    public let shape: [Int]
    /// How many groups of channels are convolved apart; 1 for a dense layer.
    public let groups: Int
    /// The axis of ``shape`` that the weights of one output from several input channels lie along, from 0.
    public let inputAxis: Int
    /// The axis of ``shape`` that the weights of several output channels from one input lie along, from 0.
    public let outputAxis: Int
    /// The number of input channels.
    public let inputs: Int
    /// The number of output channels, and of numbers in the bias.
    public let outputs: Int

    /// A convolution of any rank, with weights (out, in / groups, kernel…) unless axes are named.
    ///
    /// - Parameters:
    ///   - shape: the dimensions of the weights, three of them (1-D) or more.
    ///   - groups: how many groups of channels are convolved apart; as many as inputs is depthwise.
    ///   - inputAxis: the axis of the input channels of a group; a negative one counts from the end.
    ///   - outputAxis: the axis of the output channels, those of the first group first.
    /// - Throws: ``FoldingError/invalidWeightShape(kind:shape:groups:_:)``.
    public static func convolution(
        _ shape: [Int], groups: Int = 1, inputAxis: Int = 1, outputAxis: Int = 0
    ) throws(FoldingError) -> LinearLayer {
        try LinearLayer(.convolution, shape, groups, inputAxis, outputAxis)
    }

    /// A transposed convolution of any rank, with weights (in, out / groups, kernel…) unless axes are named.
    ///
    /// - Parameters:
    ///   - shape: the dimensions of the weights, three of them (1-D) or more.
    ///   - groups: how many groups of channels are convolved apart.
    ///   - inputAxis: the axis of the input channels, those of the first group first; a negative one counts
    ///     from the end.
    ///   - outputAxis: the axis of the output channels of a group.
    /// - Throws: ``FoldingError/invalidWeightShape(kind:shape:groups:_:)``.
    public static func transposedConvolution(
        _ shape: [Int], groups: Int = 1, inputAxis: Int = 0, outputAxis: Int = 1
    ) throws(FoldingError) -> LinearLayer {
        try LinearLayer(.transposedConvolution, shape, groups, inputAxis, outputAxis)
    }

    /// A dense layer, with weights (out, in).
    ///
    /// - Throws: ``FoldingError/invalidWeightShape(kind:shape:groups:_:)``.
    public static func dense(_ shape: [Int]) throws(FoldingError) -> LinearLayer {
        guard shape.count == 2 else {
            throw .invalidWeightShape(
                kind: Kind.dense.rawValue, shape: shape, groups: 1, .wrongRank)
        }
        return try LinearLayer(.dense, shape, 1, 1, 0)
    }

    /// A dense layer whose weights lie in any order, also behind a flattened tensor: the axes that are not
    /// named are the positions of a channel.
    ///
    /// - Parameters:
    ///   - shape: the dimensions of the weights, two of them or more.
    ///   - inputAxis: the axis of the input channels; a negative one counts from the end.
    ///   - outputAxis: the axis of the outputs.
    /// - Throws: ``FoldingError/invalidWeightShape(kind:shape:groups:_:)``.
    public static func dense(
        _ shape: [Int], inputAxis: Int, outputAxis: Int
    ) throws(FoldingError) -> LinearLayer {
        try LinearLayer(.dense, shape, 1, inputAxis, outputAxis)
    }

    private init(
        _ kind: Kind, _ shape: [Int], _ groups: Int, _ inputAxis: Int, _ outputAxis: Int
    ) throws(FoldingError) {
        func invalid(_ defect: FoldingError.WeightShapeDefect) -> FoldingError {
            .invalidWeightShape(kind: kind.rawValue, shape: shape, groups: groups, defect)
        }
        guard shape.count >= (kind == .dense ? 2 : 3) else { throw invalid(.wrongRank) }
        guard shape.allSatisfy({ $0 >= 1 }) else { throw invalid(.dimensionBelowOne) }
        let input = inputAxis < 0 ? inputAxis + shape.count : inputAxis
        let output = outputAxis < 0 ? outputAxis + shape.count : outputAxis
        guard shape.indices.contains(input), shape.indices.contains(output), input != output else {
            throw invalid(.invalidAxes(input: inputAxis, output: outputAxis))
        }
        // The groups divide the axis that all channels of a side lie along.
        let (whole, part) = kind == .transposedConvolution ? (input, output) : (output, input)
        guard groups >= 1, shape[whole].isMultiple(of: groups) else { throw invalid(.unevenGroups) }
        var count = 1
        for dimension in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw invalid(.countOverflow) }
            count = product
        }
        // At most the number of elements, since the groups divide the other axis.
        let other = shape[part] * groups
        self.kind = kind
        self.shape = shape
        self.groups = groups
        (self.inputAxis, self.outputAxis) = (input, output)
        (inputs, outputs) = whole == input ? (shape[whole], other) : (other, shape[whole])
    }
}
