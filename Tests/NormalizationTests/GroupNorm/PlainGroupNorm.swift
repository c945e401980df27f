import Normalization

/// Group normalization straight from its definition, in Double, and how far an engine may be from it.
struct PlainGroupNorm {
    let data: GroupData
    /// Per sample and group.
    private(set) var mean: [Double] = []
    private(set) var deviations: [Double] = []
    private let count: Int
    /// Per element: the group, the lane, and |x̂|.
    private let group: [Int]
    private let lane: [Int]
    private var normalized: [Double] = []
    private(set) var output: [Double] = []
    private(set) var inputGradient: [Double] = []
    /// Per lane: Σ g · x̂, Σ g, and the sums of their terms' magnitudes.
    private var sums: [(gamma: Sum, beta: Sum, products: Double, magnitudes: Double)]
    /// Per group: P and Q, and what bounds an engine's errors.
    private var bounds: [ErrorBounds] = []

    /// A sum that carries what rounding drops (Neumaier 1974).
    struct Sum {
        private var total = 0.0
        private var dropped = 0.0
        var value: Double { total + dropped }

        mutating func add(_ term: Double) {
            let next = total + term
            dropped += abs(total) >= abs(term) ? (total - next) + term : (term - next) + total
            total = next
        }
    }

    init(_ data: GroupData, _ element: ElementType) {
        self.data = data
        let (problem, geometry) = (data.problem, data.geometry)
        let samples = geometry.shape[0]
        count = geometry.count / problem.groupCount(geometry)
        group = data.x.indices.map { problem.group(of: $0, geometry) }
        lane = data.x.indices.map { problem.lane(of: $0, geometry) }
        sums = Array(
            repeating: (Sum(), Sum(), 0, 0), count: samples * geometry.channels)
        setStatistics(groups: problem.groupCount(geometry))
        forward()
        backward(element)
    }

    var statistics: GroupStatistics {
        get throws {
            try GroupStatistics(
                groups: data.problem.isOfBatch ? data.geometry.channels : data.problem.groups,
                count: count, mean: mean,
                sumOfSquaredDeviations: deviations)
        }
    }

    private func s(_ group: Int) -> Double {
        1 / (deviations[group] / Double(count) + data.problem.epsilon).squareRoot()
    }

    private mutating func setStatistics(groups: Int) {
        var totals = [Sum](repeating: Sum(), count: groups)
        // From the first value on, so that a constant group has its value for mean.
        var first = [Double?](repeating: nil, count: groups)
        for (index, value) in data.x.enumerated() {
            let start = first[group[index]] ?? value
            first[group[index]] = start
            totals[group[index]].add(value - start)
        }
        mean = (0..<groups).map { (first[$0] ?? 0) + totals[$0].value / Double(count) }
        var squares = [Sum](repeating: Sum(), count: groups)
        for (index, value) in data.x.enumerated() {
            let deviation = value - mean[group[index]]
            squares[group[index]].add(deviation * deviation)
        }
        deviations = squares.map(\.value)
    }

    private mutating func forward() {
        for (index, value) in data.x.enumerated() {
            let (scale, shift) = data.affine(ofLane: lane[index])
            normalized.append((value - mean[group[index]]) * s(group[index]))
            output.append(scale * normalized[index] + shift)
        }
    }

    private mutating func backward(_ element: ElementType) {
        var (p, q) = (
            [Sum](repeating: Sum(), count: mean.count), [Sum](repeating: Sum(), count: mean.count)
        )
        var magnitudes = [Double](repeating: 0, count: mean.count)
        var products = magnitudes
        for (index, g) in data.gradient.enumerated() {
            let (l, owner) = (lane[index], group[index])
            let weighted = data.affine(ofLane: l).scale * g
            p[owner].add(weighted)
            q[owner].add(weighted * normalized[index])
            magnitudes[owner] += abs(weighted)
            products[owner] += abs(weighted * normalized[index])
            sums[l].beta.add(g)
            sums[l].gamma.add(g * normalized[index])
            sums[l].magnitudes += abs(g)
            sums[l].products += abs(g * normalized[index])
        }
        for (index, g) in data.gradient.enumerated() {
            let owner = group[index]
            let (meanP, meanQ) = (p[owner].value / Double(count), q[owner].value / Double(count))
            let weighted = data.affine(ofLane: lane[index]).scale * g
            inputGradient.append(s(owner) * (weighted - meanP - normalized[index] * meanQ))
        }
        for owner in mean.indices {
            var bound = ErrorBounds(
                element, count: count, mean: mean[owner],
                variance: deviations[owner] / Double(count), epsilon: data.problem.epsilon,
                gamma: 1, beta: 0)
            bound.setGradient(
                sumOfMagnitudes: magnitudes[owner], sumOfProducts: products[owner])
            bounds.append(bound)
        }
    }

    /// ∂γ or ∂β in the shape of its parameter, with a bound for each number.
    private func parameterGradient(
        _ parameter: AffineParameter<Double>, _ element: ElementType,
        _ sum: (Int) -> (value: Double, bound: Double)
    ) -> [(value: Double, bound: Double)]? {
        let (channels, lanes) = (data.geometry.channels, 0..<sums.count)
        guard data.gammas.isEmpty else { return lanes.map(sum) }
        func total(_ some: [Int]) -> (value: Double, bound: Double) {
            var (value, bound, size) = (Sum(), 0.0, 0.0)
            for lane in some {
                value.add(sum(lane).value)
                bound += sum(lane).bound
                size += abs(sum(lane).value)
            }
            // Sums of lanes are added in Double.
            return (value.value, bound + 2 * Double(some.count) * 0x1p-53 * size)
        }
        switch parameter {
        case .absent: return nil
        case .shared: return [total(Array(lanes))]
        case .perChannel:
            return (0..<channels).map { channel in
                total(Array(stride(from: channel, to: lanes.endIndex, by: channels)))
            }
        }
    }

    /// The first number of an answer that is too far from the definition's, `nil` where there is none.
    ///
    /// The bounds are `ErrorBounds`, of a group in place of a channel: what it says of the sums of a block
    /// that are merged holds of lanes that are merged to a group, and γ · g stands for g in ∂x.
    func difference(_ answer: GroupAnswer, _ element: ElementType) -> String? {
        var found: String?
        func check(
            _ name: String, _ actual: [Double]?, _ expected: [(value: Double, bound: Double)]?
        ) {
            guard found == nil else { return }
            guard (actual?.count ?? -1) == (expected?.count ?? -1) else {
                found = "\(name): \(actual?.count ?? -1) numbers for \(expected?.count ?? -1)"
                return
            }
            guard let actual, let expected else { return }
            for (index, pair) in zip(actual, expected).enumerated()
            where !(abs(pair.0 - pair.1.value) <= pair.1.bound) {
                found = "\(name)[\(index)]: \(pair.0) for \(pair.1.value), bound \(pair.1.bound)"
                return
            }
        }
        let u = element.unitRoundoff
        check("mean", answer.statistics.mean, mean.indices.map { (mean[$0], bounds[$0].mean) })
        check(
            "M2", answer.statistics.sumOfSquaredDeviations,
            mean.indices.map { (deviations[$0], bounds[$0].deviations) })
        let expected = output.indices.map { index in
            let (scale, shift) = data.affine(ofLane: lane[index])
            let bound = bounds[group[index]].training(abs(normalized[index]))
            // Bounds of γ = 1 and β = 0, scaled and shifted.
            return (value: output[index], bound: abs(scale) * bound + 4 * u * abs(shift))
        }
        check("y", answer.output, expected)
        check("y of inference", answer.inference, expected)
        check(
            "∂x", answer.gradients.input,
            inputGradient.indices.map { index in
                let weighted = data.affine(ofLane: lane[index]).scale * data.gradient[index]
                return (
                    inputGradient[index],
                    bounds[group[index]].inputGradient(abs(normalized[index]), weighted)
                )
            })
        check(
            "∂γ", answer.gradients.gamma,
            parameterGradient(data.gamma, element) { lane in
                var bound = bounds[data.problem.group(ofLane: lane, data.geometry)]
                bound.setGradient(
                    sumOfMagnitudes: sums[lane].magnitudes, sumOfProducts: sums[lane].products)
                let value = sums[lane].gamma.value
                return (value, bound.parameterGradient(bound.gradientTimesNormalized, value))
            })
        check(
            "∂β", answer.gradients.beta,
            parameterGradient(data.beta, element) { lane in
                var bound = bounds[data.problem.group(ofLane: lane, data.geometry)]
                bound.setGradient(
                    sumOfMagnitudes: sums[lane].magnitudes, sumOfProducts: sums[lane].products)
                let value = sums[lane].beta.value
                return (value, bound.parameterGradient(bound.gradientSum, value))
            })
        return found
    }
}
