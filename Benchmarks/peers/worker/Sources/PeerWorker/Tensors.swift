import Foundation
import Normalization

/// An element that this worker measures.
protocol PeerElement: NormalizationElement {
    init(_ number: Double)
    var number: Float { get }
}

extension Float: PeerElement {
    var number: Float { self }
}

extension Double: PeerElement {
    var number: Float { Float(self) }
}

extension Float16: PeerElement {
    var number: Float { Float(self) }
}

extension BFloat16: PeerElement {
    var number: Float { Float(self) }
}

/// The tensors of one shape, written once with normal random numbers.
final class Tensors<Element: PeerElement> {
    let x: UnsafeMutableBufferPointer<Element>
    let y: UnsafeMutableBufferPointer<Element>
    let gradient: UnsafeMutableBufferPointer<Element>
    let inputGradient: UnsafeMutableBufferPointer<Element>

    init(count: Int) {
        x = Self.random(count, seed: 1)
        y = Self.random(count, seed: 2)
        gradient = Self.random(count, seed: 3)
        inputGradient = Self.random(count, seed: 4)
    }

    deinit {
        for buffer in [x, y, gradient, inputGradient] { buffer.deallocate() }
    }

    /// Long tensors repeat their random numbers after this many elements, a prime.
    private static var period: Int { 1_048_573 }

    private static func random(_ count: Int, seed: UInt64) -> UnsafeMutableBufferPointer<Element> {
        let bytes = max(1, count) * MemoryLayout<Element>.stride
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        let values = raw.bindMemory(to: Element.self, capacity: count)
        var generator = SplitMix(state: seed)
        for index in 0..<min(count, period) { values[index] = Element(generator.normal()) }
        for index in stride(from: period, to: count, by: 1) {
            values[index] = values[index - period]
        }
        return UnsafeMutableBufferPointer(start: values, count: count)
    }
}

/// Steele, Lea and Flood's SplitMix64, and normal numbers from it by Box and Muller's formula.
/// The library's own is no product, so a package outside cannot see it.
private struct SplitMix {
    var state: UInt64

    mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((bits ^ (bits >> 31)) >> 11) * 0x1p-53
    }

    mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * Double.pi * uniform())
    }
}
