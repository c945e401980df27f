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
        let done = Mutex(0.0)
        let total = entries.reduce(0) { $0 + $1.cost }
        return try entries.mapConcurrently { entry in
            try entry.run {
                let sum = done.withLock { done in
                    done += entry.epochCost
                    return done
                }
                advanced(min(1, sum / total), entry.experiment)
            }
        }
    }
}

extension Plan.Entry {
    /// What the training comes to.
    fileprivate func run(afterEpoch: () -> Void) throws -> ExperimentResult {
        if let judge {
            return try AdversarialTrainer(experiment, task, judge: judge)
                .run(afterEpoch: afterEpoch)
        }
        return try Trainer<Float>(experiment, train: task.train, test: task.test)
            .run(afterEpoch: afterEpoch)
    }

    /// The guessed work of the whole training.
    fileprivate var cost: Double { epochCost * Double(experiment.epochs) }
}
