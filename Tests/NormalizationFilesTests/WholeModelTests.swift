import Normalization
import NormalizationFiles
import Testing

/// All layers of a model in one call, and models that are a folder.
@Suite struct WholeModelTests {
    private func tensors(_ prefix: String, isTracked: Bool = true) throws -> [SafetensorsTensor] {
        let parts = ["weight", "bias"] + (isTracked ? ["running_mean", "running_var"] : [])
        return try parts.enumerated().map { index, part in
            try SafetensorsTensor(
                name: "\(prefix).\(part)", shape: [2], values: [Float(index) + 1, 2])
        }
    }

    @Test func everyBatchNormalizationIsReadInOneCall() throws {
        let all =
            try tensors("layer10.bn") + tensors("layer2.bn")
            + tensors("layer3.bn", isTracked: false)
        let linear = try SafetensorsTensor(
            name: "fc.weight", shape: [1, 2], values: [Float(1), 2])
        let file = try SafetensorsFile(parsing: SafetensorsFile.encoded(all + [linear]))
        let layers = try file.allBatchNorms(as: Float.self)
        #expect(layers.map(\.prefix) == ["layer2.bn", "layer10.bn"])
        for (prefix, layer) in layers { #expect(try layer == file.batchNorm(prefix)) }
        let more = try file.allBatchNorms(as: Double.self, preset: .keras, includingUntracked: true)
        #expect(more.map(\.prefix) == ["layer2.bn", "layer3.bn", "layer10.bn"])
        #expect(more[1].layer.runningStatistics == nil)
        #expect(more.allSatisfy { $0.layer.epsilon == 1e-3 })
    }

    @Test func theFirstLayerThatCannotBeReadIsNamed() throws {
        let broken = try tensors("b.bn").filter { !$0.name.hasSuffix("weight") }
        let file = try SafetensorsFile(parsing: SafetensorsFile.encoded(tensors("a.bn") + broken))
        let error = try fileError { try file.allBatchNorms(as: Float.self) }
        #expect("\(error)".contains("expected a tensor \"b.bn.weight\""), "\(error)")
    }

    @Test func aFolderIsAModel() throws {
        let folder = try TemporaryFolder()
        for (number, prefix) in [(2, "a.bn"), (10, "b.bn")] {
            try SafetensorsFile.write(
                tensors(prefix), to: folder.file("model-\(number).safetensors"))
        }
        for path in [folder.path, folder.path + "/"] {
            let model = try SafetensorsModel(contentsOf: path)
            #expect(model.indexPath == nil && model.files.count == 2)
            #expect(model.name.hasSuffix("/model-2.safetensors"))
            #expect(try model.allBatchNorms(as: Float.self).map(\.prefix) == ["a.bn", "b.bn"])
        }
        let index = folder.file("model.safetensors.index.json")
        let map = try tensors("b.bn").map { "\"\($0.name)\":\"model-10.safetensors\"" }
        var file = try AtomicFile(index)
        try file.write(Array("{\"weight_map\":{\(map.joined(separator: ","))}}".utf8))
        try file.commit()
        let model = try SafetensorsModel(contentsOf: folder.path)
        #expect(model.indexPath == index && model.batchNorms.map(\.prefix) == ["b.bn"])
        #expect(try SafetensorsModel(contentsOf: index).batchNorms.count == 1)

        try SafetensorsFile.write([], to: folder.file("other.safetensors.index.json"))
        let error = try fileError { try SafetensorsModel(contentsOf: folder.path) }
        #expect("\(error)".contains("a folder with 2 indices"), "\(error)")
    }

    @Test func aFolderWithoutFilesIsRefused() throws {
        let folder = try TemporaryFolder()
        let error = try fileError { try SafetensorsModel(contentsOf: folder.path) }
        #expect("\(error)".contains("a folder without .safetensors files"), "\(error)")
    }
}
