/// Whitening beside batch normalization: the convolutional network on the digits and a perceptron on the breast
/// cancer table, each with either layer behind its weighted layers.
package struct WhiteningStudy {
    /// What one arm came to at its best learning rate, over the seeds.
    package struct Outcome: Sendable {
        package let subject: String
        package let arm: WhiteningArm
        package let learningRate: Double
        /// Test accuracy after the last epoch, one a seed.
        package let accuracies: [Double]
        /// The mean training loss of the first epoch, over the seeds.
        package let firstLoss: Double
        /// The condition number of the activations' covariance before and after the normalizations.
        package let conditions: (before: Double, after: Double)
        package let secondsPerStep: Double
    }

    private let subjects: [WhiteningSubject]
    private let epochs: Int
    private let seeds: Int
    private let rates: [Double]

    /// The study on the shipped digits and breast cancer table; a quick one of fewer epochs, rates and seeds.
    package init(digits: LearningTask, breastCancer: LearningTask, isQuick: Bool) {
        subjects = [
            WhiteningSubject(name: "cnn", task: digits, isConvolutional: true),
            WhiteningSubject(
                name: "perceptron", task: .standardizedBreastCancer(breastCancer),
                isConvolutional: false),
        ]
        epochs = isQuick ? 1 : 4
        seeds = isQuick ? 1 : 3
        rates = isQuick ? [0.03] : [0.01, 0.03, 0.1]
    }

    /// Trains every network with every arm.
    ///
    /// - Parameter advanced: called as each training ends, with the share that is done and its name.
    package func run(
        advanced: (_ share: Double, String) -> Void = { _, _ in }
    ) throws -> [Outcome] {
        let total = subjects.count * WhiteningArm.allCases.count * rates.count * seeds
        var done = 0
        var outcomes: [Outcome] = []
        for subject in subjects {
            for arm in WhiteningArm.allCases {
                var best: [WhiteningTraining] = []
                for rate in rates {
                    let trainings = try (1...seeds).map { seed in
                        var training = try WhiteningTraining(subject, arm, rate: rate, seed: seed)
                        try training.run(epochs: epochs)
                        done += 1
                        advanced(Double(done) / Double(total), "\(subject.name), \(arm.rawValue)")
                        return training
                    }
                    let isBetter = mean(trainings.map(\.accuracy)) > mean(best.map(\.accuracy))
                    if best.isEmpty || isBetter { best = trainings }
                }
                outcomes.append(try outcome(subject, arm, best))
            }
        }
        return outcomes
    }

    private func outcome(
        _ subject: WhiteningSubject, _ arm: WhiteningArm, _ trainings: [WhiteningTraining]
    ) throws -> Outcome {
        let conditions = try trainings.map { try $0.conditions() }
        return Outcome(
            subject: subject.name, arm: arm, learningRate: trainings[0].learningRate,
            accuracies: trainings.map(\.accuracy), firstLoss: mean(trainings.map(\.firstLoss)),
            conditions: (mean(conditions.map(\.before)), mean(conditions.map(\.after))),
            secondsPerStep: trainings.map(\.secondsPerStep).min() ?? .nan)
    }

    private func mean(_ values: [Double]) -> Double {
        values.reduce(0, +) / Double(max(1, values.count))
    }

    /// The outcomes as a table in Markdown.
    package static func markdown(_ outcomes: [Outcome]) -> String {
        var table = Table([
            ("network", .left), ("layer", .left), ("accuracy, %", .right), ("rate", .right),
            ("loss of the first epoch", .right), ("condition before", .right),
            ("after", .right), ("ms a step", .right),
        ])
        for outcome in outcomes {
            let percent = outcome.accuracies.map { $0 * 100 }
            let mean = percent.reduce(0, +) / Double(percent.count)
            let (least, most) = (percent.min() ?? mean, percent.max() ?? mean)
            table.add([
                outcome.subject, outcome.arm.rawValue,
                "\(tenths(mean)) (\(tenths(least)) to \(tenths(most)))",
                "\(outcome.learningRate)", hundredths(outcome.firstLoss),
                tenths(outcome.conditions.before), tenths(outcome.conditions.after),
                tenths(outcome.secondsPerStep * 1e3),
            ])
        }
        return table.markdownLines.joined(separator: "\n") + "\n"
    }

    private static func hundredths(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        let rounded = Int((value * 100).rounded())
        let rest = abs(rounded) % 100
        return "\(rounded / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    private static func tenths(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        let rounded = Int((value * 10).rounded())
        return "\(rounded / 10).\(abs(rounded) % 10)"
    }
}
