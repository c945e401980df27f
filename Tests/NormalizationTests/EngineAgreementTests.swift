import Normalization
import Testing

/// Every engine against the reference, within bounds that are derived (`ErrorBounds`); against
/// itself with other numbers of threads and another layout; and where the answer is known exactly.
@Suite struct EngineAgreementTests {
    static let fastEngines = Engine.allCases.filter { $0 != .reference }

    // MARK: Random and large shapes

    @Test(
        "engines agree on random shapes, ratios, forms and types",
        arguments: fastEngines, 0..<UInt64(200))
    func enginesAgreeOnRandomShapes(_ engine: Engine, seed: UInt64) throws {
        try expectAgreement(engine, .random(seed: seed, elements: 3000))
    }

    /// Up to a million elements: planes of 1, primes, one channel, one sample, channels last; for
    /// every way of cutting a tensor: rows, tiles, whole channels, stripes of samples and of planes.
    static let large = [
        Layout([1, 1, 999_983]), Layout([997, 1003]), Layout([300_000, 1]), Layout([2, 50_003]),
        Layout([50_001, 3, 1]), Layout([2, 3, 107, 311]), Layout([64, 31, 7, 11]),
        Layout([11, 3, 7, 31, 17]), Layout([2, 43, 97, 13], axis: -1), Layout([3, 1, 65_537]),
        Layout([40, 2, 1801]),
    ]

    @Test("engines agree on large shapes", arguments: fastEngines, large)
    func enginesAgreeOnLargeShapes(_ engine: Engine, layout: Layout) throws {
        let isOdd = layout.shape[0] % 2 == 1
        try expectAgreement(
            engine,
            Problem(layout: layout, element: isOdd ? .float : .double, ratio: 1, seed: 11))
    }

    @Test(
        "a mean up to 10⁷ times the deviation costs no accuracy",
        arguments: fastEngines, [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7])
    func largeMeansCostNoAccuracy(_ engine: Engine, ratio: Double) throws {
        for element in ElementType.allCases {
            for layout in [Layout([300, 3]), Layout([4, 3, 50]), Layout([2, 2, 2000])] {
                try expectAgreement(
                    engine,
                    Problem(
                        layout: layout, element: element, epsilon: 1e-12, ratio: ratio, seed: 12))
            }
        }
    }

    /// Powers of two that bring x near the ends of its type's range: Floats to 2¹²⁷ and down to
    /// subnormal ones, Doubles as far as their squares go.
    static let extremes: [(element: ElementType, exponent: Int, gradient: Int)] = [
        (.float, 119, 0), (.float, 70, 40), (.float, -60, -60), (.float, -120, -40),
        (.float, -140, -60), (.double, 490, 0), (.double, -490, 0),
    ]

    @Test(
        "numbers near the ends of the type's range cost no accuracy",
        arguments: fastEngines, extremes)
    func extremeNumbersCostNoAccuracy(
        _ engine: Engine, extreme: (element: ElementType, exponent: Int, gradient: Int)
    ) throws {
        for layout in [Layout([300, 3]), Layout([4, 3, 50]), Layout([2, 2, 2000])] {
            var data = try ProblemData(
                Problem(layout: layout, element: extreme.element, ratio: 0.5, seed: 15))
            data.scale(by: extreme.exponent, gradient: extreme.gradient)
            if extreme.element == .float { data.x = data.x.map { Double(Float($0)) } }
            try expectAgreement(engine, data)
        }
    }

    // MARK: Threads and layouts

    @Test(
        "results have the same bits for 1, 2, 3 and 5 threads",
        arguments: Engine.allCases,
        [
            Layout([3, 7, 61, 53]), Layout([701, 101]), Layout([2, 35_003]),
            Layout([9, 20, 40, 10], axis: -1), Layout([40, 2, 901]), Layout([24_001, 3]),
        ])
    func threadCountChangesNoBit(_ engine: Engine, layout: Layout) throws {
        for element in ElementType.allCases {
            let data = try ProblemData(
                Problem(layout: layout, element: element, ratio: 1, seed: 13))
            let expected = try Answer(data.layer(engine, threadLimit: 1), data)
            for threads in [2, 3, 5] {
                let answer = try Answer(data.layer(engine, threadLimit: threads), data)
                // Every number is finite here, so equal is equal to the bit but for the sign of zero.
                #expect(
                    answer == expected,
                    "\(data.problem.testDescription), \(threads) threads"
                )
            }
        }
    }

    @Test(
        "channels last gives what channels first gives, transposed",
        arguments: Engine.allCases,
        [
            Layout([3, 5, 7, 2]), Layout([2, 3, 1]), Layout([2, 16, 8, 8]), Layout([17, 3, 11]),
            Layout([1, 40, 61, 31]),
        ])
    func channelsLastIsChannelsFirstTransposed(_ engine: Engine, layout: Layout) throws {
        for element in ElementType.allCases {
            for ratio in [0.0, 1e4] {
                let data = try ProblemData(
                    Problem(layout: layout, element: element, ratio: ratio, seed: 14))
                #expect(try Self.differenceOfChannelsLast(engine, data) == nil)
            }
        }
    }

    /// The first difference between an engine's answer to the transposed problem and the
    /// reference's answer to the problem, transposed.
    static func differenceOfChannelsLast(_ engine: Engine, _ data: ProblemData) throws -> String? {
        let geometry = data.geometry
        var transposed = data
        try transposed.transpose()
        let reference = try Answer(data.layer(.reference), data).transposed(geometry)
        let answer = try Answer(
            transposed.layer(engine), transposed, given: reference.statistics)
        return Agreement.difference(answer, reference, transposed)
    }

    // MARK: Constant channels

    @Test(
        "a constant channel gives exactly β, with exact statistics",
        arguments: Subject.all,
        [
            Layout([2, 5]), Layout([64, 5]), Layout([3, 5, 7]), Layout([2, 5, 1500]),
            Layout([3, 4, 4, 5], axis: -1), Layout([1, 5, 20_011]), Layout([15_013, 5]),
        ])
    func constantChannelGivesBeta(_ subject: Subject, layout: Layout) throws {
        let isFloat = subject.element == .float
        let constants: [Double] =
            [0, 1, 0.1, -3.7, 1e7, 1e-30, 1e-42, 3e38]
            + (isFloat ? [] : [1e300, -1.7e308, 1e-300, .leastNonzeroMagnitude])
        let betas: [Double] = [0, 0.1, -1e10, 1e-40, 3e38]
        let geometry = try layout.geometry
        for (index, constant) in constants.enumerated() {
            // Each channel a constant of its own, with either sign.
            let values = (0..<5).map { channel in
                let value = constants[(index + channel) % constants.count]
                let signed = channel % 2 == 0 ? value : -value
                return isFloat ? Double(Float(signed)) : signed
            }
            var x = [Double](repeating: 0, count: geometry.count)
            var expected = x
            let rounded = betas.map { isFloat ? Double(Float($0)) : $0 }
            for channel in 0..<5 {
                for index in indices(ofChannel: channel, geometry) {
                    x[index] = values[channel]
                    expected[index] = rounded[channel]
                }
            }
            let layer = try subject.layer(
                channels: 5, gamma: .perChannel([1, -2.5, 0, 1e20, 0.3]),
                beta: .perChannel(betas), epsilon: index % 2 == 0 ? 1e-5 : 1e-300)
            let (y, statistics) = try layer.forward(
                doubles: x, shape: layout.shape, channelAxis: layout.axis)
            #expect(y == expected, "constant \(constant)")
            #expect(statistics.mean == values, "constant \(constant)")
            #expect(
                statistics.sumOfSquaredDeviations == [0, 0, 0, 0, 0], "constant \(constant)")
        }
    }

    // MARK: Helpers

    private func expectAgreement(
        _ engine: Engine, _ problem: Problem, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try expectAgreement(engine, ProblemData(problem), sourceLocation: sourceLocation)
    }

    private func expectAgreement(
        _ engine: Engine, _ data: ProblemData, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let reference = try Answer(data.layer(.reference), data)
        let answer = try Answer(data.layer(engine), data, given: reference.statistics)
        let difference = Agreement.difference(answer, reference, data)
        #expect(
            difference == nil, "\(data.problem.testDescription)", sourceLocation: sourceLocation)
    }
}
