/// The trainings of one network, layer and learning rate: one for each seed.
struct Group {
    let network: String
    let kind: NormalizationKind
    let learningRate: Double
    let results: [ExperimentResult]

    /// The accuracy after the last epoch.
    var accuracy: Spread { Spread(values: results.map(\.finalAccuracy)) }
    /// The accuracy after the first epoch.
    var firstAccuracy: Spread { Spread(values: results.map { $0.epochs[0].testAccuracy }) }
    /// How many trainings diverged.
    var divergedCount: Int { results.filter(\.hasDiverged).count }
    /// Test loss minus loss on the training samples, both in inference at the end, of the trainings
    /// that did not diverge.
    var gap: Spread {
        Spread(
            values: results.filter { !$0.hasDiverged }.map {
                ($0.epochs.last?.testLoss ?? 0) - $0.finalTrainLoss
            })
    }
}

/// The results of a study, grouped.
struct Summary {
    let groups: [Group]

    init(_ results: [ExperimentResult]) {
        var groups: [Group] = []
        var current: [ExperimentResult] = []
        func close() {
            guard let first = current.first?.experiment else { return }
            groups.append(
                Group(
                    network: first.network, kind: first.kind, learningRate: first.learningRate,
                    results: current))
        }
        // The plan's order: the seeds of one group follow each other.
        for result in results {
            if let last = current.last?.experiment, !result.experiment.isOfTheGroup(of: last) {
                close()
                current = []
            }
            current.append(result)
        }
        close()
        self.groups = groups
    }

    /// The networks, in the plan's order.
    var networks: [String] {
        groups.reduce(into: []) { if $0.last != $1.network { $0.append($1.network) } }
    }

    /// The dense networks of different depths, shallowest first.
    var depths: [String] {
        networks.filter { $0.wholeMatch(of: /depth-[0-9]+/) != nil }
    }

    /// The layers a network was trained with.
    func kinds(of network: String) -> [NormalizationKind] {
        NormalizationKind.allCases.filter { kind in
            groups.contains { $0.network == network && $0.kind == kind }
        }
    }

    /// A network's groups with one layer, by rising learning rate.
    func groups(_ network: String, _ kind: NormalizationKind) -> [Group] {
        groups.filter { $0.network == network && $0.kind == kind }
            .sorted { $0.learningRate < $1.learningRate }
    }

    /// The group at the learning rate of highest mean accuracy.
    func best(_ network: String, _ kind: NormalizationKind) -> Group? {
        groups(network, kind).max { $0.accuracy.mean < $1.accuracy.mean }
    }
}

extension Experiment {
    fileprivate func isOfTheGroup(of other: Experiment) -> Bool {
        (network, kind, learningRate) == (other.network, other.kind, other.learningRate)
    }
}
