import Normalization
import SeededRandom
import Testing

/// Where outputs may lie: in place is out of place to the bit, a partial overlap is an error, and an
/// error leaves every buffer as it was.
@Suite struct BufferTests {
    /// Planes of one value and of many, tiles, several blocks, channels last.
    static let layouts = [
        Layout([2, 3]), Layout([37, 5]), Layout([700, 200]), Layout([3, 4, 5]), Layout([2, 3, 1]),
        Layout([2, 3, 31, 17]), Layout([5, 2, 2500]), Layout([3, 7, 5, 4], axis: -1),
        Layout([1, 2, 40_000]),
    ]

    @Test("in place gives the bits of out of place", arguments: Subject.all, layouts)
    func inPlaceIsOutOfPlace(_ subject: Subject, layout: Layout) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let geometry = try layout.geometry
            let (layer, x, g) = try example(of: Scalar.self, subject, geometry)

            let forward = try layer.forward(x, shape: layout.shape, channelAxis: layout.axis)
            var buffer = x
            var span = buffer.mutableSpan
            let statistics = try layer.forwardInPlace(&span, geometry: geometry)
            #expect(buffer == forward.output && statistics == forward.statistics)

            buffer = x
            span = buffer.mutableSpan
            try layer.inferenceInPlace(&span, geometry: geometry)
            #expect(
                buffer
                    == (try layer.inference(x, shape: layout.shape, channelAxis: layout.axis)))

            for normalizing in [NormalizingStatistics.batch(statistics), .running] {
                let expected = try layer.backward(
                    g, input: x, normalizedBy: normalizing, shape: layout.shape,
                    channelAxis: layout.axis)
                buffer = g
                span = buffer.mutableSpan
                let parameters = try layer.backwardInPlace(
                    &span, input: x.span, normalizedBy: normalizing, geometry: geometry)
                #expect(buffer == expected.input)
                #expect(parameters.gamma == expected.gamma && parameters.beta == expected.beta)

                // ∂x may also take the place of x, on the pointer interface.
                buffer = x
                let pointers = try buffer.withUnsafeMutableBufferPointer { buffer in
                    try g.withUnsafeBufferPointer { g in
                        var dx = buffer.mutableSpan
                        return try layer.backward(
                            g.span, input: UnsafeBufferPointer(buffer).span,
                            normalizedBy: normalizing, into: &dx, geometry: geometry)
                    }
                }
                #expect(buffer == expected.input)
                #expect(pointers == parameters)
            }
        }
        try check(subject.element.scalar)
    }

    @Test("spans, pointers and arrays give the same bits", arguments: Subject.all, layouts)
    func interfacesAgree(_ subject: Subject, layout: Layout) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let geometry = try layout.geometry
            let (layer, x, _) = try example(of: Scalar.self, subject, geometry)
            var arrays = layer
            var spans = layer
            let (y, statistics) = try arrays.forwardAndCommit(
                x, shape: layout.shape, channelAxis: layout.axis)
            var output = [Scalar](repeating: 0, count: x.count)
            var span = output.mutableSpan
            let other = try spans.forwardAndCommit(x.span, into: &span, geometry: geometry)
            #expect(output == y && other == statistics)
            #expect(spans.runningStatistics == arrays.runningStatistics)
            let alone = try BatchStatistics(
                of: x.span, geometry: geometry, engine: subject.engine)
            #expect(alone == statistics)

            let z = try arrays.inference(x, shape: layout.shape, channelAxis: layout.axis)
            try output.withUnsafeMutableBufferPointer { output in
                try x.withUnsafeBufferPointer {
                    var y = output.mutableSpan
                    try arrays.inference($0.span, into: &y, geometry: geometry)
                }
            }
            #expect(output == z)
        }
        try check(subject.element.scalar)
    }

    @Test(
        "a partial overlap is refused with both names, and writes nothing",
        arguments: Subject.all, [-23, -1, 1, 5, 23])
    func partialOverlapIsRefused(_ subject: Subject, shift: Int) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let geometry = try Geometry([2, 3, 4])
            let (layer, x, g) = try example(of: Scalar.self, subject, geometry)
            let statistics = try layer.forward(x, shape: [2, 3, 4]).statistics
            var memory = [Scalar](repeating: 7, count: 24 + 2 * 23)
            memory.replaceSubrange(23..<47, with: x)
            let before = memory
            var thrown: [NormalizationError] = []
            memory.withUnsafeMutableBufferPointer { memory in
                let source = UnsafeBufferPointer(rebasing: memory[23..<47]).span
                let buffer = UnsafeMutableBufferPointer(
                    rebasing: memory[23 + shift..<47 + shift])
                var target = buffer.mutableSpan
                func collect(_ call: () throws(NormalizationError) -> Void) {
                    do { try call() } catch { thrown.append(error) }
                }
                collect { () throws(NormalizationError) in
                    _ = try layer.forward(source, into: &target, geometry: geometry)
                }
                collect { () throws(NormalizationError) in
                    try layer.inference(source, into: &target, geometry: geometry)
                }
                do {
                    let g = g.span
                    for normalizing in [NormalizingStatistics.batch(statistics), .running] {
                        collect { () throws(NormalizationError) in
                            _ = try layer.backward(
                                g, input: source, normalizedBy: normalizing, into: &target,
                                geometry: geometry)
                        }
                        collect { () throws(NormalizationError) in
                            _ = try layer.backward(
                                source, input: g, normalizedBy: normalizing, into: &target,
                                geometry: geometry)
                        }
                    }
                }
            }
            let (input, gradient) = (
                NormalizationError.overlap(.input, .inputGradient),
                NormalizationError.overlap(.gradient, .inputGradient)
            )
            #expect(
                thrown == [
                    .overlap(.input, .output), .overlap(.input, .output), input, gradient, input,
                    gradient,
                ])
            #expect(
                thrown.first?.description == "x and y overlap without being the same buffer")
            #expect(memory == before)
        }
        try check(subject.element.scalar)
    }

    @Test("neighbouring buffers do not overlap", arguments: Subject.all, [-24, 24])
    func neighboursDoNotOverlap(_ subject: Subject, shift: Int) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let geometry = try Geometry([2, 3, 4])
            let (layer, x, _) = try example(of: Scalar.self, subject, geometry)
            var memory = [Scalar](repeating: 7, count: 72)
            memory.replaceSubrange(24..<48, with: x)
            _ = try memory.withUnsafeMutableBufferPointer {
                let target = UnsafeMutableBufferPointer(rebasing: $0[24 + shift..<48 + shift])
                var y = target.mutableSpan
                return try layer.forward(
                    UnsafeBufferPointer(rebasing: $0[24..<48]).span, into: &y, geometry: geometry)
            }
            #expect(
                Array(memory[24 + shift..<48 + shift])
                    == (try layer.forward(x, shape: [2, 3, 4]).output))
            #expect(Array(memory[24..<48]) == x)
        }
        try check(subject.element.scalar)
    }

    @Test(
        "an output of the wrong length is refused with both lengths, and nothing is written",
        arguments: Subject.all, [0, 23, 25])
    func wrongOutputLengthIsRefused(_ subject: Subject, length: Int) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let geometry = try Geometry([2, 3, 4])
            let (sound, x, g) = try example(of: Scalar.self, subject, geometry)
            var layer = sound
            let before = layer.parts
            let statistics = try layer.forward(x, shape: [2, 3, 4]).statistics
            var output = [Scalar](repeating: 7, count: length)
            var span = output.mutableSpan
            var thrown: [String] = []
            do { _ = try layer.forward(x.span, into: &span, geometry: geometry) } catch {
                thrown.append(error.description)
            }
            do { try layer.forwardAndCommit(x.span, into: &span, geometry: geometry) } catch {
                thrown.append(error.description)
            }
            do { try layer.inference(x.span, into: &span, geometry: geometry) } catch {
                thrown.append(error.description)
            }
            do {
                _ = try layer.backward(
                    g.span, input: x.span, normalizedBy: .batch(statistics), into: &span,
                    geometry: geometry)
            } catch {
                thrown.append(error.description)
            }
            let y = "y: expected 24 elements, got \(length)"
            #expect(thrown == [y, y, y, "dx: expected 24 elements, got \(length)"])
            #expect(output.allSatisfy { $0 == 7 })
            #expect(layer.parts == before)
        }
        try check(subject.element.scalar)
    }

    @Test("an error leaves the buffer of an in-place call as it was", arguments: Subject.all)
    func errorLeavesInPlaceBuffers(_ subject: Subject) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let geometry = try Geometry([2, 3, 4])
            let (sound, x, g) = try example(of: Scalar.self, subject, geometry)
            var layer = sound
            let statistics = try layer.forward(x, shape: [2, 3, 4]).statistics
            layer.epsilon = -10
            var buffer = x
            var span = buffer.mutableSpan
            #expect(throws: NormalizationError.invalidEpsilon(-10)) {
                _ = try layer.forwardInPlace(&span, geometry: geometry)
            }
            #expect(
                throws: NormalizationError.invalidVariance(channel: 0, variance: 4, epsilon: -10)
            ) {
                try layer.inferenceInPlace(&span, geometry: geometry)
            }
            #expect(throws: NormalizationError.invalidEpsilon(-10)) {
                _ = try layer.backwardInPlace(
                    &span, input: g.span, normalizedBy: .batch(statistics), geometry: geometry)
            }
            #expect(buffer == x)
        }
        try check(subject.element.scalar)
    }

    /// A layer with everything, its input and a gradient.
    private func example<Scalar: NormalizationScalar>(
        of: Scalar.Type, _ subject: Subject, _ geometry: Geometry
    ) throws -> (layer: BatchNorm<Scalar>, x: [Scalar], gradient: [Scalar]) {
        var generator = SplitMix64(seed: 4)
        let channels = geometry.channels
        let gammas = generator.values(channels, mean: 1)
        let betas = generator.values(channels)
        let layer = try BatchNorm<Scalar>(
            channels: channels, gamma: .perChannel(gammas.map { Scalar($0) }),
            beta: .perChannel(betas.map { Scalar($0) }),
            runningStatistics: RunningStatistics(
                mean: Array(repeating: 0.5, count: channels),
                variance: Array(repeating: 4, count: channels)),
            engine: subject.engine)
        return (
            layer, converted(generator.values(geometry.count, mean: 2), to: Scalar.self),
            converted(generator.values(geometry.count), to: Scalar.self)
        )
    }
}
