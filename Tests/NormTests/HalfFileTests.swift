import Normalization
import NormalizationFiles
import SeededRandom
import Testing

/// `norm apply` on files of 16 bits: what it computes of the same numbers in <f4, with y and dx rounded once.
@Suite struct HalfFileTests {
    private static let shape = [6, 3, 5]

    private struct Files {
        let folder: Folder
        func path(_ name: String) -> String { "\(folder.path)/\(name)" }

        /// Runs the backward mode on files of this name.
        func run(_ name: String, _ options: String...) throws {
            let outcome = try Command.run(
                ["apply", "--mode", "backward", "--input", "\(name).npy", "--gradient"]
                    + ["\(name)-dy.npy", "--output-directory", "out-\(name)"] + options,
                in: folder.path)
            #expect(outcome.status == 0 && outcome.error == "", outcome.account)
        }

        func floats(_ name: String, _ array: String) throws -> [Float] {
            try NpyArray<Float>(contentsOf: path("out-\(name)/\(array).npy")).values
        }
    }

    private func numbers<Half: HalfPrecision>(_ seed: UInt64) -> [Half] {
        var generator = SplitMix64(seed: seed)
        let values: [Float] = generator.normal(count: Self.shape.reduce(1, *))
        return values.map { Half($0 + 2) }
    }

    @Test func float16IsWrittenAsFloat16() throws {
        let files = Files(folder: try Folder())
        for (name, seed) in [("", UInt64(1)), ("-dy", 2)] {
            let values: [Float16] = numbers(seed)
            try NpyArray(shape: Self.shape, values: values).write(to: files.path("half\(name).npy"))
            try NpyArray(shape: Self.shape, values: values.map(\.widened))
                .write(to: files.path("wide\(name).npy"))
        }
        try files.run("half")
        try files.run("wide")
        for array in ["y", "dx"] {
            let found = try NpyArray<Float16>(contentsOf: files.path("out-half/\(array).npy"))
            let expected = try files.floats("wide", array).map { Float16($0) }
            #expect(found.shape == Self.shape && found.values == expected, "\(array)")
        }
        let mean = try files.floats("half", "batch_mean")
        #expect(mean == (try files.floats("wide", "batch_mean")))
    }

    @Test func bfloat16IsReadAndWrittenAsBits() throws {
        let files = Files(folder: try Folder())
        for (name, seed) in [("", UInt64(1)), ("-dy", 2)] {
            let values: [BFloat16] = numbers(seed)
            try NpyArray(shape: Self.shape, values: values.map(\.bitPattern))
                .write(to: files.path("brain\(name).npy"))
            try NpyArray(shape: Self.shape, values: values.map(\.widened))
                .write(to: files.path("wide\(name).npy"))
        }
        try files.run("brain", "--bfloat16")
        try files.run("wide")
        for array in ["y", "dx"] {
            let found = try NpyArray<UInt16>(contentsOf: files.path("out-brain/\(array).npy"))
            let expected = try files.floats("wide", array).map { BFloat16($0).bitPattern }
            #expect(found.shape == Self.shape && found.values == expected, "\(array)")
        }
    }

    @Test func theOptionWantsBits() throws {
        let files = Files(folder: try Folder())
        try NpyArray(shape: Self.shape, values: numbers(1) as [Float16])
            .write(to: files.path("x.npy"))
        let outcome = try Command.run(
            "apply", "--mode", "training", "--bfloat16", "--input", "x.npy", "--output-directory",
            "out", in: files.folder.path)
        outcome.expectRefusal(
            65,
            saying: "--input x.npy: expected elements of type <u2, the bits of bfloat16, found <f2")
    }
}
