import Normalization
import NormalizationFiles

/// A type of 16 bits that a tensor is read and written in. It is computed with in `Float`, whose results are
/// rounded once: what the library's layers do with such tensors.
enum HalfFile {
    case float16
    /// As the bits of such numbers, for which `.npy` has no type.
    case bfloat16

    static let brainTypes = ElementTypes([.uint16], "elements of type <u2, the bits of bfloat16")

    /// The numbers whose bits are given.
    static func widened(_ bits: NpyArray<UInt16>) throws -> NpyArray<Float> {
        try NpyArray(
            shape: bits.shape, values: bits.values.map { BFloat16(bitPattern: $0).widened })
    }
}

extension HalfFile? {
    /// The file of an output: y and dx have the input's type, the others that of the arithmetic.
    func file<Scalar: NormalizationScalar & NpyElement>(
        _ name: String, _ array: NpyArray<Scalar>
    ) throws -> OutputFolder.File {
        let file = "\(name).npy"
        guard let self, name == "y" || name == "dx" else {
            return OutputFolder.File(name: file, array: array)
        }
        let floats = array.values.map { Float($0) }
        switch self {
        case .float16:
            return try OutputFolder.File(
                name: file, array: NpyArray(shape: array.shape, values: floats.map { Float16($0) }))
        case .bfloat16:
            return try OutputFolder.File(
                name: file,
                array: NpyArray(shape: array.shape, values: floats.map { BFloat16($0).bitPattern }))
        }
    }
}
