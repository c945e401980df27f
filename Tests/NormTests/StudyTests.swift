import Foundation
import NormalizationFiles
import Testing

/// `norm study` on images of one's own: what it leaves behind, and what it refuses.
@Suite struct StudyTests {
    /// Whether the program that draws the pictures is there.
    static let hasGnuplot = (ProcessInfo.processInfo.environment["PATH"] ?? "")
        .split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/gnuplot")
        }

    /// 24 training and 12 test images of 1×4×4, dark or bright by their label; and bad files.
    static func files() throws -> Folder {
        let folder = try Folder()
        func url(_ name: String) -> String { "\(folder.path)/\(name).npy" }
        for (name, count) in [("train", 24), ("test", 12)] {
            let labels = (0..<count).map { $0 % 2 }
            let pixels = labels.flatMap { label in
                (0..<16).map { UInt8(label * 128 + ($0 * 37 + label * 11) % 100) }
            }
            let shape = [count, 1, 4, 4]
            try NpyArray(shape: shape, values: pixels).write(to: url(name))
            try NpyArray(shape: shape, values: pixels.map { Float($0) / 255 })
                .write(to: url("\(name)-f4"))
            try NpyArray(shape: [count], values: labels.map { Int32($0) })
                .write(to: url("\(name)-labels"))
            try NpyArray(shape: [count], values: labels.map { Int64($0) })
                .write(to: url("\(name)-labels-i8"))
        }
        func images(_ name: String, _ shape: [Int], spoilt: Float = 0) throws {
            var values = [Float](repeating: 0.5, count: shape.reduce(1, *))
            values[3] = spoilt
            try NpyArray(shape: shape, values: values).write(to: url(name))
        }
        try images("flat", [24, 16])
        try images("small", [24, 1, 3, 4])
        try images("one", [1, 1, 4, 4])
        try NpyArray(shape: [12, 1, 4, 5], values: [UInt8](repeating: 1, count: 240))
            .write(to: url("wide"))
        try images("nan", [24, 1, 4, 4], spoilt: .nan)
        try folder.write(
            "double.npy", [24, 1, 4, 4], .init(repeating: 1, count: 384), isDouble: true)
        try folder.write("float-labels.npy", [24], .init(repeating: 1, count: 24), isDouble: false)
        for (name, label) in [("negative", -1), ("high", 10_000), ("huge", Int64.max)] {
            try NpyArray(shape: [24], values: [label] + [Int64](repeating: 0, count: 23))
                .write(to: url(name))
        }
        try Data("no array".utf8).write(to: URL(filePath: url("text")))
        return folder
    }

    static func arguments(
        train: String = "train", labels: String = "train-labels", test: String = "test",
        testLabels: String = "test-labels"
    ) -> [String] {
        [
            "study", "--quick", "--report", "out", "--train-images", "\(train).npy",
            "--train-labels", "\(labels).npy", "--test-images", "\(test).npy", "--test-labels",
            "\(testLabels).npy",
        ]
    }

    static let small = [
        "--epochs", "2", "--seeds", "1", "--learning-rates", "0.01,0.1", "--layers",
        "none,standard",
    ]

    @Test(.enabled(if: hasGnuplot, "gnuplot is not installed"))
    func theReportHoldsEveryEpochAndNeedsNoOtherFile() throws {
        let folder = try Self.files()
        let outcome = try Command.run(Self.arguments() + Self.small, in: folder.path)
        #expect(outcome.status == 0, outcome.account)
        #expect(
            outcome.output.hasSuffix("Pictures, then every table: out/index.html\n"),
            outcome.account)
        #expect(
            outcome.error
                == "8 trainings of 2 networks, then pictures: less than a minute on \(Self.cores).\n",
            "the plan, and no bar but on a terminal")
        #expect(
            try folder.contents("out") == [
                "index.html", "pictures", "study.csv", "study.json", "study.md",
                "trainings.jsonl",
            ])
        try Self.expectPicturesFirst(folder)

        let records = try Self.records(folder)
        let names = Set(records.compactMap { $0["network"] as? String })
        #expect(names == ["cnn", "cnn-dropout"])
        // Networks × layers × rates × epochs.
        #expect(records.count == 2 * 2 * 2 * 2)
        for record in records {
            #expect(
                Set(record.keys) == [
                    "network", "layer", "learning_rate", "seed", "epoch", "train_loss",
                    "test_loss", "test_accuracy", "seconds",
                ])
        }
        let csv = try String(contentsOfFile: "\(folder.path)/out/study.csv", encoding: .utf8)
        #expect(csv.split(separator: "\n").count == 1 + records.count)

        let page = try String(contentsOfFile: "\(folder.path)/out/index.html", encoding: .utf8)
        #expect(page.contains("<svg"))
        for outside in ["src=", "<link", "<script", "@import", "href=\"http", "url(http"] {
            #expect(!page.contains(outside), "\(outside)")
        }
    }

    @Test(.enabled(if: hasGnuplot, "gnuplot is not installed"))
    func theSameCallGivesTheSameNumbersAndTypesOfFilesDoNotMatter() throws {
        let folder = try Self.files()
        func numbers(_ arguments: [String]) throws -> [[String: String]] {
            // A study is given up by removing its trainings.
            try? FileManager.default.removeItem(atPath: "\(folder.path)/out/trainings.jsonl")
            let outcome = try Command.run(arguments + Self.small, in: folder.path)
            #expect(outcome.status == 0, outcome.account)
            return try Self.records(folder).map { record in
                record.filter { $0.key != "seconds" }.mapValues { "\($0)" }
            }
        }
        let first = try numbers(Self.arguments())
        #expect(try numbers(Self.arguments()) == first)
        let others = try numbers(
            Self.arguments(
                train: "train-f4", labels: "train-labels-i8", test: "test-f4",
                testLabels: "test-labels-i8"))
        #expect(others.map { $0["network"] } == first.map { $0["network"] })
        // Pixels of 0 to 255 and of 0 to 1 are the same after scaling, but for rounding.
        for (a, b) in zip(first, others) {
            let losses = try [a, b].map { try #require(Double($0["train_loss"] ?? "")) }
            #expect(abs(losses[0] - losses[1]) < 1e-3 * losses[0], "\(a), \(b)")
        }
    }

    @Test(.enabled(if: hasGnuplot, "gnuplot is not installed"))
    func aPartRunsByItself() throws {
        let folder = try Folder()
        let outcome = try Command.run(
            [
                "study", "--quick", "--report", "out", "--only", "gan", "--epochs", "1", "--seeds",
                "1", "--layers", "conditional",
            ], in: folder.path)
        #expect(outcome.status == 0, outcome.account)
        #expect(
            try folder.contents("out")
                == [
                    "index.html", "pictures", "study-gan.md", "study.csv", "study.json",
                    "trainings.jsonl",
                ])
        let names = Set(try Self.records(folder).compactMap { $0["network"] as? String })
        #expect(names == ["gan"])
        #expect(
            try folder.contents("out/pictures")
                == ["digits-conditional.svg", "digits-real.svg"])
    }

    @Test(arguments: [
        (["--seeds", "0"], "--seeds: expected a number from 1 to 100000, got 0"),
        (["--epochs", "0"], "--epochs: expected a number from 1 to 100000, got 0"),
        (["--learning-rates", "0.1,0"], "--learning-rates: expected numbers above 0, got '0'"),
        (["--learning-rates", "fast"], "--learning-rates: expected numbers above 0, got 'fast'"),
        (["--learning-rates", "inf"], "--learning-rates: expected numbers above 0, got 'inf'"),
        (["--learning-rates", ","], "--learning-rates: expected at least one number, got none"),
        (["--layers", "batch"], "--layers: expected none, standard"),
        (
            ["--only", "depth"],
            "--only: expected networks, batch-sizes, attention, gan or all, got 'depth'"
        ),
        (
            ["--only", "attention", "--layers", "instance"],
            "--only, --layers: expected a part that trains one of the layers, got none"
        ),
        (["--train-images", "x.npy"], "expected all four or none"),
        (["--networks", "vgg"], "--networks: expected cnn, cnn-dropout, mlp-raw, "),
        (["--networks", "gan", "--only", "attention"], "--networks: expected attention, or"),
        (["--whitening", "--networks", "cnn"], "--networks: not with --whitening"),
        (["--whitening", "--continue"], "--continue: not with --whitening"),
    ])
    func wrongOptionsAreRefused(options: [String], message: String) throws {
        let folder = try Folder()
        let outcome = try Command.run(["study", "--report", "out"] + options, in: folder.path)
        outcome.expectRefusal(64, saying: message)
        #expect(try folder.contents() == [])
    }

    @Test(arguments: [
        (arguments(train: "missing"), "--train-images missing.npy: "),
        (arguments(train: "text"), "--train-images text.npy: "),
        (
            arguments(train: "double"),
            "--train-images double.npy: expected elements of <f4 or |u1, found <f8"
        ),
        (arguments(train: "flat"), "--train-images flat.npy: expected shape (N, C, H, W)"),
        (arguments(train: "small"), "at least 4×4, got [24, 1, 3, 4]"),
        (arguments(train: "one"), "at least 2 images of at least 4×4, got [1, 1, 4, 4]"),
        (arguments(train: "nan"), "--train-images nan.npy: expected finite numbers, got nan"),
        (
            arguments(test: "wide"),
            "--test-images wide.npy: expected images of shape [1, 4, 4] like the training images, "
                + "got [1, 4, 5]"
        ),
        (
            arguments(test: "test-f4"),
            "--test-images test-f4.npy: expected elements of type |u1 like the training images, "
                + "found <f4"
        ),
        (
            arguments(labels: "test-labels"),
            "--train-labels test-labels.npy: expected shape [24], one label an image, got [12]"
        ),
        (
            arguments(labels: "float-labels"),
            "--train-labels float-labels.npy: expected integers below 2⁶³, found <f4"
        ),
        (arguments(labels: "missing"), "--train-labels missing.npy: "),
        (arguments(labels: "negative"), "expected numbers from 0 to 9999, got -1"),
        (arguments(labels: "high"), "expected numbers from 0 to 9999, got 10000"),
        (arguments(labels: "huge"), "expected numbers from 0 to 9999, got 9223372036854775807"),
    ])
    func wrongFilesAreRefused(arguments: [String], message: String) throws {
        let folder = try Self.files()
        let before = try folder.contents()
        let outcome = try Command.run(arguments, in: folder.path)
        outcome.expectRefusal(65, saying: message)
        #expect(try folder.contents() == before)
    }

    private static let cores: String = {
        let count = ProcessInfo.processInfo.activeProcessorCount
        return count == 1 ? "1 core" : "\(count) cores"
    }()

    /// In both pages of the report the last picture stands before the first table.
    private static func expectPicturesFirst(_ folder: Folder) throws {
        for (name, picture, table) in [
            ("study.md", "](pictures/", "| --- |"), ("index.html", "</svg>", "<table"),
        ] {
            let page = try String(contentsOfFile: "\(folder.path)/out/\(name)", encoding: .utf8)
            let last = try #require(page.range(of: picture, options: .backwards))
            let first = try #require(page.range(of: table))
            #expect(last.lowerBound < first.lowerBound, "\(name)")
        }
    }

    static func records(_ folder: Folder) throws -> [[String: Any]] {
        let json = try Data(contentsOf: URL(filePath: "\(folder.path)/out/study.json"))
        return try #require(JSONSerialization.jsonObject(with: json) as? [[String: Any]])
    }
}
