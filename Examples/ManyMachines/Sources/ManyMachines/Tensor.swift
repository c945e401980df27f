/// Numbers with a shape, slowest dimension first; images have their channels last.
public struct Tensor: Sendable {
    /// The dimensions; the first counts samples.
    public let shape: [Int]
    /// The numbers, row-major.
    public var values: [Double]

    /// A tensor of these numbers.
    public init(shape: [Int], values: [Double]) {
        self.shape = shape
        self.values = values
    }

    /// A tensor of zeros.
    init(zeros shape: [Int]) {
        self.init(shape: shape, values: Array(repeating: 0, count: shape.reduce(1, *)))
    }
}

/// Numbers that are the same for the same seed on every machine (SplitMix64).
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) &* 0xd134_2543_de82_ef95 }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }

    /// Weights that keep the variance of what goes through a ReLU layer: uniform, of variance 2 / fanIn.
    mutating func weights(_ count: Int, fanIn: Int) -> [Double] {
        let reach = (6 / Double(fanIn)).squareRoot()
        return (0..<count).map { _ in
            reach * (2 * Double(next() >> 11) * 0x1p-53 - 1)
        }
    }
}
