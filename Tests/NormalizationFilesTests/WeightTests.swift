import Foundation
import Normalization
import NormalizationFiles
import Testing

/// Weights as frameworks save them: γ and β are never lost without a word, and nothing that they save
/// is refused.
@Suite struct WeightTests {
    static let pyTorch = ["weight", "bias", "running_mean", "running_var"]

    /// Four vectors of two numbers each: 1, 2; 3, 4; 5, 6; 7, 8.
    static func vectors(
        _ prefix: String, _ names: [String] = pyTorch, separator: String = "."
    ) throws -> [SafetensorsTensor] {
        try names.enumerated().map { index, name in
            try SafetensorsTensor(
                name: prefix.isEmpty ? name : "\(prefix)\(separator)\(name)", shape: [2],
                values: [Float(2 * index + 1), Float(2 * index + 2)])
        }
    }

    static func file(
        _ tensors: [SafetensorsTensor], _ metadata: [String: String] = [:]
    ) throws -> SafetensorsFile {
        try SafetensorsFile(
            parsing: SafetensorsFile.encoded(tensors, metadata: metadata), name: "model")
    }

    /// Expects the layer of ``vectors(_:_:separator:)``.
    static func expectLayer(
        _ layer: BatchNorm<Float>, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(layer.gamma == .perChannel([1, 2]), sourceLocation: sourceLocation)
        #expect(layer.beta == .perChannel([3, 4]), sourceLocation: sourceLocation)
        #expect(layer.runningStatistics?.mean == [5, 6], sourceLocation: sourceLocation)
        #expect(layer.runningStatistics?.variance == [7, 8], sourceLocation: sourceLocation)
    }

    /// What `safetensors.torch.save_model` makes of two layers that share γ and β, and of two that
    /// are one.
    @Test func aliasesAreFollowed() throws {
        let shared = try Self.file(
            Self.vectors("p3") + Self.vectors("p4").suffix(2),
            ["format": "pt", "p4.weight": "p3.weight", "p4.bias": "p3.bias"])
        let same = try Self.file(
            Self.vectors("p3"),
            Dictionary(uniqueKeysWithValues: Self.pyTorch.map { ("p4.\($0)", "p3.\($0)") }))
        for file in [shared, same] {
            #expect(
                file.batchNorms.map(\.summary) == [
                    "p3 pyTorch 2 gamma beta", "p4 pyTorch 2 gamma beta",
                ])
            for prefix in ["p3", "p4"] { Self.expectLayer(try file.batchNorm(prefix)) }
        }
    }

    @Test func metadataThatNameNoTensorAreNoAlias() throws {
        let file = try Self.file(
            Self.vectors("p3"),
            ["p4.weight": "nothing", "p3.weight": "p3.bias", "format": "pt", "note": "p3.weight"])
        #expect(file.batchNorms.map(\.prefix) == ["p3"])
        Self.expectLayer(try file.batchNorm("p3"))
    }

    @Test func aLayerWithoutGammaAndBetaIsOneOnlyWhereSomeoneSaysSo() throws {
        let bare = try Array(Self.vectors("bn").suffix(2))
        for names in [nil, ParameterNames.pyTorch] {
            #expect(
                try fileError { try Self.file(bare).batchNorm("bn", as: Float.self, names: names) }
                    == .missingTensor(file: "model", tensor: "bn.weight"))
        }
        let keras = try Self.file(Self.vectors("bn", ["moving_mean", "moving_variance"]))
        #expect(
            try fileError { try keras.batchNorm("bn", as: Float.self) }
                == .missingTensor(file: "model", tensor: "bn.gamma"))
        let said = try Self.file(bare).batchNorm("bn", as: Float.self, isAffine: false)
        let written = try Self.file(bare, ["normalization.bn": "affine=none"])
            .batchNorm("bn", as: Float.self)
        for layer in [said, written] {
            #expect(layer.gamma == .absent && layer.beta == .absent)
            #expect(layer.runningStatistics?.mean == [5, 6])
        }
        // Nor is one that has them read as if it had none.
        guard
            case .unexpectedTensor(_, "bn.weight", _) = try fileError({
                try Self.file(Self.vectors("bn")).batchNorm("bn", as: Float.self, isAffine: false)
            })
        else {
            Issue.record("γ was ignored")
            return
        }
    }

    @Test func gammaMayStandWithoutBeta() throws {
        let tensors = try Self.vectors("bn").filter { $0.name != "bn.bias" }
        let layer = try Self.file(tensors).batchNorm("bn", as: Float.self)
        #expect(layer.gamma == .perChannel([1, 2]) && layer.beta == .absent)
        // β alone is no layer of PyTorch's, but one of this library's, which says so.
        let beta = try Self.vectors("bn").filter { $0.name != "bn.weight" }
        #expect(
            try fileError { try Self.file(beta).batchNorm("bn", as: Float.self) }
                == .missingTensor(file: "model", tensor: "bn.weight"))
        let said = try Self.file(beta, ["normalization.bn": "affine=beta"])
            .batchNorm("bn", as: Float.self)
        #expect(said.gamma == .absent && said.beta == .perChannel([3, 4]))
        #expect(
            try fileError {
                try Self.file(tensors, ["normalization.bn": "affine=both"])
                    .batchNorm("bn", as: Float.self)
            } == .missingTensor(file: "model", tensor: "bn.bias"))
    }

    /// 13 as the bytes of each numeric type.
    static let thirteens: [(SafetensorsType, [UInt8])] = [
        (.float16, [0x80, 0x4A]), (.bfloat16, [0x50, 0x41]), (.float32, [0, 0, 0x50, 0x41]),
        (.float64, [0, 0, 0, 0, 0, 0, 0x2A, 0x40]), (.uint8, [13]), (.int8, [13]),
        (.int16, [13, 0]), (.uint16, [13, 0]), (.int32, [13, 0, 0, 0]), (.uint32, [13, 0, 0, 0]),
        (.int64, [13, 0, 0, 0, 0, 0, 0, 0]), (.uint64, [13, 0, 0, 0, 0, 0, 0, 0]),
    ]

    @Test(arguments: thirteens)
    func theCountOfUpdatesMayHaveAnyNumericType(_ type: SafetensorsType, _ bytes: [UInt8]) throws {
        let file = try Self.counted(type, bytes)
        #expect(try file.batchNorm("bn", as: Float.self).runningStatistics?.updateCount == 13)
    }

    @Test func aCountThatIsNoneIsNamed() throws {
        // `.half()` makes an infinity of 65,520 and more.
        let large = try Self.counted(.float16, [0x00, 0x7C])
        #expect(try large.batchNorm("bn", as: Float.self).runningStatistics?.updateCount == 65_520)
        for (bytes, value) in [([UInt8](arrayLiteral: 0, 0x7E), "nan"), ([0, 0x38], "0.5")] {
            let file = try Self.counted(.float16, bytes)
            #expect(
                try fileError { try file.batchNorm("bn", as: Float.self) }.description
                    == "model: tensor \"bn.num_batches_tracked\": expected a whole number, found "
                    + value)
        }
    }

    /// A layer of two channels with these bytes as its count.
    static func counted(_ type: SafetensorsType, _ bytes: [UInt8]) throws -> SafetensorsFile {
        // The writer makes no such types: the header is written by hand, numbers last.
        var header: [String] = []
        var data: [UInt8] = []
        for tensor in try vectors("bn") {
            header.append(entry(tensor.name, tensor.type, "2", data.count, tensor.bytes.count))
            data += tensor.bytes
        }
        header.append(entry("bn.num_batches_tracked", type, "", data.count, bytes.count))
        let text = "{\(header.joined(separator: ","))}"
        let length = (0..<8).map { UInt8(truncatingIfNeeded: text.utf8.count >> (8 * $0)) }
        return try SafetensorsFile(
            parsing: length + Array(text.utf8) + data + bytes, name: "model")
    }

    static func entry(
        _ name: String, _ type: SafetensorsType, _ shape: String, _ start: Int, _ count: Int
    ) -> String {
        "\"\(name)\":{\"dtype\":\"\(type.rawValue)\",\"shape\":[\(shape)],"
            + "\"data_offsets\":[\(start),\(start + count)]}"
    }

    @Test func settingsInTheMetadataAreFollowed() throws {
        let text = "epsilon=1.001e-05 decay=0.9 variance=biased axis=-1"
        let file = try Self.file(Self.vectors("bn"), ["normalization.bn": text])
        let layer = try file.batchNorm("bn", as: Float.self)
        #expect(layer.epsilon == 1.001e-5)
        #expect(layer.runningStatistics?.weight == .decay(0.9))
        #expect(layer.runningStatistics?.estimator == .biased)
        let settings = try #require(file.batchNorms.first).settings
        #expect(settings.epsilon == 1.001e-5 && settings.channelAxis == -1)
        // What is not said is nil, and the framework's default.
        let some = try Self.file(Self.vectors("bn"), ["normalization.bn": "epsilon=0.5"])
        let entry = try #require(some.batchNorms.first)
        #expect(entry.settings.weight == nil && entry.settings.estimator == nil)
        let other = try some.batchNorm("bn", as: Float.self)
        #expect(other.epsilon == 0.5 && other.runningStatistics?.weight == .newWeight(0.1))
        // The caller's word counts before the file's.
        let own = try file.batchNorm("bn", as: Float.self, preset: .onnx)
        #expect(own.epsilon == Preset.onnx.epsilon && own.runningStatistics?.weight == .decay(0.9))
    }

    @Test(arguments: [
        "epsilon", "epsilon=", "epsilon=small", "epsilon=1 epsilon=2", "eps=1", "variance=both",
        "axis=1.5", "affine=no", "average=plain", "decay=0.9 new_weight=0.1",
    ])
    func settingsThatAreNotUnderstoodAreNamed(_ text: String) throws {
        let file = try Self.file(Self.vectors("bn"), ["normalization.bn": text])
        #expect(
            try fileError { try file.batchNorm("bn", as: Float.self) }
                == .layerSettings(file: "model", prefix: "bn", found: text))
    }
}
