import Normalization
import SeededRandom
import Testing

/// The mask of bits that training forward with an activation writes, and backward by it.
@Suite struct ActivationMaskTests {
    struct Problem: CustomTestStringConvertible, Sendable {
        var engine: Engine
        var activation: Activation
        var hasResidual: Bool
        var shape: [Int]
        var axis = 1

        var testDescription: String {
            "\(engine) \(activation) \(shape) axis \(axis)"
                + (hasResidual ? " with residual" : "")
        }

        static let activations: [Activation] = [.relu, .relu6, .leakyReLU(negativeSlope: 0.25)]

        /// Planes that begin within a byte, short ones in rows, columns, channels last, fewer values
        /// than a byte has bits, a channel in stripes, and blocks of several threads that share bytes.
        static let shapes: [([Int], Int)] = [
            ([2, 3, 17, 19], 1), ([9, 5, 7, 7], 1), ([33, 41], 1), ([3, 5, 5, 21], 3), ([2, 3], 1),
            ([1, 2, 187, 187], 1), ([2, 11, 57, 57], 1),
        ]

        static let all = Engine.allCases.flatMap { engine in
            activations.flatMap { activation in
                [false, true].flatMap { hasResidual in
                    shapes.map {
                        Problem(
                            engine: engine, activation: activation, hasResidual: hasResidual,
                            shape: $0.0, axis: $0.1)
                    }
                }
            }
        }
        static let small = all.filter { $0.shape.reduce(1, *) <= 3000 }
    }

    /// A layer and what goes through it. Channel 1 has γ = 0, which the fast engines leave to the
    /// reference, in the middle of others' bytes.
    private struct Case<Scalar: NormalizationScalar> {
        let geometry: Geometry
        var layer: BatchNorm<Scalar>
        let x: [Scalar]
        let residual: [Scalar]?
        let g: [Scalar]
        let activation: Activation

        init(_ problem: Problem) throws {
            geometry = try Geometry(problem.shape, channelAxis: problem.axis)
            activation = problem.activation
            var generator = SplitMix64(seed: 11)
            func numbers(_ count: Int, _ mean: Double, _ spread: Double) -> [Scalar] {
                generator.values(count, mean: mean, spread: spread).map { Scalar($0) }
            }
            x = numbers(geometry.count, 1, 2)
            residual = problem.hasResidual ? numbers(geometry.count, 0, 2) : nil
            g = numbers(geometry.count, 0, 1)
            var gamma = numbers(geometry.channels, 2, 1)
            gamma[1] = 0
            layer = try BatchNorm<Scalar>(
                channels: geometry.channels, gamma: .perChannel(gamma),
                beta: .perChannel(numbers(geometry.channels, 0.5, 1)), runningStatistics: nil,
                engine: problem.engine)
        }

        /// (y, statistics, mask) of training forward with a mask.
        func forward() throws -> (y: [Scalar], statistics: BatchStatistics, mask: [UInt8]) {
            var y = [Scalar](repeating: 0, count: geometry.count)
            // What was in it must not matter.
            var mask = [UInt8](repeating: 0xA5, count: geometry.maskByteCount)
            var ySpan = y.mutableSpan
            let statistics = try layer.forward(
                x.span, adding: residual?.span, then: activation, into: &ySpan,
                activationMask: mask.mutableSpan,
                geometry: geometry)
            return (y, statistics, mask)
        }

        struct Backward: Equatable {
            var dx: [Scalar]
            var dResidual: [Scalar]
            var parameters: ParameterGradients<Scalar>
        }

        /// Backward by the mask, or, without one, by z made again from x and the residual.
        func backward(_ statistics: BatchStatistics, by mask: [UInt8]?) throws -> Backward {
            var dx = [Scalar](repeating: 0, count: geometry.count)
            var dResidual = dx
            var dxSpan = dx.mutableSpan
            let parameters: ParameterGradients<Scalar>
            switch (mask, residual) {
            case (let mask?, _?):
                parameters = try layer.backward(
                    g.span, input: x.span, through: activation, activationMask: mask.span,
                    normalizedBy: .batch(statistics), into: &dxSpan,
                    residualGradient: dResidual.mutableSpan,
                    geometry: geometry)
            case (nil, let residual?):
                parameters = try layer.backward(
                    g.span, input: x.span, adding: residual.span, through: activation,
                    normalizedBy: .batch(statistics), into: &dxSpan,
                    residualGradient: dResidual.mutableSpan,
                    geometry: geometry)
            case (_, nil):
                parameters = try layer.backward(
                    g.span, input: x.span, through: activation, activationMask: mask?.span,
                    normalizedBy: .batch(statistics), into: &dxSpan, geometry: geometry)
            }
            return Backward(dx: dx, dResidual: dResidual, parameters: parameters)
        }
    }

    @Test(arguments: Problem.all)
    func backwardByTheMaskEqualsBackwardWithoutIt(_ problem: Problem) throws {
        try check(problem, Float.self)
        try check(problem, Double.self)
    }

    private func check<Scalar: NormalizationScalar>(_ problem: Problem, _: Scalar.Type) throws {
        var test = try Case<Scalar>(problem)
        let (y, statistics, mask) = try test.forward()

        var plain = [Scalar](repeating: 0, count: y.count)
        var span = plain.mutableSpan
        let plainStatistics = try test.layer.forward(
            test.x.span, adding: test.residual?.span, then: problem.activation, into: &span,
            geometry: test.geometry)
        #expect(y == plain)
        #expect(statistics == plainStatistics)

        #expect(mask == Self.packed(y, problem.activation))

        let byMask = try test.backward(statistics, by: mask)
        #expect(try test.backward(statistics, by: nil) == byMask)

        for threads in [1, 5] {
            test.layer.threadLimit = threads
            let again = try test.forward()
            #expect(again.mask == mask && again.y == y, "\(threads) threads")
            #expect(try test.backward(statistics, by: mask) == byMask, "\(threads) threads")
        }
    }

    /// The bits that y says: f is increasing, so that y tells on which side of a corner z was. (A z of
    /// just 6 would not, and there is none.)
    private static func packed<Scalar: NormalizationScalar>(
        _ y: [Scalar], _ activation: Activation
    ) -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: (y.count + 7) / 8)
        for (i, y) in y.enumerated() {
            let isOne: Bool
            switch activation {
            case .relu6: isOne = y > 0 && y < 6
            default: isOne = y > 0
            }
            if isOne { mask[i / 8] |= 1 << UInt8(i % 8) }
        }
        return mask
    }

    @Test(arguments: Problem.small)
    func gradientsByTheMaskAgreeWithCentralDifferences(_ problem: Problem) throws {
        let test = try Case<Double>(problem)
        let (_, statistics, mask) = try test.forward()
        let found = try test.backward(statistics, by: mask)

        func loss(_ x: [Double], _ residual: [Double]?) throws -> Double {
            var y = [Double](repeating: 0, count: x.count)
            var span = y.mutableSpan
            _ = try test.layer.forward(
                x.span, adding: residual?.span, then: problem.activation, into: &span,
                geometry: test.geometry)
            return zip(test.g, y).reduce(0) { $0 + $1.0 * $1.1 }
        }
        // As in ActivationTests: about 1e-10 is left in a difference of a smooth f, and no value is
        // within a step of a corner.
        let step = 1e-6
        for i in stride(from: 0, to: test.x.count, by: max(1, test.x.count / 12)) {
            func moved(_ values: [Double], _ by: Double) -> [Double] {
                var values = values
                values[i] += by
                return values
            }
            let above = try loss(moved(test.x, step), test.residual)
            let below = try loss(moved(test.x, -step), test.residual)
            let numeric = (above - below) / (2 * step)
            // Two samples normalize to ±1 whatever they are: their gradient is what ε leaves.
            #expect(abs(numeric - found.dx[i]) <= 1e-6 * max(1, abs(numeric)), "x[\(i)]")
            guard let residual = test.residual else { continue }
            let higher = try loss(test.x, moved(residual, step))
            let lower = try loss(test.x, moved(residual, -step))
            let behind = (higher - lower) / (2 * step)
            #expect(
                abs(behind - found.dResidual[i]) <= 1e-6 * max(1, abs(behind)), "residual[\(i)]")
        }
    }

    @Test(arguments: Problem.small)
    func inPlaceAndOnArraysTheBitsAreTheSame(_ problem: Problem) throws {
        let test = try Case<Float>(problem)
        let (y, statistics, mask) = try test.forward()
        let expected = try test.backward(statistics, by: mask)

        var inPlace = test.x
        var span = inPlace.mutableSpan
        let same = try test.layer.forwardInPlace(
            &span, adding: test.residual?.span, then: problem.activation, geometry: test.geometry)
        #expect(inPlace == y && same == statistics)

        for mask in test.residual == nil ? [mask, nil] : [mask] {
            var gradient = test.g
            var gradientSpan = gradient.mutableSpan
            let parameters = try test.layer.backwardInPlace(
                &gradientSpan, input: test.x.span, through: problem.activation,
                activationMask: mask?.span,
                normalizedBy: .batch(statistics), geometry: test.geometry)
            #expect(gradient == expected.dx && parameters == expected.parameters)
        }

        let arrays = try test.layer.forwardWithMask(
            test.x, adding: test.residual, then: problem.activation, shape: problem.shape,
            channelAxis: problem.axis)
        #expect(
            arrays.output == y && arrays.statistics == statistics && arrays.activationMask == mask)
        let gradients = try test.layer.backward(
            test.g, input: test.x, through: problem.activation, activationMask: mask,
            normalizedBy: .batch(statistics), shape: problem.shape, channelAxis: problem.axis,
            wanting: [.all, .residual])
        #expect(gradients.input == expected.dx)
        #expect(gradients.gamma == expected.parameters.gamma)
        #expect(gradients.beta == expected.parameters.beta)
        if test.residual != nil { #expect(gradients.residual == expected.dResidual) }
    }

    /// Where a corner cuts the gradient off it is zero, whatever came: no −0, no NaN of 0 · ∞.
    @Test(arguments: Engine.allCases)
    func aGradientThatIsCutOffIsZero(_ engine: Engine) throws {
        var layer = try BatchNorm<Float>.standard(channels: 1)
        layer.engine = engine
        let geometry = try Geometry([1, 1, 40])
        let x = (0..<40).map { Float($0 % 2 == 0 ? -1 : 1) }
        let g = x.map { $0 < 0 ? ($0 == -1 ? -Float.infinity : -1) : 1 }
        var y = x
        var mask = [UInt8](repeating: 0, count: geometry.maskByteCount)
        var ySpan = y.mutableSpan
        let statistics = try layer.forward(
            x.span, then: .relu, into: &ySpan,
            activationMask: mask.mutableSpan, geometry: geometry)
        #expect(mask == Array(repeating: 0b1010_1010, count: 5))
        for mask in [mask, nil] {
            var dx = x
            var dxSpan = dx.mutableSpan
            let found = try layer.backward(
                g.span, input: x.span, through: .relu, activationMask: mask?.span,
                normalizedBy: .batch(statistics), into: &dxSpan, geometry: geometry)
            #expect(found.beta == [20])
            #expect(dx.allSatisfy { $0.isFinite })
        }
    }
}
