import Foundation

extension SplitMix64 {
    /// A number from the uniform distribution on 0..<1, a multiple of 2⁻⁵³.
    @inlinable
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number from the standard normal distribution, by Box and Muller's method (1958).
    package mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }

    /// Numbers from the standard normal distribution, both of each pair of Box and Muller's.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    package mutating func normal<Scalar: BinaryFloatingPoint>(count: Int) -> [Scalar] {
        var values: [Scalar] = []
        values.reserveCapacity(count)
        while values.count < count {
            // From 2⁻⁵³ to 1, so that the logarithm is finite.
            let radius = (-2 * log(Double((next() >> 11) + 1) * 0x1p-53)).squareRoot()
            let angle = 2 * Double.pi * Double(next() >> 11) * 0x1p-53
            values.append(Scalar(radius * cos(angle)))
            if values.count < count { values.append(Scalar(radius * sin(angle))) }
        }
        return values
    }

    /// The numbers `0..<count` in random order, by Fisher and Yates's method.
    package mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, Int(next() % UInt64(last + 1)))
        }
        return order
    }
}
