import Normalization
import Testing

/// A layer of either element type that is fed and read in `Double`, so that a test says once what
/// must hold for both. Numbers that `Float` cannot hold are rounded on the way in.
protocol TestedLayer {
    var channels: Int { get }
    var epsilon: Double { get set }
    var runningStatistics: RunningStatistics? { get set }
    var engine: Engine { get set }
    var threadLimit: Int? { get set }
    var gammaInDouble: AffineParameter<Double> { get set }
    var betaInDouble: AffineParameter<Double> { get set }

    func forward(doubles x: [Double], shape: [Int], channelAxis: Int) throws -> (
        output: [Double], statistics: BatchStatistics
    )
    mutating func forwardAndCommit(doubles x: [Double], shape: [Int], channelAxis: Int) throws -> (
        output: [Double], statistics: BatchStatistics
    )
    func inference(doubles x: [Double], shape: [Int], channelAxis: Int) throws -> [Double]
    func backward(
        doubles gradient: [Double], input x: [Double],
        normalizedBy statistics: NormalizingStatistics, shape: [Int], channelAxis: Int,
        wanting wanted: GradientSelection
    ) throws -> GradientsInDouble
    mutating func commit(_ statistics: BatchStatistics) throws(NormalizationError)
}

extension BatchNorm: TestedLayer {
    var gammaInDouble: AffineParameter<Double> {
        get { gamma.converted() }
        set { gamma = newValue.converted() }
    }

    var betaInDouble: AffineParameter<Double> {
        get { beta.converted() }
        set { beta = newValue.converted() }
    }

    func forward(doubles x: [Double], shape: [Int], channelAxis: Int) throws -> (
        output: [Double], statistics: BatchStatistics
    ) {
        let (output, statistics) = try forward(
            converted(x, to: Scalar.self), shape: shape, channelAxis: channelAxis)
        return (converted(output, to: Double.self), statistics)
    }

    mutating func forwardAndCommit(doubles x: [Double], shape: [Int], channelAxis: Int) throws -> (
        output: [Double], statistics: BatchStatistics
    ) {
        let (output, statistics) = try forwardAndCommit(
            converted(x, to: Scalar.self), shape: shape, channelAxis: channelAxis)
        return (converted(output, to: Double.self), statistics)
    }

    func inference(doubles x: [Double], shape: [Int], channelAxis: Int) throws -> [Double] {
        try converted(
            inference(converted(x, to: Scalar.self), shape: shape, channelAxis: channelAxis),
            to: Double.self)
    }

    func backward(
        doubles gradient: [Double], input x: [Double],
        normalizedBy statistics: NormalizingStatistics, shape: [Int], channelAxis: Int,
        wanting wanted: GradientSelection
    ) throws -> GradientsInDouble {
        let gradients = try backward(
            converted(gradient, to: Scalar.self), input: converted(x, to: Scalar.self),
            normalizedBy: statistics, shape: shape, channelAxis: channelAxis, wanting: wanted)
        return GradientsInDouble(
            input: gradients.input.map { converted($0, to: Double.self) },
            gamma: gradients.gamma.map { converted($0, to: Double.self) },
            beta: gradients.beta.map { converted($0, to: Double.self) })
    }
}

struct GradientsInDouble: Equatable {
    var input: [Double]?
    var gamma: [Double]?
    var beta: [Double]?
}

extension TestedLayer {
    /// Everything of a layer that a call could change, for comparing before and after.
    var parts: LayerParts {
        LayerParts(
            gamma: gammaInDouble, beta: betaInDouble, epsilon: epsilon,
            runningStatistics: runningStatistics)
    }
}

struct LayerParts: Equatable {
    var gamma: AffineParameter<Double>
    var beta: AffineParameter<Double>
    var epsilon: Double
    var runningStatistics: RunningStatistics?
}

/// The values in another element type, rounded where it is narrower.
///
/// Concrete loops: in a debug build a generic one takes ten times as long.
func converted<From: NormalizationScalar, To: NormalizationScalar>(
    _ values: [From], to: To.Type
) -> [To] {
    // The types are compared first, so each cast is from a type to itself.
    if From.self == To.self { return unsafeBitCast(values, to: [To].self) }
    if From.self == Float.self {
        let doubles = unsafeBitCast(values, to: [Float].self).map { Double($0) }
        return unsafeBitCast(doubles, to: [To].self)
    }
    let floats = unsafeBitCast(values, to: [Double].self).map { Float($0) }
    return unsafeBitCast(floats, to: [To].self)
}

extension AffineParameter {
    func converted<To: NormalizationScalar>() -> AffineParameter<To> {
        switch self {
        case .absent: .absent
        case .shared(let value): .shared(To(value))
        case .perChannel(let values): .perChannel(values.map { To($0) })
        }
    }
}

/// Expects that `call` throws an error that says exactly `message`, and that the layer is afterwards
/// what it was.
func expectRefusal(
    _ message: String, of layer: any TestedLayer,
    by call: (inout any TestedLayer) throws -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    var copy = layer
    let error = #expect(throws: NormalizationError.self, sourceLocation: sourceLocation) {
        try call(&copy)
    }
    if let error {
        #expect(error.description == message, sourceLocation: sourceLocation)
    }
    #expect(copy.parts == layer.parts, sourceLocation: sourceLocation)
}
