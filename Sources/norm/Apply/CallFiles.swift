import Normalization
import NormalizationFiles

/// γ or β from a file, and the shape it has there, which its gradient gets.
struct Parameter<Scalar: NormalizationScalar> {
    let shape: [Int]
    let values: [Scalar]
    /// Whether there is one for each channel of each sample, in a file of shape (N, C).
    let isPerSample: Bool
    let file: FileArgument

    /// One number for each of `count`, or a single one for all, or `count` for each of `samples`.
    init?(
        _ option: String, _ path: String?, count: Int, samples: Int? = nil
    ) throws(Failure) {
        guard let file = FileArgument(option, path) else { return nil }
        let found = try file.read(.floatingPoint)
        let numbers = found.doubles
        isPerSample = samples.map { $0 != 1 && found.shape == [$0, count] } ?? false
        guard isPerSample || numbers.count == count || numbers.count == 1 else {
            let perSample = samples.map { ", or shape [\($0), \(count)]" } ?? ""
            throw file.name.failure(
                expected: "\(count > 1 ? "1 or " : "")\(count) elements\(perSample)",
                found: "\(numbers.count)")
        }
        values = numbers.map { Scalar($0) }
        for (index, value) in values.enumerated() where value.isInfinite {
            guard numbers[index].isInfinite else {
                throw file.name.failure(
                    expected: "numbers in the range of the input's type",
                    found: "\(numbers[index]) at index \(index)")
            }
        }
        shape = found.shape
        self.file = file
    }

    /// The numbers as one for each of `count`, or a shared one.
    func affine(_ count: Int) -> AffineParameter<Scalar> {
        values.count == count ? .perChannel(values) : .shared(values[0])
    }
}

/// γ and β of a call.
struct AffineFiles<Scalar: NormalizationScalar> {
    private let gamma: Parameter<Scalar>?
    private let beta: Parameter<Scalar>?
    private let count: Int

    /// Reads the files of the options.
    ///
    /// - Parameters:
    ///   - count: how many numbers each has.
    ///   - samples: the number of samples where there may be as many for each of them.
    init(_ options: LayerOptions, count: Int, samples: Int? = nil) throws(Failure) {
        let gamma = try Parameter<Scalar>(
            "--gamma", options.gamma, count: count, samples: samples)
        let beta = try Parameter<Scalar>("--beta", options.beta, count: count, samples: samples)
        if let gamma, let beta, gamma.isPerSample != beta.isPerSample {
            let (one, other) = gamma.isPerSample ? (gamma, beta) : (beta, gamma)
            throw other.file.name.failure(
                expected: "shape \(one.shape), as in \(one.file.name.text)",
                found: "\(other.shape)")
        }
        self.gamma = gamma
        self.beta = beta
        self.count = count
    }

    var gammaParameter: AffineParameter<Scalar> {
        isPerSample ? .absent : gamma?.affine(count) ?? .absent
    }
    var betaParameter: AffineParameter<Scalar> {
        isPerSample ? .absent : beta?.affine(count) ?? .absent
    }

    /// Whether they are for each channel of each sample.
    var isPerSample: Bool { gamma?.isPerSample ?? beta?.isPerSample ?? false }

    /// γ and β of each channel of each sample; where one is absent, what changes nothing.
    func perSample(scaleOffset: Double) -> (gammas: [Scalar], betas: [Scalar]) {
        let numbers = gamma?.values.count ?? beta?.values.count ?? 0
        let one = Scalar(1 - scaleOffset)
        return (
            gamma?.values ?? Array(repeating: one, count: numbers),
            beta?.values ?? Array(repeating: 0, count: numbers)
        )
    }

    /// The shapes of ∂γ and ∂β; nil where there is no γ or no β.
    var shapes: (gamma: [Int]?, beta: [Int]?) { (gamma?.shape, beta?.shape) }
}

/// ∂y, in the type and shape of x.
///
/// - Parameter bfloat16: whether the files hold bits of such numbers.
func gradient<Scalar: NpyElement>(
    _ file: FileArgument, of x: NpyArray<Scalar>, bfloat16: Bool
) throws(Failure) -> [Scalar] {
    let types =
        bfloat16
        ? HalfFile.brainTypes
        : ElementTypes(
            Scalar.npyType == .float32 ? [.float32, .float16] : [Scalar.npyType],
            "elements of type \(Scalar.npyType.rawValue), as in the input")
    let found = try file.read(types)
    let values: [Scalar]? =
        switch found {
        case .uint16(let array):
            array.values.map { BFloat16(bitPattern: $0).widened } as? [Scalar]
        case .float16(let array): array.widened().values as? [Scalar]
        case .float32(let array): array.values as? [Scalar]
        case .float64(let array): array.values as? [Scalar]
        default: nil
        }
    guard let values else {
        throw file.name.wrongType(found, types)
    }
    guard found.shape == x.shape else {
        throw file.name.failure(
            expected: "shape \(x.shape), as in the input", found: "\(found.shape)")
    }
    return values
}

/// Numbers of either floating-point type, one for each channel.
struct PerChannel {
    let shape: [Int]
    let values: [Double]

    init(_ file: FileArgument, channels: Int) throws(Failure) {
        let found = try file.read(.floatingPoint)
        let values = found.doubles
        guard values.count == channels else {
            throw file.name.failure(
                expected: "\(channels) elements", found: "\(values.count)")
        }
        shape = found.shape
        self.values = values
    }
}
