import Foundation
import NormalizationFiles
import Testing

/// Processes that are killed while they replace a file: the file is whole, and the old or the new one.
@Suite struct KillTests {
    static let old = [UInt8]("old content".utf8)
    static let new = [UInt8](repeating: 7, count: 100_000)

    /// The calls of which a write consists, in their order.
    enum Step: String, CaseIterable, Codable {
        case append
        case synchronize
        case finish
        case replace
        case synchronizeFolder

        /// The system's calls, with a kill before or after this one.
        func calls(killing: Moment) -> FileCalls {
            let system = FileCalls.system
            var calls = system
            switch self {
            case .append:
                calls.append = { file, bytes in killing.around { system.append(file, bytes) } }
            case .synchronize:
                calls.synchronize = { file in killing.around { system.synchronize(file) } }
            case .finish: calls.finish = { file in killing.around { system.finish(file) } }
            case .replace:
                calls.replace = { oldFolder, oldName, newFolder, newName in
                    killing.around { system.replace(oldFolder, oldName, newFolder, newName) }
                }
            case .synchronizeFolder:
                calls.synchronizeFolder = { folder in
                    killing.around { system.synchronizeFolder(folder) }
                }
            }
            return calls
        }
    }

    enum Moment: String, CaseIterable, Codable {
        case before
        case after

        /// Makes a call with a kill before or after it; never returns.
        func around<Result>(_ call: () -> Result) -> Result {
            if self == .after { _ = call() }
            kill(getpid(), SIGKILL)
            return call()
        }
    }

    @Test(
        "a kill at any call leaves the old file, or the new one once it is in place",
        arguments: Step.allCases, Moment.allCases)
    func aKillAtAnyCallLeavesAWholeFile(_ step: Step, moment: Moment) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("x")
        try Data(Self.old).write(to: URL(filePath: path))
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, step = step as Step, moment = moment as Moment] in
            var file = try AtomicFile(path, calls: step.calls(killing: moment))
            try file.write(KillTests.new)
            try file.commit()
        }
        let isReplaced =
            step == .synchronizeFolder || step == .replace && moment == .after
        #expect(try fileBytes(path) == (isReplaced ? Self.new : Self.old))
    }

    @Test("a kill at a random moment leaves a whole file", arguments: 0..<8)
    func aKillAtARandomMomentLeavesAWholeFile(_ round: Int) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("x.npy")
        try Self.array(0).write(to: path)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            Thread.detachNewThread {
                usleep(.random(in: 1...50_000))
                kill(getpid(), SIGKILL)
            }
            for round in 1... { try KillTests.array(round % 2).write(to: path) }
        }
        let found = try NpyArray<Float>(contentsOf: path)
        #expect(try found == Self.array(0) || found == Self.array(1))
        // What the kill left lies beside it and is in nobody's way.
        #expect(try folder.contents.filter { !$0.hasPrefix(".norm-") } == ["x.npy"])
    }

    /// Arrays of different lengths, so that a mixture of two is none.
    private static func array(_ number: Int) throws -> NpyArray<Float> {
        let count = 100_000 + 50_000 * number
        return try NpyArray(shape: [count], values: Array(repeating: Float(number), count: count))
    }
}
