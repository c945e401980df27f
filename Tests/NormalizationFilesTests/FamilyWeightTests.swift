import Normalization
import NormalizationFiles
import Testing

/// Layer, RMS and group normalizations in `.safetensors` files: found, read, written, refused.
@Suite struct FamilyWeightTests {
    private static func tensor(_ name: String, _ shape: [Int]) throws -> SafetensorsTensor {
        try SafetensorsTensor(
            name: name, shape: shape, values: (0..<shape.reduce(1, *)).map { Float($0) + 1 })
    }

    /// A file of tensors by name, filled with 1, 2, 3 …
    private static func file(
        _ tensors: [(String, [Int])], _ metadata: [String: String] = [:]
    ) throws -> SafetensorsFile {
        try WeightTests.file(tensors.map { try tensor($0.0, $0.1) }, metadata)
    }

    private static let names: [(String, Bool, [LayerKind])] = [
        ("model.layers.3.input_layernorm", false, [.layer, .rms]),
        ("model.norm", false, [.layer, .rms, .group]), ("q_norm", false, [.layer, .rms, .group]),
        ("h.0.ln_1", true, [.layer]), ("ln_f", false, [.layer, .rms]),
        ("encoder.LayerNorm", true, [.layer]), ("layer_normalization_2", true, [.layer]),
        ("rms_norm", false, [.rms]), ("block/RMSNorm_0", false, [.rms]),
        ("down.gn1", true, [.group]), ("group_norm", true, [.group]),
        ("group_normalization", true, [.group]), ("instance_norm", true, [.group]),
        ("layer1.0.bn1", true, [.batch]), ("features.1", true, [.layer, .rms, .group]),
        ("norm.0", true, [.layer, .rms, .group]), ("transforms.5", true, [.layer, .rms, .group]),
    ]

    @Test(arguments: names)
    func aNameTellsWhatALayerMayBe(
        _ prefix: String, _ hasBeta: Bool, _ kinds: [LayerKind]
    ) throws {
        let separator = prefix.contains("/") ? "/" : "."
        let file = try Self.file(
            [("\(prefix)\(separator)weight", [4])]
                + (hasBeta ? [("\(prefix)\(separator)bias", [4])] : []))
        #expect(file.normalizations.map(\.prefix) == [prefix])
        #expect(file.normalizations.first?.kinds == kinds)
    }

    @Test func theListSaysWhatIsNotKnown() throws {
        let file = try Self.file([
            ("bn.weight", [2]), ("bn.bias", [2]), ("bn.running_mean", [2]), ("bn.running_var", [2]),
            ("norm.weight", [3]), ("norm2d.weight", [3, 4]), ("norm2d.bias", [3, 4]),
            // None of these is a normalization.
            ("prelu.weight", [3]), ("dense.weight", [3, 4]), ("dense.bias", [3]),
            ("scale", []), ("lost.bias", [3]), ("norm3.weight", [2]), ("norm3.running_mean", [2]),
            ("norm4.weight", [2]), ("norm4.weight_orig", [2]),
        ])
        #expect(
            file.normalizations.map(\.description) == [
                "bn: batch norm of (2), gamma and beta",
                "norm: layer, rms or group norm of (3), gamma",
                "norm2d: layer or rms norm of (3, 4), gamma and beta",
            ])
        #expect(file.batchNorms.map(\.prefix) == ["bn"])
    }

    @Test func layersAreReadByWhatTheyAreCalled() throws {
        let file = try Self.file([
            ("ln.weight", [4]), ("ln.bias", [4]), ("rms.weight", [4]), ("keras.gamma", [2, 3]),
            ("keras.beta", [2, 3]), ("keras_rms.scale", [4]), ("gn.weight", [4]), ("gn.bias", [4]),
        ])
        let layer = try file.layerNorm("ln", as: Float.self)
        #expect(layer.gamma == .perChannel([1, 2, 3, 4]) && layer.beta == layer.gamma)
        #expect(layer.epsilon == 1e-5 && layer.scaleOffset == 0 && layer.width == 4)
        let rms = try file.rmsNorm("rms", as: Double.self, epsilon: 1e-6, scaleOffset: 1)
        #expect(rms.gamma == .perChannel([1, 2, 3, 4]) && rms.beta == .absent)
        #expect(rms.epsilon == 1e-6 && rms.scaleOffset == 1)
        let keras = try file.layerNorm("keras", as: Float.self, names: .keras)
        #expect(keras.width == 6 && keras.epsilon == 1e-3)
        let kerasRMS = try file.rmsNorm("keras_rms", as: Float.self, names: .keras)
        #expect(kerasRMS.epsilon == 1e-6 && kerasRMS.gamma == .perChannel([1, 2, 3, 4]))
        let group = try file.groupNorm("gn", as: Float.self, groups: 2)
        #expect(group.groups == 2 && group.channels == 4 && group.epsilon == 1e-5)
    }

    @Test func numberedVariablesAreReadWhereTheCallerSaysSo() throws {
        let file = try Self.file([("layers/ln/vars/0", [4]), ("layers/ln/vars/1", [4])])
        let layer = try file.layerNorm("layers/ln", as: Float.self, names: .kerasVariables)
        #expect(layer.gamma == .perChannel([1, 2, 3, 4]) && layer.epsilon == 1e-3)
        #expect(
            try fileError { try file.layerNorm("layers/ln", as: Float.self) }
                == .missingLayer(file: "model", prefix: "layers/ln/vars", similar: []))
    }

    @Test func whatNobodySaysIsAnError() throws {
        let file = try Self.file([
            ("rms.weight", [4]), ("ln.gamma", [4]), ("ln.beta", [4]), ("gn.weight", [4]),
            ("gn.bias", [4]), ("one.weight", []),
        ])
        func missing(_ prefix: String, _ setting: String) -> FileError {
            .missingSetting(file: "model", prefix: prefix, setting: setting)
        }
        #expect(
            try fileError { try file.rmsNorm("rms", as: Float.self) } == missing("rms", "epsilon"))
        #expect(
            try fileError { try file.layerNorm("ln", as: Float.self) } == missing("ln", "epsilon"))
        #expect(
            try fileError { try file.groupNorm("gn", as: Float.self) } == missing("gn", "groups"))
        #expect(
            try fileError { try file.layerNorm("one", as: Float.self) } == missing("one", "width"))
        #expect(
            missing("rms", "epsilon").description
                == "model: layer \"rms\": expected its epsilon from the caller, since the file does "
                + "not say it")
    }

    @Test func layersOfAnotherKindAreRefused() throws {
        let file = try Self.file(
            [
                ("bn.weight", [2]), ("bn.bias", [2]), ("bn.running_mean", [2]),
                ("bn.running_var", [2]), ("ln.weight", [4]), ("ln.bias", [3]),
                ("gn.weight", [2, 3]),
                ("rms.weight", [4]), ("half.bias", [4]),
            ], ["normalization.rms": "kind=rms width=4 epsilon=1e-06 affine=gamma"])
        #expect(
            try fileError { try file.layerNorm("bn", as: Float.self) }.description
                == "model: tensor \"bn.running_mean\": expected none but \"bn.weight\", \"bn.bias\""
        )
        #expect(
            try fileError { try file.layerNorm("ln", as: Float.self) }
                == .tensorShape(
                    file: "model", tensor: "ln.bias", expected: [[4], []], found: [3]))
        #expect(
            try fileError { try file.groupNorm("gn", as: Float.self, groups: 2) }
                == .tensorShape(
                    file: "model", tensor: "gn.weight", expected: [[6]], found: [2, 3]))
        #expect(
            try fileError { try file.layerNorm("rms", as: Float.self) }.description
                == "model: layer \"rms\": expected a layer norm, found metadata that say rms norm")
        guard
            case .layerKind = try fileError({ try file.batchNorm("rms", as: Float.self) }),
            case .missingTensor(_, "half.weight") = try fileError({
                try file.layerNorm("half", as: Float.self)
            })
        else {
            Issue.record("a layer was read as another")
            return
        }
        #expect(
            try fileError { try file.rmsNorm("nrm", as: Float.self, epsilon: 1) }
                == .missingLayer(file: "model", prefix: "nrm", similar: ["rms"]))
    }

    @Test func numbersThatMakeNoLayerAreRefused() throws {
        let file = try Self.file(
            [("gn.weight", [4]), ("gn.bias", [4])],
            ["normalization.bad": "kind=norm", "normalization.gn": "kind=group width=5 groups=2"])
        #expect(
            try fileError { try file.groupNorm("bad", as: Float.self) }
                == .layerSettings(file: "model", prefix: "bad", found: "kind=norm"))
        #expect(
            try fileError { try file.groupNorm("gn", as: Float.self) }
                == .tensorShape(file: "model", tensor: "gn.weight", expected: [[5]], found: [4]))
        let silent = try Self.file([("gn.weight", [4]), ("gn.bias", [4])])
        #expect(
            try fileError { try silent.groupNorm("gn", as: Float.self, groups: 3) }
                == .invalidLayer(
                    file: "model", prefix: "gn",
                    reason: .invalidGroupCount(channels: 4, groups: 3)))
        #expect(
            try fileError { try silent.layerNorm("gn", as: Float.self, epsilon: 0) }
                == .invalidLayer(file: "model", prefix: "gn", reason: .invalidEpsilon(0)))
    }

    /// The product of the other dimensions overflows.
    @Test func aDimensionOfZeroIsNoCrash() throws {
        let empty = try SafetensorsTensor(
            name: "ln.weight", shape: [1 << 40, 1 << 40, 0], values: [Float]())
        let file = try WeightTests.file([empty])
        #expect(file.normalizations.isEmpty)
        #expect(try file.layerNorm("ln", as: Float.self).width == 0)
        #expect(
            try fileError { try file.groupNorm("ln", as: Float.self, groups: 1) }
                == .tensorShape(
                    file: "model", tensor: "ln.weight", expected: [[0]],
                    found: [1 << 40, 1 << 40, 0]))
        let wide = try WeightTests.file(
            [], ["normalization.ln": "kind=layer width=9223372036854775807 epsilon=1 affine=none"])
        #expect(
            try fileError { try wide.layerNorm("ln", as: Float.self) }
                == .invalidLayer(file: "model", prefix: "ln", reason: .invalidWidth(.max)))
    }

    /// A layer of every form, written under every framework's names and read back.
    private func checkRoundTrip<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
        let third = Scalar(1) / 3
        let forms: [AffineParameter<Scalar>] = [
            .absent, .shared(third), .perChannel([third, -2, .greatestFiniteMagnitude, 0]),
        ]
        let folder = try TemporaryFolder()
        let path = folder.file("layer.safetensors")
        // Numbered variables are found where the caller says that they are.
        for names in ParameterNames.allCases where names != .kerasVariables {
            for gamma in forms {
                for beta in forms {
                    let layer = try LayerNorm(
                        width: 4, gamma: gamma, beta: beta, epsilon: 1.001e-5, scaleOffset: 0.25)
                    let rms = try RMSNorm(
                        width: 4, gamma: gamma, beta: beta, epsilon: 1.001e-6, scaleOffset: 1)
                    let group = try GroupNorm(
                        channels: 4, groups: 2, gamma: gamma, beta: beta, epsilon: 1e-3)
                    for prefix in ["", "a.b.0"] {
                        func write(
                            _ tensors: [SafetensorsTensor], _ metadata: [String: String]
                        ) throws -> SafetensorsFile {
                            try SafetensorsFile.write(tensors, metadata: metadata, to: path)
                            return try SafetensorsFile(contentsOf: path)
                        }
                        var file = try write(
                            layer.tensors(prefix: prefix, names: names, shape: [2, 2]),
                            layer.metadata(prefix: prefix))
                        let readLayer = try file.layerNorm(prefix, as: Scalar.self)
                        #expect(readLayer.gamma == gamma && readLayer.beta == beta)
                        #expect(readLayer.epsilon == layer.epsilon && readLayer.width == 4)
                        #expect(readLayer.scaleOffset == 0.25)
                        #expect(file.normalizations.map(\.kinds) == [[.layer]])
                        file = try write(
                            rms.tensors(prefix: prefix, names: names), rms.metadata(prefix: prefix))
                        let readRMS = try file.rmsNorm(prefix, as: Scalar.self)
                        #expect(readRMS.gamma == gamma && readRMS.beta == beta)
                        #expect(readRMS.epsilon == rms.epsilon && readRMS.scaleOffset == 1)
                        file = try write(
                            group.tensors(prefix: prefix, names: names),
                            group.metadata(prefix: prefix, channelAxis: -1))
                        let readGroup = try file.groupNorm(prefix, as: Scalar.self)
                        #expect(readGroup.gamma == gamma && readGroup.beta == beta)
                        #expect(readGroup.groups == 2 && readGroup.epsilon == 1e-3)
                        #expect(try file.settings(of: prefix).channelAxis == -1)
                        #expect(file.normalizations.map(\.shape) == [[4]])
                    }
                }
            }
        }
    }

    @Test func aLayerWrittenAndReadIsTheLayer() throws {
        try checkRoundTrip(Float.self)
        try checkRoundTrip(Double.self)
    }

    @Test func aModelInSeveralFilesIsOne() throws {
        let folder = try TemporaryFolder()
        let paths = ["a", "b"].map { folder.file("\($0).safetensors") }
        try SafetensorsFile.write([Self.tensor("norm.weight", [4])], to: paths[0])
        try SafetensorsFile.write(
            [Self.tensor("norm.bias", [4])],
            metadata: ["normalization.norm": "kind=layer epsilon=0.5"], to: paths[1])
        let model = try SafetensorsModel(files: paths)
        #expect(
            model.normalizations.map(\.description) == ["norm: layer norm of (4), gamma and beta"])
        let layer = try model.layerNorm("norm", as: Float.self)
        #expect(layer.epsilon == 0.5 && layer.beta == .perChannel([1, 2, 3, 4]))
        #expect(try model.settings(of: "norm").epsilon == 0.5)
        #expect(throws: FileError.self) { try model.rmsNorm("norm", as: Float.self, epsilon: 1) }
        #expect(throws: FileError.self) { try model.groupNorm("norm", as: Float.self, groups: 1) }
    }
}
