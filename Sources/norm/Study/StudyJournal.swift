import Foundation
import Synchronization
import TrainingStudy

/// The trainings of a study as they end, one a line, in the folder of its report: a study that is stopped goes on
/// from there.
///
/// Unlike every other file of the command this one grows in place. A signal waits for the end of a line; one that
/// SIGKILL cut off is left out when the file is read.
final class StudyJournal: Sendable {
    static let name = "trainings.jsonl"

    /// What was there, in the order in which it ended.
    let records: [TrainingRecord]

    private let path: String
    private let file: Mutex<FileHandle>

    /// Opens the journal of a folder that is there.
    ///
    /// - Parameters:
    ///   - trainings: how many the study has.
    ///   - continues: whether to go on with what is there; where nothing is, it is begun.
    /// - Throws: ``Failure`` where another process has it, where it is of other settings, and where there are
    ///   trainings that are not to be gone on with.
    init(
        in folder: OutputFolder, _ settings: StudySettings, trainings: Int, continues: Bool
    ) throws(Failure) {
        path = "\(folder.path)/\(Self.name)"
        let name = "\(folder.option) \(folder.path)"
        let file = try Self.open(path, name)
        let content = try Self.content(file, path)
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // Behind the last end of a line is nothing, or a line that was cut off.
        let whole = lines.dropLast()
        if let first = whole.first {
            guard let head = StudySettings.read(String(decoding: first, as: UTF8.self)) else {
                throw .data("\(path): expected the trainings of a study, found another file")
            }
            if continues {
                try Self.expectSame(settings, head.settings, path)
            } else if whole.count > 1 {
                let isUnfinished = whole.count - 1 < head.trainings
                throw .data(
                    "\(name): expected no study\(isUnfinished ? " that is unfinished" : ""), found "
                        + (isUnfinished
                            ? "\(whole.count - 1) of \(head.trainings) trainings; --continue goes on with them, "
                            : "one of \(head.trainings) trainings; --continue draws it anew, ")
                        + "removing \(path) gives them up")
            }
        }
        if continues, !whole.isEmpty {
            records = try Self.records(whole.dropFirst(), path)
            try Self.cut(file, to: whole.reduce(0) { $0 + $1.count + 1 }, path)
        } else {
            records = []
            try Self.cut(file, to: 0, path)
            try Self.append(Array(settings.line(trainings: trainings).utf8), to: file, path)
        }
        self.file = Mutex(file)
    }

    /// Adds a training that has ended, from any thread.
    func add(_ result: ExperimentResult) throws {
        let line = try TrainingRecord(result).line()
        try file.withLock { file in try Self.append(line, to: file, path) }
    }

    /// Opens the file for this process alone: the lock ends with it.
    private static func open(_ path: String, _ name: String) throws(Failure) -> FileHandle {
        let descriptor = unsafe Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .data("\(path): cannot open or create the file") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            throw .data("\(name): expected a folder for one study, found another at work there")
        }
        return file
    }

    private static func content(_ file: FileHandle, _ path: String) throws(Failure) -> Data {
        do {
            return try file.readToEnd() ?? Data()
        } catch { throw .data("\(path): cannot read the file") }
    }

    private static func expectSame(
        _ now: StudySettings, _ kept: StudySettings, _ path: String
    ) throws(Failure) {
        guard let difference = now.difference(from: kept) else { return }
        throw .call(
            "--continue: expected \(difference.name) \(difference.kept) as in \(path), got "
                + difference.now)
    }

    private static func records(
        _ lines: ArraySlice<Data>, _ path: String
    ) throws(Failure) -> [TrainingRecord] {
        do {
            return try lines.map { try TrainingRecord(line: $0) }
        } catch { throw .data("\(path): expected a training a line, found another text") }
    }

    private static func cut(_ file: FileHandle, to size: Int, _ path: String) throws(Failure) {
        do {
            try file.truncate(atOffset: UInt64(size))
        } catch { throw .data("\(path): cannot write the file") }
    }

    /// Adds a line; a signal waits until it is whole.
    private static func append(
        _ line: [UInt8], to file: FileHandle, _ path: String
    ) throws(Failure) {
        Interruption.hold()
        defer { Interruption.release() }
        do {
            try file.write(contentsOf: Data(line + [UInt8(ascii: "\n")]))
        } catch { throw .data("\(path): cannot write the file") }
    }
}
