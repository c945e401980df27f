import Normalization

/// An element of tensors that `norm compare` runs on.
protocol ComparedElement: NormalizationElement, Equatable {
    init(_ number: Double)
    var number: Double { get }
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
