import Foundation

/// One epoch of one training in study.json and study.csv.
///
/// Numbers that are not finite, after a training has diverged, are null and an empty cell.
struct EpochRecord: Encodable {
    let network: String
    let layer: String
    let learningRate: Double
    let seed: Int
    let epoch: Int
    let trainLoss: Double?
    let testLoss: Double?
    let testAccuracy: Double
    let seconds: Double

    enum CodingKeys: String, CodingKey, CaseIterable {
        case network
        case layer
        case learningRate = "learning_rate"
        case seed
        case epoch
        case trainLoss = "train_loss"
        case testLoss = "test_loss"
        case testAccuracy = "test_accuracy"
        case seconds
    }

    /// The epochs of a training, counted from 1.
    static func records(of result: ExperimentResult) -> [EpochRecord] {
        result.epochs.enumerated().map { index, epoch in
            EpochRecord(
                network: result.experiment.network, layer: result.experiment.kind.rawValue,
                learningRate: result.experiment.learningRate, seed: result.experiment.seed,
                epoch: index + 1, trainLoss: epoch.trainLoss.finite,
                testLoss: epoch.testLoss.finite, testAccuracy: epoch.testAccuracy,
                seconds: epoch.seconds)
        }
    }

    // Every key in every object: what is nil is written as null.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(network, forKey: .network)
        try container.encode(layer, forKey: .layer)
        try container.encode(learningRate, forKey: .learningRate)
        try container.encode(seed, forKey: .seed)
        try container.encode(epoch, forKey: .epoch)
        try container.encode(trainLoss, forKey: .trainLoss)
        try container.encode(testLoss, forKey: .testLoss)
        try container.encode(testAccuracy, forKey: .testAccuracy)
        try container.encode(seconds, forKey: .seconds)
    }

    /// All records as JSON, one object each.
    static func json(_ records: [EpochRecord]) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(records)
    }

    /// All records as CSV with a line of names first.
    static func csv(_ records: [EpochRecord]) -> String {
        let header = CodingKeys.allCases.map(\.rawValue).joined(separator: ",")
        let lines = records.map { record in
            [
                record.network, record.layer, "\(record.learningRate)", "\(record.seed)",
                "\(record.epoch)", record.trainLoss.map { "\($0)" } ?? "",
                record.testLoss.map { "\($0)" } ?? "", "\(record.testAccuracy)",
                "\(record.seconds)",
            ].joined(separator: ",")
        }
        return ([header] + lines).joined(separator: "\n") + "\n"
    }
}

extension Double {
    /// The number, or nil where it is NaN or infinite.
    fileprivate var finite: Double? { isFinite ? self : nil }
}
