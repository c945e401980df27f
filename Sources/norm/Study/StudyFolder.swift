import Foundation
import NormalizationFiles

/// The folder a report goes to. Each file appears whole or not at all.
struct StudyFolder {
    let path: String

    /// Makes the folder where it is not there: before hours of training, not after.
    init(_ path: String) throws(Failure) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .data("--report \(path): expected a folder or a place for one")
        }
    }

    /// Writes one file.
    func write(_ contents: Data, to name: String) throws(Failure) {
        do throws(FileError) {
            var file = try AtomicFile("\(path)/\(name)")
            try file.write([UInt8](contents))
            try file.commit()
        } catch {
            throw .data("--report \(error)")
        }
    }
}
