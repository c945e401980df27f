import Normalization
import NormalizationFiles

/// What a call of batch normalization makes its statistics of.
enum BatchVariant {
    case wholeBatch
    case masked(PositionMask, MaskedOutput)
    case renormalized(RenormLimits)
    case ghost(size: Int)

    /// The one that the options ask for; a mask is read, of positions in the order of x.
    init(_ options: BatchOptions, _ geometry: Geometry) throws {
        if let file = FileArgument("--mask", options.mask) {
            self = .masked(
                try PositionMask(file, geometry), options.maskedOutput ?? .zero)
        } else if let limits = options.limits {
            self = .renormalized(limits)
        } else if let size = options.ghost {
            self = .ghost(size: size)
        } else {
            self = .wholeBatch
        }
    }

    /// The option that asks for it; nil where none does.
    var option: String? {
        switch self {
        case .wholeBatch: nil
        case .masked: "--mask"
        case .renormalized: "--renorm"
        case .ghost: "--ghost"
        }
    }
}

/// The statistics that a call has normalized with.
enum UsedStatistics {
    case running
    case batch(BatchStatistics)
    case renormalized(RenormStatistics)
    case parts([BatchStatistics])

    /// Those of the batch, or of its parts.
    var ofBatch: [BatchStatistics] {
        switch self {
        case .running: []
        case .batch(let batch): [batch]
        case .renormalized(let statistics): [statistics.batch]
        case .parts(let parts): parts
        }
    }
}

extension BatchNorm where Scalar: NpyElement {
    /// Training forward, with the statistics of the variant.
    func forward(
        _ input: ScaledInput<Scalar>, _ variant: BatchVariant
    ) throws(NormalizationError) -> (output: [Scalar], statistics: UsedStatistics) {
        let (x, shape, axis) = (input.x.values, input.x.shape, input.channelAxis)
        switch variant {
        case .wholeBatch:
            let (y, batch) = try forward(input)
            return (y, .batch(batch))
        case .masked(let mask, .untouched):
            // In place, where padding stays what it is.
            var y = x
            var span = y.mutableSpan
            let batch = try forwardInPlace(
                &span, geometry: Geometry(shape, channelAxis: axis), mask: mask,
                maskedOutput: .untouched)
            return (y, .batch(batch))
        case .masked(let mask, let output):
            let (y, batch) = try forward(
                x, shape: shape, channelAxis: axis, mask: mask, maskedOutput: output)
            return (y, .batch(batch))
        case .renormalized(let limits):
            let (y, statistics) = try forwardRenormalized(
                x, shape: shape, channelAxis: axis, limits: limits)
            return (y, .renormalized(statistics))
        case .ghost(let size):
            let (y, parts) = try forward(x, ghostSize: size, shape: shape, channelAxis: axis)
            return (y, .parts(parts))
        }
    }

    /// Inference with the running statistics, which only masks are not the same to.
    func inference(
        _ input: ScaledInput<Scalar>, _ variant: BatchVariant
    ) throws(NormalizationError) -> [Scalar] {
        let (x, shape, axis) = (input.x.values, input.x.shape, input.channelAxis)
        switch variant {
        case .masked(let mask, .untouched):
            var y = x
            var span = y.mutableSpan
            try inferenceInPlace(
                &span, geometry: Geometry(shape, channelAxis: axis), mask: mask,
                maskedOutput: .untouched)
            return y
        case .masked(let mask, let output):
            return try inference(
                x, shape: shape, channelAxis: axis, mask: mask, maskedOutput: output)
        case .wholeBatch, .renormalized, .ghost: return try inference(input)
        }
    }

    /// Backward of what forward or inference did.
    func backward(
        _ dy: [Scalar], _ input: ScaledInput<Scalar>, _ variant: BatchVariant,
        normalizedBy used: UsedStatistics
    ) throws(NormalizationError) -> Gradients<Scalar> {
        let (x, shape, axis) = (input.x.values, input.x.shape, input.channelAxis)
        let statistics: NormalizingStatistics
        switch used {
        case .running: statistics = .running
        case .batch(let batch): statistics = .batch(batch)
        case .renormalized(let renormalized): statistics = .renormalized(renormalized)
        case .parts(let parts):
            return try backward(
                dy, input: x, normalizedBy: parts, shape: shape, channelAxis: axis)
        }
        guard case .masked(let mask, let output) = variant else {
            return try backward(dy, input, normalizedBy: statistics)
        }
        return try backward(
            dy, input: x, normalizedBy: statistics, shape: shape, channelAxis: axis, mask: mask,
            maskedOutput: output)
    }
}

extension PositionMask {
    /// Reads a mask from a file of truth values or of bytes that are 0 or 1, in the shape of the tensor
    /// without its channel axis.
    init(_ file: FileArgument, _ geometry: Geometry) throws {
        let types = ElementTypes([.uint8, .bool], "elements of type |u1 or |b1")
        // A byte of the file, one of truth, and eight of a run: two positions at least for each.
        let found = try file.read(types, elementSize: 10)
        var shape = geometry.shape
        shape.remove(at: geometry.channelAxis)
        guard found.shape == shape else {
            throw file.name.failure(
                expected: "shape \(shape), that of the input without its channel axis",
                found: "\(found.shape)")
        }
        let valid: [Bool]
        switch found {
        case .bool(let array): valid = array.values
        case .uint8(let array):
            if let index = array.values.firstIndex(where: { $0 > 1 }) {
                throw file.name.failure(
                    expected: "0 or 1", found: "\(array.values[index]) at index \(index)")
            }
            valid = array.values.map { $0 == 1 }
        default: throw file.name.wrongType(found, types)
        }
        try self.init(valid, geometry: geometry)
    }
}
