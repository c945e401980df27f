import Normalization
import NormalizationFiles

/// γ or β from a file, and the shape it has there, which its gradient gets.
struct Parameter<Scalar: NormalizationScalar> {
    /// What γ and β of a layer are numbers of.
    enum Places {
        /// Channels, or, where there is a number of samples, the channels of each of them. `beside` is an
        /// option that leaves no room for those of samples.
        case channels(Int, samples: Int?, beside: String? = nil)
        /// The values of a row, in the shape of the axes that are normalized.
        case row([Int])
    }

    let shape: [Int]
    let values: [Scalar]
    /// Whether there is one for each channel of each sample, in a file of shape (N, C).
    let isPerSample: Bool
    let file: FileArgument

    /// One number for each place, or a single one for all.
    init?(_ option: String, _ path: String?, _ places: Places) throws(Failure) {
        guard let file = FileArgument(option, path) else { return nil }
        let found = try file.read(.floatingPoint)
        let numbers = found.doubles
        isPerSample = places.arePerSample(found.shape)
        guard isPerSample || numbers.count == 1 || places.holds(numbers.count, found.shape) else {
            throw places.failure(file, found.shape, numbers.count)
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

extension Parameter.Places {
    var count: Int {
        switch self {
        case .channels(let count, _, _): count
        // The product of the others may overflow where one is zero.
        case .row(let shape): shape.contains(0) ? 0 : shape.reduce(1, *)
        }
    }

    func arePerSample(_ shape: [Int]) -> Bool {
        guard case .channels(let count, let samples?, nil) = self, samples != 1 else {
            return false
        }
        return shape == [samples, count]
    }

    /// Whether so many numbers in this shape are one for each place. Dimensions of 1 do not count.
    func holds(_ count: Int, _ shape: [Int]) -> Bool {
        switch self {
        case .channels(let channels, _, _): count == channels
        case .row(let normalized): shape.filter { $0 != 1 } == normalized.filter { $0 != 1 }
        }
    }

    func failure(_ file: FileArgument, _ shape: [Int], _ found: Int) -> Failure {
        switch self {
        case .channels(let count, let samples, let option):
            let perSample =
                option.map { " beside \($0)" } ?? samples.map { ", or shape [\($0), \(count)]" }
                ?? ""
            return file.name.failure(
                expected: "\(count > 1 ? "1 or " : "")\(count) elements\(perSample)",
                found: "\(found)")
        case .row(let normalized):
            return file.name.failure(
                expected: "shape \(normalized), as the axes of the input, or 1 element",
                found: "shape \(shape)")
        }
    }
}

/// γ and β of a call.
struct AffineParameters<Scalar: NormalizationScalar> {
    /// γ of the layer; absent where it is given for each sample.
    let gamma: AffineParameter<Scalar>
    /// β of the layer; absent where it is given for each sample.
    let beta: AffineParameter<Scalar>
    /// γ and β of each channel of each sample, where there are such; one that is not given is what
    /// changes nothing.
    let perSample: (gammas: [Scalar], betas: [Scalar])?
    /// The shapes of ∂γ and ∂β; nil where there is no γ or no β.
    let shapes: (gamma: [Int]?, beta: [Int]?)

    /// Reads the files of the options.
    init(_ options: LayerOptions, _ places: Parameter<Scalar>.Places) throws(Failure) {
        let gamma = try Parameter<Scalar>("--gamma", options.gamma, places)
        let beta = try Parameter<Scalar>("--beta", options.beta, places)
        if let gamma, let beta, gamma.isPerSample != beta.isPerSample {
            let (one, other) = gamma.isPerSample ? (gamma, beta) : (beta, gamma)
            throw other.file.name.failure(
                expected: "shape \(one.shape), as in \(one.file.name.text)",
                found: "\(other.shape)")
        }
        shapes = (gamma?.shape, beta?.shape)
        guard (gamma ?? beta)?.isPerSample ?? false else {
            self.gamma = gamma?.affine(places.count) ?? .absent
            self.beta = beta?.affine(places.count) ?? .absent
            perSample = nil
            return
        }
        let numbers = (gamma ?? beta)?.values.count ?? 0
        let one = Scalar(1 - (options.scaleOffset ?? 0))
        self.gamma = .absent
        self.beta = .absent
        perSample = (
            gamma?.values ?? Array(repeating: one, count: numbers),
            beta?.values ?? Array(repeating: 0, count: numbers)
        )
    }

    /// Those of a layer, whose gradients have `shape` where they are not shared.
    init(gamma: AffineParameter<Scalar>, beta: AffineParameter<Scalar>, shape: [Int]) {
        self.gamma = gamma
        self.beta = beta
        perSample = nil
        func shapeOf(_ parameter: AffineParameter<Scalar>) -> [Int]? {
            switch parameter {
            case .absent: nil
            case .shared: []
            case .perChannel: shape
            }
        }
        shapes = (shapeOf(gamma), shapeOf(beta))
    }
}

/// A tensor in the type and shape of x, such as ∂y.
///
/// - Parameter bfloat16: whether the files hold bits of such numbers.
func tensor<Scalar: NpyElement>(
    _ file: FileArgument, like x: NpyArray<Scalar>, bfloat16: Bool
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
