import Normalization

/// Numbers made of bytes; zeros once there are no more.
struct Numbers {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func bits() -> UInt64 { (0..<8).reduce(0) { bits, _ in bits << 8 | UInt64(byte()) } }

    /// A small number most of the time, else any.
    mutating func integer() -> Int {
        let first = byte()
        return first < 240 ? Int(first % 12) : Int(Int64(bitPattern: bits()))
    }

    /// A number of modest size, one of the special ones, or any bit pattern.
    mutating func double() -> Double {
        let first = byte()
        return switch first {
        case 255: Double(bitPattern: bits())
        case 254: .nan
        case 253: .infinity
        case 252: -.infinity
        case 251: .greatestFiniteMagnitude
        case 250: .leastNonzeroMagnitude
        case 249: Double(Float.greatestFiniteMagnitude)
        case 248: Double(Float.leastNonzeroMagnitude)
        case 247: -0.0
        default: (Double(first) - 120) / 16
        }
    }

    mutating func scalars<Scalar: NormalizationScalar>(_ count: Int) -> [Scalar] {
        // A few numbers of their own, repeated.
        let period = (0..<min(count, 24)).map { _ in Scalar(double()) }
        return (0..<count).map { period[$0 % 24] }
    }
}

/// The result, or nil where the library refuses with an error that says something.
@discardableResult
func refused<Result, Failure: Error & CustomStringConvertible>(
    _ body: () throws(Failure) -> Result
) -> Result? {
    do throws(Failure) {
        return try body()
    } catch {
        precondition(!error.description.isEmpty)
        return nil
    }
}
