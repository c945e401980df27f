import Foundation
import NormalizationFiles

/// The folder that `norm apply` writes its arrays to: all of them or none.
struct OutputFolder {
    let path: String

    /// Writes each array to `<name>.npy`.
    ///
    /// All of them are on the disk under temporary names before the first gets its own, so what goes
    /// wrong before then (a full disk, a file that may not be replaced) leaves the folder as it was.
    func write<Scalar>(_ outputs: [(name: String, array: NpyArray<Scalar>)]) throws(Failure) {
        try create()
        do throws(FileError) {
            try write(outputs[...])
        } catch { throw .data("--output-directory \(error)") }
    }

    private func write<Scalar>(
        _ outputs: ArraySlice<(name: String, array: NpyArray<Scalar>)>
    ) throws(FileError) {
        guard let output = outputs.first else { return }
        var file = try AtomicFile("\(path)/\(output.name).npy")
        try file.write(output.array.encoded())
        // A file that is not committed takes its temporary along when it goes out of scope.
        try write(outputs.dropFirst())
        try file.commit()
    }

    private func create() throws(Failure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            let isThere = FileManager.default.fileExists(atPath: path)
            throw .data(
                "--output-directory \(path): expected a folder or a place for one, "
                    + (isThere ? "found a file" : "found a path where none can be made"))
        }
    }
}
