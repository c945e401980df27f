import NormalizationFiles

/// A model of the command line: a `.safetensors` file, the index of several, or their folder.
struct WeightsArgument {
    let path: String
    let model: SafetensorsModel

    /// - Throws: ``Failure`` naming the file that cannot be read.
    init(_ path: String) throws(Failure) {
        self.path = path
        do throws(FileError) { model = try SafetensorsModel(contentsOf: path) } catch {
            throw .data("\(error)")
        }
    }

    /// Whether the model is a single file, and named as such.
    var isOneFile: Bool {
        model.indexPath == nil && model.files.count == 1 && model.name == path
    }
}

extension SafetensorsModel {
    /// The tensors of a layer, told apart.
    func found(_ prefix: String) -> FoundLayer {
        FoundLayer.guessed(prefix, index.tensors(of: prefix))
    }
}
