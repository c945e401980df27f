public import Normalization

/// A model in several `.safetensors` files, as large ones are saved, read as if it were one.
///
///     let model = try SafetensorsModel(contentsOf: "model.safetensors.index.json")
///     let layer = try model.batchNorm("layer1.0.bn1", as: Float.self)
///
/// A layer's γ and β may be in one file and its running statistics in another.
public struct SafetensorsModel: Sendable {
    /// What errors call the model: the path of its index, or of its first file.
    public let name: String

    /// The path of the index, where there is one.
    public let indexPath: String?

    /// The files.
    public let files: [SafetensorsFile]

    package let index: LayerIndex

    /// Opens the files that an index names, which lie beside it, those of a folder, or a single
    /// `.safetensors` file.
    ///
    /// - Parameter path: a file whose name ends with `.json`, such as `model.safetensors.index.json`
    ///   as Hugging Face's libraries write it, or with anything else; or a folder, whose one
    ///   `.safetensors.index.json` is taken where there is one, and all its `.safetensors` otherwise.
    /// - Throws: ``FileError`` naming the file that cannot be read, or
    ///   ``FileError/missingTensor(file:tensor:)`` where a file has none of a tensor that the index
    ///   says it has, or ``FileError/notRegularFile(file:kind:)`` for a folder without such files, or
    ///   with several indices.
    public init(contentsOf path: String) throws(FileError) {
        var path = path
        if let names = try folderContents(path) {
            let folder = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
            let indices = names.filter { $0.hasSuffix(".safetensors.index.json") }
            guard indices.count <= 1 else {
                throw .notRegularFile(
                    file: path,
                    kind: "a folder with \(indices.count) indices, of which one is to be named")
            }
            guard let index = indices.first else {
                let files = names.filter { $0.hasSuffix(".safetensors") }.sorted(by: inNaturalOrder)
                guard !files.isEmpty else {
                    throw .notRegularFile(file: path, kind: "a folder without .safetensors files")
                }
                try self.init(files: files.map { folder + $0 })
                return
            }
            path = folder + index
        }
        guard path.utf8.suffix(5).elementsEqual(".json".utf8) else {
            try self.init(path, [SafetensorsFile(contentsOf: path)])
            return
        }
        let shards = try ShardIndex(contentsOf: path)
        let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? ""
        var files: [SafetensorsFile] = []
        for name in shards.files { files.append(try SafetensorsFile(contentsOf: folder + name)) }
        for (tensor, file) in shards.places where files[file].entry(named: tensor) == nil {
            throw .missingTensor(file: files[file].name, tensor: tensor)
        }
        try self.init(path, files, indexPath: path)
    }

    /// Opens several files as one model.
    ///
    /// - Throws: ``FileError`` naming the file that cannot be read, or
    ///   ``FileError/repeatedTensor(file:tensor:other:)`` where a tensor of the same name is in a file
    ///   before it.
    public init(files paths: [String]) throws(FileError) {
        var files: [SafetensorsFile] = []
        for path in paths { files.append(try SafetensorsFile(contentsOf: path)) }
        try self.init(paths.first ?? "", files)
    }

    private init(
        _ name: String, _ files: [SafetensorsFile], indexPath: String? = nil
    ) throws(FileError) {
        var places: [ExactText: String] = [:]
        for file in files {
            for entry in file.entries {
                if let other = places.updateValue(file.name, forKey: ExactText(entry.name)) {
                    throw .repeatedTensor(file: file.name, tensor: entry.name, other: other)
                }
            }
        }
        self.name = name
        self.files = files
        self.indexPath = indexPath
        index = LayerIndex(files.map { ($0.entries, $0.metadata) })
    }

    /// The batch normalizations that have running statistics, as ``SafetensorsFile/batchNorms`` of one
    /// file.
    public var batchNorms: [BatchNormEntry] { layers.batchNorms }

    /// Reads one batch normalization, as
    /// ``SafetensorsFile/batchNorm(_:as:names:preset:hasRunningStatistics:isAffine:)`` of one file.
    public func batchNorm<Scalar: NormalizationScalar>(
        _ prefix: String, as type: Scalar.Type = Scalar.self, names: ParameterNames? = nil,
        preset: Preset? = nil, hasRunningStatistics: Bool = true, isAffine: Bool = true
    ) throws(FileError) -> BatchNorm<Scalar> {
        try layers.batchNorm(
            prefix, as: type, names: names, preset: preset,
            hasRunningStatistics: hasRunningStatistics, isAffine: isAffine)
    }

    var layers: LayerSource { LayerSource(name: name, files: files, index: index) }
}
