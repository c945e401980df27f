import Foundation
import Normalization
import NormalizationFiles
import Testing

@testable import norm

/// What `norm compare` prints, and what it writes.
@Suite struct CompareLinesTests {
    private static let call = ["compare", "--shapes", "5x3x4", "6x2", "--threads", "1", "2"]

    @Test func whereOpenBLASRunsItsOldestKernelsItSaysHowToChooseOthers() throws {
        for (instructionSet, wider) in [("avx512", "SkylakeX"), ("avx2", "Haswell")] {
            let advice = MachineText.advice(openBLAS: "Prescott", fused: instructionSet)
            #expect(advice?.contains("OPENBLAS_CORETYPE=\(wider) ") == true)
            #expect(MachineText.advice(openBLAS: wider, fused: instructionSet) == nil)
        }
        #expect(MachineText.advice(openBLAS: "Prescott", fused: "baseline") == nil)
        let outcome = try Command.run(Self.call)
        let isOld = outcome.output.contains("with its Prescott kernels")
        let isNew = Engine.instructionSet.hasPrefix("avx")
        #expect(outcome.output.contains("OPENBLAS_CORETYPE=") == (isOld && isNew), outcome.account)
    }

    @Test func aTensorHasALineAnOperationAndTheRestIsInAFile() throws {
        let folder = try Folder()
        let outcome = try Command.run(
            Self.call + ["--tables", "tables.txt", "--json", "results.json"], in: folder.path)
        #expect(outcome.status == 0 && outcome.error == "", outcome.account)
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasPrefix("5x3x4, ") })
        let firsts = lines[start..<(start + 8)].map { $0.split(separator: " ")[0] }
        #expect(
            firsts == [
                "5x3x4,", "training", "inference", "backward", "6x2,", "training", "inference",
                "backward",
            ])
        #expect(
            lines[start - 1].split(separator: " ").joined(separator: " ")
                == "reference blas, 1 thread blas, 2 threads fused, 1 thread fused, 2 threads")
        // One time for the reference; time and ratio for the others, of the numbers in the JSON.
        let rows = try CompareTests.rows(
            Data(contentsOf: URL(filePath: "\(folder.path)/results.json")))
        for (place, operation) in ["training", "inference", "backward"].enumerated() {
            var cells: [String] = []
            for (engine, threads) in [
                ("reference", 1), ("blas", 1), ("blas", 2), ("fused", 1), ("fused", 2),
            ] {
                let row = try #require(
                    rows.first {
                        $0.shape == [5, 3, 4] && $0.operation == operation && $0.engine == engine
                            && $0.threads == threads
                    })
                cells += CompareLines.text(row.medianMs / 1e3).split(separator: " ").map(
                    String.init)
                if engine != "reference" { cells.append(String(format: "%.1f×", row.speedup)) }
            }
            let line = lines[start + 1 + place].split(separator: " ").map(String.init)
            #expect(line == [operation] + cells)
        }
        #expect(lines.allSatisfy { $0.count <= 100 || $0.hasPrefix("norm ") }, outcome.account)
        #expect(outcome.output.hasSuffix("with differences and GB/s: tables.txt.\n"))

        let tables = try String(contentsOfFile: "\(folder.path)/tables.txt", encoding: .utf8)
        for text in [
            "  operation  engine", "5x3x4, <f4, 0.00 MB, standard layer\n", "automatic (fused)",
        ] { #expect(tables.contains(text), "\(tables)") }
        let full = try Command.run(Self.call + ["--full"], in: folder.path)
        #expect(full.output.contains("  operation  engine"), full.account)
        #expect(!full.output.contains("--full prints it"), full.account)
    }

    /// `make demo` is seen at once: 24 to 50 lines with the study's.
    @Test func theShippedDataFitAScreen() throws {
        let outcome = try Command.run("compare", "--threads", "1")
        #expect(outcome.status == 0, outcome.account)
        let count = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).count
        #expect((20...28).contains(count), outcome.account)
        #expect(outcome.output.hasSuffix("GB/s: --full prints it.\n"), outcome.account)
    }

    @Test func columnsAreTheEnginesThatWereAskedFor() {
        func columns(_ engines: [Engine], _ threads: [Int]) -> [String] {
            CompareLines(
                engines.flatMap { engine in
                    threads.map { Contender(engine: engine, threads: $0) }
                }
            ).columns.map { "\($0.engine.rawValue) \($0.threads)" }
        }
        #expect(columns([.automatic], [2]) == ["automatic 2"])
        #expect(columns([.automatic, .blas], [1, 2, 4]) == ["blas 1", "blas 4"])
        #expect(
            columns(Engine.allCases, [4, 1])
                == ["reference 1", "blas 1", "blas 4", "fused 1", "fused 4"])
    }

    @Test(arguments: [
        (1.2345e-6, "1.23 µs"), (99.94e-6, "99.9 µs"), (99.96e-6, "100 µs"), (0.9996e-3, "1.00 ms"),
        (0.9994e-3, "999 µs"), (12.3456, "12346 ms"),
    ])
    func timesHaveThreeDigits(seconds: Double, text: String) {
        #expect(CompareLines.text(seconds) == text)
    }
}
