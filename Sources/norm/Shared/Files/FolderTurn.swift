import Foundation

/// One process's turn to put a result into a folder: others wait, and a signal waits too, so that the
/// files of a folder are of one result.
///
/// File systems that know no locks let all go ahead at once.
final class FolderTurn {
    private let path: String
    private var descriptor: Int32?

    init(_ path: String) { self.path = path }

    /// Waits for the turn.
    func begin() {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor >= 0 {
            while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        }
        // A signal ends a process that waits for another, but none that has begun.
        Interruption.hold()
        self.descriptor = descriptor
    }

    /// Ends the turn, if it was begun.
    func end() {
        guard let descriptor else { return }
        self.descriptor = nil
        Interruption.release()
        // Closing gives the lock back.
        if descriptor >= 0 { _ = close(descriptor) }
    }
}
