import Normalization
import NormalizationFiles

/// Numbers in one of the types that a file keeps them in.
enum EncodedNumbers {
    case doubles([Double])
    case floats([Float])
    /// Half precision, of either kind.
    case halves([UInt16])

    /// Rounds to the nearest, ties to even.
    ///
    /// - Throws: ``Failure`` that begins with `name` where a finite number is beyond the type.
    init<Scalar: NormalizationScalar>(
        _ values: [Scalar], as type: SafetensorsType, _ name: String
    ) throws(Failure) {
        switch type {
        case .float64: self = .doubles(values as? [Double] ?? values.map { Double($0) })
        case .float16, .bfloat16:
            let isBrain = type == .bfloat16
            let halves = values.map { value in
                let value = Float(value)
                return isBrain ? BFloat16(value).bitPattern : Float16(value).bitPattern
            }
            let infinity: UInt16 = isBrain ? 0x7F80 : 0x7C00
            for (index, half) in halves.enumerated()
            where half & 0x7FFF == infinity && values[index].isFinite {
                throw .data(
                    "\(name): expected numbers in the range of \(type.rawValue) after folding, "
                        + "got \(values[index]) at index \(index)")
            }
            self = .halves(halves)
        default: self = .floats(values as? [Float] ?? values.map { Float($0) })
        }
    }
}

extension AtomicFile {
    /// Appends numbers in the type that they are in.
    mutating func write(_ numbers: EncodedNumbers) throws(FileError) {
        switch numbers {
        case .doubles(let values): try write(values)
        case .floats(let values): try write(values)
        case .halves(let values): try write(values)
        }
    }
}
