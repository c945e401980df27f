/// The layer that a batch normalization is folded into, by the shape of its weights.
///
/// | layer | shape of the weights | bias |
/// | --- | --- | --- |
/// | ``convolution(_:groups:)`` | (out, in / groups, kernel…) | out |
/// | ``transposedConvolution(_:groups:)`` | (in, out / groups, kernel…) | out |
/// | ``dense(_:)`` | (out, in) | out |
///
/// These are PyTorch's and ONNX's layouts. With channels-first data, a dense layer after a flattened
/// (C, H, W) is the convolution (out, C, H, W), whose weights lie in memory just so.
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
    /// The number of input channels.
    public let inputs: Int
    /// The number of output channels, and of numbers in the bias.
    public let outputs: Int

    /// A convolution of any rank, with weights (out, in / groups, kernel…).
    ///
    /// - Parameters:
    ///   - shape: the dimensions of the weights, three of them (1-D) or more.
    ///   - groups: how many groups of channels are convolved apart; as many as inputs is depthwise.
    /// - Throws: ``FoldingError/invalidWeightShape(kind:shape:groups:_:)``.
    public static func convolution(_ shape: [Int], groups: Int = 1)
        throws(FoldingError) -> LinearLayer
    {
        try LinearLayer(.convolution, shape, groups)
    }

    /// A transposed convolution of any rank, with weights (in, out / groups, kernel…).
    ///
    /// - Parameters:
    ///   - shape: the dimensions of the weights, three of them (1-D) or more.
    ///   - groups: how many groups of channels are convolved apart.
    /// - Throws: ``FoldingError/invalidWeightShape(kind:shape:groups:_:)``.
    public static func transposedConvolution(_ shape: [Int], groups: Int = 1)
        throws(FoldingError) -> LinearLayer
    {
        try LinearLayer(.transposedConvolution, shape, groups)
    }

    /// A dense layer, with weights (out, in).
    ///
    /// - Throws: ``FoldingError/invalidWeightShape(kind:shape:groups:_:)``.
    public static func dense(_ shape: [Int]) throws(FoldingError) -> LinearLayer {
        try LinearLayer(.dense, shape, 1)
    }

    private init(_ kind: Kind, _ shape: [Int], _ groups: Int) throws(FoldingError) {
        func invalid(_ defect: FoldingError.WeightShapeDefect) -> FoldingError {
            .invalidWeightShape(kind: kind.rawValue, shape: shape, groups: groups, defect)
        }
        guard kind == .dense ? shape.count == 2 : shape.count >= 3 else {
            throw invalid(.wrongRank)
        }
        guard shape.allSatisfy({ $0 >= 1 }) else { throw invalid(.dimensionBelowOne) }
        guard groups >= 1, shape[0].isMultiple(of: groups) else { throw invalid(.unevenGroups) }
        var count = 1
        for dimension in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw invalid(.countOverflow) }
            count = product
        }
        // At most the number of elements, since the groups divide the first axis.
        let other = shape[1] * groups
        self.kind = kind
        self.shape = shape
        self.groups = groups
        (inputs, outputs) = kind == .transposedConvolution ? (shape[0], other) : (other, shape[0])
    }
}

extension LinearLayer {
    /// The number of weights.
    var weightCount: Int { shape.reduce(1, *) }
    /// The number of weights from one input channel to one output channel.
    var kernelCount: Int { shape[2...].reduce(1, *) }

    /// The input channels that the weights in a row of the first axis of a convolution or dense layer
    /// belong to: `shape[1]` consecutive ones.
    func firstInput(ofOutput output: Int) -> Int {
        output / (outputs / groups) * shape[1]
    }

    /// The output channels that the weights in a row of the first axis of a transposed convolution
    /// belong to: `shape[1]` consecutive ones.
    func firstOutput(ofInput input: Int) -> Int {
        input / (inputs / groups) * shape[1]
    }

    /// The channels on the given side that the weights in a row of the first axis belong to, side by side
    /// with as many weights each.
    func channels(ofRow row: Int, on side: Side) -> Range<Int> {
        let first =
            switch (side, kind) {
            case (.output, .transposedConvolution): firstOutput(ofInput: row)
            case (.input, .convolution), (.input, .dense): firstInput(ofOutput: row)
            default: row
            }
        let isOne = (side == .input) == (kind == .transposedConvolution)
        return first..<first + (isOne ? 1 : shape[1])
    }

    /// The side of the layer that the normalization stands on.
    enum Side: Sendable {
        case input
        case output
    }
}
