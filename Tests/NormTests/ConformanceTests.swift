import Foundation
import Normalization
import NormalizationFiles
import Testing

/// What PyTorch, Keras and ONNX compute, through `norm apply`; Tests/Fixtures/README.md says what a
/// case is.
@Suite struct ConformanceTests {
    struct Case: Decodable {
        struct Update: Decodable {
            let kind: String
            let value: Double?
        }

        let name: String
        let suite: String
        let dtype: String
        let shape: [Int]
        let channelAxis: Int
        let epsilon: Double
        let update: Update?
        let variance: String?
        let gamma: String?
        let beta: String?
        let runningMean: String?
        let runningVariance: String?
        let steps: [[String: String?]]
        let error: Bool?
        let reason: String?
    }

    /// One step of a case.
    struct Step {
        let test: Case
        let index: Int

        var isTraining: Bool { self["mode"] == "training" }
        var isDouble: Bool { test.dtype == "F64" }
        /// The number of the update that a training step is, from 1.
        var update: Int {
            let earlier = test.steps[..<index]
            return earlier.count { $0["mode"] == "training" } + 1
        }
        /// The running statistics before it.
        var running: (mean: String?, variance: String?) {
            guard test.runningMean != nil, index > 0 else {
                return (test.runningMean, test.runningVariance)
            }
            let before = Step(test: test, index: index - 1)
            return (before["running_mean"], before["running_variance"])
        }

        subscript(_ key: String) -> String? { test.steps[index][key] ?? nil }
    }

    static let cases: [Case] = {
        do {
            let data = try Data(contentsOf: fixture("conformance/cases.json"))
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode([Case].self, from: data)
        } catch { fatalError("\(error)") }
    }()

    /// The tensors of a suite, and a folder to put them into.
    struct Reader {
        let file: SafetensorsFile
        let folder: Folder

        init(_ suite: String) throws {
            file = try SafetensorsFile(contentsOf: fixture("conformance/\(suite).safetensors").path)
            folder = try Folder()
        }

        func values(_ name: String?) throws -> [Double]? {
            try name.map { try file.values(of: $0, as: Double.self) }
        }

        /// The option that names the file a tensor is put into; nothing where there is no tensor.
        func option(_ option: String, _ tensor: String?, isDouble: Bool) throws -> [String] {
            guard let tensor, let entry = file.entry(named: tensor) else { return [] }
            let name = try folder.write(
                "\(option).npy", entry.shape, file.values(of: tensor), isDouble: isDouble)
            return ["--\(option)", name]
        }
    }

    /// What a peer is away from the formulas at most: `check_conformance.py` finds 2.2.
    static let peerUnits = 2.2

    /// A run of the command takes far longer than the call of the library that it is for, so of all
    /// steps that have the same options and files the first stands for the others.
    @Test(arguments: ["F32", "F64"], ["training", "inference"])
    func agreesWithPeers(_ dtype: String, _ mode: String) throws {
        let readers = try Dictionary(
            uniqueKeysWithValues: Set(Self.cases.map(\.suite)).map { ($0, try Reader($0)) })
        var seen: Set<[String]> = []
        for test in Self.cases where test.error != true && test.dtype == dtype {
            let reader = try #require(readers[test.suite])
            func elements(_ tensor: String?) -> String {
                guard let tensor, let entry = reader.file.entry(named: tensor) else {
                    return "none"
                }
                return entry.count == test.shape[test.channelAxis] ? "C" : "1"
            }
            for index in test.steps.indices {
                let step = Step(test: test, index: index)
                let signature = [
                    elements(test.gamma), elements(test.beta), elements(test.runningMean),
                    test.update?.kind ?? "none", "\(test.channelAxis == 1)",
                    "\(step["dy"] != nil)", "\(test.shape.contains(0))",
                ]
                guard step["mode"] == mode, seen.insert(signature).inserted else { continue }
                // Every engine gets its share, and so does each number of threads.
                let engine = Engine.allCases[seen.count % Engine.allCases.count]
                let setting = ["--engine", engine.rawValue, "--threads", "\(1 + seen.count % 3)"]
                try expectAgreement(on: step, setting, reader)
            }
        }
        #expect(seen.count > 10)
    }

    private func expectAgreement(on step: Step, _ setting: [String], _ reader: Reader) throws {
        let output = try Folder()
        let outcome = try run(step, setting, reader, into: output.path)
        #expect(outcome.status == 0, outcome.account)
        #expect(outcome.error == "", outcome.account)
        let running = try reader.values(step.running.mean).flatMap { mean in
            try reader.values(step.running.variance).map { (mean: mean, variance: $0) }
        }
        let book = Textbook(
            shape: step.test.shape, channelAxis: step.test.channelAxis,
            x: try #require(try reader.values(step["x"])), dy: try reader.values(step["dy"]),
            gamma: try reader.values(step.test.gamma), beta: try reader.values(step.test.beta),
            epsilon: step.test.epsilon, running: step.isTraining ? nil : running)
        var sizes = book.results.mapValues(\.sizes)
        if step.isTraining {
            for name in ["running_mean", "running_variance"] {
                sizes[name] = try reader.values(step[name])?.map { 1 + abs($0) }
            }
        }
        for (name, sizes) in sizes {
            guard let peer = try reader.values(step[name]) else { continue }
            let found = try output.read("\(name).npy", isDouble: step.isDouble)
            #expect(
                found.shape == reader.file.entry(named: step[name] ?? "")?.shape, outcome.account)
            book.expectEqual(
                found.values, peer, sizes: sizes, isDouble: step.isDouble,
                units: book.units + Self.peerUnits, name, outcome.account)
        }
    }

    @Test func refusesWhatPeersRefuse() throws {
        let refused = Self.cases.filter { $0.error == true }
        #expect(refused.count == 27)
        for test in refused {
            let reader = try Reader(test.suite)
            let step = Step(test: test, index: 0)
            let outcome = try run(step, [], reader, into: "\(reader.folder.path)/refused")
            let expected: (status: Int32, part: String) =
                switch try #require(test.reason) {
                case "single_value":
                    (65, "--input input.npy: expected more than one value per channel")
                // In inference an epsilon is judged together with the running variance.
                case "epsilon":
                    step.isTraining ? (64, "--epsilon: ") : (65, "--running-variance ")
                case "gamma": (65, "--gamma gamma.npy: expected 1 or 3 elements, or shape")
                case "beta": (65, "--beta beta.npy: expected 1 or 3 elements, or shape")
                case "running_mean":
                    (65, "--running-mean running-mean.npy: expected 3 elements, found 2")
                case "running_variance":
                    (65, "--running-variance running-variance.npy: expected 3 elements, found 4")
                case "rank":
                    (65, "--input input.npy: shape [0] with channel axis 1: expected at least")
                case "update_weight": (64, "--momentum: expected a number from 0 to 1, got -1.0")
                case let reason: (0, "an unknown reason: \(reason)")
                }
            outcome.expectRefusal(expected.status, saying: expected.part)
            #expect(!(try reader.folder.contents().contains("refused")), outcome.account)
        }
    }

    private func run(
        _ step: Step, _ setting: [String], _ reader: Reader, into output: String
    ) throws -> Outcome {
        let test = step.test
        let isBackward = step["dy"] != nil
        let mode =
            step.isTraining
            ? (isBackward ? "backward" : "training")
            : (isBackward ? "inference-backward" : "inference")
        var arguments = ["apply", "--mode", mode] + setting
        for (option, tensor) in [
            ("input", step["x"]), ("gradient", step["dy"]), ("gamma", test.gamma),
            ("beta", test.beta), ("running-mean", step.running.mean),
            ("running-variance", step.running.variance),
        ] {
            arguments += try reader.option(option, tensor, isDouble: step.isDouble)
        }
        arguments += ["--channel-axis", "\(test.channelAxis)", "--epsilon", "\(test.epsilon)"]
        if test.runningMean != nil, let update = test.update, let variance = test.variance {
            arguments += ["--variance", variance]
            switch (update.kind, update.value) {
            case ("new_weight", let weight?): arguments += ["--momentum", "\(weight)"]
            case ("decay", let decay?): arguments += ["--decay", "\(decay)"]
            default: arguments += ["--cumulative", "\(step.update)"]
            }
        }
        arguments += ["--output-directory", output]
        return try Command.run(arguments, in: reader.folder.path)
    }
}
