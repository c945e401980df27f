internal import Normalization

/// The convolutional network of the study: six 3×3 convolutions of 16 channels, each with a normalization and ReLU
/// behind it, pooling after the third and the sixth, and a dense layer; here both poolings are means.
final class Network {
    private let layers: [any Layer]

    init(_ options: Training.Options, over exchange: any StatisticsExchange) throws {
        let channels = 16
        // A rank's own statistics are those of an exchange of one rank.
        let ranks: any StatisticsExchange =
            try options.kind == .synchronized ? exchange : LocalExchange.ranks(1)[0]
        var random = Random(seed: options.seed)
        var layers: [any Layer] = []
        for index in 0..<6 {
            layers.append(
                Convolution(inputs: index == 0 ? 1 : channels, outputs: channels, &random))
            if options.kind == .group {
                layers.append(
                    try GroupNormalization(
                        channels: channels, groups: 4, threadLimit: options.threadLimit))
            } else {
                layers.append(
                    try BatchNormalization(
                        channels: channels, over: ranks, threadLimit: options.threadLimit))
            }
            layers.append(ReLU())
            if index % 3 == 2 { layers.append(Pooling()) }
        }
        layers.append(Dense(inputs: channels * 4, outputs: 10, &random))
        self.layers = layers
    }

    var parameters: [Parameter] { layers.flatMap { $0.parameters } }

    /// The logits of each sample.
    func forward(_ input: Tensor, isTraining: Bool) throws -> Tensor {
        try layers.reduce(input) { try $1.forward($0, isTraining: isTraining) }
    }

    func backward(_ gradient: Tensor) throws {
        _ = try layers.reversed().reduce(gradient) { try $1.backward($0) }
    }
}
