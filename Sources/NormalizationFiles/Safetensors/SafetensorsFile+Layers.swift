public import Normalization

/// A batch normalization found in a file.
public struct BatchNormEntry: Equatable, Sendable {
    /// The layer's name: what stands before the dot in the names of its tensors.
    public let prefix: String
    /// Whose names its tensors have.
    public let names: ParameterNames
    /// The number of channels.
    public let channels: Int
    /// Whether γ is there.
    public let hasGamma: Bool
    /// Whether β is there.
    public let hasBeta: Bool
}

extension SafetensorsFile {
    /// The batch normalizations in the file that have running statistics, by prefix: those that
    /// ``batchNorm(_:as:names:preset:hasRunningStatistics:)`` can be asked for.
    ///
    /// They are known by their running mean and variance, one number a channel each; an instance
    /// normalization that tracks statistics looks the same.
    public var batchNorms: [BatchNormEntry] {
        var found: [BatchNormEntry] = []
        for entry in entries where entry.shape.count == 1 && entry.count > 0 {
            for names in ParameterNames.allCases {
                guard let prefix = prefix(of: entry.name, before: names.mean) else { continue }
                let variance = self.entry(named: tensorName(prefix, names.variance))
                guard variance?.shape == entry.shape else { continue }
                found.append(
                    BatchNormEntry(
                        prefix: prefix, names: names, channels: entry.count,
                        hasGamma: self.entry(named: tensorName(prefix, names.gamma)) != nil,
                        hasBeta: self.entry(named: tensorName(prefix, names.beta)) != nil))
            }
        }
        return found.sorted { inNaturalOrder($0.prefix, $1.prefix) }
    }

    /// Reads one batch normalization out of the file of a whole model.
    ///
    /// ```swift
    /// let model = try SafetensorsFile(contentsOf: "resnet.safetensors")
    /// let layer = try model.batchNorm("layer1.0.bn1", as: Float.self)
    /// ```
    ///
    /// γ and β are per channel where they have C numbers, shared where they are a single number (of
    /// shape (), or (1) where C > 1), and absent where the file has none: both at once with PyTorch's
    /// names, either with Keras's. F16, BF16, F32 and F64 are read; running statistics are kept in
    /// `Double`.
    ///
    /// - Parameters:
    ///   - prefix: the layer's name, without the last dot; empty where the file is one layer.
    ///   - type: the element type of the layer.
    ///   - names: whose names the tensors have; `nil` finds out.
    ///   - preset: ε, update weight and variance estimator, which the file does not hold; `nil` takes
    ///     the defaults of the framework whose names the tensors have.
    ///   - hasRunningStatistics: whether the layer has them; `false` for one saved with
    ///     `track_running_stats=False`.
    /// - Throws: ``FileError/missingTensor(file:tensor:)``,
    ///   ``FileError/unexpectedTensor(file:tensor:expected:)``,
    ///   ``FileError/tensorShape(file:tensor:expected:found:)``,
    ///   ``FileError/elementType(file:tensor:expected:found:)``,
    ///   ``FileError/overflow(file:tensor:index:value:)``,
    ///   ``FileError/ambiguousNames(file:prefix:)``,
    ///   ``FileError/invalidLayer(file:prefix:reason:)``, or what the system refuses.
    public func batchNorm<Scalar: NormalizationScalar>(
        _ prefix: String, as type: Scalar.Type = Scalar.self, names: ParameterNames? = nil,
        preset: Preset? = nil, hasRunningStatistics: Bool = true
    ) throws(FileError) -> BatchNorm<Scalar> {
        let names = if let names { names } else { try guessedNames(prefix) }
        let preset = preset ?? names.preset
        try checkPresence(prefix, names, hasRunningStatistics)
        let channels = try channels(prefix, names, hasRunningStatistics)
        let gamma: AffineParameter<Scalar> = try parameter(prefix, names.gamma, channels)
        let beta: AffineParameter<Scalar> = try parameter(prefix, names.beta, channels)
        var statistics: (mean: [Double], variance: [Double], updates: Int)?
        if hasRunningStatistics {
            statistics = (
                try vector(prefix, names.mean, channels),
                try vector(prefix, names.variance, channels), try updateCount(prefix, names)
            )
        }
        do throws(NormalizationError) {
            let running = try statistics.map { statistics throws(NormalizationError) in
                try RunningStatistics(
                    mean: statistics.mean, variance: statistics.variance,
                    updateCount: statistics.updates, weight: preset.weight,
                    estimator: preset.estimator)
            }
            return try BatchNorm(
                channels: channels, gamma: gamma, beta: beta, epsilon: preset.epsilon,
                runningStatistics: running)
        } catch {
            throw .invalidLayer(file: name, prefix: prefix, reason: error)
        }
    }

    /// The framework whose names the layer's tensors have, and no other's.
    private func guessedNames(_ prefix: String) throws(FileError) -> ParameterNames {
        let found = ParameterNames.allCases.filter { names in
            names.all(of: prefix, withRunningStatistics: true).contains { entry(named: $0) != nil }
        }
        if found.count > 1 { throw .ambiguousNames(file: name, prefix: prefix) }
        return found.first ?? .pyTorch
    }

    /// Throws where a tensor is missing, or there is one beside it that the layer cannot take.
    private func checkPresence(
        _ prefix: String, _ names: ParameterNames, _ hasRunningStatistics: Bool
    ) throws(FileError) {
        let (gamma, beta) = (tensorName(prefix, names.gamma), tensorName(prefix, names.beta))
        let hasAffine = entry(named: gamma) != nil || entry(named: beta) != nil
        var required: [String] = []
        if hasRunningStatistics {
            required += [tensorName(prefix, names.mean), tensorName(prefix, names.variance)]
        }
        if names == .pyTorch && hasAffine || !hasAffine && !hasRunningStatistics {
            required += [gamma, beta]
        }
        for tensor in required where entry(named: tensor) == nil {
            throw .missingTensor(file: name, tensor: tensor)
        }
        let known = names.all(of: prefix, withRunningStatistics: hasRunningStatistics)
        let start = tensorName(prefix, "")
        for entry in entries(prefix: start)
        where !entry.name.utf8.dropFirst(start.utf8.count).contains(UInt8(ascii: "."))
            && !known.contains(entry.name)
        {
            throw .unexpectedTensor(file: name, tensor: entry.name, expected: known)
        }
    }

    /// C: the length of the first tensor that has one number a channel.
    private func channels(
        _ prefix: String, _ names: ParameterNames, _ hasRunningStatistics: Bool
    ) throws(FileError) -> Int {
        let candidates = (hasRunningStatistics ? [names.mean] : [names.gamma, names.beta])
            .compactMap { entry(named: tensorName(prefix, $0)) }
        guard
            let longest = candidates.max(by: {
                ($0.count, $0.shape.count) < ($1.count, $1.shape.count)
            })
        else {
            throw .missingTensor(file: name, tensor: tensorName(prefix, names.gamma))
        }
        guard longest.shape.count == 1 else {
            throw .tensorShape(
                file: name, tensor: longest.name, expected: [[max(1, longest.count)]],
                found: longest.shape)
        }
        return longest.count
    }

    private func parameter<Scalar: NormalizationScalar>(
        _ prefix: String, _ part: String, _ channels: Int
    ) throws(FileError) -> AffineParameter<Scalar> {
        let tensor = tensorName(prefix, part)
        guard let entry = entry(named: tensor) else { return .absent }
        switch entry.shape {
        case [channels]: return .perChannel(try values(of: tensor))
        case [], [1]: return .shared(try values(of: tensor)[0])
        default:
            throw .tensorShape(
                file: name, tensor: tensor, expected: [[channels], []], found: entry.shape)
        }
    }

    private func vector(
        _ prefix: String, _ part: String, _ channels: Int
    ) throws(FileError) -> [Double] {
        let tensor = tensorName(prefix, part)
        try checkShape(of: tensor, [[channels]])
        return try values(of: tensor)
    }

    /// Files of old versions of PyTorch have no count; it is 0 then.
    private func updateCount(_ prefix: String, _ names: ParameterNames) throws(FileError) -> Int {
        guard let part = names.updateCount else { return 0 }
        let tensor = tensorName(prefix, part)
        guard entry(named: tensor) != nil else { return 0 }
        try checkShape(of: tensor, [[], [1]])
        return Int(try integers(of: tensor)[0])
    }

    private func checkShape(of tensor: String, _ expected: [[Int]]) throws(FileError) {
        guard let entry = entry(named: tensor) else {
            throw .missingTensor(file: name, tensor: tensor)
        }
        guard expected.contains(entry.shape) else {
            throw .tensorShape(file: name, tensor: tensor, expected: expected, found: entry.shape)
        }
    }

    private func prefix(of tensor: String, before part: String) -> String? {
        if tensor == part { return "" }
        return tensor.hasSuffix(".\(part)") ? String(tensor.dropLast(part.count + 1)) : nil
    }
}

/// Whether `one` comes before `other` when runs of digits count as numbers: layer 2 before layer 10.
private func inNaturalOrder(_ one: String, _ other: String) -> Bool {
    let (a, b) = (Array(one.utf8), Array(other.utf8))
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    func run(_ text: [UInt8], _ start: Int) -> ArraySlice<UInt8> {
        let end = text[start...].firstIndex { !digits.contains($0) } ?? text.count
        return text[start..<end].drop { $0 == digits.lowerBound }
    }
    var (i, j) = (0, 0)
    while i < a.count, j < b.count {
        if digits.contains(a[i]), digits.contains(b[j]) {
            let (first, second) = (run(a, i), run(b, j))
            if first.count != second.count { return first.count < second.count }
            if first != second { return first.lexicographicallyPrecedes(second) }
            (i, j) = (first.endIndex, second.endIndex)
        } else {
            if a[i] != b[j] { return a[i] < b[j] }
            (i, j) = (i + 1, j + 1)
        }
    }
    return a.count - i < b.count - j
}
