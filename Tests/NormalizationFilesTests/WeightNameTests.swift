import Foundation
import Normalization
import NormalizationFiles
import Testing

/// The names that frameworks give the tensors of a layer, and where a model keeps them.
@Suite struct WeightNameTests {
    @Test(arguments: [
        ("bn", ".", ["gamma", "beta", "moving_mean", "moving_variance"], ParameterNames.keras),
        (
            "model/bn", "/", ["gamma:0", "beta:0", "moving_mean:0", "moving_variance:0"], .keras
        ),
        ("model/bn", "/", ["gamma", "beta", "moving_mean", "moving_variance"], .keras),
        ("layers/bn/vars", "/", ["0", "1", "2", "3"], .kerasVariables),
        ("bn", ".", ["gamma", "beta", "running_mean", "running_var"], .burn),
        ("a.bn", ".", ["weight", "bias", "running_mean", "running_variance"], .pyTorch),
        ("bn", ".", ["gamma", "beta", "running_mean", "running_variance"], .burn),
    ])
    func everyFrameworksNamesAreKnown(
        _ prefix: String, _ separator: String, _ names: [String], _ framework: ParameterNames
    ) throws {
        let file = try WeightTests.file(
            WeightTests.vectors(prefix, names, separator: separator)
                + WeightTests.vectors("other", ["kernel", "bias"]))
        #expect(file.batchNorms.map(\.summary) == ["\(prefix) \(framework) 2 gamma beta"])
        let layer = try file.batchNorm(prefix, as: Float.self)
        WeightTests.expectLayer(layer)
        #expect(layer.epsilon == framework.preset.epsilon)
        WeightTests.expectLayer(try file.batchNorm(prefix, names: framework))
    }

    @Test func numberedVariablesAreFoundBelowTheirLayer() throws {
        let file = try WeightTests.file(
            WeightTests.vectors("layers/bn/vars", ["0", "1", "2", "3"], separator: "/")
                + WeightTests.vectors("layers/dense/vars", ["0", "1"], separator: "/"))
        WeightTests.expectLayer(try file.batchNorm("layers/bn"))
        #expect(file.batchNorms.map(\.prefix) == ["layers/bn/vars"])
    }

    /// γ of a layer of one's own, made to be multiplied with (N, C, H, W).
    @Test(arguments: [[1, 2, 1, 1], [2, 1, 1], [1, 2]])
    func gammaMayHaveDimensionsOfOne(_ shape: [Int]) throws {
        var tensors = try WeightTests.vectors("bn")
        tensors[0] = try SafetensorsTensor(name: "bn.weight", shape: shape, values: [Float(1), 2])
        tensors[1] = try SafetensorsTensor(name: "bn.bias", shape: shape, values: [Float(3), 4])
        WeightTests.expectLayer(try WeightTests.file(tensors).batchNorm("bn"))
        let stateless = try WeightTests.file(Array(tensors.prefix(2)))
            .batchNorm("bn", as: Float.self, hasRunningStatistics: false)
        #expect(stateless.channels == 2 && stateless.beta == .perChannel([3, 4]))
    }

    @Test func aLayerThatIsNotThereSaysWhichAre() throws {
        let tensors =
            try WeightTests.vectors("layer1.bn1") + WeightTests.vectors("layer2.bn1")
            + WeightTests.vectors("flax.bn", ["scale", "bias", "mean", "var"])
        let error = try fileError {
            try WeightTests.file(tensors).batchNorm("layer2.bn2", as: Float.self)
        }
        #expect(
            error.description
                == "model: expected a layer \"layer2.bn2\", found none; there is \"layer2.bn1\", "
                + "\"layer1.bn1\", \"flax.bn (bias, mean, scale, var)\"")
        let nothing = try fileError {
            try WeightTests.file([]).batchNorm("bn", as: Float.self)
        }
        #expect(
            nothing.description
                == "model: expected a layer \"bn\", found none, nor another normalization")
    }

    /// "é" as one scalar and as two: one `String`, and two tensors.
    @Test func namesThatLookTheSameAreTwo() throws {
        let (one, two) = ("bn\u{E9}", "bne\u{301}")
        let other = try WeightTests.vectors(two).map { tensor in
            try SafetensorsTensor(name: tensor.name, shape: [2], values: [Float(9), 9])
        }
        let file = try WeightTests.file(WeightTests.vectors(one) + other)
        #expect(file.entries.count == 8 && file.batchNorms.count == 2)
        WeightTests.expectLayer(try file.batchNorm(one))
        #expect(try file.batchNorm(two, as: Float.self).gamma == .perChannel([9, 9]))
        #expect(file.entry(named: "\(two).bias")?.name.utf8.count == "\(two).bias".utf8.count)
    }

    /// As many as took 113 seconds when each looked at all tensors.
    @Test func thousandsOfLayersAreRead() throws {
        let count = 24_000
        let file = try WeightTests.file(
            (0..<count).flatMap { try WeightTests.vectors("layer\($0)") })
        let found = file.batchNorms
        #expect(found.count == count && found.last?.prefix == "layer\(count - 1)")
        for entry in found { _ = try file.batchNorm(entry.prefix, as: Float.self) }
    }
}

/// A model in several files.
@Suite struct ShardTests {
    /// γ and β in one file, the running statistics in another, and an index.
    static func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let tensors = try WeightTests.vectors("bn")
        try SafetensorsFile.write(
            Array(tensors.prefix(2)), to: folder.file("model-2.safetensors"))
        try SafetensorsFile.write(
            Array(tensors.suffix(2)), to: folder.file("model-3.safetensors"))
        try write(
            """
            {"metadata": {"total_size": 32, "more": [1, {"a": null}, "x", true, -1.5e3]},
             "weight_map": {"bn.weight": "model-2.safetensors", "bn.bias": "model-2.safetensors",
              "bn.running_mean": "model-3.safetensors", "bn.running_var": "model-3.safetensors"}}
            """, folder)
        return folder
    }

    static func write(_ index: String, _ folder: TemporaryFolder) throws {
        try Data(index.utf8).write(
            to: URL(filePath: folder.file("model.safetensors.index.json")))
    }

    @Test func aLayerMayLieInSeveralFiles() throws {
        let folder = try Self.folder()
        let shard = folder.file("model-3.safetensors")
        // One file alone has lost γ and β, and says so.
        #expect(
            try fileError {
                try SafetensorsFile(contentsOf: shard).batchNorm("bn", as: Float.self)
            } == .missingTensor(file: shard, tensor: "bn.weight"))
        for model in [
            try SafetensorsModel(contentsOf: folder.file("model.safetensors.index.json")),
            try SafetensorsModel(files: [shard, folder.file("model-2.safetensors")]),
        ] {
            #expect(model.batchNorms.map(\.summary) == ["bn pyTorch 2 gamma beta"])
            WeightTests.expectLayer(try model.batchNorm("bn"))
        }
    }

    @Test func aSingleFileIsAModelToo() throws {
        let folder = try TemporaryFolder()
        try SafetensorsFile.write(
            WeightTests.vectors("bn"), to: folder.file("model.safetensors"))
        let model = try SafetensorsModel(contentsOf: folder.file("model.safetensors"))
        WeightTests.expectLayer(try model.batchNorm("bn"))
    }

    @Test func aTensorThatIsInTwoFilesOrNoneIsNamed() throws {
        let folder = try Self.folder()
        let shard = folder.file("model-2.safetensors")
        #expect(
            try fileError { try SafetensorsModel(files: [shard, shard]) }
                == .repeatedTensor(file: shard, tensor: "bn.bias", other: shard))
        try Self.write(
            "{\"weight_map\": {\"bn.running_mean\": \"model-2.safetensors\"}}", folder)
        #expect(
            try fileError {
                try SafetensorsModel(contentsOf: folder.file("model.safetensors.index.json"))
            } == .missingTensor(file: shard, tensor: "bn.running_mean"))
    }

    @Test(arguments: [
        "", "[]", "{}", "{\"weight_map\": {}, \"weight_map\": {}}", "{\"weight_map\": []}",
        "{\"weight_map\": {\"a\": 1}}", "{\"weight_map\": {\"a\": \"../model-2.safetensors\"}}",
        "{\"weight_map\": {\"a\": \"/etc/passwd\"}}", "{\"weight_map\": {\"a\": \"\"}}",
        "{\"a\": }", "{\"weight_map\": {}} 1",
        "{\"a\": " + String(repeating: "[", count: 100) + "}",
    ])
    func anIndexThatIsNoneIsRefused(_ text: String) throws {
        let folder = try Self.folder()
        try Self.write(text, folder)
        guard
            case .malformedHeader = try fileError({
                try SafetensorsModel(contentsOf: folder.file("model.safetensors.index.json"))
            })
        else {
            Issue.record("\(text)")
            return
        }
    }
}
