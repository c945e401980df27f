public import Normalization
public import _Differentiation

/// A layer of the library that Swift's automatic differentiation goes through: ∂x, ∂γ and ∂β of
/// `gradient(at:of:)` are those of the layer's own `backward`, to the bit.
///
///     var norm = Differentiated(try BatchNorm<Float>.standard(channels: 64))
///     let slope = gradient(at: norm) { norm in norm(x).dot(weights) }
///     norm.move(by: slope.scaled(by: -0.1))
///     try norm.commit()
public struct Differentiated<Layer: DifferentiableLayer>: Differentiable {
    /// ∂γ and ∂β, one number where the parameter is shared, ``Tensor/zero`` where there is none.
    public struct TangentVector: Differentiable, AdditiveArithmetic {
        /// ∂γ.
        public var gamma: Tensor<Layer.Scalar>
        /// ∂β.
        public var beta: Tensor<Layer.Scalar>

        /// A tangent vector is its own.
        public typealias TangentVector = Self

        /// Nothing, which stands for zeros.
        public static var zero: Self { Self(gamma: .zero, beta: .zero) }
        /// The sums.
        public static func + (a: Self, b: Self) -> Self {
            Self(gamma: a.gamma + b.gamma, beta: a.beta + b.beta)
        }
        /// The differences.
        public static func - (a: Self, b: Self) -> Self {
            Self(gamma: a.gamma - b.gamma, beta: a.beta - b.beta)
        }

        /// Both times a number, such as a negative learning rate.
        public func scaled(by factor: Layer.Scalar) -> Self {
            Self(gamma: gamma.scaled(by: factor), beta: beta.scaled(by: factor))
        }
    }

    /// The layer, with γ and β as they are now.
    @noDerivative public var layer: Layer

    /// What the latest call left. Differentiation may call forward as often as it likes, so a call changes nothing
    /// but this note, and the step commits it when it is done. Copies of the wrapper share it.
    @noDerivative private let note = Note()

    private final class Note {
        var statistics: Layer.Statistics?
        var error: (any Error)?
    }

    /// A wrapper of a layer, which it takes as it is.
    public init(_ layer: Layer) { self.layer = layer }

    /// y of the layer, or NaN in the shape of x where the layer's forward throws: ``check()`` throws that error.
    ///
    /// It does not throw itself. Swift 6.3.1 crashes when it differentiates functions that call two that throw, or
    /// one of two arguments; with a typed error of many cases, as `NormalizationError` is, already at the
    /// `@derivative` of the one. Functions that throw nothing compose.
    @differentiable(reverse)
    public func callAsFunction(_ x: Tensor<Layer.Scalar>) -> Tensor<Layer.Scalar> {
        forward(x).y
    }

    /// y, and the way back from ∂y to ∂γ, ∂β and ∂x.
    @derivative(of: callAsFunction)
    public func derivative(_ x: Tensor<Layer.Scalar>) -> (
        value: Tensor<Layer.Scalar>,
        pullback: (Tensor<Layer.Scalar>) -> (TangentVector, Tensor<Layer.Scalar>)
    ) {
        let (y, statistics) = forward(x)
        // x is held, not copied, and x̂ is made of it again.
        return (y, { backward($0, input: x, normalizedBy: statistics) })
    }

    /// y and the statistics; no statistics where there was an error, which is noted.
    private func forward(
        _ x: Tensor<Layer.Scalar>
    ) -> (y: Tensor<Layer.Scalar>, statistics: Layer.Statistics?) {
        do {
            let (y, statistics) = try layer.forward(x)
            note.statistics = statistics
            return (Tensor(y, shape: x.shape), statistics)
        } catch {
            note.error = note.error ?? error
            let nothing = [Layer.Scalar](repeating: .nan, count: x.values.count)
            return (Tensor(nothing, shape: x.shape), nil)
        }
    }

    private func backward(
        _ gradient: Tensor<Layer.Scalar>, input x: Tensor<Layer.Scalar>,
        normalizedBy statistics: Layer.Statistics?
    ) -> (TangentVector, Tensor<Layer.Scalar>) {
        guard let statistics, !gradient.values.isEmpty else { return (.zero, .zero) }
        func vector(_ values: [Layer.Scalar]?) -> Tensor<Layer.Scalar> {
            values.map { Tensor($0, shape: [$0.count]) } ?? .zero
        }
        do {
            let gradients = try layer.backward(gradient, input: x, normalizedBy: statistics)
            return (
                TangentVector(gamma: vector(gradients.gamma), beta: vector(gradients.beta)),
                Tensor(gradients.input ?? [], shape: x.shape)
            )
        } catch {
            note.error = note.error ?? error
            return (.zero, .zero)
        }
    }

    /// Throws the first error of the calls since the latest check, if there was one.
    public func check() throws {
        defer { note.error = nil }
        if let error = note.error { throw error }
    }

    /// γ and β plus an offset, in place.
    public mutating func move(by offset: TangentVector) {
        layer.gamma.withMutableSpan { $0.add(offset.gamma.values) }
        layer.beta.withMutableSpan { $0.add(offset.beta.values) }
    }

    /// Takes the statistics of the latest call into the running ones; nothing where there was none since.
    ///
    /// - Throws: what ``check()`` throws, and what `BatchNorm.commit` throws; the layer is as it was then.
    public mutating func commit<Scalar>() throws where Layer == BatchNorm<Scalar> {
        defer { note.statistics = nil }
        try check()
        if let statistics = note.statistics { try layer.commit(statistics) }
    }
}

extension MutableSpan where Element: AdditiveArithmetic {
    /// Adds as many numbers, or none.
    fileprivate mutating func add(_ numbers: [Element]) {
        precondition(
            numbers.isEmpty || numbers.count == count, "expected \(count), got \(numbers.count)")
        for i in numbers.indices { self[i] += numbers[i] }
    }
}
