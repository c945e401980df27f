import Normalization
import SeededRandom
import Testing

/// The tensors of a call of any layer.
struct HalfTensors<Element: NormalizationElement> {
    var x: [Element]
    var residual: [Element]
    var gradient: [Element]
    /// As long as x.
    var empty: [Element]
}

/// What a call gives: tensors, numbers and masks.
struct HalfResult<Element: NormalizationElement> {
    var tensors: [[Element]] = []
    var numbers: [[Double]] = []
    var masks: [[UInt8]] = []

    mutating func add(_ gradients: ParameterGradients<Float>) {
        numbers.append(gradients.gamma.map { $0.map { Double($0) } } ?? [])
        numbers.append(gradients.beta.map { $0.map { Double($0) } } ?? [])
    }
}

/// A call that takes tensors of any element of `Float` layers.
protocol HalfCall: Sendable, CustomStringConvertible {
    func run<Element: NormalizationElement>(
        _ tensors: HalfTensors<Element>
    ) throws -> HalfResult<Element> where Element.Arithmetic == Float
}

extension HalfTensors where Element: HalfPrecision {
    /// Random tensors; some values of x and of the gradient are far from the others.
    init(count: Int, seed: UInt64, mean: Double = 0) {
        var generator = SplitMix64(seed: seed)
        func values(_ mean: Double) -> [Element] {
            (0..<count).map { index in
                let scale = index % 97 == 13 ? 30.0 : index % 89 == 7 ? 1e-3 : 1
                return Element(Float(mean + scale * generator.unit()))
            }
        }
        x = values(mean)
        residual = values(0)
        gradient = values(0)
        empty = Array(repeating: Element(bitPattern: 0x1234), count: count)
    }

    var widened: HalfTensors<Float> {
        HalfTensors<Float>(
            x: x.map(\.widened), residual: residual.map(\.widened),
            gradient: gradient.map(\.widened), empty: empty.map(\.widened))
    }

    /// What the call does not do as it does on the widened tensors, rounded once: `nil` where all is the same
    /// to the bit.
    func difference(_ call: some HalfCall) throws -> String? {
        let found = try call.run(self)
        let expected = try call.run(widened)
        for (index, (a, b)) in zip(found.tensors, expected.tensors).enumerated() {
            guard a.count == b.count else { return "tensor \(index): \(a.count) of \(b.count)" }
            for i in a.indices where a[i].bitPattern != Element(b[i]).bitPattern {
                return "tensor \(index)[\(i)] of \(a.count): \(a[i].widened), not \(b[i]) rounded"
            }
        }
        for (index, (a, b)) in zip(found.numbers, expected.numbers).enumerated()
        where a.map(\.bitPattern) != b.map(\.bitPattern) {
            let place = a.indices.first { a[$0].bitPattern != b[$0].bitPattern } ?? 0
            return "numbers \(index)[\(place)]: \(a[place]), not \(b[place])"
        }
        for (index, (a, b)) in zip(found.masks, expected.masks).enumerated() where a != b {
            return "mask \(index)"
        }
        return found.tensors.count == expected.tensors.count ? nil : "other tensors"
    }
}
