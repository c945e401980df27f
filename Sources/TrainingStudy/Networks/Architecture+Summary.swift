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
        }
    }

    private static func text(_ dropout: Double) -> String {
        dropout > 0 ? ", dropout \(dropout.short) before it" : ""
    }
}
