import Normalization
import SeededRandom
import Testing

/// Where results are written, by how many threads, and beside which other rows: none of it changes a bit.
@Suite struct RowPlaceTests {
    static let shapes: [([Int], ClosedRange<Int>)] = [
        ([300, 64], 1...1), ([131, 77], 1...1), ([700, 8], 1...1), ([65, 13], 1...1),
        ([129, 1000], 1...1), ([40, 4099], 1...1), ([3, 96, 14, 14], 1...1),
        ([2, 40, 700], 1...1), ([500, 3, 5], 1...1),
    ]

    @Test("1 to 8 threads give the same bits", arguments: RowSubject.all)
    func threads(_ subject: RowSubject) throws {
        for (shape, axes) in Self.shapes {
            var generator = SplitMix64(seed: 31)
            let data = RowData(try RowGeometry(shape, normalizing: axes), using: &generator)
            func run(_ threads: Int?) throws -> [[Double]] {
                var parts = data.parts
                parts.threadLimit = threads
                let forward = try subject.forward(parts, data.x, data.geometry)
                let gradients = try subject.backward(
                    parts, data.g, data.x, data.geometry,
                    RowOptions(statistics: forward.statistics))
                return try [
                    forward.output, #require(forward.statistics).mean,
                    #require(forward.statistics).sumOfSquaredDeviations,
                    #require(gradients.input), #require(gradients.gamma), #require(gradients.beta),
                ]
            }
            let one = try run(1)
            for threads in [2, 3, 8, nil] {
                for (several, one) in zip(try run(threads), one) {
                    #expect(sameBits(several, one), "\(subject) \(shape) \(threads ?? 0)")
                }
            }
        }
    }

    @Test("Results in the place of an input have the same bits", arguments: RowSubject.all)
    func inPlace(_ subject: RowSubject) throws {
        func check<Layer: RowNormalization>(_ layer: Layer, _ data: RowData) throws {
            let geometry = data.geometry
            func scalars(_ values: [Double]) -> [Layer.Scalar] {
                converted(values, to: Layer.Scalar.self)
            }
            let (x, g) = (scalars(data.x), scalars(data.g))
            let name = "\(subject) \(geometry.shape)"
            let (y, statistics) = try layer.forward(x, geometry: geometry)
            var place = x
            var span = place.mutableSpan
            let again = try layer.forwardInPlace(&span, geometry: geometry)
            #expect(place == y && again == statistics, "\(name): forward")
            place = x
            span = place.mutableSpan
            try layer.inferenceInPlace(&span, adding: g.span, then: .silu, geometry: geometry)
            #expect(
                try place == layer.inference(x, adding: g, then: .silu, geometry: geometry),
                "\(name): inference")

            let gradients = try layer.backward(
                g, input: x, normalizedBy: statistics, sumGradient: y, geometry: geometry)
            place = g
            span = place.mutableSpan
            let parameters = try layer.backwardInPlace(
                &span, input: x.span, normalizedBy: statistics, sumGradient: y.span,
                geometry: geometry)
            #expect(place == gradients.input && parameters.gamma == gradients.gamma, "\(name): g")
            try checkSum(layer, x, g, geometry, name)
        }
        for (shape, axes) in Self.shapes where shape.reduce(1, *) < 60_000 {
            var generator = SplitMix64(seed: 32)
            let data = RowData(try RowGeometry(shape, normalizing: axes), using: &generator)
            func make<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
                let gamma: AffineParameter<Scalar> = data.parts.gamma.converted()
                if subject.isCentered {
                    try check(
                        LayerNorm(
                            width: data.geometry.width, gamma: gamma, beta: .shared(1),
                            engine: subject.engine), data)
                } else {
                    try check(
                        RMSNorm(
                            width: data.geometry.width, gamma: gamma, epsilon: 1e-6,
                            engine: subject.engine), data)
                }
            }
            try make(subject.element.scalar)
        }
    }

    /// A sum that is normalized is the sum, and then what is normalized alone, in any place.
    private func checkSum<Layer: RowNormalization>(
        _ layer: Layer, _ x: [Layer.Scalar], _ residual: [Layer.Scalar], _ geometry: RowGeometry,
        _ name: String
    ) throws {
        let added = zip(x, residual).map { $0 + $1 }
        let (y, statistics) = try layer.forward(added, geometry: geometry)
        var (sums, outputs) = (x, x)
        var sum = sums.mutableSpan
        var output = outputs.mutableSpan
        var found = try layer.forward(
            sumOf: x.span, and: residual.span, sum: &sum, into: &output, geometry: geometry)
        #expect(sums == added && outputs == y && found == statistics, "\(name): sum")
        sums = x
        outputs = x
        sum = sums.mutableSpan
        output = outputs.mutableSpan
        found = try layer.forward(
            adding: residual.span, to: &sum, into: &output, geometry: geometry)
        #expect(sums == added && outputs == y && found == statistics, "\(name): sum in place")
        sums = x
        outputs = x
        sum = sums.mutableSpan
        output = outputs.mutableSpan
        try layer.inference(
            adding: residual.span, to: &sum, into: &output, geometry: geometry)
        #expect(sums == added && outputs == y, "\(name): sum of inference")
    }

    @Test("A row has the same bits in any batch", arguments: RowSubject.all)
    func batches(_ subject: RowSubject) throws {
        for width in [5, 16, 37, 64, 300, 1500] {
            var generator = SplitMix64(seed: UInt64(width))
            let data = RowData(try RowGeometry([23, width]), using: &generator)
            let y = try subject.forward(data.parts, data.x, data.geometry).output
            let dx = try #require(
                subject.backward(data.parts, data.g, data.x, data.geometry).input)
            for row in [0, 1, 7, 22] {
                let range = row * width..<(row + 1) * width
                let geometry = try RowGeometry([1, width])
                let alone = try subject.forward(data.parts, Array(data.x[range]), geometry).output
                #expect(sameBits(alone, Array(y[range])), "\(subject) \(width) y")
                let gradient = try subject.backward(
                    data.parts, Array(data.g[range]), Array(data.x[range]), geometry
                ).input
                #expect(sameBits(gradient ?? [], Array(dx[range])), "\(subject) \(width) ∂x")
            }
        }
    }

    @Test("Outputs past the caches have the same bits", arguments: RowSubject.all)
    func largeOutputs(_ subject: RowSubject) throws {
        // Above the size from which stores go past the caches, in rows that all begin as the first does.
        guard subject.engine == .fused, subject.element == .float else { return }
        let (rows, width) = (2600, 1040)
        var generator = SplitMix64(seed: 33)
        let small = RowData(try RowGeometry([13, width]), using: &generator)
        let geometry = try RowGeometry([rows, width])
        let copies = rows / 13
        let x = Array(repeatElement(small.x, count: copies).joined())
        let g = Array(repeatElement(small.g, count: copies).joined())
        let sum = try subject.forwardOfSum(small.parts, x, g, [rows, width])
        let smallSum = try subject.forwardOfSum(small.parts, small.x, small.g, [13, width])
        #expect(sum.output == Array(repeatElement(smallSum.output, count: copies).joined()))
        #expect(sum.sum == Array(repeatElement(smallSum.sum, count: copies).joined()))
        let y = try subject.forward(small.parts, x, geometry).output
        let smallY = try subject.forward(small.parts, small.x, small.geometry).output
        #expect(y == Array(repeatElement(smallY, count: copies).joined()))
        let dx = try subject.backward(small.parts, g, x, geometry).input
        let smallDx = try subject.backward(small.parts, small.g, small.x, small.geometry).input
        #expect(dx == Array(repeatElement(try #require(smallDx), count: copies).joined()))
    }
}
