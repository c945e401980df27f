import Foundation
import Normalization
import NormalizationFiles
import Testing

@testable import norm

/// `norm apply` with a layer out of a file of weights: those that Tests/Fixtures/make_transformer.py and
/// make_weights.py saved, and what PyTorch computes with them.
@Suite struct ApplyWeightsTests {
    private static let transformer = fixture("weights/transformer.safetensors").path
    private static let tied = fixture("weights/tied_half.safetensors").path

    /// Writes a tensor of answers as x.npy; returns its shape.
    private func write(_ name: String, of answers: SafetensorsFile, _ folder: Folder) throws
        -> [Int]
    {
        let shape = try #require(answers.entry(named: name)).shape
        try folder.write(
            "x.npy", shape, answers.values(of: name, as: Double.self), isDouble: true)
        return shape
    }

    private func apply(_ arguments: [String], _ folder: Folder) throws -> Outcome {
        let outcome = try Command.run(
            ["apply", "--input", "x.npy", "--output-directory", "out"] + arguments,
            in: folder.path)
        #expect(
            outcome.status == 0 && outcome.output == "" && outcome.error == "", outcome.account)
        return outcome
    }

    /// Expects y within the roundings of sums of 32 values of a size of ten at most.
    private func expect(
        _ name: String, of answers: SafetensorsFile, _ shape: [Int], _ folder: Folder,
        _ outcome: Outcome
    ) throws {
        let found = try folder.read("out/y.npy", isDouble: true)
        let expected = try answers.values(of: name, as: Double.self)
        #expect(found.shape == shape, outcome.account)
        let worst = zip(found.values, expected).map { abs($0 - $1) }.max() ?? .nan
        #expect(worst < 40 * 10 * 0x1p-53, "\(worst): \(outcome.account)")
    }

    @Test(arguments: [
        ("model.layers.0.input_layernorm", ["--layer", "rms", "--epsilon", "1e-5"]),
        ("model.layers.1.post_attention_layernorm", ["--layer", "rms", "--epsilon", "1e-5"]),
        ("model.norm", ["--layer", "rms", "--epsilon", "1e-5"]),
        ("gemma.model.norm", ["--layer", "rms", "--preset", "gemma"]),
        ("gemma.model.norm", ["--layer", "rms", "--epsilon", "1e-6", "--scale-offset", "1"]),
        ("h.0.ln_1", ["--layer", "layer"]), ("ln_f", ["--layer", "layer", "--epsilon", "1e-5"]),
        ("plane_norm", ["--layer", "layer"]), ("plane_norm", ["--layer", "layer", "--axes", "2"]),
        ("down.0.norm1", ["--layer", "group", "--groups", "4"]),
    ])
    func layersAnswerAsInPyTorch(_ prefix: String, _ options: [String]) throws {
        let folder = try Folder()
        let answers = try SafetensorsFile(
            contentsOf: fixture("weights/transformer_answers.safetensors").path)
        let input = prefix == "down.0.norm1" ? "image" : "x"
        let shape = try write(input, of: answers, folder)
        let outcome = try apply(
            ["--mode", "inference", "--weights", Self.transformer, "--prefix", prefix] + options,
            folder)
        try expect("\(prefix).y", of: answers, shape, folder, outcome)
    }

    @Test func aBatchNormalizationAnswersAndTrainsOn() throws {
        let folder = try Folder()
        let answers = try SafetensorsFile(
            contentsOf: fixture("weights/tied_half_answers.safetensors").path)
        let shape = try write("x", of: answers, folder)
        let weights = ["--weights", Self.tied, "--prefix", "p2"]
        var outcome = try apply(["--mode", "inference"] + weights, folder)
        // γ is about 100 there.
        let expected = try answers.values(of: "p2.y", as: Double.self)
        let y = try folder.read("out/y.npy", isDouble: true)
        #expect(y.shape == shape, outcome.account)
        #expect(zip(y.values, expected).allSatisfy { abs($0 - $1) < 1e-12 * 100 }, outcome.account)

        outcome = try apply(
            ["--mode", "backward", "--gradient", "x.npy", "--momentum", "1"] + weights, folder)
        #expect(
            try folder.contents("out") == [
                "batch_mean.npy", "batch_variance.npy", "dbeta.npy", "dgamma.npy", "dx.npy",
                "running_mean.npy", "running_variance.npy", "y.npy",
            ])
        let mean = try folder.read("out/batch_mean.npy", isDouble: true)
        #expect(try folder.read("out/running_mean.npy", isDouble: true).values == mean.values)
    }

    /// What the metadata say is followed, and what the options say counts before it.
    @Test func settingsOfTheFileAreFollowed() throws {
        let folder = try Folder()
        try folder.write("x.npy", [2, 3, 4], (0..<24).map { Double($0 * $0) }, isDouble: true)
        let group = try GroupNorm<Double>(
            channels: 4, groups: 2, gamma: .shared(2), beta: .perChannel([1, 2, 3, 4]),
            epsilon: 0.5)
        let rms = try RMSNorm<Double>(
            width: 4, gamma: .perChannel([1, 2, 3, 4]), epsilon: 0.25, scaleOffset: 1)
        try SafetensorsFile.write(
            group.tensors(prefix: "gn") + rms.tensors(prefix: "rms"),
            metadata: group.metadata(prefix: "gn", channelAxis: -1)
                .merging(rms.metadata(prefix: "rms")) { $1 },
            to: "\(folder.path)/own.safetensors")
        let x = try folder.read("x.npy", isDouble: true).values
        func y(_ arguments: [String]) throws -> [Double] {
            _ = try apply(
                ["--mode", "inference", "--weights", "own.safetensors"] + arguments, folder)
            return try folder.read("out/y.npy", isDouble: true).values
        }
        #expect(
            try y(["--layer", "group", "--prefix", "gn"])
                == group.inference(x, shape: [2, 3, 4], channelAxis: -1))
        #expect(
            try y(["--layer", "rms", "--prefix", "rms"]) == rms.inference(x, shape: [2, 3, 4]))
        var other = rms
        (other.epsilon, other.scaleOffset) = (2, 0)
        #expect(
            try y(["--layer", "rms", "--prefix", "rms", "--epsilon", "2", "--scale-offset", "0"])
                == other.inference(x, shape: [2, 3, 4]))
        let parts = try GroupNorm<Double>(
            channels: 4, groups: 4, gamma: .shared(2), beta: .perChannel([1, 2, 3, 4]),
            epsilon: 0.5)
        #expect(
            try y(["--layer", "instance", "--prefix", "gn"])
                == parts.inference(x, shape: [2, 3, 4], channelAxis: -1))
        // A γ that all share has a gradient of one number.
        _ = try apply(
            ["--mode", "backward", "--gradient", "x.npy", "--layer", "group", "--prefix", "gn"]
                + ["--weights", "own.safetensors"], folder)
        #expect(try folder.read("out/dgamma.npy", isDouble: true).shape == [])
        #expect(try folder.read("out/dbeta.npy", isDouble: true).shape == [4])
    }

    private static let refusals: [([String], Int32, String)] = [
        (["--prefix", "p1"], 64, "--prefix: expected --weights beside it, got p1 alone"),
        (
            ["--weights", "TIED", "--gamma", "row.npy"], 64,
            "--gamma: expected none beside --weights"
        ),
        (["--weights", "none.safetensors"], 65, "--weights none.safetensors: cannot open"),
        (["--weights", "x.npy"], 65, "--weights x.npy: "),
        (
            ["--weights", "TIED"], 65,
            "expected a layer \"\", found none; there is \"p1\", \"p2\", \"p3\", \"p4\""
        ),
        (["--weights", "TIED", "--prefix", "p9"], 65, "expected a layer \"p9\", found none"),
        (
            ["--weights", "TRANSFORMER", "--prefix", "ln_f"], 65,
            "expected a tensor \"ln_f.running_mean\", found none"
        ),
        (
            ["--weights", "TRANSFORMER", "--prefix", "model.norm", "--layer", "rms"], 65,
            "layer \"model.norm\": expected --epsilon, since the file does not say it"
        ),
        (
            ["--weights", "TRANSFORMER", "--prefix", "down.0.norm1", "--layer", "group"], 65,
            "layer \"down.0.norm1\": expected --groups, since the file does not say it"
        ),
        (
            ["--weights", "TRANSFORMER", "--prefix", "ln_f", "--layer", "layer"], 65,
            "--input x.npy: shape [4, 3, 2] has 2 elements in the axes 2...2, expected 16"
        ),
        (
            ["--weights", "TIED", "--prefix", "p1", "--layer", "rms"], 65,
            "tensor \"p1.running_mean\": expected none but \"p1.weight\", \"p1.bias\""
        ),
        (
            ["--weights", "TIED", "--prefix", "p1", "--channel-axis", "0"], 65,
            "--input x.npy: shape [4, 3, 2] has 4 channels at axis 0, expected 3"
        ),
    ]

    @Test(arguments: refusals)
    func whatTheFileDoesNotHaveIsRefused(
        _ arguments: [String], _ status: Int32, _ message: String
    ) throws {
        let folder = try RefusalTests.files()
        let before = try folder.contents()
        let files = ["TIED": Self.tied, "TRANSFORMER": Self.transformer]
        try Command.run(
            ["apply"] + RefusalTests.training + RefusalTests.output
                + arguments.map { files[$0] ?? $0 }, in: folder.path
        ).expectRefusal(status, saying: message)
        #expect(try folder.contents() == before)
    }
}
