extension Architecture {
    /// The network in words, for the report.
    var summary: String {
        switch self {
        case .convolutional(let dropout):
            "six 3×3 convolutions of 16 channels, ReLU, two poolings, one dense layer"
                + Self.text(dropout)
        case .perceptron(let width, let depth):
            "\(depth) dense layers, the hidden ones of \(width) units, ReLU"
        case .residual(let width, let blocks, let gammaStart):
            "\(blocks) residual blocks of two dense layers of \(width) units, ReLU, between two "
                + "dense layers; the last γ of each block starts at \(gammaStart.short)"
        case .recurrent(let units, let dropout):
            "dense layer on each frame, normalization, tanh recurrence of \(units) units, mean over "
                + "the frames, one dense layer" + Self.text(dropout)
        case .attention(let width, let heads, let blocks):
            "dense layer on each frame, sines of its position, \(blocks) blocks of self-attention "
                + "(\(heads) heads) and two dense layers, each behind a normalization and added to its "
                + "input, normalization, mean over the frames, one dense layer; \(width) units"
        case .generator(let noise, let width):
            "\(noise) random numbers and the class, two dense layers of \(width) units, "
                + "normalization, ReLU, one dense layer, tanh; against a discriminator of as many "
                + "units without normalization"
        }
    }

    private static func text(_ dropout: Double) -> String {
        dropout > 0 ? ", dropout \(dropout.short) before it" : ""
    }
}
