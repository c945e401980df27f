import Normalization
import NormalizationFiles
import Testing

/// Models that `safetensors.torch.save_model` and Keras (through the converter) have saved: every
/// layer is found, with all it has, and answers as the framework does.
@Suite struct SavedModelTests {
    private func weights(_ name: String) throws -> SafetensorsFile {
        try SafetensorsFile(contentsOf: fixture("../weights/\(name).safetensors"))
    }

    /// y in inference, channels at the last of two axes, within 8 roundings of the terms' sizes.
    private func check(
        _ layer: BatchNorm<Double>, _ answers: SafetensorsFile, _ name: String, roundoff: Double
    ) throws {
        let x = try answers.values(of: "x", as: Double.self)
        let expected = try answers.values(of: "\(name).y", as: Double.self)
        let y = try layer.inference(x, shape: [4, 3])
        let running = try #require(layer.runningStatistics)
        #expect(!expected.isEmpty)
        for i in y.indices {
            let s = 1 / (running.variance[i % 3] + layer.epsilon).squareRoot()
            let size =
                abs(layer.gamma.values[i % 3]) * (abs(x[i]) + abs(running.mean[i % 3])) * s
                + abs(layer.beta.values[i % 3])
            #expect(abs(y[i] - expected[i]) <= 8 * roundoff * size, "\(name): \(y[i])")
        }
    }

    /// p1 and p2 share γ and β, p4 is p3; every tensor is in half precision, counts too.
    @Test func layersThatShareTheirParametersAreWhole() throws {
        let model = try weights("tied_half")
        #expect(
            model.batchNorms.map(\.summary)
                == (1...4).map { "p\($0) pyTorch 3 gamma beta" })
        let answers = try weights("tied_half_answers")
        for entry in model.batchNorms {
            let layer = try model.batchNorm(entry.prefix, as: Double.self)
            #expect(layer.runningStatistics?.updateCount == 13)
            try check(layer, answers, entry.prefix, roundoff: 0x1p-53)
        }
    }

    /// ε of 1.001e-5, below a variance as small, and of 0.5: neither is Keras's default.
    @Test func layersOfTwoPartsAnswerWithTheirOwnEpsilon() throws {
        let model = try weights("keras_submodels")
        #expect(model.batchNorms.map(\.prefix) == ["first.bn", "second.bn"])
        #expect(model.batchNorms.map(\.settings.epsilon) == [1.001e-5, 0.5])
        #expect(model.batchNorms.allSatisfy { $0.settings.channelAxis == -1 })
        let answers = try weights("keras_submodels_answers")
        for part in ["first", "second"] {
            // Keras computed in Float.
            try check(model.batchNorm("\(part).bn"), answers, part, roundoff: 0x1p-24)
        }
    }
}
