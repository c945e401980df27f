// What each call is to the runner: products, the rule that makes matrices of them, and an output. Tensors are
// not empty here.

extension WhiteningNorm {
    private func runner(
        _ operation: Engine.Operation, _ geometry: Geometry
    ) -> WhiteningRunner<Scalar> {
        WhiteningRunner(
            operation, geometry, groupSize: groupSize, engine: engine, threadLimit: threadLimit)
    }

    /// W of a group.
    private func factor(
        _ covariance: [Double], _ group: Int, _ runner: WhiteningRunner<Scalar>
    ) throws(NormalizationError) -> WhiteningFactor {
        let first = group * groupSize * groupSize
        // What comes from a file may not be quite symmetric.
        let matrix = SquareMatrix(groupSize) { i, j in
            0.5 * covariance[first + i * groupSize + j]
                + 0.5 * covariance[first + j * groupSize + i]
        }
        return try WhiteningFactor(
            matrix, method, epsilon: epsilon, algebra: runner.engine, group: group)
    }

    /// W of every group.
    func matrices(
        of covariance: [Double], _ runner: WhiteningRunner<Scalar>
    ) throws(NormalizationError) -> [Double] {
        try unsafe runner.numbersOfGroups(groupSize * groupSize) {
            group, numbers throws(NormalizationError) in
            let factor = try factor(covariance, group, runner)
            _ = unsafe numbers.update(fromContentsOf: factor.matrix.values)
        }
    }

    /// Statistics, their matrices, then y with them.
    func runForward(
        _ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, _ geometry: Geometry
    ) throws(NormalizationError) -> WhiteningStatistics {
        let (runner, d) = (runner(.training, geometry), groupSize)
        let statistics = unsafe WhiteningStatistics(
            count: geometry.valuesPerChannel, groupSize: d, runner.deviations(of: x))
        var matrices = try matrices(of: statistics.covariance(), runner)
        // What rounding took from the mean goes into the shift.
        var shift: [Double] = []
        for group in 0..<runner.grid.groups {
            let w = SquareMatrix(d, Array(matrices[group * d * d..<(group + 1) * d * d]))
            let channels = group * d..<(group + 1) * d
            let rest = runner.engine.product(w, Array(statistics.meanCorrection[channels]))
            for (channel, rest) in zip(channels, rest) {
                let gamma = gamma.value(of: channel, absent: 1)
                shift.append(beta.value(of: channel, absent: 0) - gamma * rest)
            }
        }
        for index in matrices.indices {
            matrices[index] *= gamma.value(of: index / d, absent: 1)
        }
        unsafe runner.write(y, as: matrices, of: x, minus: statistics.mean, plus: shift)
        return statistics
    }

    /// ∂γ and ∂β per channel, and ∂x where there is a place for it, with the batch's statistics:
    ///
    ///     ∂x = Wᵀ · (γ · g − mean of γ · g) − (1/m) · K · (x − μ)
    func runBackward(
        _ tensors: BackwardTensors<Scalar>, normalizedBy statistics: WhiteningStatistics,
        _ geometry: Geometry
    ) throws(NormalizationError) -> (gamma: [Double], beta: [Double]) {
        let (runner, d, m) = (runner(.backward, geometry), groupSize, Double(statistics.count))
        let covariance = statistics.covariance()
        let correction = statistics.meanCorrection
        var sums = unsafe runner.products(
            of: tensors.gradient.scalars, with: tensors.x.scalars, minus: statistics.mean)
        // What rounding took from the mean is in x − μ, too.
        for index in sums.products.indices {
            let (row, column) = (index / d, index / (d * d) * d + index % d)
            sums.products[index] -= sums.sum[row] * correction[column]
        }
        let products = sums.products
        // Of each group ∂γ, the shift, and D × 2D numbers: Wᵀ · γ beside −K/m.
        let size = 2 * d + 2 * d * d
        let numbers = try unsafe runner.numbersOfGroups(size) {
            group, numbers throws(NormalizationError) in
            let factor = try factor(covariance, group, runner)
            let w = factor.matrix
            let g = SquareMatrix(d, Array(products[group * d * d..<(group + 1) * d * d]))
            for c in 0..<d { unsafe numbers[c] = Self.dot(g, w, row: c) }
            guard unsafe tensors.dx != nil else { return }
            let gammas = (0..<d).map { gamma.value(of: group * d + $0, absent: 1) }
            let k = factor.correction(g.scalingRows(by: gammas))
            let rest = runner.engine.product(k, Array(correction[group * d..<(group + 1) * d]))
            for i in 0..<d {
                let row = 2 * d + 2 * d * i
                for j in 0..<d {
                    unsafe numbers[row + j] = w[j, i] * gammas[j]
                    unsafe numbers[row + d + j] = -k[i, j] / m
                }
                unsafe numbers[d + i] = rest[i] / m
            }
        }
        if let dx = unsafe tensors.dx?.scalars {
            let (width, means) = (2 * d * d, doubles(channels) { sums.sum[$0] / m })
            unsafe runner.write(
                dx,
                as: doubles(channels * 2 * d) { numbers[$0 / width * size + 2 * d + $0 % width] },
                of: (tensors.gradient.scalars, means), (tensors.x.scalars, statistics.mean),
                plus: doubles(channels) { numbers[$0 / d * size + d + $0 % d] })
        }
        return (doubles(channels) { numbers[$0 / d * size + $0 % d] }, sums.sum)
    }

    /// The same with the running statistics: ∂x = Wᵀ · γ · g.
    func runBackward(
        _ tensors: BackwardTensors<Scalar>, normalizedBy running: RunningWhitening?,
        _ wanted: GradientSelection, _ geometry: Geometry
    ) throws(NormalizationError) -> (gamma: [Double], beta: [Double]) {
        guard let running else { throw .noRunningStatistics }
        let (runner, d) = (runner(.backward, geometry), groupSize)
        let matrices = try matrices(of: running.covariance, runner)
        let zeros = [Double](repeating: 0, count: channels)
        var (gammaSums, betaSums) = (zeros, zeros)
        if !wanted.isDisjoint(with: .parameters) {
            let sums = unsafe runner.products(
                of: tensors.gradient.scalars, with: tensors.x.scalars, minus: running.mean)
            betaSums = sums.sum
            gammaSums = doubles(channels) { channel in
                var sum = 0.0
                for j in channel * d..<(channel + 1) * d { sum += sums.products[j] * matrices[j] }
                return sum
            }
        }
        if let dx = unsafe tensors.dx?.scalars {
            let turned = doubles(channels * d) { index in
                let (first, i, j) = (index / (d * d) * d, index / d % d, index % d)
                return matrices[(first + j) * d + i] * gamma.value(of: first + j, absent: 1)
            }
            unsafe runner.write(
                dx, as: turned, of: tensors.gradient.scalars, minus: zeros, plus: zeros)
        }
        return (gammaSums, betaSums)
    }

    /// (A · Bᵀ)_cc.
    private static func dot(_ a: SquareMatrix, _ b: SquareMatrix, row c: Int) -> Double {
        var sum = 0.0
        for j in 0..<a.order { sum += a[c, j] * b[c, j] }
        return sum
    }
}
