import Normalization

/// A group normalization of either element type that is fed and read in `Double`.
protocol TestedGroupLayer {
    func forward(doubles x: [Double], shape: [Int], channelAxis: Int) throws -> (
        output: [Double], statistics: GroupStatistics
    )
    func inference(doubles x: [Double], shape: [Int], channelAxis: Int) throws -> [Double]
    func backward(
        doubles gradient: [Double], input x: [Double], normalizedBy statistics: GroupStatistics?,
        shape: [Int], channelAxis: Int
    ) throws -> GradientsInDouble
}

extension TestedGroupLayer {
    func backward(
        doubles gradient: [Double], input x: [Double], shape: [Int], channelAxis: Int
    ) throws -> GradientsInDouble {
        try backward(
            doubles: gradient, input: x, normalizedBy: nil, shape: shape, channelAxis: channelAxis)
    }
}

extension GroupNorm: TestedGroupLayer {
    func forward(doubles x: [Double], shape: [Int], channelAxis: Int) throws -> (
        output: [Double], statistics: GroupStatistics
    ) {
        let (output, statistics) = try forward(
            converted(x, to: Scalar.self), shape: shape, channelAxis: channelAxis)
        return (converted(output, to: Double.self), statistics)
    }

    func inference(doubles x: [Double], shape: [Int], channelAxis: Int) throws -> [Double] {
        try converted(
            inference(converted(x, to: Scalar.self), shape: shape, channelAxis: channelAxis),
            to: Double.self)
    }

    func backward(
        doubles gradient: [Double], input x: [Double], normalizedBy statistics: GroupStatistics?,
        shape: [Int], channelAxis: Int
    ) throws -> GradientsInDouble {
        let gradients = try backward(
            converted(gradient, to: Scalar.self), input: converted(x, to: Scalar.self),
            normalizedBy: statistics, shape: shape, channelAxis: channelAxis)
        return GradientsInDouble(
            input: gradients.input.map { converted($0, to: Double.self) },
            gamma: gradients.gamma.map { converted($0, to: Double.self) },
            beta: gradients.beta.map { converted($0, to: Double.self) })
    }
}
