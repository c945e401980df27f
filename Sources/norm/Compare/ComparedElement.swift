import Normalization

/// An element of tensors that `norm compare` runs on.
protocol ComparedElement: NormalizationElement, Equatable {
    init(_ number: Double)
    var number: Double { get }
    /// Whitening; `nil` of elements that it does not take.
    static func whitening(
        of tensor: ComparedTensor<Self>
    ) throws(NormalizationError) -> (any ComparedCalls<Self>)?
}

extension ComparedElement {
    static func whitening(
        of tensor: ComparedTensor<Self>
    ) throws(NormalizationError) -> (any ComparedCalls<Self>)? { nil }
}

extension ComparedElement where Self: NormalizationScalar {
    static func whitening(
        of tensor: ComparedTensor<Self>
    ) throws(NormalizationError) -> (any ComparedCalls<Self>)? {
        try ComparedWhitening(tensor)
    }
}

extension Float: ComparedElement {
    var number: Double { Double(self) }
}

extension Double: ComparedElement {
    var number: Double { self }
}

extension Float16: ComparedElement {
    var number: Double { Double(self) }
}

extension BFloat16: ComparedElement {
    var number: Double { Double(self) }
}
