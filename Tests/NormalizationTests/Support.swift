import Foundation
import Normalization
import SeededRandom
import Testing

extension SplitMix64 {
    /// A number from −1 to 1 that `Float` holds exactly: a multiple of 2⁻²³.
    mutating func unit() -> Double {
        Double(Int64(bitPattern: next()) >> 40) * 0x1p-23
    }

    /// `count` such numbers, stretched and moved, rounded to `Float`.
    mutating func values(_ count: Int, mean: Double = 0, spread: Double = 1) -> [Double] {
        (0..<count).map { _ in Double(Float(mean + spread * unit())) }
    }

    /// A number of the range, small ones as likely as large ones.
    mutating func logarithmic(_ range: ClosedRange<Int>) -> Int {
        var limit = range.upperBound
        while limit > range.lowerBound && next() % 2 == 0 { limit /= 2 }
        return Int.random(in: range.lowerBound...max(range.lowerBound, limit), using: &self)
    }
}

/// The two element types.
enum ElementType: String, CaseIterable {
    case float
    case double

    /// The type itself, for generic functions.
    var scalar: any NormalizationScalar.Type {
        switch self {
        case .float: Float.self
        case .double: Double.self
        }
    }

    /// u: half the distance from 1 to the next number.
    var unitRoundoff: Double {
        switch self {
        case .float: 0x1p-24
        case .double: 0x1p-53
        }
    }
}

/// What every test of a layer runs on: an engine with an element type.
struct Subject: CustomTestStringConvertible, Sendable {
    var engine: Engine
    var element: ElementType

    /// Every engine with both element types.
    static let all = Engine.allCases.flatMap { engine in
        ElementType.allCases.map { Subject(engine: engine, element: $0) }
    }

    var testDescription: String { "\(engine.rawValue) \(element.rawValue)" }

    /// A layer of this engine and type.
    func layer(
        channels: Int, gamma: AffineParameter<Double> = .absent,
        beta: AffineParameter<Double> = .absent, epsilon: Double = 1e-5,
        running: RunningStatistics? = nil, threadLimit: Int? = nil
    ) throws -> any TestedLayer {
        func make<Scalar: NormalizationScalar>(_: Scalar.Type) throws -> any TestedLayer {
            try BatchNorm<Scalar>(
                channels: channels, gamma: gamma.converted(), beta: beta.converted(),
                epsilon: epsilon, runningStatistics: running, engine: engine,
                threadLimit: threadLimit)
        }
        return try make(element.scalar)
    }

    /// The statistics of a tensor, by this engine in this type.
    func statistics(_ x: [Double], _ geometry: Geometry, threadLimit: Int? = nil) throws
        -> BatchStatistics
    {
        func compute<Scalar: NormalizationScalar>(_: Scalar.Type) throws -> BatchStatistics {
            let x = converted(x, to: Scalar.self)
            return try BatchStatistics(
                of: x.span, geometry: geometry, engine: engine, threadLimit: threadLimit)
        }
        return try compute(element.scalar)
    }
}

/// Whether two lists are the same numbers to the bit, but that any NaN is like any other.
func sameBits(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count
        && zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }
}

/// The first place where two lists are not the same numbers; their lengths count, too.
func firstDifference(_ a: [Double], _ b: [Double]) -> Int? {
    guard a.count == b.count else { return min(a.count, b.count) }
    // Bits first, which is quick; then numbers, for −0 is 0.
    let areSameBits = a.withUnsafeBytes { a in
        b.withUnsafeBytes { b in
            a.count == 0 || memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0
        }
    }
    return areSameBits ? nil : a.indices.first { a[$0] != b[$0] }
}

/// The tensor with its channels last, from one of `outer × channels × inner`.
func channelsLast(_ x: [Double], _ geometry: Geometry) -> [Double] {
    var result = [Double](repeating: 0, count: x.count)
    var source = 0
    for outer in 0..<geometry.outer {
        for channel in 0..<geometry.channels {
            for position in 0..<geometry.inner {
                let row = outer * geometry.inner + position
                result[row * geometry.channels + channel] = x[source]
                source += 1
            }
        }
    }
    return result
}

/// Where a channel's values lie in a tensor.
func indices(ofChannel channel: Int, _ geometry: Geometry) -> [Int] {
    (0..<geometry.outer).flatMap { outer in
        let plane = (outer * geometry.channels + channel) * geometry.inner
        return plane..<plane + geometry.inner
    }
}

/// A shape with its channel axis.
struct Layout: CustomTestStringConvertible, Sendable {
    var shape: [Int]
    var axis: Int

    init(_ shape: [Int], axis: Int = 1) {
        self.shape = shape
        self.axis = axis
    }

    var geometry: Geometry {
        get throws { try Geometry(shape, channelAxis: axis) }
    }

    var testDescription: String {
        shape.map(String.init).joined(separator: "×") + (axis == 1 ? "" : " axis \(axis)")
    }
}

/// The nine ways of having γ and β, with numbers for them.
struct AffineForm: CustomTestStringConvertible, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case absent
        case shared
        case perChannel
    }

    var gamma: Kind
    var beta: Kind

    static let all = Kind.allCases.flatMap { gamma in
        Kind.allCases.map { AffineForm(gamma: gamma, beta: $0) }
    }
    /// The three layers that have names.
    static let standard = AffineForm(gamma: .perChannel, beta: .perChannel)
    static let weightShared = AffineForm(gamma: .shared, beta: .perChannel)
    static let parameterShared = AffineForm(gamma: .shared, beta: .shared)

    var testDescription: String { "γ \(gamma.rawValue), β \(beta.rawValue)" }

    /// γ from 0.5 to 1.5 with either sign, and β from −2 to 2.
    func parameters(channels: Int, using generator: inout SplitMix64) -> (
        gamma: AffineParameter<Double>, beta: AffineParameter<Double>
    ) {
        let gammas = generator.values(channels, mean: 1, spread: 0.5).enumerated().map {
            $0.offset % 3 == 1 ? -$0.element : $0.element
        }
        let betas = generator.values(channels, spread: 2)
        func parameter(_ kind: Kind, _ values: [Double]) -> AffineParameter<Double> {
            switch kind {
            case .absent: .absent
            case .shared: .shared(values[0])
            case .perChannel: .perChannel(values)
            }
        }
        return (parameter(gamma, gammas), parameter(beta, betas))
    }
}
