import Foundation
import NormalizationFiles
import Testing

/// What reading takes of memory is bounded by the size of the file, whatever the file says.
///
/// Each runs in a process of its own, whose peak of resident memory the kernel keeps.
@Suite struct MemoryTests {
    /// The peak of this process's resident memory so far, in bytes, less what of the program and its
    /// libraries is resident, which only grows: code that runs for the first time is no data.
    private static func peak() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        func bytes(_ name: String) throws -> Int {
            let line = try #require(
                status.split(separator: "\n").first { $0.hasPrefix("\(name):") })
            return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1])) * 1024
        }
        return try bytes("VmHWM") - bytes("RssFile")
    }

    @Test("files that lie about their size take no memory for it")
    func liesTakeNoMemory() async {
        await #expect(processExitsWith: .success) {
            let npy = NpyHostileTests.frames + NpyHostileTests.dictionaries
            let safetensors =
                SafetensorsHostileTests.frames + SafetensorsHostileTests.layouts
                + SafetensorsHostileTests.texts
            let largest = (npy + safetensors).map(\.bytes.count).max() ?? 0
            let before = try MemoryTests.peak()
            for file in npy {
                _ = try fileError { try NpyFile(parsing: file.bytes, name: "x") }
            }
            for file in safetensors {
                _ = try fileError { try SafetensorsFile(parsing: file.bytes, name: "x") }
            }
            // The largest is 100 KB; a megabyte is for what the first errors bring with them.
            try #require(largest < 1 << 17)
            let taken = try MemoryTests.peak() - before
            try #require(taken < 16 * largest + 1 << 20, "\(taken) bytes taken")
        }
    }

    /// A name, a type, a shape and a range are held for the 60 bytes that say so, and once more while
    /// names are compared and lists grow.
    @Test("a header of many tensors takes a bounded multiple of its size")
    func manyTensorsTakeAMultipleOfTheHeader() async {
        await #expect(processExitsWith: .success) {
            let count = 100_000
            let entries = (0..<count).map {
                "\"\($0)\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[\($0),\($0 + 1)]}"
            }
            let bytes =
                safetensors("{\(entries.joined(separator: ","))}")
                + [UInt8](repeating: 1, count: count)
            let before = try MemoryTests.peak()
            let file = try SafetensorsFile(parsing: bytes, name: "x")
            try #require(file.entries.count == count)
            try #require(try MemoryTests.peak() - before < 16 * bytes.count)
        }
    }
}
