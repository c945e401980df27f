import Foundation
import Normalization
import NormalizationFiles
import SeededRandom
import Testing

@testable import norm

@Suite struct CompareTests {
    /// An object of the JSON that `norm compare` writes.
    struct Row: Decodable {
        let shape: [Int]
        let operation: String
        let engine: String
        let layer: String
        let threads: Int
        let medianMs: Double
        let minMs: Double
        let gigabytesPerSecond: Double
        let maxAbsDifference: Double
        let speedup: Double
    }

    static func rows(_ json: Data) throws -> [Row] {
        let objects = try #require(try JSONSerialization.jsonObject(with: json) as? [[String: Any]])
        let keys: Set = [
            "shape", "operation", "engine", "layer", "threads", "median_ms", "min_ms",
            "gigabytes_per_second", "max_abs_difference", "speedup",
        ]
        for object in objects { #expect(Set(object.keys) == keys) }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode([Row].self, from: json)
    }

    /// Expects what holds of the numbers whatever the machine.
    static func expectConsistency(_ rows: [Row], elementSize: Double, _ account: Comment) {
        func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-9 * abs(b) }
        for row in rows {
            #expect(row.minMs > 0 && row.medianMs >= row.minMs, account)
            let tensors: Double = row.operation == "backward" ? 3 : 2
            let bytes = tensors * elementSize * Double(row.shape.reduce(1, *))
            #expect(isClose(row.gigabytesPerSecond, bytes / row.medianMs / 1e6), account)
            let reference = rows.first {
                $0.engine == "reference" && $0.threads == 1 && $0.operation == row.operation
                    && $0.layer == row.layer && $0.shape == row.shape
            }
            if let reference {
                #expect(isClose(row.speedup, reference.medianMs / row.medianMs), account)
                #expect(reference.maxAbsDifference == 0 && reference.speedup == 1, account)
            }
            if row.engine == "reference" { #expect(row.maxAbsDifference == 0, account) }
            // Of numbers of the size of 1 after normalization; wrong numbers are far away.
            #expect(row.maxAbsDifference < (elementSize == 4 ? 1e-4 : 1e-12), account)
        }
    }

    @Test func jsonOnStandardOutputIsAlone() throws {
        let outcome = try Command.run(
            "compare", "--shapes", "5x3x4", "--layers", "standard,ghost,rms", "--engines",
            "blas,reference",
            "--threads", "1", "2", "--json", "-")
        #expect(outcome.status == 0 && outcome.error == "", outcome.account)
        let rows = try Self.rows(Data(outcome.output.utf8))
        var expected: [String] = []
        for layer in ["standard", "ghost", "rms"] {
            for operation in ["training", "inference", "backward"] {
                for engine in ["blas", "reference"] {
                    for threads in [1, 2] {
                        expected.append("[5, 3, 4] \(layer) \(operation) \(engine) \(threads)")
                    }
                }
            }
        }
        #expect(
            rows.map { "\($0.shape) \($0.layer) \($0.operation) \($0.engine) \($0.threads)" }
                == expected)
        Self.expectConsistency(rows, elementSize: 4, outcome.account)
    }

    /// A layer that the tensor is none for is left out where there are others, and an error alone.
    @Test func aTensorMayBeNoneForALayer() throws {
        let outcome = try Command.run(
            "compare", "--shapes", "6x4", "1x8", "--layers", "rms,group", "--engines", "fused",
            "--threads", "1")
        #expect(outcome.status == 0 && outcome.error == "", outcome.account)
        for text in [
            "6x4, <f4, 0.00 MB, rms layer\n", "1x8, <f4, 0.00 MB, rms layer\n",
            "6x4, <f4, 0.00 MB, group layer: not compared: expected more than one value per sample "
                + "and group, got shape [6, 4] in 4 groups\n", " of 6 cases: ",
        ] { #expect(outcome.output.contains(text), outcome.account) }
        try Command.run("compare", "--shapes", "6x4", "--layers", "group")
            .expectRefusal(65, saying: "6x4: expected more than one value per sample and group")
        try Command.run("compare", "--shapes", "6x4", "--layers", "ghost", "--channel-axis", "0")
            .expectRefusal(65, saying: "expected the samples at axis 0")
        try Command.run("compare", "--shapes", "1x8", "--layers", "rms,standard")
            .expectRefusal(64, saying: "--shapes: expected more than one value per channel")
    }

    @Test(
        arguments: [[3, 4, 5], [6, 2], [2, 3, 4, 4], [5, 1, 4], [1, 64]], [1, -1, 0])
    func everyEngineAgreesOnEveryLayer(_ shape: [Int], _ axis: Int) throws {
        var generator = SplitMix64(seed: 8)
        let x: [Double] = generator.normal(count: shape.reduce(1, *))
        var comparison = try TensorComparison(x, geometry: Geometry(shape, channelAxis: axis))
        let contenders = Engine.allCases.map { Contender(engine: $0, threads: 1) }
        let measurement = Measurement(samples: 1...1, budget: .zero, sampleTime: .zero)
        var compared: [ComparedLayer] = []
        for layer in ComparedLayer.allCases {
            // A tensor of which some layers have no statistics.
            guard let calls = try? comparison.calls(of: layer) else { continue }
            compared.append(layer)
            for operation in Engine.Operation.allCases {
                let results = try comparison.results(
                    of: operation, layer: layer, calls, contenders: contenders,
                    measurement: measurement)
                #expect(results.map(\.engine) == Engine.allCases)
                for result in results {
                    #expect(
                        result.maxAbsDifference < 1e-12,
                        "\(layer), \(operation), \(result.engine), seed 8")
                }
            }
        }
        #expect(
            compared.contains(.rms) && (shape == [1, 64] || compared.contains(.masked)),
            "\(shape), axis \(axis): \(compared)")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func resultsThatCannotBeWrittenAreAnError() throws {
        let process = Process()
        let error = Pipe()
        process.executableURL = Command.executable
        process.arguments = ["compare", "--shapes", "4x3", "--json", "-"]
        process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
        process.standardError = error
        try process.run()
        let complained = try error.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 65)
        #expect(
            String(decoding: complained, as: UTF8.self)
                == "norm: standard output: cannot write to it\n")
    }

    @Test func aFileIsComparedInTheTypeItHas() throws {
        let folder = try Folder()
        var generator = SplitMix64(seed: 5)
        try folder.write("x.npy", [6, 4, 5], generator.normal(count: 120), isDouble: true)
        let outcome = try Command.run(
            "compare", "x.npy", "--channel-axis", "-1", "--threads", "2", "--json",
            "results.json", in: folder.path)
        #expect(outcome.status == 0 && outcome.error == "", outcome.account)
        #expect(outcome.output.contains("x.npy, 6x4x5, <f8, 0.00 MB, standard layer"))
        #expect(outcome.output.contains(" of 3 cases: "), outcome.account)
        #expect(try folder.contents() == ["results.json", "x.npy"])
        let json = try Data(contentsOf: URL(filePath: "\(folder.path)/results.json"))
        let rows = try Self.rows(json)
        let engines = Engine.allCases.map(\.rawValue)
        #expect(rows.map(\.engine) == engines + engines + engines)
        #expect(rows.allSatisfy { $0.threads == 2 && $0.layer == "standard" })
        Self.expectConsistency(rows, elementSize: 8, outcome.account)
    }

    /// Through a symbolic link, since the data lie beside what it leads to.
    @Test func withoutArgumentsTheShippedDataAreUsed() throws {
        let folder = try Folder()
        let link = URL(filePath: "\(folder.path)/link")
        try FileManager.default.createSymbolicLink(
            at: link, withDestinationURL: Command.executable)
        let outcome = try Command.run(
            ["compare", "--engines", "blas", "--threads", "1"], executable: link)
        #expect(outcome.status == 0 && outcome.error == "", outcome.account)
        for title in [
            "digits, 1797x64, <f4", "breast_cancer, 569x30, <f8",
            "japanese_vowels_train, 270x12x29, <f4", "photograph, 16x3x128x128, <f4",
        ] {
            #expect(outcome.output.contains(title), outcome.account)
        }
    }

    @Test func anExecutableWithoutItsDataSaysSo() throws {
        let folder = try Folder()
        let copy = URL(filePath: "\(folder.path)/norm")
        try FileManager.default.copyItem(at: Command.executable, to: copy)
        try Command.run(["compare"], executable: copy)
            .expectRefusal(
                65, saying: "shipped data: expected the folder swift-normalization_norm.")
        let outcome = try Command.run(
            ["compare", "--shapes", "4x3", "--json", "-"], executable: copy)
        #expect(outcome.status == 0, outcome.account)
    }

    @Test(arguments: [
        (["--nonsense"], "unknown option '--nonsense'"),
        (["x.npy", "y.npy"], "unexpected argument 'y.npy'"),
        (["--shapes"], "missing value for '--shapes"),
        (["--shapes", "vgg"], "--shapes: expected resnet50, densenet121 or a shape"),
        (["--shapes", "12"], "--shapes: expected resnet50, densenet121 or a shape"),
        (["--shapes", "12x"], "got '12x'"),
        (
            ["--shapes", "4x-3"],
            "--shapes: shape [4, -3] with channel axis 1: expected no negative"
        ),
        (["--shapes", "4x0"], "--shapes: shape [4, 0] with channel axis 1: expected at least one"),
        (["--shapes", "1x3"], "--shapes: expected more than one value per channel"),
        (["--shapes", "0x3"], "--shapes: expected more than one value per channel"),
        (["--shapes", "9999999x9999999"], "of memory, got 99999980000001 elements each"),
        (["--shapes", "9999999999x9999999999"], "the number of elements overflows Int"),
        (["--shapes", "4x3", "--channel-axis", "2"], "the axis is outside the shape"),
        (["--shapes", "resnet50", "--channel-axis", "4"], "--channel-axis: expected -4 to 3"),
        (["--shapes", "resnet50", "--batch", "0"], "--batch: expected at least 1, got 0"),
        (["--shapes", "4x3", "--batch", "2"], "--batch: only with resnet50 or densenet121"),
        (["--batch", "2"], "--batch: only with --shapes"),
        (["--sweep", "--full"], "--full: not with --sweep"),
        (["--sweep", "--tables", "t"], "--tables: not with --sweep"),
        (["--channel-axis", "1"], "--channel-axis: only with a file or --shapes"),
        (["x.npy", "--shapes", "4x3"], "--shapes: not with a file"),
        (["x.npy", "--batch", "2"], "--batch: not with a file"),
        (["x.npy", "--channel-axis", "3"], "--channel-axis: shape [4, 3, 2] with channel axis 3"),
        (["x.npy", "--engines", "steam"], "--engines: expected automatic, "),
        (
            ["x.npy", "--layers", "shared"],
            "--layers: expected standard, weight-shared, parameter-"
        ),
        (["x.npy", "--threads", "0"], "--threads: expected a number from 1 on, got '0'"),
        (["x.npy", "--threads", "1,some"], "--threads: expected a number from 1 on, got 'some'"),
    ])
    func badCallsAreRefused(_ arguments: [String], _ message: String) throws {
        let folder = try RefusalTests.files()
        try Command.run(["compare"] + arguments, in: folder.path)
            .expectRefusal(64, saying: message)
    }

    @Test(arguments: [
        (["None.npy"], "norm: None.npy: cannot open"),
        (["text.npy"], "text.npy: expected a file that begins with"),
        (["integers.npy"], "integers.npy: expected elements of type <f2, <f4 or <f8, found <i4"),
        (["row.npy"], "row.npy: shape [3] with channel axis 1: expected at least two dimensions"),
        (["one-value.npy"], "one-value.npy: expected more than one value per channel"),
        (["spoilt.npy"], "spoilt.npy: expected numbers with finite statistics, found a NaN"),
        (["x.npy", "--tables", "none/tables.txt"], "--tables none/tables.txt: cannot create"),
        (["x.npy", "--json", "none/results.json"], "none/results.json: cannot create"),
        (["x.npy", "--json", "."], ".: expected a regular file"),
        (["x.npy", "--plot", "none/speed.svg"], "--plot none/speed.svg: cannot create"),
    ])
    func badDataAreRefused(_ arguments: [String], _ message: String) throws {
        let folder = try RefusalTests.files()
        let before = try folder.contents()
        try Command.run(["compare"] + arguments, in: folder.path)
            .expectRefusal(65, saying: message)
        #expect(try folder.contents() == before)
    }

    @Test(arguments: ShapeList.allCases)
    func networksHaveTheShapesOfTheFixtures(_ list: ShapeList) throws {
        let text = try String(contentsOf: fixture("shapes/\(list.rawValue).txt"), encoding: .utf8)
        let expected = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            [2] + $0.split(separator: "x").compactMap { Int($0) }
        }
        #expect(list.shapes(batch: 2, channelAxis: 1) == expected)
        let channelsLast = list.shapes(batch: 2, channelAxis: 3)
        #expect(channelsLast == expected.map { [2, $0[2], $0[3], $0[1]] })
    }
}
