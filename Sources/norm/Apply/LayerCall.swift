import Normalization
import NormalizationFiles

/// The call of a layer that `norm apply` was asked for, its files read and checked.
struct LayerCall<Scalar: NormalizationScalar & NpyElement> {
    private let mode: Mode
    private let x: NpyArray<Scalar>
    private let channelAxis: Int
    private let dy: [Scalar]?
    private let layer: BatchNorm<Scalar>
    /// Outputs have the shapes of the files they belong to, and (C) where there is none.
    private let shapes: (gamma: [Int], beta: [Int], mean: [Int], variance: [Int], channels: [Int])

    /// Reads the files beside the input.
    init(_ mode: Mode, _ options: LayerOptions, _ x: NpyArray<Scalar>) throws {
        let geometry = try Geometry(x.shape, channelAxis: options.channelAxis)
        let channels = geometry.channels
        self.mode = mode
        self.x = x
        channelAxis = geometry.channelAxis
        dy = try FileArgument("--gradient", options.gradient).map { file in
            try gradient(file, of: x)
        }
        let gamma = try FileArgument("--gamma", options.gamma).map { file in
            try Parameter<Scalar>(file, channels: channels)
        }
        let beta = try FileArgument("--beta", options.beta).map { file in
            try Parameter<Scalar>(file, channels: channels)
        }
        let mean = try FileArgument("--running-mean", options.runningMean).map { file in
            try PerChannel(file, channels: channels)
        }
        let variance = try FileArgument("--running-variance", options.runningVariance).map { file in
            try PerChannel(file, channels: channels)
        }
        shapes = (
            gamma?.shape ?? [channels], beta?.shape ?? [channels], mean?.shape ?? [channels],
            variance?.shape ?? [channels], [channels]
        )
        let preset = options.preset.preset
        let weight = options.weight
        var running: RunningStatistics?
        if mean != nil || (weight != nil && mode.isTraining) {
            running = try RunningStatistics(
                mean: mean?.values ?? Array(repeating: 0, count: channels),
                variance: variance?.values ?? Array(repeating: 1, count: channels),
                updateCount: options.cumulative.map { $0 - 1 } ?? 0,
                weight: weight ?? preset.weight, estimator: options.variance ?? preset.estimator,
                nonFinite: options.nonFinite)
        }
        layer = try BatchNorm(
            channels: channels, gamma: gamma?.parameter ?? .absent,
            beta: beta?.parameter ?? .absent, epsilon: options.epsilon ?? preset.epsilon,
            runningStatistics: running, engine: options.engine, threadLimit: options.threads)
    }

    /// Makes the call: every array that is to be written, by the name of its file.
    func outputs() throws -> [(name: String, array: NpyArray<Scalar>)] {
        var outputs: [(name: String, array: NpyArray<Scalar>)] = []
        func add(_ name: String, _ shape: [Int], _ values: [Scalar]) throws {
            outputs.append((name, try NpyArray(shape: shape, values: values)))
        }
        func add(_ name: String, _ shape: [Int], _ values: [Double]) throws {
            try add(name, shape, values.map { Scalar($0) })
        }

        let statistics: NormalizingStatistics
        if !mode.isTraining, layer.runningStatistics != nil {
            try add(
                "y", x.shape, layer.inference(x.values, shape: x.shape, channelAxis: channelAxis))
            statistics = .running
        } else {
            let (y, batch) = try layer.forward(x.values, shape: x.shape, channelAxis: channelAxis)
            try add("y", x.shape, y)
            statistics = .batch(batch)
            if batch.count > 0 {
                try add("batch_mean", shapes.channels, batch.mean)
                try add("batch_variance", shapes.channels, batch.variance())
            }
            if var running = layer.runningStatistics {
                try running.update(with: batch)
                try add("running_mean", shapes.mean, running.mean)
                try add("running_variance", shapes.variance, running.variance)
            }
        }
        if let dy {
            let gradients = try layer.backward(
                dy, input: x.values, normalizedBy: statistics, shape: x.shape,
                channelAxis: channelAxis)
            for (name, shape, values) in [
                ("dx", x.shape, gradients.input), ("dgamma", shapes.gamma, gradients.gamma),
                ("dbeta", shapes.beta, gradients.beta),
            ] {
                if let values { try add(name, shape, values) }
            }
        }
        return outputs
    }
}

/// ∂y, in the type and shape of x.
private func gradient<Scalar: NpyElement>(
    _ file: FileArgument, of x: NpyArray<Scalar>
) throws(Failure) -> [Scalar] {
    let types = ElementTypes(
        Scalar.npyType == .float32 ? [.float32, .float16] : [Scalar.npyType],
        "elements of type \(Scalar.npyType.rawValue), as in the input")
    let found = try file.read(types)
    let values: [Scalar]? =
        switch found {
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

/// γ or β from a file: shared where it has one element and the channels are several.
private struct Parameter<Scalar: NormalizationScalar> {
    let shape: [Int]
    let parameter: AffineParameter<Scalar>

    init(_ file: FileArgument, channels: Int) throws(Failure) {
        let numbers = try PerChannel(file, channels: channels, acceptsOne: true)
        let values = numbers.values.map { Scalar($0) }
        for (index, value) in values.enumerated() where value.isInfinite {
            guard numbers.values[index].isInfinite else {
                throw file.name.failure(
                    expected: "numbers in the range of the input's type",
                    found: "\(numbers.values[index]) at index \(index)")
            }
        }
        shape = numbers.shape
        parameter = values.count == channels ? .perChannel(values) : .shared(values[0])
    }
}

/// Numbers of either floating-point type, one for each channel.
private struct PerChannel {
    let shape: [Int]
    let values: [Double]

    init(_ file: FileArgument, channels: Int, acceptsOne: Bool = false) throws(Failure) {
        let found = try file.read(.floatingPoint)
        let values = found.doubles
        guard values.count == channels || (acceptsOne && values.count == 1) else {
            throw file.name.failure(
                expected: "\(acceptsOne && channels > 1 ? "1 or " : "")\(channels) elements",
                found: "\(values.count)")
        }
        shape = found.shape
        self.values = values
    }
}
