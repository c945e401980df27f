import Dispatch
import Foundation
import Synchronization

extension Array where Element: Sendable {
    /// What `body` makes of each element, in their order, on all cores; the first error in that order is
    /// thrown. After an error no further element is begun.
    func mapConcurrently<Result: Sendable>(
        _ body: @Sendable (Element) throws -> Result
    ) throws -> [Result] {
        let results = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
        let next = Atomic(0)
        let workers = Swift.min(count, ProcessInfo.processInfo.activeProcessorCount)
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let result = Swift.Result { try body(self[index]) }
                if case .failure = result { next.store(count, ordering: .relaxed) }
                results.withLock { $0[index] = result }
            }
        }
        let finished = results.withLock { $0 }
        return try indices.compactMap { try finished[$0]?.get() }
    }
}
