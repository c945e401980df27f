import Normalization
import SeededRandom
import Testing

/// Rows at the borders of the numbers and of the shapes, on every engine.
@Suite struct RowEdgeTests {
    /// Runs forward without γ and β.
    private func normalized(
        _ subject: RowSubject, _ x: [Double], _ width: Int, epsilon: Double = 1e-5
    ) throws -> [Double] {
        let parts = RowParts(width: width, epsilon: epsilon)
        return try subject.forward(parts, x, RowGeometry([x.count / width, width])).output
    }

    @Test("A constant row becomes exactly β by layer norm", arguments: RowSubject.all)
    func constantRow(_ subject: RowSubject) throws {
        guard subject.isCentered else { return }
        for width in [2, 14, 16, 77, 1000] {
            for value in [0.1, 1e6, -3, 0, 1e-30] {
                var generator = SplitMix64(seed: UInt64(width))
                let value = Double(Float(value))
                let data = RowData(try RowGeometry([3, width]), using: &generator)
                let x = [Double](repeating: value, count: 3 * width)
                let y = try subject.forward(data.parts, x, data.geometry).output
                for row in 0..<3 {
                    #expect(
                        Array(y[row * width..<(row + 1) * width]) == data.parts.shifts,
                        "\(width) × \(value)")
                }
                // ∂x = (h − mean of h)/√ε
                let dx = try #require(subject.backward(data.parts, data.g, x, data.geometry).input)
                let h = (0..<width).map { data.parts.scales[$0] * data.g[$0] }
                let mean = h.reduce(0, +) / Double(width)
                let s = 1 / data.parts.epsilon.squareRoot()
                for j in 0..<width {
                    let bound = 40 * subject.element.unitRoundoff * s * 3
                    #expect(abs(dx[j] - (h[j] - mean) * s) <= bound, "\(width) × \(value)")
                }
            }
        }
    }

    @Test("A large mean costs no more digits than its own rounding", arguments: RowSubject.all)
    func largeMean(_ subject: RowSubject) throws {
        guard subject.isCentered else { return }
        for width in [16, 100, 768, 5000] {
            for mean in [2000.0, 1e5] {
                var generator = SplitMix64(seed: 5)
                let data = RowData(
                    try RowGeometry([2, width]), AffineForm(gamma: .absent, beta: .absent),
                    mean: mean, using: &generator)
                let expected = RowFormulas(data, isCentered: true)
                let y = try subject.forward(data.parts, data.x, data.geometry).output
                for (found, value) in zip(y, expected.y.value) {
                    // x is exact, so only the last subtraction of the mean and the product round.
                    let bound = subject.units * 4 * subject.element.unitRoundoff * (abs(value) + 2)
                    try #require(abs(found - value) <= bound, "\(width), \(mean)")
                }
            }
        }
    }

    @Test("An outlier in front of a row costs no digits", arguments: RowSubject.all)
    func outlierFirst(_ subject: RowSubject) throws {
        for width in [17, 64, 700] {
            var generator = SplitMix64(seed: 6)
            var data = RowData(try RowGeometry([5, width]), using: &generator)
            data.x[0] = 0x1p20
            data.x[2 * width] = -0x1p30
            let expected = RowFormulas(data, isCentered: subject.isCentered)
            let found = try subject.forward(data.parts, data.x, data.geometry).output
            let difference = subject.difference("y", found, expected.y)
            #expect(difference == nil, "\(width): \(difference ?? "")")
        }
    }

    @Test("A NaN or an infinity stays in its row", arguments: RowSubject.all)
    func nonFinite(_ subject: RowSubject) throws {
        for width in [5, 16, 50] {
            for bad in [Double.nan, .infinity, -.infinity] {
                var generator = SplitMix64(seed: 7)
                var data = RowData(try RowGeometry([9, width]), using: &generator)
                let clean = try subject.forward(data.parts, data.x, data.geometry).output
                let cleanBack = try subject.backward(data.parts, data.g, data.x, data.geometry)
                data.x[4 * width + 3] = bad
                let y = try subject.forward(data.parts, data.x, data.geometry).output
                let back = try subject.backward(data.parts, data.g, data.x, data.geometry)
                for i in y.indices {
                    let name = "\(subject) \(width) \(bad) at \(i)"
                    if i / width != 4 {
                        try #require(y[i] == clean[i], "\(name)")
                        try #require(back.input?[i] == cleanBack.input?[i], "\(name)")
                    } else if subject.isCentered || bad.isNaN || i % width == 3 {
                        try #require(y[i].isNaN, "\(name)")
                    } else {
                        // x / ∞
                        try #require(y[i] == data.parts.shifts[i % width], "\(name)")
                    }
                }
            }
        }
    }

    @Test("RMS norm takes rows up to the largest numbers of the type", arguments: RowSubject.all)
    func largestNumbers(_ subject: RowSubject) throws {
        let largest =
            subject.element == .float
            ? Double(Float.greatestFiniteMagnitude) : Double.greatestFiniteMagnitude
        for width in [6, 16, 100] {
            for scale in [1, 0x1p-20, 0x1p-60] {
                var generator = SplitMix64(seed: 8)
                let plain = generator.values(width)
                let parts = RowParts(width: width, epsilon: 1e-300)
                let geometry = try RowGeometry([1, width])
                let factor = largest * scale / 2
                let expected = try normalized(subject, plain, width, epsilon: 1e-300)
                let x = plain.map { $0 * factor }
                let forward = try subject.forward(parts, x, geometry)
                for (y, expected) in zip(forward.output, expected) {
                    let bound = 64 * subject.element.unitRoundoff * (1 + abs(expected))
                    try #require(abs(y - expected) <= bound, "\(width), \(scale)")
                }
                // ∂x is as much smaller, with the statistics that forward gave, infinite or not.
                let g = generator.values(width)
                let small = try #require(
                    subject.backward(
                        parts, g, x, geometry, RowOptions(statistics: forward.statistics)
                    ).input)
                let plainGradient = try #require(
                    subject.backward(parts, g, plain, geometry).input)
                for (dx, expected) in zip(small, plainGradient) {
                    // Where 1/factor is subnormal, so is ∂x.
                    let least = subject.element == .float ? 0x1p-149 : 0x1p-1074
                    let bound = 64 * subject.element.unitRoundoff * 8 / factor + least
                    try #require(abs(dx - expected / factor) <= bound, "∂x: \(width), \(scale)")
                }
            }
        }
    }

    @Test("RMS norm of tiny rows with a tinier ε is as exact", arguments: RowSubject.inDouble)
    func tinyNumbers(_ subject: RowSubject) throws {
        var generator = SplitMix64(seed: 9)
        let plain = generator.values(40)
        let expected = try normalized(subject, plain, 40, epsilon: 0x1p-20)
        let x = plain.map { $0 * 0x1p-520 }
        let found = try normalized(subject, x, 40, epsilon: 0x1p-1060)
        for (found, expected) in zip(found, expected) {
            #expect(abs(found - expected) <= 1e-14 * (1 + abs(expected)))
        }
    }

    @Test("A row of zeros becomes β, and its ∂x is finite", arguments: RowSubject.all)
    func zeroRow(_ subject: RowSubject) throws {
        for width in [3, 16, 40] {
            var generator = SplitMix64(seed: 10)
            let data = RowData(try RowGeometry([4, width]), using: &generator)
            let x = [Double](repeating: 0, count: 4 * width)
            let y = try subject.forward(data.parts, x, data.geometry).output
            #expect(Array(y[..<width]) == data.parts.shifts)
            let dx = try #require(subject.backward(data.parts, data.g, x, data.geometry).input)
            let h = (0..<width).map { data.parts.scales[$0] * data.g[$0] }
            let mean = subject.isCentered ? h.reduce(0, +) / Double(width) : 0
            let s = 1 / data.parts.epsilon.squareRoot()
            for j in 0..<width {
                let bound = 40 * subject.element.unitRoundoff * s * 3
                #expect(abs(dx[j] - (h[j] - mean) * s) <= bound)
            }
        }
    }

    @Test("Scales out of the element type's range go to the reference", arguments: RowSubject.all)
    func extremeScales(_ subject: RowSubject) throws {
        for scale in [0x1p-120, 0x1p110] {
            var generator = SplitMix64(seed: 11)
            var data = RowData(try RowGeometry([3, 20]), using: &generator)
            data.parts.gamma = .perChannel(data.parts.scales.map { $0 * scale })
            data.g = data.g.map { $0 / scale }
            let expected = RowFormulas(data, isCentered: subject.isCentered)
            let y = try subject.forward(data.parts, data.x, data.geometry).output
            let gradients = try subject.backward(data.parts, data.g, data.x, data.geometry)
            for difference in [
                subject.difference("y", y, expected.y),
                subject.difference("∂x", gradients.input, expected.dx),
                subject.difference("∂γ", gradients.gamma, expected.dgamma),
            ] {
                #expect(difference == nil, "\(subject) \(scale): \(difference ?? "")")
            }
        }
    }

    @Test("Empty tensors give empty results, and gradients of zero", arguments: RowSubject.all)
    func empty(_ subject: RowSubject) throws {
        for (shape, axes) in [
            ([0, 4], 1...1), ([3, 0], 1...1), ([2, 0, 4], 2...2), ([2, 4, 0], 1...1),
        ] {
            let geometry = try RowGeometry(shape, normalizing: axes)
            let numbers = [Double](repeating: 1, count: geometry.width)
            let parts = RowParts(
                width: geometry.width, gamma: .perChannel(numbers), beta: .perChannel(numbers))
            let forward = try subject.forward(parts, [], geometry)
            #expect(forward.output.isEmpty && forward.statistics?.rows == 0)
            let zeros = [Double](repeating: 0, count: geometry.width)
            for statistics in [forward.statistics, nil] {
                let gradients = try subject.backward(
                    parts, [], [], geometry, RowOptions(statistics: statistics))
                #expect(gradients.input?.isEmpty == true, "\(shape)")
                #expect(gradients.gamma == zeros && gradients.beta == zeros, "\(shape)")
            }
        }
    }

    @Test("RMS norm of single values is x/√(x² + ε)", arguments: RowSubject.all)
    func singleValues(_ subject: RowSubject) throws {
        guard !subject.isCentered else { return }
        let y = try normalized(subject, [3, -0.5, 0], 1, epsilon: 0.25)
        for (y, x) in zip(y, [3, -0.5, 0]) {
            #expect(abs(y - x / (x * x + 0.25).squareRoot()) <= 4 * subject.element.unitRoundoff)
        }
    }
}
