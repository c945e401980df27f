import Normalization
import Testing

/// What PyTorch and ONNX compute of group and instance normalization and of γ and β per sample, for every
/// engine.
///
/// Differences are counted in units of the type's machine epsilon times the size of the terms that are
/// added. No peer is further than 2.3 units from the exact result (`check_group_conformance.py`), and no
/// engine may be further from it than the peers are, so 4.6 from each other.
@Suite struct GroupConformanceTests {
    static let units = 4.6
    static let computed = GroupConformanceCase.all.filter { !$0.refused }
    static let refused = GroupConformanceCase.all.filter { $0.refused }

    @Test("all cases were read")
    func allCasesWereRead() {
        #expect(Self.computed.count == 198 && Self.refused.count == 14)
    }

    @Test("y and gradients are the peer's", arguments: Engine.allCases, computed)
    func numbersAreThePeers(_ engine: Engine, example: GroupConformanceCase) throws {
        let data = try example.data()
        let answer = try GroupAnswer(data, Subject(engine: engine, element: example.element))
        let sizes = GroupTermSizes(data)
        func expectClose(_ name: String, _ actual: [Double]?, _ tensor: String?, _ size: [Double])
            throws
        {
            guard let expected = try example.values(tensor) else { return }
            let actual = try #require(actual, "\(name)")
            try #require(actual.count == expected.count && size.count == expected.count, "\(name)")
            let unit = 2 * example.element.unitRoundoff
            for index in actual.indices {
                let difference = abs(actual[index] - expected[index])
                #expect(
                    difference <= Self.units * unit * size[index],
                    "\(name)[\(index)]: \(difference / (unit * size[index])) units")
            }
        }
        try expectClose("y", answer.output, example.y, sizes.output)
        try expectClose("y of inference", answer.inference, example.y, sizes.output)
        try expectClose("∂x", answer.gradients.input, example.dx, sizes.inputGradient)
        try expectClose("∂γ", answer.gradients.gamma, example.dgamma, sizes.gamma)
        try expectClose("∂β", answer.gradients.beta, example.dbeta, sizes.beta)
    }

    @Test(
        "one value per group is refused, as PyTorch refuses some, and ε below zero",
        arguments: refused)
    func whatHasNoVarianceIsRefused(_ example: GroupConformanceCase) throws {
        let data = try example.data()
        let expected: NormalizationError =
            example.epsilon > 0
            ? .tooFewValuesPerGroup(shape: example.shape, groups: example.groups)
            : .invalidEpsilon(example.epsilon)
        #expect(throws: expected) {
            _ = try GroupAnswer(data, Subject(engine: .automatic, element: example.element))
        }
    }
}

/// The sizes of the terms that are added for each number, as Tests/Fixtures/README.md has them.
private struct GroupTermSizes {
    private(set) var output: [Double] = []
    private(set) var inputGradient: [Double] = []
    private(set) var gamma: [Double] = []
    private(set) var beta: [Double] = []

    init(_ data: GroupData) {
        guard !data.x.isEmpty else {
            setParameters(data, [], [])
            return
        }
        let (problem, geometry) = (data.problem, data.geometry)
        let lane = data.x.indices.map { problem.lane(of: $0, geometry) }
        let group = lane.map { problem.group(ofLane: $0, geometry) }
        let scale = lane.map { abs(data.affine(ofLane: $0).scale) }
        let count = Double(data.x.count / problem.groupCount(geometry))
        /// The mean over each group, for each element.
        func averages(_ values: [Double]) -> [Double] {
            var sums = [Double](repeating: 0, count: problem.groupCount(geometry))
            for index in values.indices { sums[group[index]] += values[index] }
            return group.map { sums[$0] / count }
        }
        let mean = averages(data.x)
        let variance = averages(zip(data.x, mean).map { ($0 - $1) * ($0 - $1) })
        let s = variance.map { 1 / ($0 + problem.epsilon).squareRoot() }
        let magnitude = averages(data.x.map { abs($0) })
        let z = data.x.indices.map { (abs(data.x[$0]) + magnitude[$0]) * s[$0] }
        output = data.x.indices.map {
            scale[$0] * z[$0] + abs(data.affine(ofLane: lane[$0]).shift)
        }
        let g = data.gradient.indices.map { scale[$0] * abs(data.gradient[$0]) }
        let withMean = zip(g, averages(g)).map { $0 + $1 }
        let product = averages(zip(withMean, z).map { $0 * $1 })
        inputGradient = g.indices.map { s[$0] * (withMean[$0] + z[$0] * product[$0]) }

        var sums = [(g: Double, product: Double)](
            repeating: (0, 0), count: geometry.shape[0] * geometry.channels)
        for index in lane.indices {
            sums[lane[index]].g += abs(data.gradient[index])
            sums[lane[index]].product += abs(data.gradient[index]) * z[index]
        }
        setParameters(data, sums.map(\.product), sums.map(\.g))
    }

    private mutating func setParameters(
        _ data: GroupData, _ products: [Double], _ magnitudes: [Double]
    ) {
        func sizes(_ parameter: AffineParameter<Double>, _ lanes: [Double]) -> [Double] {
            if !data.gammas.isEmpty { return lanes }
            switch parameter {
            case .absent: return []
            case .shared: return [lanes.reduce(0, +)]
            case .perChannel(let values):
                var sums = values.map { _ in 0.0 }
                for lane in lanes.indices { sums[lane % values.count] += lanes[lane] }
                return sums
            }
        }
        gamma = sizes(data.gamma, products)
        beta = sizes(data.beta, magnitudes)
    }
}
