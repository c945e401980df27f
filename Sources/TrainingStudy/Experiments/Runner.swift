import Dispatch
import Foundation
import Synchronization
import TrainingStudy

/// Runs trainings on all cores, one thread each, and shows how far they are.
///
/// Which core runs which training never changes a number but the seconds.
struct StudyRunner {
    private let entries: [StudyPlan.Entry]

    init(_ plan: StudyPlan) { entries = plan.entries }

    /// What each training came to, in the plan's order.
    func run() throws -> [ExperimentResult] {
        let results = Mutex<[Int: Result<ExperimentResult, any Error>]>([:])
        let next = Atomic(0)
        let bar = StudyProgress(total: entries.reduce(0) { $0 + $1.cost })
        let workers = min(entries.count, ProcessInfo.processInfo.activeProcessorCount)
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < entries.count else { return }
                let entry = entries[index]
                let result = Result {
                    try Trainer<Float>(
                        entry.experiment, train: entry.task.train, test: entry.task.test
                    ).run { bar.advance(entry.epochCost, entry.experiment) }
                }
                results.withLock { $0[index] = result }
            }
        }
        bar.finish()
        let finished = results.withLock { $0 }
        return try entries.indices.compactMap { try finished[$0]?.get() }
    }
}

/// The line on a terminal that says how far the study is and how long it will take; nothing is
/// written to a file or pipe.
final class StudyProgress: Sendable {
    private struct State {
        var done = 0.0
        var lastShown: ContinuousClock.Instant?
    }

    private let total: Double
    private let start = ContinuousClock.now
    private let state = Mutex(State())
    private let line = Progress()

    init(total: Double) { self.total = total }

    /// Counts work that was done, on a training that may go on.
    func advance(_ work: Double, _ experiment: Experiment) {
        state.withLock { state in
            state.done += work
            let now = ContinuousClock.now
            if let last = state.lastShown, now - last < .milliseconds(100) { return }
            state.lastShown = now
            let share = min(1, state.done / total)
            let left = (now - start).seconds * (1 - share) / max(1e-9, share)
            let filled = Int(share * 30)
            line.show(
                "[" + String(repeating: "#", count: filled)
                    + String(repeating: ".", count: 30 - filled) + "] \(Int(share * 100)) %, "
                    + "\(Self.text(left)) left: \(experiment.network), "
                    + experiment.kind.rawValue)
        }
    }

    /// Takes the line away.
    func finish() { line.clear() }

    private static func text(_ seconds: Double) -> String {
        seconds < 90 ? "\(Int(seconds.rounded())) s" : "\(Int((seconds / 60).rounded())) min"
    }
}

extension StudyPlan.Entry {
    /// The guessed work of the whole training.
    fileprivate var cost: Double { epochCost * Double(experiment.epochs) }
}
