import Dispatch
import Foundation
import Synchronization

/// Runs trainings on all cores, one thread each.
///
/// Which core runs which training never changes a number but the seconds.
package struct Runner {
    private let entries: [Plan.Entry]

    /// A runner of every training of `plan`.
    package init(_ plan: Plan) { entries = plan.entries }

    /// What each training came to, in the plan's order.
    ///
    /// - Parameter advanced: called from any thread as an epoch ends, with the share of the whole
    ///   work that is done by a guess, and the training that the epoch is of.
    package func run(
        advanced: @Sendable (_ share: Double, Experiment) -> Void = { _, _ in }
    ) throws -> [ExperimentResult] {
        let results = Mutex<[Int: Result<ExperimentResult, any Error>]>([:])
        let next = Atomic(0)
        let done = Mutex(0.0)
        let total = entries.reduce(0) { $0 + $1.cost }
        let workers = min(entries.count, ProcessInfo.processInfo.activeProcessorCount)
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < entries.count else { return }
                let entry = entries[index]
                let result = Result {
                    try Trainer<Float>(
                        entry.experiment, train: entry.task.train, test: entry.task.test
                    ).run {
                        let sum = done.withLock { done in
                            done += entry.epochCost
                            return done
                        }
                        advanced(min(1, sum / total), entry.experiment)
                    }
                }
                results.withLock { $0[index] = result }
            }
        }
        let finished = results.withLock { $0 }
        return try entries.indices.compactMap { try finished[$0]?.get() }
    }
}

extension Plan.Entry {
    /// The guessed work of the whole training.
    fileprivate var cost: Double { epochCost * Double(experiment.epochs) }
}
