import Foundation
import NormalizationFiles
import Synchronization
import Testing

@Suite struct AtomicFileTests {
    static let old = [UInt8]("old content".utf8)
    static let new = [UInt8](repeating: 7, count: 100_000)

    /// A folder with one file of old content.
    static func folderWithOldFile() throws -> (folder: TemporaryFolder, path: String) {
        let folder = try TemporaryFolder()
        let path = folder.file("x.npy")
        try Data(old).write(to: URL(filePath: path))
        return (folder, path)
    }

    @Test func theTargetChangesOnlyAtTheCommit() throws {
        let (folder, path) = try Self.folderWithOldFile()
        var file = try AtomicFile(path)
        try file.write(Self.new)
        #expect(try fileBytes(path) == Self.old)
        let names = try folder.contents
        #expect(
            names.count == 2 && names.contains { $0.hasPrefix(".norm-") && $0.hasSuffix(".tmp") })
        try file.commit()
        #expect(try fileBytes(path) == Self.new)
        #expect(try folder.contents == ["x.npy"])
    }

    @Test func whatIsNotCommittedLeavesNothing() throws {
        let (folder, path) = try Self.folderWithOldFile()
        do {
            var file = try AtomicFile(path)
            try file.write(Self.new)
        }
        #expect(try fileBytes(path) == Self.old)
        #expect(try folder.contents == ["x.npy"])
    }

    @Test func twoWritersOfOneFileDoNotMix() async throws {
        let (folder, path) = try Self.folderWithOldFile()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for k in 0..<8 {
                group.addTask {
                    var file = try AtomicFile(path)
                    for _ in 0..<50 { try file.write([UInt8](repeating: UInt8(k), count: 999)) }
                    try file.commit()
                }
            }
            try await group.waitForAll()
        }
        let bytes = try fileBytes(path)
        #expect(bytes.count == 49_950 && Set(bytes).count == 1)
        #expect(try folder.contents == ["x.npy"])
    }

    // MARK: - Failures, one at each step

    /// Calls of which one fails, and the operation that the error must name.
    struct Fault: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let operation: FileOperation
        let code: Int32
        let calls: FileCalls

        init(
            _ operation: FileOperation, _ code: Int32, _ name: String,
            _ change: (inout FileCalls) -> Void
        ) {
            var calls = FileCalls.system
            change(&calls)
            testDescription = name
            self.operation = operation
            self.code = code
            self.calls = calls
        }
    }

    static func fail(_ code: Int32) -> Int32 {
        errno = code
        return -1
    }

    static let faults = [
        Fault(.write, ENOSPC, "no byte can be written") {
            $0.append = { _, _ in Int(fail(ENOSPC)) }
        },
        Fault(.write, ENOSPC, "the disk is full after 10 bytes") {
            $0.append = { file, bytes in
                lseek(file, 0, SEEK_CUR) >= 10
                    ? Int(fail(ENOSPC)) : FileCalls.system.append(file, bytes.extracting(0..<10))
            }
        },
        Fault(.write, ENOSPC, "the disk takes nothing and says nothing") {
            $0.append = { _, _ in 0 }
        },
        Fault(.synchronize, EIO, "the disk cannot keep the bytes") {
            $0.synchronize = { _ in fail(EIO) }
        },
        Fault(.close, EDQUOT, "closing reports a late error") {
            $0.finish = { file in
                close(file)
                return fail(EDQUOT)
            }
        },
        Fault(.replace, EACCES, "the rename is refused") {
            $0.replace = { _, _, _, _ in fail(EACCES) }
        },
    ]

    @Test(arguments: faults)
    func aFailureBeforeTheRenameLeavesTheOldFileAlone(fault: Fault) throws {
        let (folder, path) = try Self.folderWithOldFile()
        let error = try fileError {
            var file = try AtomicFile(path, calls: fault.calls)
            try file.write(Self.new)
            try file.commit()
        }
        #expect(error == .system(file: path, operation: fault.operation, code: fault.code))
        #expect(try fileBytes(path) == Self.old)
        #expect(try folder.contents == ["x.npy"])
    }

    @Test func aFailureAfterTheRenameSaysSoAndLeavesTheNewFileWhole() throws {
        let (folder, path) = try Self.folderWithOldFile()
        var calls = FileCalls.system
        calls.synchronizeFolder = { _ in Self.fail(EIO) }
        let error = try fileError {
            var file = try AtomicFile(path, calls: calls)
            try file.write(Self.new)
            try file.commit()
        }
        #expect(error == .system(file: path, operation: .synchronizeFolder, code: EIO))
        #expect(try fileBytes(path) == Self.new)
        #expect(try folder.contents == ["x.npy"])
    }

    @Test func aFileSystemThatCannotSynchronizeFoldersIsNoError() throws {
        let (folder, path) = try Self.folderWithOldFile()
        var calls = FileCalls.system
        calls.synchronizeFolder = { _ in Self.fail(EINVAL) }
        var file = try AtomicFile(path, calls: calls)
        try file.write(Self.new)
        try file.commit()
        #expect(try fileBytes(path) == Self.new)
        #expect(try folder.contents == ["x.npy"])
    }

    @Test func interruptedAndShortWritesGoOn() throws {
        let (folder, path) = try Self.folderWithOldFile()
        var calls = FileCalls.system
        // Every fourth call is interrupted, the others take at most 999 bytes.
        let count = Atomic(0)
        calls.append = { file, bytes in
            if count.add(1, ordering: .relaxed).newValue % 4 == 1 { return Int(Self.fail(EINTR)) }
            return FileCalls.system.append(file, bytes.extracting(0..<min(999, bytes.byteCount)))
        }
        let content = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 * $0) }
        var file = try AtomicFile(path, calls: calls)
        try file.write(content)
        try file.commit()
        #expect(try fileBytes(path) == content)
        #expect(try folder.contents == ["x.npy"])
    }

    // MARK: - Failures of the real system

    /// The limit of a file's size acts like a full disk, for every user: some bytes, then an error.
    @Test func aRealShortageOfSpaceLeavesTheOldFileAlone() async {
        await #expect(processExitsWith: .success) {
            let (folder, path) = try AtomicFileTests.folderWithOldFile()
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
            precondition(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let array = try NpyArray<Float>(
                shape: [10_000], values: [Float](repeating: 1, count: 10_000))
            let error = try fileError { try array.write(to: path) }
            try #require(error == .system(file: path, operation: .write, code: EFBIG))
            try #require(try fileBytes(path) == AtomicFileTests.old)
            try #require(try folder.contents == ["x.npy"])
        }
    }

    @Test func aKillDuringAWriteLeavesTheOldFileAlone() async throws {
        let (folder, path) = try Self.folderWithOldFile()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            var file = try AtomicFile(path)
            try file.write(AtomicFileTests.new)
            kill(getpid(), SIGKILL)
        }
        #expect(try fileBytes(path) == Self.old)
        // What was written lies under another name, and the next write does not mind.
        #expect(try folder.contents.count == 2)
        try NpyArray<Float>(shape: [], values: [1]).write(to: path)
        #expect(try NpyArray<Float>(contentsOf: path).values == [1])
    }

    @Test func foldersThatAreNotThereOrNoFolders() throws {
        let (folder, path) = try Self.folderWithOldFile()
        for (target, code) in [("\(path).d/y", ENOENT), ("\(path)/y", ENOTDIR), ("", ENOENT)] {
            let error = try fileError { try AtomicFile(target).commit() }
            #expect(error == .system(file: target, operation: .create, code: code))
        }
        let long = "\(path)\(String(repeating: "x", count: 300))"
        let error = try fileError { try AtomicFile(long).commit() }
        #expect(error == .system(file: long, operation: .create, code: ENAMETOOLONG))
        let cut = "\(path)\0.txt"
        let other = try fileError { try AtomicFile(cut).commit() }
        #expect(other == .system(file: cut, operation: .create, code: EINVAL))
        #expect(try fileBytes(path) == Self.old)
        #expect(try folder.contents == ["x.npy"])
    }
}
