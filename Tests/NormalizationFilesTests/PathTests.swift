import Foundation
import NormalizationFiles
import Testing

/// What a path may lead to, for reading and for writing.
@Suite struct PathTests {
    @Test func whatIsNoRegularFileIsNeitherReadNorReplaced() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.file("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        for (path, kind) in [
            (folder.path, "a folder"), (pipe, "a pipe"), ("/dev/null", "a device"),
            ("/dev/full", "a device"),
        ] {
            let expected = FileError.notRegularFile(file: path, kind: kind)
            #expect(try fileError { try NpyFile(contentsOf: path) } == expected)
            #expect(try fileError { try SafetensorsFile(contentsOf: path) } == expected)
            #expect(try fileError { try AtomicFile(path).commit() } == expected)
        }
        #expect(try folder.contents == ["pipe"])
    }

    @Test func filesThatAreNotThere() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("x")
        let expected = FileError.system(file: path, operation: .open, code: ENOENT)
        #expect(try fileError { try NpyFile(contentsOf: path) } == expected)
        #expect(expected.description == "\(path): cannot open: No such file or directory")
        let cut = "\(fixture("i4_3.npy"))\0"
        let error = try fileError { try NpyFile(contentsOf: cut) }
        #expect(error == .system(file: cut, operation: .open, code: EINVAL))
    }

    @Test func aLinkStaysAndItsFileIsReplaced() throws {
        let folder = try TemporaryFolder()
        let (file, link) = (folder.file("data/x.npy"), folder.file("link.npy"))
        try FileManager.default.createDirectory(
            atPath: folder.file("data"), withIntermediateDirectories: false)
        try Data([1]).write(to: URL(filePath: file))
        #expect(symlink("data/x.npy", link) == 0)
        let array = try NpyArray<Int64>(shape: [2], values: [3, 4])
        try array.write(to: link)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "data/x.npy")
        #expect(try NpyArray<Int64>(contentsOf: file) == array)

        let dangling = folder.file("dangling")
        #expect(symlink("nowhere", dangling) == 0)
        let error = try fileError { try array.write(to: dangling) }
        #expect(error == .system(file: dangling, operation: .create, code: ENOENT))
        // A link to a device must not become a file.
        let null = folder.file("null")
        #expect(symlink("/dev/null", null) == 0)
        let other = try fileError { try array.write(to: null) }
        #expect(other == .notRegularFile(file: null, kind: "a device"))
    }

    private func permissions(_ path: String) throws -> UInt32 {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status.st_mode & 0o7777
    }

    @Test func aNewFileGetsTheUsualPermissionsAReplacedOneKeepsItsOwn() throws {
        let folder = try TemporaryFolder()
        let usual = folder.file("usual")
        close(open(usual, O_CREAT | O_WRONLY, 0o666))
        let array = try NpyArray<Float>(shape: [], values: [1])
        try array.write(to: folder.file("new"))
        #expect(try permissions(folder.file("new")) == permissions(usual))
        for mode: UInt32 in [0o600, 0o640, 0o664, 0o777] {
            #expect(chmod(usual, mode) == 0)
            try array.write(to: usual)
            #expect(try permissions(usual) == mode)
        }
    }

    /// The superuser may write everything; all others are refused.
    @Test func aWriteProtectedFileIsNotReplaced() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("x")
        try Data([1]).write(to: URL(filePath: path))
        #expect(chmod(path, 0o444) == 0)
        let array = try NpyArray<Float>(shape: [], values: [1])
        if geteuid() == 0 {
            try array.write(to: path)
            #expect(try NpyArray<Float>(contentsOf: path) == array)
        } else {
            let error = try fileError { try array.write(to: path) }
            #expect(error == .system(file: path, operation: .replace, code: EACCES))
            #expect(try fileBytes(path) == [1])
        }
    }

    /// A sparse file may claim more than any machine has: no memory is asked for in vain.
    @Test func aSparseFileOfTerabytesIsRefused() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("x.npy")
        let header = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (549755813888,)}")
        try Data(header).write(to: URL(filePath: path))
        guard truncate(path, off_t(header.count + 8 << 39)) == 0 else {
            // This file system has no such files.
            return
        }
        let error = try fileError { try NpyFile(contentsOf: path) }
        #expect(error == .outOfMemory(file: path, bytes: 8 << 39))
    }

    /// A limit of the process's memory counts like the machine's.
    @Test func aFileBeyondTheProcesssMemoryIsRefused() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let path = folder.file("x.npy")
            let header = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (67108864,)}")
            try Data(header).write(to: URL(filePath: path))
            try #require(truncate(path, off_t(header.count + 8 << 26)) == 0)
            // Half of what the elements need, on top of what is mapped already.
            let mapped = try String(contentsOfFile: "/proc/self/statm", encoding: .ascii)
            let pages = try #require(mapped.split(separator: " ").first.flatMap { UInt($0) })
            let bytes = pages * UInt(sysconf(Int32(_SC_PAGESIZE))) + 4 << 26
            var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
            let error = try fileError { try NpyFile(contentsOf: path) }
            try #require(error == .outOfMemory(file: path, bytes: 8 << 26))
        }
    }

    @Test func aFileThatShrinksWhileItIsReadIsTruncated() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("x")
        let tensor = try SafetensorsTensor(
            name: "w", shape: [100], values: [Double](repeating: 1, count: 100))
        try SafetensorsFile.write([tensor], to: path)
        let file = try SafetensorsFile(contentsOf: path)
        let size = try fileBytes(path).count
        #expect(truncate(path, off_t(size - 8)) == 0)
        let error = try fileError { try file.values(of: "w", as: Double.self) }
        #expect(error == .truncated(file: path, part: .data, expected: size, found: size - 8))
    }
}
