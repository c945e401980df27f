import Foundation
import Normalization
import NormalizationFiles
import Testing

@testable import norm

/// `norm fold`, on files that are written here.
@Suite struct FoldTests {
    private static let epsilon = 1e-5

    /// Per channel, what the fold multiplies by, and what it makes of a bias.
    private static func scales(
        _ file: SafetensorsFile, _ prefix: String, _ bias: [Double], epsilon: Double = epsilon
    ) throws -> (scale: [Double], bias: [Double]) {
        func values(_ part: String) throws -> [Double] { try file.values(of: "\(prefix).\(part)") }
        let (gamma, beta) = (try values("weight"), try values("bias"))
        let (mean, variance) = (try values("running_mean"), try values("running_var"))
        let scale = zip(gamma, variance).map { $0 / ($1 + epsilon).squareRoot() }
        return (scale, bias.indices.map { scale[$0] * (bias[$0] - mean[$0]) + beta[$0] })
    }

    /// Writes a model, folds it, and opens both files.
    private static func folded(
        _ tensors: [SafetensorsTensor], metadata: [String: String] = [:], _ options: [String]
    ) throws -> (old: SafetensorsFile, new: SafetensorsFile, outcome: Outcome) {
        let folder = try Folder()
        let (old, new) = ("\(folder.path)/old.safetensors", "\(folder.path)/new.safetensors")
        try SafetensorsFile.write(tensors, metadata: metadata, to: old)
        let outcome = try Command.run(["fold", old, "--output", new] + options)
        #expect(outcome.status == 0 && outcome.error == "", outcome.account)
        // Open files stay when their folder goes.
        return (try SafetensorsFile(contentsOf: old), try SafetensorsFile(contentsOf: new), outcome)
    }

    /// Kinds of weights: their name, shape, the pair's words, and the channel of an index.
    struct Kind: Sendable, CustomTestStringConvertible {
        let part: String
        let shape: [Int]
        var words = ""
        let channel: @Sendable (Int) -> Int
        var testDescription: String { "\(part) \(shape)\(words)" }
    }

    static let kinds = [
        Kind(part: "weight", shape: [6, 4, 3, 3]) { $0 / 36 },
        Kind(part: "weight", shape: [6, 1, 5]) { $0 / 5 },
        Kind(part: "weight", shape: [6, 10]) { $0 / 10 },
        Kind(part: "weight", shape: [4, 6, 3], words: ",transposed") { $0 / 3 % 6 },
        Kind(part: "weight", shape: [4, 3, 2, 2], words: ",transposed,groups=2") {
            $0 / 24 * 3 + $0 / 4 % 3
        },
        Kind(part: "kernel", shape: [3, 3, 4, 6]) { $0 % 6 },
        Kind(part: "kernel", shape: [10, 6]) { $0 % 6 },
        Kind(part: "kernel", shape: [3, 6, 4], words: ",transposed") { $0 / 4 % 6 },
        Kind(part: "depthwise_kernel", shape: [3, 3, 3, 2]) { $0 % 6 },
    ]

    @Test(arguments: kinds, [SafetensorsType.float32, .float64, .float16, .bfloat16])
    func weightsAreScaledByTheirChannel(_ kind: Kind, _ type: SafetensorsType) throws {
        let count = kind.shape.reduce(1, *)
        let weights = try FoldModel.tensor(
            "conv.\(kind.part)", kind.shape, FoldModel.numbers(count, 1), type)
        let bias = try FoldModel.tensor("conv.bias", [6], FoldModel.numbers(6, 2), type)
        let other = try SafetensorsTensor(name: "other", shape: [3], integers: [1, 2, 3])
        let (old, new, outcome) = try Self.folded(
            [weights, bias, other] + FoldModel.norm("bn", 6),
            metadata: ["format": "pt", "normalization.bn": "epsilon=0.001"],
            ["--pair", "conv:bn\(kind.words)"])
        #expect(Set(new.entries.map(\.name)) == [weights.name, "conv.bias", "other"])
        #expect(new.metadata == ["format": "pt"])
        #expect(try new.tensor("other") == other)
        #expect(outcome.output.contains("epsilon 0.001 of the file"), outcome.account)
        #expect(outcome.output.contains("1 batch normalization folded, 1 tensor as it was"))

        let (scale, newBias) = try Self.scales(
            old, "bn", old.values(of: "conv.bias"), epsilon: 0.001)
        // Half a unit in the last place of the type, and what Float takes before.
        let unit: Double =
            switch type {
            case .float64: 0x1p-51
            case .float32: 0x1p-22
            case .float16: 0x1p-11 + 0x1p-20
            default: 0x1p-8 + 0x1p-20
            }
        let expected = try old.values(of: weights.name, as: Double.self).enumerated()
            .map { $0.element * scale[kind.channel($0.offset)] }
        for (name, expected) in [(weights.name, expected), ("conv.bias", newBias)] {
            #expect(new.entry(named: name)?.type == type)
            #expect(new.entry(named: name)?.shape == old.entry(named: name)?.shape)
            let found = try new.values(of: name, as: Double.self)
            for (index, (a, b)) in zip(found, expected).enumerated() {
                #expect(abs(a - b) <= unit * max(abs(b), 0.05), "\(name) \(index): \(a), \(b)")
            }
        }
    }

    @Test func aBiasIsAddedWhereThereWasNone() throws {
        let weights = try FoldModel.tensor(
            "conv.weight", [6, 2, 1], FoldModel.numbers(12, 1), .float16)
        let (old, new, _) = try Self.folded(
            [weights] + FoldModel.norm("bn", 6), ["--pair", "conv:bn", "--epsilon", "0.01"])
        #expect(Set(new.entries.map(\.name)) == ["conv.weight", "conv.bias"])
        #expect(new.entry(named: "conv.bias")?.type == .float16)
        let expected = try Self.scales(
            old, "bn", Array(repeating: 0, count: 6), epsilon: 0.01
        ).bias
        let found = try new.values(of: "conv.bias", as: Double.self)
        // Half a unit in the last place of a Float16, and what Float takes before.
        for (a, b) in zip(found, expected) {
            #expect(abs(a - b) <= (0x1p-11 + 0x1p-20) * max(abs(b), 0.05), "\(a), \(b)")
        }
    }

    @Test func starsStandForTheSameOnBothSides() throws {
        var tensors: [SafetensorsTensor] = []
        let names = [
            ("conv1", "bn1"), ("layer1.0.conv1", "layer1.0.bn1"),
            ("layer1.0.conv2", "layer1.0.bn2"),
            ("layer2.1.downsample.0", "layer2.1.downsample.1"),
        ]
        for (index, (conv, norm)) in names.enumerated() {
            tensors.append(
                try FoldModel.tensor(
                    "\(conv).weight", [6, 1, 1], FoldModel.numbers(6, index), .float32))
            tensors += try FoldModel.norm(norm, 6)
        }
        let (old, new, outcome) = try Self.folded(
            tensors,
            [
                "--pair", "layer*.conv*:layer*.bn*", "--pair",
                "layer*.downsample.0:layer*.downsample.1",
            ])
        #expect(outcome.output.contains("3 batch normalizations folded"), outcome.account)
        #expect(outcome.output.contains("not folded: bn1"), outcome.account)
        for name in old.entries.map(\.name).filter({ $0.contains("bn1.") && !$0.contains("layer") })
        {
            #expect(try new.tensor(name) == old.tensor(name))
        }
        #expect(new.batchNorms.map(\.prefix) == ["bn1"])
        #expect(new.entry(named: "layer2.1.downsample.0.bias") != nil)
    }

    @Test func shardsAreFoldedIntoAFolder() throws {
        let folder = try Folder()
        let norm = try FoldModel.norm("bn", 6)
        let files = [
            "m-1.safetensors": [
                try FoldModel.tensor("c.weight", [6, 2], FoldModel.numbers(12, 1), .float32)
            ]
                + norm[..<2],
            "m-2.safetensors": [
                try FoldModel.tensor("c.bias", [6], FoldModel.numbers(6, 2), .float32)
            ]
                + norm[2...],
        ]
        var map: [String] = []
        for (name, tensors) in files {
            try SafetensorsFile.write(tensors, to: "\(folder.path)/\(name)")
            map += tensors.map { "\"\($0.name)\": \"\(name)\"" }
        }
        let index = "m.safetensors.index.json"
        try "{\"weight_map\": {\(map.joined(separator: ", "))}}".write(
            toFile: "\(folder.path)/\(index)", atomically: true, encoding: .utf8)
        for source in [index, "."] {
            let outcome = try Command.run(
                "fold", source, "--output", "out", "--pair", "c:bn", in: folder.path)
            #expect(outcome.status == 0, outcome.account)
            #expect(try folder.contents("out") == ["m-1.safetensors", "m-2.safetensors", index])
            let model = try SafetensorsModel(contentsOf: "\(folder.path)/out/\(index)")
            #expect(model.files.flatMap(\.entries).map(\.name).sorted() == ["c.bias", "c.weight"])
        }
    }

    @Test func theFileItselfMayBeTheOutput() throws {
        let folder = try Folder()
        let path = "\(folder.path)/m.safetensors"
        let weights = try FoldModel.tensor("c.weight", [6, 2], FoldModel.numbers(12, 1), .float32)
        try SafetensorsFile.write([weights] + FoldModel.norm("bn", 6), to: path)
        let outcome = try Command.run("fold", path, "--output", path, "--pair", "c:bn")
        #expect(outcome.status == 0, outcome.account)
        #expect(try SafetensorsFile(contentsOf: path).entries.count == 2)
    }

    /// What cannot be folded: the pair, the status, and what is said.
    @Test(arguments: [
        (["conv"], Int32(64), "expected the names of two layers, such as conv1:bn1, got 'conv'"),
        (["a:b:c"], 64, "expected the names of two layers"),
        (["c*:bn"], 64, "expected as many stars on both sides"),
        (["c**:b**"], 64, "none beside another"),
        (["conv:bn,epsilon=x"], 64, "epsilon= to be a number"),
        (["conv:bn,groups=2"], 64, "groups= with transposed alone"),
        (["conv:bn,fast"], 64, "expected transposed, groups=G or epsilon=E"),
        (["conv:bn", "c*nv:b*n"], 65, "expected a batch normalization \"bon\""),
        (["conv:bn", "con*:b*"], 65, "expected a batch normalization \"bv\""),
        (["conv:bn", "conv:bn"], 64, "conv is in another pair, too"),
        (["none:bn"], 65, "expected a convolution or dense layer \"none\""),
        (["conv:none"], 65, "expected a batch normalization \"none\""),
        (["conv:fc"], 65, "there is bn, half, set"),
        (["fc:bn"], 65, "expected 6 outputs, as the normalization has channels, found 3"),
        (["up:bn"], 65, "say ,transposed"),
        (["fc:bn,transposed"], 65, "expected weights of a transposed convolution"),
        (["up:bn,transposed,groups=3"], 65, "found 18"),
        (["whole:bn"], 65, "expected elements of type F16, BF16, F32 or F64, found I64"),
        (["small:half"], 65, "expected numbers in the range of F16 after folding"),
        (["tied:bn"], 65, "is \"other.weight\", too"),
        (["other:bn"], 65, "is \"tied.weight\", too"),
        (["conv:set,epsilon=0.1"], 65, "expected an epsilon of 0.001, as the file says, got 0.1"),
    ])
    func whatCannotFoldIsRefusedByName(
        _ pairs: [String], _ status: Int32, _ words: String
    ) throws {
        let folder = try Folder()
        let tensors = [
            try FoldModel.tensor("conv.weight", [6, 2, 1], FoldModel.numbers(12, 1), .float32),
            try FoldModel.tensor("fc.weight", [3, 4], FoldModel.numbers(12, 1), .float32),
            try FoldModel.tensor("up.weight", [2, 6, 1], FoldModel.numbers(12, 1), .float32),
            try FoldModel.tensor("small.weight", [6, 1], [60000, 1, 1, 1, 1, 1], .float16),
            try SafetensorsTensor(
                name: "whole.weight", shape: [6, 1], integers: [1, 2, 3, 4, 5, 6]),
            try FoldModel.tensor("tied.weight", [6, 1], FoldModel.numbers(6, 1), .float32),
        ]
        let huge = try FoldModel.norm("half", 6).map { tensor in
            tensor.name == "half.weight"
                ? try FoldModel.tensor("half.weight", [6], [9, 9, 9, 9, 9, 9], .float32) : tensor
        }
        let norms = try FoldModel.norm("bn", 6) + huge + FoldModel.norm("set", 6)
        try SafetensorsFile.write(
            tensors + norms,
            metadata: ["other.weight": "tied.weight", "normalization.set": "epsilon=0.001"],
            to: "\(folder.path)/m.safetensors")
        let outcome = try Command.run(
            ["fold", "m.safetensors", "--output", "out.safetensors"]
                + pairs.flatMap { ["--pair", $0] }, in: folder.path)
        outcome.expectRefusal(status, saying: words)
        #expect(try folder.contents() == ["m.safetensors"])
    }

    @Test func wrongOptionsAreRefused() throws {
        let folder = try Folder()
        var outcome = try Command.run("fold", "m", "--output", "o", in: folder.path)
        outcome.expectRefusal(64, saying: "--pair: expected at least one")
        outcome = try Command.run(
            "fold", "m", "--output", "o", "--pair", "a:b", "--epsilon", "nan", in: folder.path)
        outcome.expectRefusal(64, saying: "--epsilon: expected a number from 0 on")
        outcome = try Command.run("fold", "m", "--pair", "a:b", in: folder.path)
        outcome.expectRefusal(64, saying: "missing expected argument '--output")
        outcome = try Command.run("fold", "m", "--output", "o", "--pair", "a:b", in: folder.path)
        outcome.expectRefusal(65, saying: "m: cannot open")
    }

    @Test func aTensorThatAnotherLayerHasStays() throws {
        let conv = try FoldModel.tensor(
            "conv.weight", [6, 2, 1], FoldModel.numbers(12, 1), .float32)
        let norm = try FoldModel.norm("bn", 6)
        let aliases = norm.map { ($0.name.replacing("bn.", with: "bn2."), $0.name) }
        let metadata = Dictionary(uniqueKeysWithValues: aliases)
        var (old, new, _) = try Self.folded(
            [conv] + norm, metadata: metadata, ["--pair", "conv:bn"])
        #expect(new.metadata == metadata)
        #expect(try new.batchNorm("bn2", as: Float.self).beta == old.batchNorm("bn2").beta)
        (old, new, _) = try Self.folded([conv] + norm, metadata: metadata, ["--pair", "conv:bn2"])
        #expect(new.metadata == [:])
        #expect(try new.batchNorm("bn", as: Float.self).beta == old.batchNorm("bn").beta)
    }

    @Test func starsReadNamesInEveryWay() throws {
        func readings(_ pattern: String, _ name: String) throws -> [[String]] {
            try #require(NamePattern(pattern)).readings(of: name)
                .map { $0.map { String(decoding: $0, as: UTF8.self) } }
        }
        #expect(try readings("conv", "conv") == [[]])
        #expect(try readings("conv", "conv1") == [])
        #expect(try readings("*", "") == [[""]])
        #expect(try readings("a*", "abc") == [["bc"]])
        #expect(try readings("*a*", "aa") == [["", "a"], ["a", ""]])
        #expect(try readings("l*.c*", "l1.2.c3") == [["1.2", "3"]])
        #expect(try readings("é*", "éa") == [["a"]])
        #expect(NamePattern("a**b") == nil && NamePattern("*a*b*c*d*e") == nil)
        #expect(NamePattern("x*.y*")?.name([Array("1".utf8), Array("2".utf8)]) == "x1.y2")
    }
}
