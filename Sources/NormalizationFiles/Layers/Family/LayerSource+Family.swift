import Normalization

extension LayerSource {
    /// Reads one layer normalization; see
    /// ``SafetensorsFile/layerNorm(_:as:names:epsilon:scaleOffset:)``.
    func layerNorm<Scalar: NormalizationScalar>(
        _ prefix: String, as type: Scalar.Type, names: ParameterNames?, epsilon: Double?,
        scaleOffset: Double?
    ) throws(FileError) -> LayerNorm<Scalar> {
        let found: FoundAffine<Scalar> = try affine(prefix, names: names, of: .layer)
        let epsilon = try self.epsilon(epsilon, found)
        do throws(NormalizationError) {
            return try LayerNorm(
                width: found.width, gamma: found.gamma, beta: found.beta, epsilon: epsilon,
                scaleOffset: scaleOffset ?? found.settings.scaleOffset ?? 0)
        } catch { throw .invalidLayer(file: name, prefix: prefix, reason: error) }
    }

    /// Reads one RMS normalization; see ``SafetensorsFile/rmsNorm(_:as:names:epsilon:scaleOffset:)``.
    func rmsNorm<Scalar: NormalizationScalar>(
        _ prefix: String, as type: Scalar.Type, names: ParameterNames?, epsilon: Double?,
        scaleOffset: Double?
    ) throws(FileError) -> RMSNorm<Scalar> {
        let found: FoundAffine<Scalar> = try affine(prefix, names: names, of: .rms)
        let epsilon = try self.epsilon(epsilon, found)
        do throws(NormalizationError) {
            return try RMSNorm(
                width: found.width, gamma: found.gamma, beta: found.beta, epsilon: epsilon,
                scaleOffset: scaleOffset ?? found.settings.scaleOffset ?? 0)
        } catch { throw .invalidLayer(file: name, prefix: prefix, reason: error) }
    }

    /// Reads one group normalization; see ``SafetensorsFile/groupNorm(_:as:groups:names:epsilon:)``.
    func groupNorm<Scalar: NormalizationScalar>(
        _ prefix: String, as type: Scalar.Type, groups: Int?, names: ParameterNames?,
        epsilon: Double?
    ) throws(FileError) -> GroupNorm<Scalar> {
        let found: FoundAffine<Scalar> = try affine(prefix, names: names, of: .group)
        let epsilon = try self.epsilon(epsilon, found)
        guard let groups = groups ?? found.settings.groups else {
            throw .missingSetting(file: name, prefix: prefix, setting: "groups")
        }
        do throws(NormalizationError) {
            return try GroupNorm(
                channels: found.width, groups: groups, gamma: found.gamma, beta: found.beta,
                epsilon: epsilon)
        } catch { throw .invalidLayer(file: name, prefix: prefix, reason: error) }
    }

    /// γ and β of a layer that has nothing else, and what the file says of it.
    private func affine<Scalar: NormalizationScalar>(
        _ prefix: String, names: ParameterNames?, of kind: LayerKind
    ) throws(FileError) -> FoundAffine<Scalar> {
        let settings = try settings(of: prefix)
        try check(settings, prefix, of: kind)
        let isBare = settings.affine.map { !$0.gamma && !$0.beta } ?? false
        let layer = try layer(prefix, names: names, of: kind, mayBeBare: isBare)
        try checkPresence(layer, settings, false, true)
        let (shape, width) = try shape(layer, settings, kind)
        return try FoundAffine(
            prefix: prefix, kind: kind, settings: settings, names: layer.names,
            namesAreSaid: names != nil, width: width,
            gamma: parameter(layer.tensors[.gamma], shape),
            beta: parameter(layer.tensors[.beta], shape))
    }

    /// The shape of those of γ and β that are not shared, or as the metadata say, and how many numbers it
    /// has: a product of dimensions may overflow where one of them is zero.
    private func shape(
        _ layer: FoundLayer, _ settings: LayerSettings, _ kind: LayerKind
    ) throws(FileError) -> (shape: [Int], width: Int) {
        let found = [layer.tensors[.gamma], layer.tensors[.beta]].compactMap(\.self)
        let longest = found.max {
            ($0.entry.count, $0.entry.shape.count) < ($1.entry.count, $1.entry.shape.count)
        }
        guard let longest, longest.entry.count != 1 || settings.width == nil else {
            guard let width = settings.width, width >= 0 else {
                throw .missingSetting(file: name, prefix: layer.prefix, setting: "width")
            }
            return ([width], width)
        }
        let (shape, count) = (longest.entry.shape, longest.entry.count)
        guard !shape.isEmpty else {
            throw .missingSetting(file: name, prefix: layer.prefix, setting: "width")
        }
        guard settings.width ?? count == count, kind != .group || longest.isVector else {
            throw .tensorShape(
                file: name, tensor: longest.name, expected: [[settings.width ?? count]],
                found: shape)
        }
        return (kind == .group ? [count] : shape, count)
    }

    /// ε: the caller's, or the file's, or a framework's where it is known whose the layer is.
    private func epsilon<Scalar>(
        _ said: Double?, _ found: FoundAffine<Scalar>
    ) throws(FileError) -> Double {
        if let epsilon = said ?? found.settings.epsilon ?? found.defaultEpsilon { return epsilon }
        throw .missingSetting(file: name, prefix: found.prefix, setting: "epsilon")
    }
}

/// What a file has of a layer without running statistics.
private struct FoundAffine<Scalar: NormalizationScalar> {
    let prefix: String
    let kind: LayerKind
    let settings: LayerSettings
    let names: ParameterNames
    /// Whether the caller said whose the names are.
    let namesAreSaid: Bool
    let width: Int
    let gamma: AffineParameter<Scalar>
    let beta: AffineParameter<Scalar>

    /// ε of the framework, where there is one that holds. `weight` and `bias` are PyTorch's; `gamma` and
    /// `beta` are anyone's. RMS normalizations are models' own, with 1e-5 and 1e-6 about as often.
    var defaultEpsilon: Double? {
        switch (kind, names) {
        case (.rms, .keras), (.rms, .kerasVariables):
            namesAreSaid ? RowPreset.keras.rmsNormEpsilon : nil
        case (.rms, _): nil
        case (_, .pyTorch): RowPreset.pyTorch.layerNormEpsilon
        default: namesAreSaid ? names.preset.epsilon : nil
        }
    }
}
