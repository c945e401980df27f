import Normalization
import NormalizationFiles
import Testing

/// Layers in `.safetensors` files of our own making: written and read back, listed, refused.
@Suite struct LayerFileTests {
    /// A layer of two channels under PyTorch's names.
    private func tensors(without missing: String? = nil) throws -> [SafetensorsTensor] {
        [
            try SafetensorsTensor(name: "bn.weight", shape: [2], values: [Float(1), 2]),
            try SafetensorsTensor(name: "bn.bias", shape: [2], values: [Float(3), 4]),
            try SafetensorsTensor(name: "bn.running_mean", shape: [2], values: [Float(5), 6]),
            try SafetensorsTensor(name: "bn.running_var", shape: [2], values: [Float(7), 8]),
            try SafetensorsTensor(name: "bn.num_batches_tracked", shape: [], integers: [9]),
        ].filter { $0.name != missing }
    }

    private func file(_ tensors: [SafetensorsTensor]) throws -> SafetensorsFile {
        try SafetensorsFile(parsing: SafetensorsFile.encoded(tensors), name: "model")
    }

    private func error(_ tensors: [SafetensorsTensor], _ prefix: String = "bn") throws -> FileError
    {
        try fileError { try file(tensors).batchNorm(prefix, as: Float.self) }
    }

    private func checkRoundTrip<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
        let third = Scalar(1) / 3
        let forms: [AffineParameter<Scalar>] = [
            .absent, .shared(third), .perChannel([third, -2, .greatestFiniteMagnitude]),
        ]
        let folder = try TemporaryFolder()
        // Numbered variables can be told where all four are there.
        for names in ParameterNames.allCases where names != .kerasVariables {
            for gamma in forms {
                for beta in forms {
                    let running = try RunningStatistics(
                        mean: [1 / 3, 1e300, -0.0], variance: [.pi, .leastNonzeroMagnitude, 2],
                        updateCount: names == .pyTorch ? 1 << 40 : 0,
                        weight: .newWeight(1 / 3), estimator: .biased)
                    let layer = try BatchNorm(
                        channels: 3, gamma: gamma, beta: beta, epsilon: 1.001e-5,
                        runningStatistics: running)
                    for prefix in ["", "a.b.0"] {
                        let path = folder.file("layer.safetensors")
                        try SafetensorsFile.write(
                            layer.tensors(prefix: prefix, names: names),
                            metadata: layer.metadata(prefix: prefix), to: path)
                        let file = try SafetensorsFile(contentsOf: path)
                        let parts =
                            (gamma == .absent ? "" : " gamma") + (beta == .absent ? "" : " beta")
                        // Without γ and β Burn's names are PyTorch's.
                        let isBare = gamma == .absent && beta == .absent
                        let found = isBare && names == .burn ? .pyTorch : names
                        #expect(
                            file.batchNorms.map(\.summary) == ["\(prefix) \(found) 3\(parts)"])
                        let read = try file.batchNorm(prefix, as: Scalar.self)
                        #expect(read.gamma == gamma && read.beta == beta)
                        #expect(read.epsilon == layer.epsilon)
                        #expect(read.runningStatistics == running)
                    }
                }
            }
        }
    }

    @Test func aLayerWrittenAndReadIsTheLayer() throws {
        try checkRoundTrip(Float.self)
        try checkRoundTrip(Double.self)
    }

    @Test func aLayerWithoutRunningStatisticsIsReadWhenAskedFor() throws {
        let layer = try BatchNorm<Double>(
            channels: 2, gamma: .shared(3), beta: .perChannel([1, 2]), runningStatistics: nil)
        let file = try file(layer.tensors(prefix: "bn"))
        #expect(file.entries.map(\.name) == ["bn.bias", "bn.weight"])
        let read = try file.batchNorm("bn", as: Double.self, hasRunningStatistics: false)
        #expect(read.gamma == layer.gamma && read.beta == layer.beta)
        #expect(read.runningStatistics == nil)
        #expect(
            try fileError { try file.batchNorm("bn", as: Double.self) }
                == .missingTensor(file: "model", tensor: "bn.running_mean"))
        let tracked = try self.file(tensors(without: "bn.num_batches_tracked"))
        guard
            case .unexpectedTensor("model", "bn.running_mean", ["bn.weight", "bn.bias"]) =
                try fileError({
                    try tracked.batchNorm("bn", as: Float.self, hasRunningStatistics: false)
                })
        else {
            Issue.record("running statistics were ignored")
            return
        }
    }

    @Test func layersAreListedInNaturalOrder() throws {
        let layer = try BatchNorm<Float>.standard(channels: 2)
        let prefixes = ["b", "layer2.bn", "layer10.bn", "layer10.bn.2", "layer010.bn", "a1"]
        let file = try file(
            prefixes.flatMap { try layer.tensors(prefix: $0) } + [
                // Neither a running mean alone nor one of another length makes a layer.
                SafetensorsTensor(name: "c.running_mean", shape: [2], values: [Float(0), 0]),
                SafetensorsTensor(name: "d.running_mean", shape: [1], values: [Float(0)]),
                SafetensorsTensor(name: "d.running_var", shape: [2], values: [Float(0), 0]),
                SafetensorsTensor(name: "e.weight", shape: [2], values: [Float(0), 0]),
            ])
        let found = file.batchNorms.map(\.prefix)
        #expect(
            found.filter { $0 != "layer010.bn" } == [
                "a1", "b", "layer2.bn", "layer10.bn", "layer10.bn.2",
            ])
        #expect(found.contains("layer010.bn"))
        for prefix in found { _ = try file.batchNorm(prefix, as: Float.self) }
    }

    @Test func missingTensorsAreNamed() throws {
        for name in ["bn.weight", "bn.running_mean", "bn.running_var"] {
            #expect(
                try error(tensors(without: name)) == .missingTensor(file: "model", tensor: name))
        }
        let old = try file(tensors(without: "bn.num_batches_tracked"))
        #expect(try old.batchNorm("bn", as: Float.self).runningStatistics?.updateCount == 0)
        #expect(
            try error(tensors(), "nothing")
                == .missingLayer(file: "model", prefix: "nothing", similar: ["bn"]))
        #expect(try error([], "") == .missingLayer(file: "model", prefix: "", similar: []))
    }

    @Test func extraTensorsAreNamed() throws {
        let extra = try SafetensorsTensor(name: "bn.weight_orig", shape: [], values: [Float(1)])
        let error = try error(tensors() + [extra])
        #expect(
            error.description
                == "model: tensor \"bn.weight_orig\": expected none but \"bn.weight\", \"bn.bias\", "
                + "\"bn.running_mean\", \"bn.running_var\", \"bn.num_batches_tracked\"")
        // Those of other layers are no business of this one.
        for name in ["bn.inner.weight", "bn2.weight", "weight", "b"] {
            _ = try file(tensors() + [extra.renamed(name)]).batchNorm("bn", as: Float.self)
        }
        let gamma = try tensors()[0].renamed("bn.gamma")
        #expect(
            try self.error(tensors() + [gamma]) == .ambiguousNames(file: "model", prefix: "bn"))
    }

    @Test func misshapenTensorsAreNamed() throws {
        let shapes: [(String, [Int], expected: [[Int]])] = [
            ("bn.weight", [3], [[2], []]), ("bn.bias", [2, 2], [[2], []]),
            ("bn.running_mean", [1, 2], [[2]]), ("bn.running_mean", [], [[1]]),
            ("bn.running_var", [1], [[2]]), ("bn.running_var", [2, 1], [[2]]),
        ]
        for (name, shape, expected) in shapes {
            let wrong = try SafetensorsTensor(
                name: name, shape: shape,
                values: [Float](repeating: 1, count: shape.reduce(1, *)))
            #expect(
                try error(tensors(without: name) + [wrong])
                    == .tensorShape(
                        file: "model", tensor: name, expected: expected, found: shape))
        }
        let counts = try SafetensorsTensor(
            name: "bn.num_batches_tracked", shape: [2], integers: [1, 2])
        #expect(
            try error(tensors(without: counts.name) + [counts]).description
                == "model: tensor \"bn.num_batches_tracked\": expected shape () or (1), found (2)")
    }

    @Test func numbersThatMakeNoLayerAreRefused() throws {
        let negative = try SafetensorsTensor(
            name: "bn.num_batches_tracked", shape: [], integers: [-1])
        #expect(
            try error(tensors(without: negative.name) + [negative])
                == .invalidLayer(file: "model", prefix: "bn", reason: .invalidUpdateCount(-1)))
        let integers = try SafetensorsTensor(name: "bn.weight", shape: [2], integers: [1, 2])
        #expect(
            try error(tensors(without: "bn.weight") + [integers])
                == .elementType(
                    file: "model", tensor: "bn.weight", expected: ["F16", "BF16", "F32", "F64"],
                    found: "I64"))
        let large = try SafetensorsTensor(name: "bn.bias", shape: [2], values: [1e300, 0])
        #expect(
            try error(tensors(without: "bn.bias") + [large])
                == .overflow(file: "model", tensor: "bn.bias", index: 0, value: 1e300))
        let none = try ["weight", "bias", "running_mean", "running_var"].map {
            try SafetensorsTensor(name: $0, shape: [0], values: [Float]())
        }
        #expect(
            try error(none, "")
                == .invalidLayer(file: "model", prefix: "", reason: .invalidChannelCount(0)))
        var layer = try BatchNorm<Float>.standard(channels: 2)
        layer.gamma = .perChannel([1])
        #expect(throws: FileError.invalidShape(shape: [2], count: 1)) {
            try layer.tensors(prefix: "bn")
        }
    }
}

extension BatchNormEntry {
    /// Everything of it in a line.
    var summary: String {
        "\(prefix) \(names) \(channels)" + (hasGamma ? " gamma" : "") + (hasBeta ? " beta" : "")
    }
}
