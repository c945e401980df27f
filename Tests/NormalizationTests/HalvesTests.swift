import Normalization
import SeededRandom
import Testing

/// Forward and backward in halves, over one batch and over parts of one.
@Suite struct HalvesTests {
    static let layouts = [
        Layout([6, 5]), Layout([4, 3, 7]), Layout([8, 16, 28, 28]), Layout([4, 9, 9, 5], axis: -1),
        Layout([600, 12, 29]),
    ]

    private struct Example<Scalar: NormalizationScalar> {
        let geometry: Geometry
        let layer: BatchNorm<Scalar>
        let x, residual, gradient: [Scalar]

        init(_ subject: Subject, _ layout: Layout) throws {
            geometry = try layout.geometry
            var generator = SplitMix64(seed: 31)
            let channels = geometry.channels
            layer = try BatchNorm<Scalar>(
                channels: channels,
                gamma: .perChannel(converted(generator.values(channels, mean: 1), to: Scalar.self)),
                beta: .perChannel(converted(generator.values(channels), to: Scalar.self)),
                runningStatistics: RunningStatistics(channels: channels), engine: subject.engine)
            x = converted(generator.values(geometry.count, mean: 100), to: Scalar.self)
            residual = converted(generator.values(geometry.count), to: Scalar.self)
            gradient = converted(generator.values(geometry.count), to: Scalar.self)
        }
    }

    @Test(
        "the halves of a call give its bits, with an activation and a residual too",
        arguments: Subject.all, layouts)
    func halvesGiveTheBitsOfTheWhole(_ subject: Subject, layout: Layout) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let example = try Example<Scalar>(subject, layout)
            let (layer, geometry) = (example.layer, example.geometry)
            var (whole, halves) = (example.x, example.x)
            var (mask, maskOfHalves) = (
                [UInt8](repeating: 0, count: geometry.maskByteCount),
                [UInt8](repeating: 255, count: geometry.maskByteCount)
            )
            var y = whole.mutableSpan
            let expected = try layer.forward(
                example.x.span, adding: example.residual.span, then: .relu, into: &y,
                activationMask: mask.mutableSpan, geometry: geometry)
            let statistics = try layer.statistics(of: example.x.span, geometry: geometry)
            var z = halves.mutableSpan
            try layer.normalize(
                example.x.span, with: statistics, adding: example.residual.span, then: .relu,
                into: &z, activationMask: maskOfHalves.mutableSpan, geometry: geometry)
            #expect(statistics == expected)
            #expect(whole == halves && mask == maskOfHalves)

            var dx = example.x
            var dResidual = example.x
            var target = dx.mutableSpan
            let parameters = try layer.backward(
                example.gradient.span, input: example.x.span, through: .relu,
                activationMask: mask.span, normalizedBy: .batch(statistics), into: &target,
                residualGradient: dResidual.mutableSpan, geometry: geometry)
            var dz = example.x
            var dzSpan = dz.mutableSpan
            try layer.activationBackward(
                example.gradient.span, input: example.x.span, through: .relu,
                activationMask: mask.span, normalizedBy: .batch(statistics), into: &dzSpan,
                geometry: geometry)
            let sums = try layer.gradientSums(
                dz.span, input: example.x.span, normalizedBy: .batch(statistics),
                geometry: geometry)
            var dxOfHalves = example.x
            var dxSpan = dxOfHalves.mutableSpan
            try layer.inputGradient(
                dz.span, input: example.x.span, normalizedBy: statistics, with: sums,
                into: &dxSpan, geometry: geometry)
            #expect(dz == dResidual && dx == dxOfHalves)
            #expect(layer.parameterGradients(from: sums) == parameters)
        }
        try check(subject.element.scalar)
    }

    @Test(
        "two parts of a batch, merged between the halves, are the whole batch",
        arguments: Subject.all)
    func partsMergeToTheWhole(_ subject: Subject) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let example = try Example<Scalar>(subject, Layout([7, 4, 6, 5]))
            let (layer, geometry) = (example.layer, example.geometry)
            let (y, expected) = try layer.forward(example.x, shape: [7, 4, 6, 5])
            let gradients = try layer.backward(
                example.gradient, input: example.x, normalizedBy: .batch(expected),
                shape: [7, 4, 6, 5])

            let parts = try [(0, Geometry([5, 4, 6, 5])), (600, Geometry([2, 4, 6, 5]))]
            func part(_ tensor: [Scalar], _ start: Int, _ geometry: Geometry) -> [Scalar] {
                Array(tensor[start..<start + geometry.count])
            }
            var statistics: BatchStatistics?
            for (start, geometry) in parts {
                let own = try layer.statistics(
                    of: part(example.x, start, geometry).span, geometry: geometry)
                statistics = try statistics?.merging(own) ?? own
            }
            let whole = try #require(statistics)
            var sums: GradientSums?
            for (start, geometry) in parts {
                let own = try layer.gradientSums(
                    part(example.gradient, start, geometry).span,
                    input: part(example.x, start, geometry).span, normalizedBy: .batch(whole),
                    geometry: geometry)
                sums = try sums?.merging(own) ?? own
            }
            let total = try #require(sums)
            #expect(whole.count == geometry.valuesPerChannel && total.count == whole.count)
            var (output, dx): ([Scalar], [Scalar]) = ([], [])
            for (start, geometry) in parts {
                let x = part(example.x, start, geometry)
                var buffer = x
                var span = buffer.mutableSpan
                try layer.normalize(x.span, with: whole, into: &span, geometry: geometry)
                output += buffer
                span = buffer.mutableSpan
                try layer.inputGradient(
                    part(example.gradient, start, geometry).span, input: x.span,
                    normalizedBy: whole, with: total, into: &span, geometry: geometry)
                dx += buffer
            }
            // Statistics that differ by the rounding of Double move y and ∂x by a unit at most; a unit
            // of x at a mean of 100 and a deviation of about 0.6 is 170 units of x̂.
            let bound = 400 * Double(Scalar.ulpOfOne) * 4
            for (actual, expected) in [(output, y), (dx, try #require(gradients.input))] {
                let largest = zip(actual, expected).map { abs(Double($0) - Double($1)) }.max()
                #expect(try #require(largest) <= bound)
            }
        }
        try check(subject.element.scalar)
    }

    @Test("sums of another number of values than the statistics are refused")
    func mismatchedSumsAreRefused() throws {
        let layer = try BatchNorm<Float>.standard(channels: 2)
        let geometry = try Geometry([3, 2])
        let x: [Float] = [1, 2, 3, 4, 5, 6]
        let statistics = try layer.statistics(of: x.span, geometry: geometry)
        let sums = try GradientSums(
            count: 4, gradient: [0, 0], gradientTimesNormalized: [0, 0])
        var dx = x
        var span = dx.mutableSpan
        #expect(throws: NormalizationError.mismatchedCount(expected: 3, actual: 4)) {
            try layer.inputGradient(
                x.span, input: x.span, normalizedBy: statistics, with: sums, into: &span,
                geometry: geometry)
        }
        #expect(throws: NormalizationError.mismatchedStatistics(expected: 2, actual: 1)) {
            try layer.inputGradient(
                x.span, input: x.span, normalizedBy: statistics,
                with: GradientSums(count: 3, gradient: [0], gradientTimesNormalized: [0]),
                into: &span, geometry: geometry)
        }
        #expect(dx == x)
    }
}
