import Dispatch
import Foundation
import Synchronization

extension Array where Element: Sendable {
    /// What `body` makes of each element, in their order, on all cores; the first error in that order is
    /// thrown. After an error no further element is begun.
    func mapConcurrently<Result: Sendable>(
        _ body: @Sendable (Element) throws -> Result
    ) throws -> [Result] {
        let slots = map { _ in Slot<Swift.Result<Result, any Error>>() }
        let next = Atomic(0)
        let workers = Swift.min(count, ProcessInfo.processInfo.activeProcessorCount)
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let result = Swift.Result { try body(self[index]) }
                if case .failure = result { next.store(count, ordering: .relaxed) }
                slots[index].content.withLock { $0 = result }
            }
        }
        return try slots.compactMap { slot in try slot.content.withLock { $0 }?.get() }
    }
}

/// A place for one result. Nobody waits for its lock, as one would for a lock of all results; a waited-for lock is what
/// the thread sanitizer does not see (`Tests/thread-sanitizer-suppressions`).
private final class Slot<Content: Sendable>: Sendable {
    let content = Mutex<Content?>(nil)
}
