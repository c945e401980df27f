/// The inputs of all batch normalizations of a network, for a picture of 224 × 224, each shape once,
/// in the order of the network. `Tests/Fixtures/shapes` has the same lists as text.
enum ShapeList: String, CaseIterable {
    /// ResNet-50, with the stride in the first 1×1 convolution of a block, as in He, Zhang, Ren and
    /// Sun, "Deep Residual Learning for Image Recognition", 2015, table 1.
    case resnet50
    /// DenseNet-121: growth 32, bottleneck 128; Huang, Liu, van der Maaten and Weinberger, "Densely
    /// Connected Convolutional Networks", 2017, table 1.
    case densenet121

    /// Channels and the side of the square picture.
    var inputs: [(channels: Int, side: Int)] {
        var inputs: [(channels: Int, side: Int)] = [(64, 112)]
        func add(_ channels: Int, _ side: Int) {
            guard !inputs.contains(where: { $0 == (channels, side) }) else { return }
            inputs.append((channels, side))
        }
        switch self {
        case .resnet50:
            for (width, side) in [(64, 56), (128, 28), (256, 14), (512, 7)] {
                add(width, side)
                add(4 * width, side)
            }
        case .densenet121:
            var channels = 64
            for (layers, side) in [(6, 56), (12, 28), (24, 14), (16, 7)] {
                for _ in 0..<layers {
                    add(channels, side)
                    add(128, side)
                    channels += 32
                }
                add(channels, side)
                // The transition to the next block.
                channels /= 2
            }
        }
        return inputs
    }

    /// The inputs as shapes of rank 4, the channels at `channelAxis` of it.
    func shapes(batch: Int, channelAxis: Int) -> [[Int]] {
        inputs.map { channels, side in
            var shape = [batch, side, side]
            shape.insert(channels, at: channelAxis)
            return shape
        }
    }
}
