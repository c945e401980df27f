import Normalization
import SeededRandom
import Testing

/// Layer norm or RMS norm, with an engine and an element type, fed and read in `Double`.
struct RowSubject: CustomTestStringConvertible, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case layer
        case rms
    }

    var kind: Kind
    var engine: Engine
    var element: ElementType

    static let all = Kind.allCases.flatMap { kind in
        Subject.all.map { RowSubject(kind: kind, engine: $0.engine, element: $0.element) }
    }
    static let inDouble = all.filter { $0.element == .double }

    var testDescription: String { "\(kind.rawValue) \(engine.rawValue) \(element.rawValue)" }
    var isCentered: Bool { kind == .layer }
}

/// What a layer has, in `Double`.
struct RowParts: Sendable {
    var width: Int
    var gamma: AffineParameter<Double> = .absent
    var beta: AffineParameter<Double> = .absent
    var epsilon = 1e-5
    var scaleOffset = 0.0
    var threadLimit: Int? = nil

    /// What γ counts as, for each value.
    var scales: [Double] {
        if gamma == .absent { return Array(repeating: 1, count: width) }
        return values(gamma, 0).map { $0 + scaleOffset }
    }
    var shifts: [Double] { values(beta, 0) }

    private func values(_ parameter: AffineParameter<Double>, _ absent: Double) -> [Double] {
        switch parameter {
        case .absent: Array(repeating: absent, count: width)
        case .shared(let value): Array(repeating: value, count: width)
        case .perChannel(let values): values
        }
    }
}

/// What a call on arrays gives.
struct RowResult {
    var output: [Double] = []
    var statistics: RowStatistics? = nil
    var sum: [Double] = []
    var input: [Double]? = nil
    var gamma: [Double]? = nil
    var beta: [Double]? = nil
    var residual: [Double]? = nil
}

/// The options of a call.
struct RowOptions {
    var residual: [Double]? = nil
    var activation = Activation.identity
    var statistics: RowStatistics? = nil
    var sumGradient: [Double]? = nil
    var wanted = GradientSelection.all
}

extension RowSubject {
    /// Calls `body` with the layer that this is.
    private func withLayer(
        _ parts: RowParts, _ body: (any RowNormalization) throws -> RowResult
    ) throws -> RowResult {
        func make<Scalar: NormalizationScalar>(_: Scalar.Type) throws -> RowResult {
            let (gamma, beta): (AffineParameter<Scalar>, AffineParameter<Scalar>) = (
                parts.gamma.converted(), parts.beta.converted()
            )
            switch kind {
            case .layer:
                return try body(
                    LayerNorm(
                        width: parts.width, gamma: gamma, beta: beta, epsilon: parts.epsilon,
                        scaleOffset: parts.scaleOffset, engine: engine,
                        threadLimit: parts.threadLimit))
            case .rms:
                return try body(
                    RMSNorm(
                        width: parts.width, gamma: gamma, beta: beta, epsilon: parts.epsilon,
                        scaleOffset: parts.scaleOffset, engine: engine,
                        threadLimit: parts.threadLimit))
            }
        }
        return try make(element.scalar)
    }

    func forward(
        _ parts: RowParts, _ x: [Double], _ geometry: RowGeometry, _ options: RowOptions = .init()
    ) throws -> RowResult {
        return try withLayer(parts) { layer in try run(layer) }
        func run<Layer: RowNormalization>(_ layer: Layer) throws -> RowResult {
            let (y, statistics) = try layer.forward(
                converted(x, to: Layer.Scalar.self),
                adding: options.residual.map { converted($0, to: Layer.Scalar.self) },
                then: options.activation, geometry: geometry)
            return RowResult(output: converted(y, to: Double.self), statistics: statistics)
        }
    }

    func inference(
        _ parts: RowParts, _ x: [Double], _ geometry: RowGeometry, _ options: RowOptions = .init()
    ) throws -> [Double] {
        return try withLayer(parts) { layer in try run(layer) }.output
        func run<Layer: RowNormalization>(_ layer: Layer) throws -> RowResult {
            let y = try layer.inference(
                converted(x, to: Layer.Scalar.self),
                adding: options.residual.map { converted($0, to: Layer.Scalar.self) },
                then: options.activation, geometry: geometry)
            return RowResult(output: converted(y, to: Double.self))
        }
    }

    func forwardOfSum(
        _ parts: RowParts, _ x: [Double], _ residual: [Double], _ shape: [Int]
    ) throws -> RowResult {
        return try withLayer(parts) { layer in try run(layer) }
        func run<Layer: RowNormalization>(_ layer: Layer) throws -> RowResult {
            let (sum, y, statistics) = try layer.forward(
                sumOf: converted(x, to: Layer.Scalar.self),
                and: converted(residual, to: Layer.Scalar.self), shape: shape)
            return RowResult(
                output: converted(y, to: Double.self), statistics: statistics,
                sum: converted(sum, to: Double.self))
        }
    }

    func backward(
        _ parts: RowParts, _ g: [Double], _ x: [Double], _ geometry: RowGeometry,
        _ options: RowOptions = .init()
    ) throws -> RowResult {
        return try withLayer(parts) { layer in try run(layer) }
        func run<Layer: RowNormalization>(_ layer: Layer) throws -> RowResult {
            func scalars(_ values: [Double]) -> [Layer.Scalar] {
                converted(values, to: Layer.Scalar.self)
            }
            func doubles(_ values: [Layer.Scalar]?) -> [Double]? {
                values.map { converted($0, to: Double.self) }
            }
            let gradients = try layer.backward(
                scalars(g), input: scalars(x), adding: options.residual.map(scalars),
                through: options.activation, normalizedBy: options.statistics,
                sumGradient: options.sumGradient.map(scalars), geometry: geometry,
                wanting: options.wanted)
            return RowResult(
                input: doubles(gradients.input), gamma: doubles(gradients.gamma),
                beta: doubles(gradients.beta), residual: doubles(gradients.residual))
        }
    }
}
