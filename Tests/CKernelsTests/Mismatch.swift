import CKernels
import Foundation

/// A case in which a kernel did not compute the formula. It ends the test: a planted error has
/// thousands of them.
struct Mismatch: Error, CustomStringConvertible {
    var description: String
}

func require<Scalar: KernelScalar>(
    _ sums: Problem<Scalar>.Sums?, equals expected: Problem<Scalar>.Sums, _ name: String
) throws {
    guard sums != expected else { return }
    throw Mismatch(description: "\(name): sums \(String(describing: sums)) for \(expected)")
}

/// Compares bits first: much faster in a generic function that is not optimized.
func require<Value: Equatable>(
    _ values: [Value], equals expected: [Value], _ name: String
) throws {
    let haveSameBits = values.withUnsafeBytes { a in
        expected.withUnsafeBytes { b in
            a.count == b.count && memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0
        }
    }
    if haveSameBits || values == expected { return }
    let index = zip(values, expected).enumerated().first { $0.element.0 != $0.element.1 }
    throw Mismatch(
        description: index.map {
            "\(name): \($0.element.0) for \($0.element.1) at \($0.offset) of the buffer"
        } ?? "\(name): \(values.count) values for \(expected.count)")
}
