import Testing

/// Numbers and, for each, the size of the terms it is made of.
struct Expected {
    var values: [Double] = []
    var sizes: [Double] = []

    mutating func add(_ value: Double, _ size: Double) {
        values.append(value)
        sizes.append(size)
    }
}

/// The textbook's formulas in `Double`, one value after the other.
struct Textbook {
    let shape: [Int]
    let channelAxis: Int
    let x: [Double]
    var dy: [Double]?
    /// None, one or C numbers.
    var gamma: [Double]?
    var beta: [Double]?
    var epsilon = 1e-5
    /// The running statistics that are normalized with, or nil for those of the batch.
    var running: (mean: [Double], variance: [Double])?

    var channels: Int { shape[channelAxis] }
    var inner: Int { shape[(channelAxis + 1)...].reduce(1, *) }
    var valuesPerChannel: Int { x.count / channels }

    /// Half an epsilon is lost where a number is rounded: fewer than a dozen times on the way from
    /// the statistics to an output, and m times where m terms are added in any order. There are four
    /// such sums (mean, deviations, and two of the gradient), here and in the library.
    var units: Double { 6 + 4 * Double(valuesPerChannel) }

    func channel(_ index: Int) -> Int { index / inner % channels }

    func average(_ term: (Int) -> Double) -> [Double] {
        var sums = [Double](repeating: 0, count: channels)
        for index in x.indices { sums[channel(index)] += term(index) }
        return sums.map { $0 / Double(max(1, valuesPerChannel)) }
    }

    var batchMean: [Double] { average { x[$0] } }

    /// Biased.
    var batchVariance: [Double] {
        let mean = batchMean
        return average { (x[$0] - mean[channel($0)]) * (x[$0] - mean[channel($0)]) }
    }

    /// running ← (1 − w) · running + w · batch.
    func updated(
        _ old: (mean: [Double], variance: [Double]), weight: Double, isUnbiased: Bool
    ) -> (mean: [Double], variance: [Double]) {
        let m = Double(valuesPerChannel)
        let factor = isUnbiased ? m / (m - 1) : 1
        func mix(_ old: [Double], _ new: [Double]) -> [Double] {
            zip(old, new).map { (1 - weight) * $0 + weight * $1 }
        }
        return (
            mix(old.mean, batchMean), mix(old.variance, batchVariance.map { $0 * factor })
        )
    }

    /// y, ∂x, ∂γ and ∂β by the names of their files.
    var results: [String: Expected] {
        let mean = running?.mean ?? batchMean
        let scale = (running?.variance ?? batchVariance).map { 1 / ($0 + epsilon).squareRoot() }
        let centre = running.map { $0.mean.map(abs) } ?? average { abs(x[$0]) }
        func spread(_ values: [Double]?, absent: Double) -> [Double] {
            let values = values ?? [absent]
            return values.count == channels
                ? values : Array(repeating: values[0], count: channels)
        }
        let gammas = spread(gamma, absent: 1)
        let betas = spread(beta, absent: 0)
        func normalized(_ index: Int) -> Double {
            (x[index] - mean[channel(index)]) * scale[channel(index)]
        }
        /// What x̂ is the difference of.
        func size(_ index: Int) -> Double {
            (abs(x[index]) + centre[channel(index)]) * scale[channel(index)]
        }
        var results: [String: Expected] = ["y": Expected()]
        for index in x.indices {
            let c = channel(index)
            results["y"]?.add(
                gammas[c] * normalized(index) + betas[c],
                abs(gammas[c]) * size(index) + abs(betas[c]))
        }
        guard let dy else { return results }

        let gradientMean = average { dy[$0] }
        let productMean = average { dy[$0] * normalized($0) }
        let gradientSize = average { abs(dy[$0]) }
        let productSize = average { abs(dy[$0]) * size($0) }
        results["dx"] = Expected()
        for index in x.indices {
            let c = channel(index)
            let factor = gammas[c] * scale[c]
            if running == nil {
                results["dx"]?.add(
                    factor * (dy[index] - gradientMean[c] - normalized(index) * productMean[c]),
                    abs(factor)
                        * (abs(dy[index]) + gradientSize[c] + size(index) * productSize[c]))
            } else {
                results["dx"]?.add(factor * dy[index], abs(factor * dy[index]))
            }
        }
        let m = Double(valuesPerChannel)
        func parameter(_ values: [Double]?, _ means: [Double], _ sizes: [Double]) -> Expected? {
            guard let values else { return nil }
            let sums = means.map { $0 * m }
            let bounds = sizes.map { $0 * m }
            return values.count == channels
                ? Expected(values: sums, sizes: bounds)
                : Expected(values: [sums.reduce(0, +)], sizes: [bounds.reduce(0, +)])
        }
        results["dgamma"] = parameter(gamma, productMean, productSize)
        results["dbeta"] = parameter(beta, gradientMean, gradientSize)
        return results
    }

    /// Expects `found` to be `expected` but for rounding, in units of the type's epsilon.
    func expectEqual(
        _ found: [Double], _ expected: [Double], sizes: [Double], isDouble: Bool, units: Double,
        _ name: String, _ account: Comment, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(
            found.count == expected.count, "\(name): \(account)", sourceLocation: sourceLocation)
        guard found.count == expected.count else { return }
        let epsilon = isDouble ? Double.ulpOfOne : Double(Float.ulpOfOne)
        for index in found.indices {
            let bound = units * epsilon * sizes[index]
            // NaN is equal to nothing, and so not within any bound.
            let isEqual =
                found[index] == expected[index] || abs(found[index] - expected[index]) <= bound
            #expect(
                isEqual, "\(name)[\(index)]: \(found[index]), not \(expected[index]): \(account)",
                sourceLocation: sourceLocation)
            guard isEqual else { return }
        }
    }
}
