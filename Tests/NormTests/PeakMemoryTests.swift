import Foundation
import NormalizationFiles
import Testing

/// `norm apply` takes the memory that it checks for: so many tensors, and no more.
@Suite struct PeakMemoryTests {
    /// The peak of the resident memory of a run, in bytes, as the kernel keeps it, once
    /// `size` bytes of outputs are written and it waits for its turn at the folder.
    static func peak(_ arguments: [String], writing size: Int, in folder: Folder) throws -> Int {
        let out = "\(folder.path)/out"
        try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
        let lock = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try #require(flock(lock, LOCK_EX) == 0)
        let process = Process()
        process.executableURL = Command.executable
        process.arguments = ["apply", "--output-directory", "out"] + arguments
        process.currentDirectoryURL = URL(filePath: folder.path)
        try process.run()
        while process.isRunning {
            let sizes = try folder.contents("out").map { name in
                var status = stat()
                return stat("\(out)/\(name)", &status) == 0 ? Int(status.st_size) : 0
            }
            if sizes.reduce(0, +) > size { break }
            usleep(1000)
        }
        let status = try String(
            contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        close(lock)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "norm \(arguments)")
        func bytes(_ name: String) throws -> Int {
            let line = try #require(
                status.split(separator: "\n").first { $0.hasPrefix("\(name):") })
            return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1])) * 1024
        }
        // Less the pages of the program, which are no data.
        return try bytes("VmHWM") - bytes("RssFile")
    }

    /// Training writes y, backward dx as well, and both read as many.
    @Test(arguments: [("inference", 2), ("training", 2), ("backward", 4)])
    func applyHoldsTheTensorsItChecksFor(_ mode: String, _ tensors: Int) throws {
        let folder = try Folder()
        let (small, large) = ([64, 16, 4], [64, 16, 8192])
        func peak(_ shape: [Int]) throws -> Int {
            let values = (0..<shape.reduce(1, *)).map { Float($0 % 1021) }
            try NpyArray(shape: shape, values: values).write(to: "\(folder.path)/x.npy")
            let gradient = tensors == 4 ? ["--gradient", "x.npy"] : []
            return try Self.peak(
                ["--mode", mode, "--input", "x.npy"] + gradient,
                writing: tensors / 2 * values.count * MemoryLayout<Float>.stride, in: folder)
        }
        let bytes = large.reduce(1, *) * MemoryLayout<Float>.stride
        let taken = try peak(large) - peak(small)
        // Half a tensor for scratch memory and threads.
        #expect(taken < tensors * bytes + bytes / 2, "\(taken) bytes for \(tensors) of \(bytes)")
    }
}
