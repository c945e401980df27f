public import Normalization

extension SafetensorsFile {
    /// Reads every batch normalization of the file, in the order of their names.
    ///
    /// ```swift
    /// for (prefix, layer) in try model.allBatchNorms(as: Float.self) { print(prefix, layer) }
    /// ```
    ///
    /// - Parameters:
    ///   - type: the element type of the layers.
    ///   - preset: ε, update weight and variance estimator of all; `nil` takes what the file says of each, as
    ///     ``batchNorm(_:as:names:preset:hasRunningStatistics:isAffine:)`` does.
    ///   - includingUntracked: whether layers without running statistics are read as well. They are told by
    ///     their names alone, such as `bn1` and `batch_norm`.
    /// - Throws: what ``batchNorm(_:as:names:preset:hasRunningStatistics:isAffine:)`` throws of the first layer
    ///   that cannot be read.
    public func allBatchNorms<Scalar: NormalizationScalar>(
        as type: Scalar.Type = Scalar.self, preset: Preset? = nil, includingUntracked: Bool = false
    ) throws(FileError) -> [(prefix: String, layer: BatchNorm<Scalar>)] {
        try layers.allBatchNorms(type, preset, includingUntracked)
    }
}

extension SafetensorsModel {
    /// Reads every batch normalization of the model, as
    /// ``SafetensorsFile/allBatchNorms(as:preset:includingUntracked:)`` of one file.
    public func allBatchNorms<Scalar: NormalizationScalar>(
        as type: Scalar.Type = Scalar.self, preset: Preset? = nil, includingUntracked: Bool = false
    ) throws(FileError) -> [(prefix: String, layer: BatchNorm<Scalar>)] {
        try layers.allBatchNorms(type, preset, includingUntracked)
    }
}

extension LayerSource {
    fileprivate func allBatchNorms<Scalar: NormalizationScalar>(
        _ type: Scalar.Type, _ preset: Preset?, _ includingUntracked: Bool
    ) throws(FileError) -> [(prefix: String, layer: BatchNorm<Scalar>)] {
        let tracked = Set(batchNorms.map { ExactText($0.prefix) })
        var found: [(prefix: String, layer: BatchNorm<Scalar>)] = []
        for entry in normalizations where entry.kinds == [.batch] {
            let isTracked = tracked.contains(ExactText(entry.prefix))
            guard isTracked || includingUntracked else { continue }
            let layer = try batchNorm(
                entry.prefix, as: type, names: nil, preset: preset,
                hasRunningStatistics: isTracked, isAffine: true)
            found.append((entry.prefix, layer))
        }
        return found
    }
}
