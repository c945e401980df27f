import Normalization
import NormalizationFiles
import Testing

/// The normalizations of transformers and of a convolutional network by the names that Hugging Face and
/// PyTorch give them, and what PyTorch computes: Tests/Fixtures/make_transformer.py.
@Suite struct TransformerTests {
    private func weights(_ name: String) throws -> SafetensorsFile {
        try SafetensorsFile(contentsOf: fixture("../weights/\(name).safetensors"))
    }

    @Test func theListHasTheNormalizationsAndNothingElse() throws {
        #expect(
            try weights("transformer").normalizations.map(\.description) == [
                "down.0.norm1: layer, rms or group norm of (8), gamma and beta",
                "gemma.model.norm: layer, rms or group norm of (16), gamma",
                "h.0.ln_1: layer norm of (16), gamma and beta",
                "ln_f: layer norm of (16), gamma and beta",
                "model.layers.0.input_layernorm: layer or rms norm of (16), gamma",
                "model.layers.0.post_attention_layernorm: layer or rms norm of (16), gamma",
                "model.layers.1.input_layernorm: layer or rms norm of (16), gamma",
                "model.layers.1.post_attention_layernorm: layer or rms norm of (16), gamma",
                "model.norm: layer, rms or group norm of (16), gamma",
                "plane_norm: layer or rms norm of (2, 16), gamma and beta",
            ])
    }

    /// Both sides sum at most 32 values and round about ten times; y is of a size of ten at most.
    private func expect(
        _ y: [Double], _ prefix: String, _ answers: SafetensorsFile
    ) throws {
        let expected = try answers.values(of: "\(prefix).y", as: Double.self)
        #expect(y.count == expected.count)
        let worst = zip(y, expected).map { abs($0 - $1) }.max() ?? .nan
        #expect(worst < 40 * 10 * 0x1p-53, "\(prefix): \(worst)")
    }

    @Test func everyNormalizationAnswersAsInPyTorch() throws {
        let model = try weights("transformer")
        let answers = try weights("transformer_answers")
        let x = try answers.values(of: "x", as: Double.self)
        let shape = [3, 2, 16]
        for entry in model.normalizations where entry.prefix.hasPrefix("model.") {
            let norm = try model.rmsNorm(entry.prefix, as: Double.self, epsilon: 1e-5)
            try expect(norm.inference(x, shape: shape), entry.prefix, answers)
        }
        let gemma = try model.rmsNorm(
            "gemma.model.norm", as: Double.self, epsilon: 1e-6, scaleOffset: 1)
        try expect(gemma.inference(x, shape: shape), "gemma.model.norm", answers)
        for prefix in ["h.0.ln_1", "ln_f"] {
            let norm = try model.layerNorm(prefix, as: Double.self)
            try expect(norm.inference(x, shape: shape), prefix, answers)
        }
        let plane = try model.layerNorm("plane_norm", as: Double.self)
        try expect(plane.inference(x, shape: shape, lastAxes: 2), "plane_norm", answers)
        let group = try model.groupNorm("down.0.norm1", as: Double.self, groups: 4)
        let image = try answers.values(of: "image", as: Double.self)
        try expect(group.inference(image, shape: [2, 8, 3, 3]), "down.0.norm1", answers)
    }

    /// Keras computes in Float; the converter says what each layer is, ε and groups. Sums of ten values at
    /// most of a size of ten.
    @Test func layersOfKerasAnswerAsInKeras() throws {
        let model = try weights("keras_family")
        #expect(
            model.normalizations.map(\.description) == [
                "group: group norm of (4), gamma and beta",
                "layer: layer norm of (4), gamma and beta", "rms: rms norm of (4), gamma",
            ])
        let answers = try weights("keras_family_answers")
        let x = try answers.values(of: "x", as: Double.self)
        let shape = [2, 5, 4]
        let group = try model.groupNorm("group", as: Double.self)
        let axis = try #require(try model.settings(of: "group").channelAxis)
        let found = try [
            "layer": model.layerNorm("layer", as: Double.self).inference(x, shape: shape),
            "rms": model.rmsNorm("rms", as: Double.self).inference(x, shape: shape),
            "group": group.inference(x, shape: shape, channelAxis: axis),
        ]
        for (prefix, y) in found {
            let expected = try answers.values(of: "\(prefix).y", as: Double.self)
            let worst = zip(y, expected).map { abs($0 - $1) }.max() ?? .nan
            #expect(worst < 20 * 10 * 0x1p-24, "\(prefix): \(worst)")
        }
    }
}
