import Synchronization

@testable import TrainingStudy

/// Counts trainings that end, from any thread.
final class Ended: Sendable {
    private let results = Mutex<[ExperimentResult]>([])

    func add(_ result: ExperimentResult) { results.withLock { $0.append(result) } }
    var count: Int { results.withLock { $0.count } }
}

/// Collects what is heard of a study, smallest share first.
final class Heard: Sendable {
    private let calls = Mutex<[(share: Double, text: String)]>([])

    func add(_ share: Double, _ text: String) { calls.withLock { $0.append((share, text)) } }
    private var sorted: [(share: Double, text: String)] {
        calls.withLock { $0 }.sorted { $0.share < $1.share }
    }
    var shares: [Double] { sorted.map(\.share) }
    var texts: [String] { sorted.map(\.text) }
}
