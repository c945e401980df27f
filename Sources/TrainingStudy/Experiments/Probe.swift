/// What is looked at in single networks, beside the trainings: speed and activations.
struct Probe: Sendable {
    /// The speed of one layer in the convolutional network, on one thread.
    struct Speed {
        let kind: NormalizationKind
        let secondsPerStep: Double
        let normalizationShare: Double
    }

    /// How the values before and after the fifth convolution's normalization are distributed.
    struct Activations: Sendable {
        let kind: NormalizationKind
        let before: [Double]
        let after: [Double]

        /// The larger share of values that lie in no bin, before or after.
        var shareOutside: Double {
            1 - min(before.reduce(0, +), after.reduce(0, +)) * Probe.binWidth
        }
    }

    let task: LearningTask
    let kinds: [NormalizationKind]

    /// How often the speed is measured.
    static func rounds(_ plan: Plan) -> Int { plan.options.isQuick ? 4 : 60 }

    /// Time of a training step at batch 64: the best of several rounds, the layers taking turns, so
    /// that what else the machine does falls on all of them; of the shares, the median.
    func speeds(rounds: Int, afterRound: () -> Void = {}) throws -> [Speed] {
        var times: [NormalizationKind: [(step: Double, share: Double)]] = [:]
        let data = task.train.subset(0..<min(task.train.count, 64 * 4))
        for _ in 0..<rounds {
            for kind in kinds {
                let result = try Trainer<Float>(
                    experiment(kind, rate: 0.01, seed: 1, epochs: 1), train: data,
                    test: data.subset(0..<1)
                ).run()
                times[kind, default: []].append(
                    (result.secondsPerStep, result.normalizationShare))
            }
            afterRound()
        }
        return kinds.compactMap { kind in
            guard let times = times[kind], let best = times.map(\.step).min() else { return nil }
            return Speed(
                kind: kind, secondsPerStep: best,
                normalizationShare: times.map(\.share).sorted()[times.count / 2])
        }
    }

    /// Histograms of a batch of training samples in networks trained at the given rates, of the layers
    /// that have one.
    func activations(_ rates: [NormalizationKind: Double], epochs: Int) throws -> [Activations] {
        try kinds.filter { rates[$0] != nil }.mapConcurrently { kind -> Activations? in
            guard let rate = rates[kind] else { return nil }
            let trainer = try Trainer<Float>(
                experiment(kind, rate: rate, seed: 1, epochs: epochs), train: task.train,
                test: task.test)
            guard try !trainer.run().hasDiverged else { return nil }
            let (input, _, pass): (Tensor<Float>, [Int], Pass) = task.train.batch(
                0..<min(256, task.train.count), isTraining: true)
            let outputs = try trainer.network.trace(input, pass)
            let convolutions = trainer.network.layers.indices.filter {
                trainer.network.layers[$0] is Convolution<Float>
            }
            let before = outputs[convolutions[4]].values
            let after =
                kind == .none ? before : outputs[convolutions[4] + 1].values
            return Activations(
                kind: kind, before: Self.histogram(before), after: Self.histogram(after))
        }.compactMap { $0 }
    }

    /// The centres of the histogram's bins.
    static let centres = (-48...48).map { Double($0) * binWidth }
    fileprivate static let binWidth = 0.25

    /// The share of values in each bin around `centres`, over its width.
    private static func histogram(_ values: [Float]) -> [Double] {
        var counts = [Int](repeating: 0, count: centres.count)
        for value in values {
            let bin = (Double(value) / binWidth).rounded() + Double(centres.count / 2)
            if bin >= 0, bin < Double(counts.count) { counts[Int(bin)] += 1 }
        }
        return counts.map { Double($0) / Double(max(1, values.count)) / binWidth }
    }

    private func experiment(
        _ kind: NormalizationKind, rate: Double, seed: Int, epochs: Int
    ) -> Experiment {
        Experiment(
            network: "cnn", architecture: .convolutional(dropout: 0), kind: kind,
            learningRate: rate, seed: seed, epochs: epochs, batchSize: 64)
    }
}
