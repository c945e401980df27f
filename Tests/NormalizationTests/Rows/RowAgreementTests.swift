import Normalization
import SeededRandom
import Testing

/// Every engine against the formulas, over widths around whole vectors and over layouts.
@Suite struct RowAgreementTests {
    /// 1 to 3 vectors of 8 and of 16 values, one less and one more, and the widths of models.
    static let widths =
        [2, 3, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49]
        + [64, 77, 768, 1000, 4096, 5003]

    @Test("Rows of every width agree with the formulas", arguments: RowSubject.all)
    func widths(_ subject: RowSubject) throws {
        for width in Self.widths {
            for rows in width > 500 ? [1, 6] : [1, 3, 4, 9] {
                var generator = SplitMix64(seed: UInt64(1000 * width + rows))
                let data = RowData(try RowGeometry([rows, width]), using: &generator)
                try check(subject, data, "\(rows) × \(width)")
            }
        }
    }

    @Test("Other axes than the last ones agree with the formulas", arguments: RowSubject.all)
    func planes(_ subject: RowSubject) throws {
        let cases: [([Int], ClosedRange<Int>)] = [
            ([2, 5, 3], 1...1), ([3, 2, 1], 1...1), ([2, 4, 17], 1...1), ([1, 96, 7, 7], 1...1),
            ([2, 3, 40, 16], 1...1), ([4, 6, 5], 0...0), ([3, 2, 2, 9, 2], 1...3),
            ([2, 70, 33, 16], 1...1), ([6, 4, 1, 1], 1...1), ([1, 3, 1030], 1...1),
        ]
        for (shape, axes) in cases {
            var generator = SplitMix64(seed: UInt64(shape.reduce(7, +)))
            let geometry = try RowGeometry(shape, normalizing: axes)
            let data = RowData(geometry, using: &generator)
            try check(subject, data, "\(shape) \(axes)")
        }
    }

    @Test("γ and β of every form agree with the formulas", arguments: RowSubject.all)
    func forms(_ subject: RowSubject) throws {
        for form in AffineForm.all {
            for offset in [0.0, 1] {
                var generator = SplitMix64(seed: 3)
                let data = RowData(
                    try RowGeometry([5, 2, 30], lastAxes: 2), form, scaleOffset: offset,
                    using: &generator)
                try check(subject, data, "\(form.testDescription), offset \(offset)")
            }
        }
    }

    @Test("Random shapes agree with the formulas", arguments: RowSubject.all)
    func random(_ subject: RowSubject) throws {
        for seed in 0..<UInt64(Effort.isLong ? 400 : 25) {
            var generator = SplitMix64(seed: seed)
            let shape = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                generator.logarithmic(1...40)
            }
            let last = Int.random(in: 0..<shape.count, using: &generator)
            let first = Int.random(in: 0...last, using: &generator)
            let geometry = try RowGeometry(shape, normalizing: first...last)
            guard geometry.width > 1 || !subject.isCentered else { continue }
            let data = RowData(
                geometry, AffineForm.all[Int(seed % 9)], mean: seed % 3 == 0 ? 100 : 0.2,
                scaleOffset: seed % 2 == 0 ? 0 : 1, using: &generator)
            try check(subject, data, "seed \(seed): \(shape) \(first...last)")
        }
    }

    /// Compares all that a layer computes.
    private func check(_ subject: RowSubject, _ data: RowData, _ name: String) throws {
        let expected = RowFormulas(data, isCentered: subject.isCentered)
        let (parts, geometry) = (data.parts, data.geometry)
        let forward = try subject.forward(parts, data.x, geometry)
        try require(subject.difference("y", forward.output, expected.y), name)
        let statistics = try #require(forward.statistics)
        #expect(statistics.count == geometry.width)
        for (i, squares) in statistics.sumOfSquaredDeviations.enumerated() {
            let unit = subject.units * 2 * subject.element.unitRoundoff
            let size =
                abs(expected.mean[i]) + (expected.squares[i] / Double(geometry.width)).squareRoot()
            if subject.isCentered {
                try #require(abs(statistics.mean[i] - expected.mean[i]) <= unit * size, "\(name)")
            }
            // The BLAS engine gives up to two bits of the squares for their speed.
            let bound = 4 * unit * expected.squares[i]
            try #require(abs(squares - expected.squares[i]) <= bound, "\(name): squares \(i)")
        }
        let inference = try subject.inference(parts, data.x, geometry)
        #expect(sameBits(inference, forward.output), "\(name): inference")

        for known in [statistics, nil] {
            let gradients = try subject.backward(
                parts, data.g, data.x, geometry, RowOptions(statistics: known))
            try require(subject.difference("∂x", gradients.input, expected.dx), name)
            try checkParameter("∂γ", gradients.gamma, parts.gamma, expected.dgamma)
            try checkParameter("∂β", gradients.beta, parts.beta, expected.dbeta)
        }

        func checkParameter(
            _ parameter: String, _ found: [Double]?, _ form: AffineParameter<Double>,
            _ sums: RowFormulas.Numbers
        ) throws {
            switch form {
            case .absent: #expect(found == nil)
            case .perChannel: try require(subject.difference(parameter, found, sums), name)
            case .shared:
                var total = RowFormulas.Numbers(1)
                total.value[0] = sums.value.reduce(0, +)
                total.size[0] = sums.size.reduce(0, +)
                try require(subject.difference(parameter, found, total), name)
            }
        }
    }

    private func require(_ difference: String?, _ name: String) throws {
        if let difference { try #require(Bool(false), "\(name): \(difference)") }
    }
}
