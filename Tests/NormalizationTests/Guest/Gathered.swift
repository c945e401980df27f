import Foundation

/// What several threads add. Its lock is one that the thread sanitizer sees, which of Swift's Mutex it
/// does not (Tests/thread-sanitizer-suppressions).
final class Gathered<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var added: [Value] = []

    var values: [Value] { lock.withLock { added } }

    func add(_ value: Value) {
        lock.withLock { added.append(value) }
    }
}
