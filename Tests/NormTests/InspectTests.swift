import Foundation
import NormalizationFiles
import Testing

@testable import norm

/// `norm inspect`, on files that are written here with one defect each.
@Suite struct InspectTests {
    /// A batch normalization that nothing is wrong with.
    static func sound(_ prefix: String, channels: Int = 4) throws -> [String: SafetensorsTensor] {
        let numbers = (0..<channels).map { Float($0) }
        let tensors = [
            try SafetensorsTensor(
                name: "\(prefix).weight", shape: [channels], values: numbers.map { 1 + $0 / 8 }),
            try SafetensorsTensor(
                name: "\(prefix).bias", shape: [channels], values: numbers.map { $0 - 1 }),
            try SafetensorsTensor(
                name: "\(prefix).running_mean", shape: [channels],
                values: numbers.map { $0 / 4 - 0.5 }),
            try SafetensorsTensor(
                name: "\(prefix).running_var", shape: [channels],
                values: numbers.map { 0.5 + $0 / 2 }),
            try SafetensorsTensor(
                name: "\(prefix).num_batches_tracked", shape: [], integers: [100]),
        ]
        return Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    }

    static func write(
        _ tensors: [String: SafetensorsTensor], metadata: [String: String] = [:], _ folder: Folder,
        _ name: String = "model.safetensors"
    ) throws {
        try SafetensorsFile.write(
            Array(tensors.values), metadata: metadata, to: "\(folder.path)/\(name)")
    }

    private static func inspect(
        _ tensors: [String: SafetensorsTensor], metadata: [String: String] = [:],
        _ options: String...
    ) throws -> Outcome {
        let folder = try Folder()
        try write(tensors, metadata: metadata, folder)
        return try Command.run(["inspect", "model.safetensors"] + options, in: folder.path)
    }

    @Test func soundLayersAreListedAndTheStatusIsZero() throws {
        var tensors = try Self.sound("layer1.bn1").merging(Self.sound("bn")) { $1 }
        tensors["ln.weight"] = try SafetensorsTensor(
            name: "ln.weight", shape: [3], values: [1, 2, 3] as [Float])
        tensors["ln.bias"] = try SafetensorsTensor(
            name: "ln.bias", shape: [3], values: [0, 1, 0] as [Double])
        tensors["conv.weight"] = try SafetensorsTensor(
            name: "conv.weight", shape: [2, 2, 1], values: [1, 2, 3, 4] as [Float])
        let outcome = try Self.inspect(tensors, "--strict")
        #expect(outcome.status == 0 && outcome.error == "", outcome.account)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "model.safetensors: 3 normalizations, nothing wrong")
        #expect(lines.count == 5, outcome.account)
        for words in [
            ["bn ", "batch", "4", "F32", "γ β μ σ²", "100", "1 … 1.38", "0.707 … 1.41"],
            ["layer1.bn1", "batch"], ["ln ", "layer", "3", "F32 F64", "γ β", "–", "1 … 3"],
        ] {
            #expect(
                lines.contains { line in words.allSatisfy { line.contains($0) } }, outcome.account)
        }
    }

    /// A defect: which tensor has which numbers, what is said of it, and whether that is wrong.
    struct Defect: CustomTestStringConvertible, Sendable {
        let part: String
        let values: [Float]
        let check: Finding.Check
        let isWrong: Bool
        let words: String
        var testDescription: String { "\(part) \(values)" }

        init(
            _ part: String, _ values: [Float], _ check: Finding.Check, _ isWrong: Bool,
            _ words: String
        ) {
            (self.part, self.values, self.check) = (part, values, check)
            (self.isWrong, self.words) = (isWrong, words)
        }
    }

    static let defects = [
        Defect("weight", [1, .nan, 1, 1], .notFinite, true, "1 of 4 gammas is not finite"),
        Defect("bias", [1, 1, 1, -.infinity], .notFinite, true, "of channel 3, is -inf"),
        Defect("running_mean", [.nan, 1, .nan, 1], .notFinite, true, "2 of 4 running means are"),
        Defect("running_var", [1, .infinity, 2, 3], .notFinite, true, "running variances is not"),
        Defect("running_var", [1, -1e-3, 2, 3], .negativeVariance, true, "is negative"),
        Defect(
            "running_var", [0, 0, 0, 0], .zeroVariance, true, "all 4 running variances are zero"),
        Defect("running_var", [1, 0, 2, 3], .zeroVariance, false, "never varied"),
        Defect("running_var", [1, 1e-9, 2, 3], .tinyVariance, false, "epsilon"),
        Defect("running_var", [1, 1e10, 2, 3], .hugeVariance, false, "above 1e8"),
        Defect("weight", [0, 0, 0, 0], .deadChannel, true, "all 4 gammas are zero"),
        Defect("weight", [1, 0, 1, 1], .deadChannel, false, "of channel 1, is 0"),
        Defect("weight", [1, 1, 1e-8, 1], .deadChannel, false, "of channel 2"),
        Defect("running_mean", [1, 1e5, 1, 1], .farMean, false, "thousand deviations"),
        Defect(
            "weight", Array(repeating: .leastNormalMagnitude / 4, count: 4), .subnormalScale, false,
            "of F32"),
    ]

    @Test(arguments: defects)
    func aDefectIsNamed(_ defect: Defect) throws {
        var tensors = try Self.sound("bn")
        let name = "bn.\(defect.part)"
        tensors[name] = try SafetensorsTensor(name: name, shape: [4], values: defect.values)
        let folder = try Folder()
        try Self.write(tensors, folder)
        let outcome = try Command.run(
            "inspect", "model.safetensors", "--json", "health.json", in: folder.path)
        #expect(outcome.status == (defect.isWrong ? 1 : 0), outcome.account)
        let level = defect.isWrong ? "wrong" : "warning"
        #expect(outcome.output.contains("\n\(level): bn: "), outcome.account)
        #expect(outcome.output.contains(defect.words), outcome.account)
        #expect(
            outcome.error == ""
                || outcome.error.hasSuffix(": 1 normalization, 1 wrong, 0 with warnings\n"),
            outcome.account)
        let json = try String(contentsOfFile: "\(folder.path)/health.json", encoding: .utf8)
        #expect(json.contains("\"check\": \"\(defect.check.rawValue)\""), "\(json)")
        #expect(json.contains("\"level\": \"\(level)\""), "\(json)")
        let strict = try Command.run("inspect", "model.safetensors", "--strict", in: folder.path)
        #expect(strict.status == 1, strict.account)
    }

    @Test func scalesBeyondHalfPrecisionAreWrong() {
        let health = LayerHealth(
            kind: .batch, gamma: [1000, 1], beta: [0, 0], running: ([0, 1], [1e-9, 1]),
            epsilon: 1e-9, type: .float16)
        #expect(health.findings.contains { $0.check == .scaleRange && $0.channels == [0] })
    }

    @Test func statisticsAtTheirStartAreWrong() throws {
        var tensors = try Self.sound("bn")
        tensors["bn.num_batches_tracked"] = try SafetensorsTensor(
            name: "bn.num_batches_tracked", shape: [], integers: [0])
        var outcome = try Self.inspect(tensors)
        #expect(outcome.status == 0, outcome.account)
        #expect(outcome.output.contains("warning: bn: it counts no update"), outcome.account)
        for (part, value) in [("running_mean", Float(0)), ("running_var", 1)] {
            tensors["bn.\(part)"] = try SafetensorsTensor(
                name: "bn.\(part)", shape: [4], values: Array(repeating: value, count: 4))
        }
        outcome = try Self.inspect(tensors)
        #expect(outcome.status == 1, outcome.account)
        #expect(outcome.output.contains("never updated"), outcome.account)
    }

    @Test func missingMisspeltAndOtherTensorsAreNamed() throws {
        let sound = try Self.sound("bn")
        func renamed(_ old: String, _ new: String) -> [String: SafetensorsTensor] {
            var tensors = sound
            tensors["bn.\(new)"] = tensors.removeValue(forKey: "bn.\(old)")?.renamed("bn.\(new)")
            return tensors
        }
        for misspelt in ["runing_var", "running_vra", "runningVar", "Running_Var", "running_var_"] {
            let outcome = try Self.inspect(renamed("running_var", misspelt))
            #expect(outcome.status == 1, outcome.account)
            #expect(
                outcome.output.contains("it has a tensor \"\(misspelt)\" and none \"running_var\""),
                outcome.account)
        }
        var tensors = sound
        tensors["bn.running_var"] = nil
        var outcome = try Self.inspect(tensors)
        #expect(outcome.status == 1, outcome.account)
        #expect(outcome.output.contains("expected a tensor \"bn.running_var\""), outcome.account)

        tensors = sound
        tensors["bn.bias"] = try SafetensorsTensor(
            name: "bn.bias", shape: [3], values: [1, 2, 3] as [Float])
        outcome = try Self.inspect(tensors)
        #expect(outcome.status == 1, outcome.account)
        #expect(outcome.output.contains("tensor \"bn.bias\": expected shape (4)"), outcome.account)

        tensors = sound
        tensors["bn.running_mean"] = try SafetensorsTensor(
            name: "bn.running_mean", shape: [4], integers: [1, 2, 3, 4])
        outcome = try Self.inspect(tensors)
        #expect(outcome.status == 1, outcome.account)
        #expect(outcome.output.contains("found I64"), outcome.account)

        tensors = ["ln.weight": [1, 2, 3], "ln.bias": [1, 2]].reduce(into: [:]) { all, part in
            all[part.key] = try? SafetensorsTensor(
                name: part.key, shape: [part.value.count], values: part.value.map { Float($0) })
        }
        outcome = try Self.inspect(tensors)
        #expect(outcome.status == 1, outcome.account)
        #expect(outcome.output.contains("gamma of 3 numbers and beta of 2"), outcome.account)
    }

    @Test func whatIsLikeNoNormalizationIsLeftAlone() throws {
        var tensors = try Self.sound("bn")
        for name in ["observer.running_max", "act.weights", "fc.bias", "fc.alpha"] {
            tensors[name] = try SafetensorsTensor(
                name: name, shape: [2], values: [1, 2] as [Float])
        }
        let outcome = try Self.inspect(tensors, "--strict")
        #expect(outcome.status == 0, outcome.account)
    }

    @Test func tiedAndBareLayersAreWarnedOf() throws {
        var tensors = try Self.sound("bn")
        let aliases = tensors.keys.map { ($0.replacing("bn.", with: "bn2."), $0) }
        var outcome = try Self.inspect(
            tensors, metadata: Dictionary(uniqueKeysWithValues: aliases))
        #expect(outcome.status == 0, outcome.account)
        #expect(outcome.output.contains("warning: bn2: it shares tensors"), outcome.account)
        tensors["bn.weight"] = nil
        tensors["bn.bias"] = nil
        outcome = try Self.inspect(tensors)
        #expect(outcome.status == 0, outcome.account)
        #expect(outcome.output.contains("warning: bn: it has neither"), outcome.account)
    }

    @Test func shardsAreOneModel() throws {
        let folder = try Folder()
        let tensors = try Self.sound("a.bn").merging(Self.sound("b.bn")) { $1 }
        let (one, other) = ("m-1.safetensors", "m-2.safetensors")
        try Self.write(tensors.filter { $0.key.hasSuffix("running_mean") }, folder, one)
        try Self.write(tensors.filter { !$0.key.hasSuffix("running_mean") }, folder, other)
        var outcome = try Command.run("inspect", folder.path)
        #expect(outcome.status == 0, outcome.account)
        #expect(outcome.output.contains("2 normalizations, nothing wrong"), outcome.account)
        let map = tensors.keys.sorted()
            .map { "\"\($0)\": \"\($0.hasSuffix("running_mean") ? one : other)\"" }
        let index = "\(folder.path)/m.safetensors.index.json"
        try "{\"weight_map\": {\(map.joined(separator: ", "))}}".write(
            toFile: index, atomically: true, encoding: .utf8)
        for path in [index, folder.path] {
            outcome = try Command.run("inspect", path, "--json", "-")
            #expect(outcome.status == 0, outcome.account)
            #expect(outcome.output.contains("\"name\": \"b.bn\""), outcome.account)
        }
    }

    @Test func wrongCallsAreRefused() throws {
        let folder = try Folder()
        try Self.write(
            ["w": SafetensorsTensor(name: "w", shape: [1], values: [1] as [Float])], folder)
        var outcome = try Command.run("inspect", "model.safetensors", in: folder.path)
        outcome.expectRefusal(1, saying: "expected normalizations, found none")
        outcome = try Command.run("inspect", "none.safetensors", in: folder.path)
        outcome.expectRefusal(65, saying: "none.safetensors: cannot open")
        outcome = try Command.run("inspect", in: folder.path)
        outcome.expectRefusal(64, saying: "missing expected argument '<file>'")
        outcome = try Command.run(
            "inspect", "model.safetensors", "--pairs", "--json", "-", in: folder.path)
        outcome.expectRefusal(64, saying: "--json: not with --pairs")
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/empty", withIntermediateDirectories: true)
        outcome = try Command.run("inspect", "empty", in: folder.path)
        outcome.expectRefusal(65, saying: "a folder without .safetensors files")
    }

    @Test func pairsAreProposedByNameAndShape() throws {
        let folder = try Folder()
        var tensors: [String: SafetensorsTensor] = [:]
        for norm in ["bn1", "layer1.0.bn2", "layer1.0.downsample.1", "up.norm", "lost.bn"] {
            tensors.merge(try Self.sound(norm)) { $1 }
        }
        for (name, shape) in [
            ("conv1", [4, 3, 3, 3]), ("layer1.0.conv2", [4, 4, 1, 1]),
            ("layer1.0.conv1", [4, 4, 1, 1]),
            ("layer1.0.downsample.0", [4, 2, 1, 1]), ("up.deconv", [2, 4, 2, 2]), ("fc", [4, 4]),
            ("lost.conv", [5, 4, 1, 1]),
        ] {
            tensors["\(name).weight"] = try SafetensorsTensor(
                name: "\(name).weight", shape: shape,
                values: [Float](repeating: 1, count: shape.reduce(1, *)))
        }
        try Self.write(tensors, folder)
        let outcome = try Command.run("inspect", "model.safetensors", "--pairs", in: folder.path)
        #expect(outcome.status == 0, outcome.account)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(
            Array(lines.dropFirst()) == [
                "--pair 'conv1:bn1'", "--pair 'layer1.0.conv2:layer1.0.bn2'",
                "--pair 'layer1.0.downsample.0:layer1.0.downsample.1'",
                "--pair 'up.deconv:up.norm,transposed'", "# No layer was found for lost.bn.",
            ], outcome.account)
    }

    @Test func quantilesInterpolate() throws {
        let quantiles = try #require(Quantiles([4, .nan, 1, 3, 2]))
        #expect(quantiles.least == 1 && quantiles.largest == 4 && quantiles.median == 2.5)
        #expect(quantiles.lower == 1.75 && quantiles.upper == 3.25)
        #expect(Quantiles([.nan]) == nil && Quantiles([]) == nil)
    }
}
