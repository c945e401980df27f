import Foundation
import NormalizationFiles

/// The folder that a command writes to: all files of a call or none.
struct OutputFolder {
    /// A file to write, by its name or by that of a folder and its name in that.
    struct File {
        let name: String
        let write: (inout AtomicFile) throws -> Void

        /// A file that `write` writes, which may throw ``Failure`` as well.
        init(name: String, write: @escaping (inout AtomicFile) throws -> Void) {
            self.name = name
            self.write = write
        }

        /// A file of these bytes.
        init(name: String, bytes: [UInt8]) {
            self.name = name
            write = { file in try file.write(bytes) }
        }

        /// An `.npy` file of this array.
        init<Element>(name: String, array: NpyArray<Element>) {
            self.name = name
            write = { file in try array.write(to: &file) }
        }
    }

    /// The option that names the folder.
    let option: String
    let path: String

    init(_ option: String, _ path: String) {
        self.option = option
        self.path = path
    }

    /// Makes the folder where it is not there.
    func create() throws(Failure) { try create(path) }

    /// Makes the folders, and writes each file.
    ///
    /// All of them are on the disk under temporary names before the first gets its own, so an error
    /// or a signal before then (a full disk, a file that may not be replaced, Ctrl-C) leaves the folder
    /// as it was. Two commands that write to one folder put their files there one after the other.
    func write(_ files: [File]) throws(Failure) {
        try create()
        let folders = files.compactMap { file in
            file.name.lastIndex(of: "/").map { file.name[..<$0] }
        }
        for folder in Set(folders) { try create("\(path)/\(folder)") }
        let turn = FolderTurn(path)
        defer { turn.end() }
        do {
            try write(files[...], turn)
        } catch let failure as Failure {
            throw failure
        } catch { throw .data("\(option) \(error)") }
    }

    /// Writes the files, waits for the turn, then puts them in their places.
    private func write(_ files: ArraySlice<File>, _ turn: FolderTurn) throws {
        guard let first = files.first else { return turn.begin() }
        var file = try AtomicFile("\(path)/\(first.name)")
        try first.write(&file)
        try file.synchronize()
        // A file that is not committed takes its temporary along when it goes out of scope.
        try write(files.dropFirst(), turn)
        try file.commit()
    }

    private func create(_ path: String) throws(Failure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            let isThere = FileManager.default.fileExists(atPath: path)
            throw .data(
                "\(option) \(path): expected a folder or a place for one, "
                    + (isThere ? "found a file" : "found a path where none can be made"))
        }
    }
}
