/// Runs trainings on all cores, one thread each.
///
/// Which core runs which training never changes a number but the seconds.
package struct Runner {
    private let entries: [Plan.Entry]

    /// A runner of every training of `plan`.
    package init(_ plan: Plan) { entries = plan.entries }

    /// What each training came to, in the plan's order.
    ///
    /// - Parameters:
    ///   - done: what is known already, in the plan's order: those trainings do not run.
    ///   - work: hears of every epoch.
    ///   - finished: called from any thread with what a training came to, as it ends.
    package func run(
        done: [ExperimentResult?] = [], work: Work? = nil,
        finished: @Sendable (ExperimentResult) throws -> Void = { _ in }
    ) throws -> [ExperimentResult] {
        try Array(entries.indices).mapConcurrently { index in
            if index < done.count, let result = done[index] { return result }
            let entry = entries[index]
            var epochs = 0
            let result = try entry.run {
                epochs += 1
                work?.endEpoch(
                    of: entry.experiment, isLast: epochs == entry.experiment.epochs)
            }
            try finished(result)
            return result
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
}
