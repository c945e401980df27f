import Normalization
import NormalizationFiles

/// The layer that `--weights` and `--prefix` name, in a file of weights.
struct WeightsFile {
    private let prefix: String
    private let model: SafetensorsModel

    /// Nil where no file is named.
    init?(_ options: LayerOptions) throws(Failure) {
        guard let path = options.weights.weights else { return nil }
        prefix = options.weights.prefix ?? ""
        model = try explaining { () throws(FileError) in try SafetensorsModel(contentsOf: path) }
    }

    /// What the file says of the layer beside its tensors.
    func settings() throws(Failure) -> LayerSettings {
        try explaining { () throws(FileError) in try model.settings(of: prefix) }
    }

    /// A batch normalization; what the options say counts before what the file does.
    func batchNorm<Scalar: NormalizationScalar>(
        _ type: Scalar.Type, _ options: LayerOptions
    ) throws -> BatchNorm<Scalar> {
        let preset = options.preset?.preset
        var layer = try explaining { () throws(FileError) in
            try model.batchNorm(prefix, as: type, preset: preset)
        }
        if let epsilon = options.epsilon { layer.epsilon = epsilon }
        layer.engine = options.engine
        layer.threadLimit = options.threads
        let batch = options.batch
        if let running = layer.runningStatistics {
            layer.runningStatistics = try RunningStatistics(
                mean: running.mean, variance: running.variance,
                updateCount: batch.cumulative.map { $0 - 1 } ?? running.updateCount,
                weight: batch.weight ?? running.weight,
                estimator: batch.variance ?? running.estimator,
                nonFinite: batch.nonFinite ?? running.nonFinite)
        }
        return layer
    }

    /// A group or instance normalization, of the groups that the options or the file say.
    func groupNorm<Scalar: NormalizationScalar>(
        _ type: Scalar.Type, _ options: LayerOptions
    ) throws -> GroupNorm<Scalar> {
        let epsilon = options.epsilon ?? options.preset?.groupPreset?.epsilon
        let isInstance = options.layer == .instance
        var layer = try explaining { () throws(FileError) in
            try model.groupNorm(
                prefix, as: type, groups: isInstance ? 1 : options.groups, epsilon: epsilon)
        }
        if isInstance {
            layer = try GroupNorm(
                channels: layer.channels, groups: layer.channels, gamma: layer.gamma,
                beta: layer.beta, epsilon: layer.epsilon)
        }
        layer.engine = options.engine
        layer.threadLimit = options.threads
        return layer
    }

    /// A layer or RMS normalization.
    func rowNorm<Scalar: NormalizationScalar>(
        _ type: Scalar.Type, _ options: LayerOptions
    ) throws(Failure) -> any RowNormalization<Scalar> {
        let preset = options.preset?.rowPreset
        let offset = options.scaleOffset ?? preset?.scaleOffset
        if options.layer == .rms {
            let machine = Double(Scalar.ulpOfOne)
            let epsilon = options.epsilon ?? preset.map { $0.rmsNormEpsilon ?? machine }
            var layer = try explaining { () throws(FileError) in
                try model.rmsNorm(prefix, as: type, epsilon: epsilon, scaleOffset: offset)
            }
            layer.engine = options.engine
            layer.threadLimit = options.threads
            return layer
        }
        let epsilon = options.epsilon ?? preset?.layerNormEpsilon
        var layer = try explaining { () throws(FileError) in
            try model.layerNorm(prefix, as: type, epsilon: epsilon, scaleOffset: offset)
        }
        layer.engine = options.engine
        layer.threadLimit = options.threads
        return layer
    }
}

/// Errors of the file begin with its path; its option stands before that.
private func explaining<Result>(
    _ body: () throws(FileError) -> Result
) throws(Failure) -> Result {
    do throws(FileError) {
        return try body()
    } catch {
        if case .missingSetting(let file, let prefix, let setting) = error {
            throw .data(
                "--weights \(file): layer \"\(prefix)\": expected --\(setting), since the file does not "
                    + "say it")
        }
        throw .data("--weights \(error)")
    }
}
