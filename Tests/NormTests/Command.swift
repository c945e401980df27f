import Foundation
import NormalizationFiles
import Testing

/// What a run of the executable came to.
struct Outcome {
    let arguments: [String]
    let status: Int32
    let output: String
    let error: String

    /// For the message of a failed expectation: the command, and all it said.
    var account: Comment {
        "norm \(arguments.joined(separator: " ")) -> \(status)\n\(output)\(error)"
    }

    /// Expects one line on standard error, nothing on standard output, and this exit status.
    func expectRefusal(
        _ status: Int32, saying part: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(self.status == status, account, sourceLocation: sourceLocation)
        #expect(output == "", account, sourceLocation: sourceLocation)
        let lines = error.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines.count == 2 && lines.last == "" && lines[0].hasPrefix("norm: "), account,
            sourceLocation: sourceLocation)
        #expect(error.contains(part), account, sourceLocation: sourceLocation)
    }
}

/// The executable under test, which the build puts beside the test bundle.
enum Command {
    static let executable: URL = {
        // On Linux the bundle is the process; on macOS it is loaded into one.
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
        let path = bundle?.bundleURL ?? URL(filePath: CommandLine.arguments[0])
        return path.deletingLastPathComponent().appending(path: "norm")
    }()

    static func run(_ arguments: String..., in folder: String? = nil) throws -> Outcome {
        try run(arguments, in: folder)
    }

    static func run(
        _ arguments: [String], executable: URL = executable, in folder: String? = nil
    ) throws -> Outcome {
        let process = Process()
        let output = Pipe()
        let error = Pipe()
        process.executableURL = executable
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = error
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        try process.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        let complained = try error.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit, "norm \(arguments) crashed")
        return Outcome(
            arguments: arguments, status: process.terminationStatus,
            output: String(decoding: said, as: UTF8.self),
            error: String(decoding: complained, as: UTF8.self))
    }
}

/// A new folder that goes away with its owner, and the arrays in it.
final class Folder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appending(path: "NormTests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The names of everything in it, or in a folder of it.
    func contents(_ folder: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)").sorted()
    }

    /// Writes an array as `<f4` or `<f8`; returns the name of its file.
    @discardableResult
    func write(
        _ name: String, _ shape: [Int], _ values: [Double], isDouble: Bool
    ) throws -> String {
        let path = "\(path)/\(name)"
        if isDouble {
            try NpyArray(shape: shape, values: values).write(to: path)
        } else {
            try NpyArray(shape: shape, values: values.map { Float($0) }).write(to: path)
        }
        return name
    }

    /// Reads an array that must be `<f4` or `<f8`.
    func read(
        _ name: String, isDouble: Bool
    ) throws -> (shape: [Int], values: [Double]) {
        if isDouble {
            let array = try NpyArray<Double>(contentsOf: "\(path)/\(name)")
            return (array.shape, array.values)
        }
        let array = try NpyArray<Float>(contentsOf: "\(path)/\(name)")
        return (array.shape, array.values.map { Double($0) })
    }
}

/// A file of Tests/Fixtures.
func fixture(_ name: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/\(name)")
}
