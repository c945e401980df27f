import Foundation

/// How long a study will take on this machine: measured on a few steps of each network.
package struct Forecast: Sendable {
    /// The trainings that are left to do, and all of the plan.
    package let left: Int
    package let trainings: Int
    /// The networks of the plan.
    package let networks: Int
    /// What an epoch of each network takes on one core, its test included, while the others work too.
    let epochSeconds: [String: Double]
    /// The trainings that are left, on all cores.
    let trainingSeconds: Double
    /// What is looked at in single networks after the trainings.
    let probeSeconds: Double

    /// Drawing all pictures: some dozens, each a run of gnuplot.
    static let pictureSeconds = 2.0
    static let cores = ProcessInfo.processInfo.activeProcessorCount

    /// The forecast of a plan of which `done` are not to be trained again.
    package init(_ plan: Plan, done: [ExperimentResult?] = []) throws {
        let entries = plan.entries
        let left = entries.indices.filter { $0 >= done.count || done[$0] == nil }.map {
            entries[$0]
        }
        let names = plan.networks
        let seconds = try names.mapConcurrently { name in
            try Self.secondsPerEpoch(entries.filter { $0.experiment.network == name })
        }
        let epochSeconds = Dictionary(uniqueKeysWithValues: zip(names, seconds))
        self.left = left.count
        trainings = entries.count
        networks = names.count
        self.epochSeconds = epochSeconds
        trainingSeconds =
            left.reduce(0) { sum, entry in
                sum + (epochSeconds[entry.experiment.network] ?? 0)
                    * Double(entry.experiment.epochs)
            } / Double(Self.cores)
        probeSeconds = Self.probes(plan, epochSeconds["cnn"] ?? 0)
    }

    /// All that is left.
    package var seconds: Double { trainingSeconds + probeSeconds + Self.pictureSeconds }

    /// The plan in a sentence.
    package var text: String {
        let count = left == trainings ? "\(trainings)" : "\(left) of \(trainings)"
        let time =
            seconds < 50
            ? "less than a minute"
            : seconds < 100 ? "about a minute" : "about \(Int((seconds / 60).rounded())) minutes"
        return "\(count) \(trainings == 1 ? "training" : "trainings") of \(networks) "
            + "\(networks == 1 ? "network" : "networks"), then pictures: \(time) on \(Self.cores) "
            + (Self.cores == 1 ? "core" : "cores")
    }

    /// What ``Probe`` takes, whose networks are the cnn.
    private static func probes(_ plan: Plan, _ epoch: Double) -> Double {
        let ofNetwork = plan.entries.filter { $0.experiment.network == "cnn" }
        guard let first = ofNetwork.first else { return 0 }
        let kinds = Set(ofNetwork.map(\.experiment.kind))
        let steps = 4 / max(1, Double(first.task.train.count) / 64)
        return epoch * Double(kinds.count) * Double(Probe.rounds(plan)) * steps
            + epoch * Double(first.experiment.epochs)
    }

    /// The time of an epoch and its test of one network, from a few hundred samples of each.
    private static func secondsPerEpoch(_ entries: [Plan.Entry]) throws -> Double {
        let entry = entries.first { $0.experiment.kind == .standard } ?? entries[entries.count - 1]
        var experiment = entry.experiment
        experiment.epochs = 3
        // So low that nothing diverges: what has diverged takes no time.
        experiment.learningRate = 1e-4
        let (train, test) = (entry.task.train, entry.task.test)
        var share = 1.0
        if entry.judge != nil {
            // A generator and its discriminator take about this much of a convolutional network's time.
            share = 0.4
            experiment.architecture = .convolutional(dropout: 0)
            experiment.kind = .standard
        }
        let size = min(experiment.batchSize, train.count)
        let most = max(size, 600_000 / max(1, train.sampleShape.reduce(1, *)))
        let count = min(train.count, max(size * 4, 128), most)
        let tested = max(1, test.count * count / max(1, train.count))
        var ends: [ContinuousClock.Instant] = []
        _ = try Trainer<Float>(
            experiment, train: train.subset(0..<count),
            test: test.subset(0..<min(tested, test.count))
        ).run { ends.append(.now) }
        // The first epoch warms up.
        let epoch = min((ends[1] - ends[0]).seconds, (ends[2] - ends[1]).seconds)
        return epoch * share * Double(train.count) / Double(count)
    }
}
