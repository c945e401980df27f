/// The statistics that x̂ was made with in the forward pass that is differentiated or inverted.
public enum NormalizingStatistics: Sendable, Equatable {
    /// Those of the batch, as training forward returned them: ∂x accounts for their dependence on x.
    case batch(BatchStatistics)
    /// The layer's running ones, as in inference: constants.
    case running
}

/// Which gradients are wanted.
public struct GradientSelection: OptionSet, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// A selection from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// ∂x
    public static let input = GradientSelection(rawValue: 1)
    /// ∂γ
    public static let gamma = GradientSelection(rawValue: 2)
    /// ∂β
    public static let beta = GradientSelection(rawValue: 4)
    /// ∂γ and ∂β
    public static let parameters: GradientSelection = [.gamma, .beta]
    /// ∂x, ∂γ and ∂β
    public static let all: GradientSelection = [.input, .gamma, .beta]
}

/// ∂γ and ∂β of a call: `nil` where the parameter is absent or its gradient was not asked for, one
/// number where it is shared, C numbers where it is per channel.
public struct ParameterGradients<Scalar: NormalizationScalar>: Sendable, Equatable {
    /// ∂γ: Σ g · x̂, per channel or over all of them.
    public var gamma: [Scalar]?
    /// ∂β: Σ g, per channel or over all of them.
    public var beta: [Scalar]?
}

/// The gradients of a call on arrays: `nil` where not asked for.
public struct Gradients<Scalar: NormalizationScalar>: Sendable, Equatable {
    /// ∂x, in the shape of x.
    public var input: [Scalar]?
    /// ∂γ: Σ g · x̂, per channel or over all of them; `nil` where γ is absent.
    public var gamma: [Scalar]?
    /// ∂β: Σ g, per channel or over all of them; `nil` where β is absent.
    public var beta: [Scalar]?
}

extension BatchNorm {
    /// Backward: ∂x, and those of ∂γ and ∂β that are wanted.
    ///
    /// With g = ∂L/∂y and, per channel, A = Σ g and B = Σ g · x̂:
    ///
    ///     batch statistics:    ∂x = γ · s · (g − A/m − x̂ · B/m)
    ///     running statistics:  ∂x = γ · s · g
    ///     per channel:         ∂β = A        ∂γ = B
    ///     shared:              ∂β = Σ_c A    ∂γ = Σ_c B
    ///
    /// - Parameters:
    ///   - gradient: g, `geometry.count` elements.
    ///   - x: the input of the forward pass, as many.
    ///   - statistics: those that x̂ was made with.
    ///   - dx: receives ∂x, as many.
    ///   - geometry: how the tensors are read.
    ///   - wanted: which of ∂γ and ∂β are wanted.
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/mismatchedCount(expected:actual:)`` when the statistics are of another
    ///   number of values, and what forward and inference throw.
    /// - Complexity: O(n) time; O(C) memory beside the buffers.
    public func backward(
        _ gradient: Span<Scalar>, input x: Span<Scalar>,
        normalizedBy statistics: NormalizingStatistics, into dx: inout MutableSpan<Scalar>,
        geometry: Geometry, wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try unsafe gradient.withUnsafeBufferPointer { gradient throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                try unsafe dx.withUnsafeMutableBufferPointer { dx throws(NormalizationError) in
                    try unsafe backward(
                        gradient, input: x, normalizedBy: statistics, into: dx,
                        geometry: geometry, wanting: wanted)
                }
            }
        }
    }

    /// Backward in place: `gradient` holds g and becomes ∂x.
    ///
    /// - Throws: as the form with an output; the gradient is as it was then.
    public func backwardInPlace(
        _ gradient: inout MutableSpan<Scalar>, input x: Span<Scalar>,
        normalizedBy statistics: NormalizingStatistics, geometry: Geometry,
        wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
            try unsafe gradient.withUnsafeMutableBufferPointer {
                gradient throws(NormalizationError) in
                try unsafe backward(
                    UnsafeBufferPointer(gradient), input: x, normalizedBy: statistics,
                    into: gradient, geometry: geometry, wanting: wanted)
            }
        }
    }

    /// ∂γ and ∂β alone, where nothing before the layer is trained.
    ///
    /// - Throws: as the form with an output.
    public func parameterGradients(
        _ gradient: Span<Scalar>, input x: Span<Scalar>,
        normalizedBy statistics: NormalizingStatistics, geometry: Geometry,
        wanting wanted: GradientSelection = .parameters
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try unsafe gradient.withUnsafeBufferPointer { gradient throws(NormalizationError) in
            try unsafe x.withUnsafeBufferPointer { x throws(NormalizationError) in
                try unsafe backward(
                    gradient, input: x, normalizedBy: statistics, into: nil, geometry: geometry,
                    wanting: wanted)
            }
        }
    }

    /// Backward between buffers of a host that has nothing but pointers.
    ///
    /// `dx` may be the same buffer as `gradient` or as `x`; if they overlap otherwise, that is an
    /// error. Without `dx` only ∂γ and ∂β are computed.
    ///
    /// - Throws: as the form with spans, and ``NormalizationError/overlap(_:_:)``.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    @unsafe
    public func backward(
        _ gradient: UnsafeBufferPointer<Scalar>, input x: UnsafeBufferPointer<Scalar>,
        normalizedBy statistics: NormalizingStatistics,
        into dx: UnsafeMutableBufferPointer<Scalar>?,
        geometry: Geometry, wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        try check(geometry, (.gradient, gradient.count), (.input, x.count))
        if let dx = unsafe dx {
            try check(geometry, (.inputGradient, dx.count))
            let target = UnsafeBufferPointer(dx)
            try unsafe checkOverlap((.gradient, gradient), (.inputGradient, target))
            try unsafe checkOverlap((.input, x), (.inputGradient, target))
        }
        let numbers = try normalizingNumbers(statistics, geometry)
        let needsSums = needsSums(wanted)
        guard let source = x.baseAddress, let gradient = gradient.baseAddress, geometry.count > 0,
            unsafe needsSums || dx != nil
        else {
            let sums = [GradientSums](repeating: GradientSums(), count: channels)
            return parameterGradients(from: sums, wanted)
        }
        let sums = unsafe execution(.backward, geometry).backward(
            source, gradient, normalizedBy: numbers, gamma: gamma, epsilon: epsilon,
            into: dx?.baseAddress, needsSums: needsSums)
        return parameterGradients(from: sums, wanted)
    }

    /// Whether the sums over channels are wanted for themselves.
    func needsSums(_ wanted: GradientSelection) -> Bool {
        (wanted.contains(.gamma) && gamma != .absent)
            || (wanted.contains(.beta) && beta != .absent)
    }

    /// ∂γ and ∂β, as far as wanted, from the sums of every channel.
    func parameterGradients(
        from sums: [GradientSums], _ wanted: GradientSelection
    ) -> ParameterGradients<Scalar> {
        let (count, channels) = (sums.count, sums.span)
        return ParameterGradients(
            gamma: wanted.contains(.gamma)
                ? gamma.gradient(
                    fromChannelSums: doubles(count) { channels[$0].gradientTimesNormalized }) : nil,
            beta: wanted.contains(.beta)
                ? beta.gradient(fromChannelSums: doubles(count) { channels[$0].gradient }) : nil)
    }

    /// Backward on arrays: any subset of ∂x, ∂γ and ∂β.
    ///
    /// - Parameters:
    ///   - gradient: g, as many elements as `shape` says.
    ///   - x: the input of the forward pass, as many.
    ///   - statistics: those that x̂ was made with.
    ///   - shape: the dimensions of x and g, slowest first.
    ///   - channelAxis: the axis of the channels; -1 is channels-last.
    ///   - wanted: which gradients are wanted.
    /// - Throws: as the other forms, and ``NormalizationError/invalidShape(_:channelAxis:_:)``.
    public func backward(
        _ gradient: [Scalar], input x: [Scalar], normalizedBy statistics: NormalizingStatistics,
        shape: [Int], channelAxis: Int = 1, wanting wanted: GradientSelection = .all
    ) throws(NormalizationError) -> Gradients<Scalar> {
        let geometry = try Geometry(shape, channelAxis: channelAxis)
        guard wanted.contains(.input) else {
            let parameters = try parameterGradients(
                gradient.span, input: x.span, normalizedBy: statistics, geometry: geometry,
                wanting: wanted)
            return Gradients(input: nil, gamma: parameters.gamma, beta: parameters.beta)
        }
        try check(geometry, (.gradient, gradient.count), (.input, x.count))
        var input: [Scalar] = zeros(x.count)
        var dx = input.mutableSpan
        let parameters = try backward(
            gradient.span, input: x.span, normalizedBy: statistics, into: &dx, geometry: geometry,
            wanting: wanted)
        return Gradients(input: input, gamma: parameters.gamma, beta: parameters.beta)
    }

    /// The mean and variance that `statistics` stands for, checked against layer and geometry.
    func normalizingNumbers(
        _ statistics: NormalizingStatistics, _ geometry: Geometry
    ) throws(NormalizationError) -> NormalizingNumbers {
        switch statistics {
        case .running:
            let running = try checkedRunningStatistics()
            return NormalizingNumbers(
                mean: running.mean, variance: running.variance, areOfTheBatch: false)
        case .batch(let batch):
            try checkBatchStatistics(of: geometry)
            guard batch.channels == channels else {
                throw .mismatchedStatistics(expected: channels, actual: batch.channels)
            }
            guard batch.count == geometry.valuesPerChannel else {
                throw .mismatchedCount(expected: geometry.valuesPerChannel, actual: batch.count)
            }
            return NormalizingNumbers(
                mean: batch.mean, variance: batch.variance(), areOfTheBatch: true)
        }
    }
}
