public import Normalization

/// The gradients of a function of ∂x, ∂γ and ∂β, as a penalty on them is.
public struct SecondGradients<Scalar: NormalizationScalar>: Equatable, Sendable {
    /// With respect to g = ∂L/∂y, in the shape of x.
    public var gradient: [Scalar]
    /// With respect to x.
    public var input: [Scalar]
    /// With respect to γ; `nil` where it is absent. ∂x, ∂γ and ∂β do not depend on β.
    public var gamma: [Scalar]?
}

extension BatchNorm {
    /// Differentiates training backward once more, as a gradient penalty needs, by the public halves of it.
    ///
    /// With B(t) = Σ t · x̂ and M(t) = s · (t − Σ t / n − x̂ · B(t) / n), which is ∂x where γ is absent, backward is
    ///
    ///     ∂x = γ · M(g)        ∂γ = B(g)        ∂β = Σ g
    ///
    /// M is symmetric: Σ v · M(g) = Σ g · M(v). It depends on x by x̂ and s, whose derivatives bring M back. So for
    /// a function of ∂x, ∂γ and ∂β whose gradients are v, p and q, per channel:
    ///
    ///     with respect to g    γ · M(v) + p · x̂ + q
    ///     with respect to γ    Σ v · M(g)
    ///     with respect to x    p · M(g) − γ · s / n · (B(v) · M(g) + B(g) · M(v) + x̂ · Σ v · M(g))
    ///
    /// - Parameters:
    ///   - v: with respect to ∂x, as many numbers as x.
    ///   - p: with respect to ∂γ, as many as γ has; `nil`: zeros.
    ///   - q: with respect to ∂β, as many as β has; `nil`: zeros.
    ///   - g: what backward was given.
    ///   - x: the input of forward.
    ///   - statistics: those that forward returned.
    /// - Throws: what the halves throw.
    public func secondGradients(
        _ v: Tensor<Scalar>, gamma p: [Scalar]? = nil, beta q: [Scalar]? = nil,
        ofBackward g: Tensor<Scalar>, input x: Tensor<Scalar>, statistics: BatchStatistics
    ) throws -> SecondGradients<Scalar> {
        let geometry = try Geometry(x.shape)
        var bare = self
        (bare.gamma, bare.beta) = (.absent, .absent)
        let (bV, mV) = try bare.sumAndGradient(v, x, statistics, geometry)
        let (bG, mG) = try bare.sumAndGradient(g, x, statistics, geometry)
        var normalized = [Scalar](repeating: 0, count: geometry.count)
        var span = normalized.mutableSpan
        try bare.normalize(x.values.span, with: statistics, into: &span, geometry: geometry)

        let gamma = perChannel(gamma.values, absent: 1)
        let (p, q) = (perChannel(p ?? [], absent: 0), perChannel(q ?? [], absent: 0))
        func channel(_ i: Int) -> Int { i / geometry.inner % channels }
        var vM = [Double](repeating: 0, count: channels)
        for i in v.values.indices { vM[channel(i)] += Double(v.values[i]) * Double(mG[i]) }
        let n = Double(statistics.count)
        let variance = statistics.variance(.biased)
        var (gradient, input) = (v.values, v.values)
        for i in gradient.indices {
            let c = channel(i)
            let (mG, mV, z) = (Double(mG[i]), Double(mV[i]), Double(normalized[i]))
            let s = 1 / (variance[c] + epsilon).squareRoot()
            gradient[i] = Scalar(gamma[c] * mV + p[c] * z + q[c])
            input[i] = Scalar(
                p[c] * mG - gamma[c] * s / n * (bV[c] * mG + bG[c] * mV + vM[c] * z))
        }
        switch self.gamma {
        case .absent: return SecondGradients(gradient: gradient, input: input)
        case .shared:
            return SecondGradients(
                gradient: gradient, input: input, gamma: [Scalar(vM.reduce(0, +))])
        case .perChannel:
            return SecondGradients(gradient: gradient, input: input, gamma: vM.map { Scalar($0) })
        }
    }

    /// B(t) and M(t), of a layer without γ.
    private func sumAndGradient(
        _ t: Tensor<Scalar>, _ x: Tensor<Scalar>, _ statistics: BatchStatistics,
        _ geometry: Geometry
    ) throws -> ([Double], [Scalar]) {
        let sums = try gradientSums(
            t.values.span, input: x.values.span, normalizedBy: .batch(statistics),
            geometry: geometry)
        var m = [Scalar](repeating: 0, count: geometry.count)
        var span = m.mutableSpan
        try inputGradient(
            t.values.span, input: x.values.span, normalizedBy: statistics, with: sums,
            into: &span, geometry: geometry)
        return (sums.gradientTimesNormalized, m)
    }

    /// A parameter's numbers, or those of its gradient's gradient, as one number a channel.
    private func perChannel(_ values: [Scalar], absent: Double) -> [Double] {
        values.count == channels
            ? values.map { Double($0) }
            : Array(repeating: values.first.map { Double($0) } ?? absent, count: channels)
    }
}
