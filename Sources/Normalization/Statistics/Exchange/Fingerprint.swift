/// A hash that is the same in every process, which the standard library's is not.
struct Fingerprint {
    private var state: UInt64 = 0x243f_6a88_85a3_08d3

    /// The hash, as a header has it.
    var value: Int { Int(truncatingIfNeeded: state) }

    mutating func add(_ word: UInt64) {
        state = (state ^ word) &* 0x9e37_79b9_7f4a_7c15
        state ^= state >> 32
    }

    /// A number by its bits; any NaN is like any other.
    mutating func add(_ number: Double) {
        add(number.isNaN ? Double.nan.bitPattern : number.bitPattern)
    }

    mutating func add(_ numbers: [Double]) {
        for number in numbers { add(number) }
    }

    mutating func add(_ numbers: Int...) {
        for number in numbers { add(UInt64(bitPattern: Int64(number))) }
    }
}
