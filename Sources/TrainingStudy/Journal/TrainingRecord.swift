import Foundation

/// A training and what it came to, as a line of JSON that gives back every number to the bit.
package struct TrainingRecord: Codable, Sendable {
    /// What tells a training from the others of a plan.
    struct Key: Hashable, Codable {
        let part: String
        let network: String
        let layer: String
        let learningRate: Double
        let seed: Int

        init(_ experiment: Experiment) {
            part = experiment.part.rawValue
            network = experiment.network
            layer = experiment.kind.rawValue
            learningRate = experiment.learningRate
            seed = experiment.seed
        }
    }

    let training: Key
    let epochs: [EpochResult]
    let parameterCount: Int
    let firstGradientNorms: [Double]
    let lastGradientNorms: [Double]
    let normalizationShare: Double
    let secondsPerStep: Double
    let finalTrainLoss: Double
    let drawing: Drawing?

    /// The record of a training that has ended.
    package init(_ result: ExperimentResult) {
        training = Key(result.experiment)
        epochs = result.epochs
        parameterCount = result.parameterCount
        firstGradientNorms = result.firstGradientNorms
        lastGradientNorms = result.lastGradientNorms
        normalizationShare = result.normalizationShare
        secondsPerStep = result.secondsPerStep
        finalTrainLoss = result.finalTrainLoss
        drawing = result.drawing
    }

    /// The record that a line holds.
    package init(line: some Sequence<UInt8>) throws {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        self = try decoder.decode(TrainingRecord.self, from: Data(line))
    }

    /// The record in one line, without the line's end.
    package func line() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // JSON has no numbers for what has diverged.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return Array(try encoder.encode(self))
    }

    /// What the training came to, where it is this one.
    fileprivate func result(_ experiment: Experiment) -> ExperimentResult {
        var result = ExperimentResult(
            experiment: experiment, epochs: epochs, parameterCount: parameterCount,
            firstGradientNorms: firstGradientNorms, lastGradientNorms: lastGradientNorms,
            normalizationShare: normalizationShare, secondsPerStep: secondsPerStep,
            finalTrainLoss: finalTrainLoss)
        result.drawing = drawing
        return result
    }
}

extension Plan {
    /// The results that were kept, in the plan's order; nil where a training is yet to run.
    ///
    /// - Throws: ``StudyError/foreignTraining(_:)`` where a record is of no training of the plan.
    package func results(from records: [TrainingRecord]) throws(StudyError) -> [ExperimentResult?] {
        var kept: [TrainingRecord.Key: TrainingRecord] = [:]
        for record in records { kept[record.training] = record }
        let results = entries.map { entry in
            kept.removeValue(forKey: TrainingRecord.Key(entry.experiment))?
                .result(entry.experiment)
        }
        if let key = kept.keys.first {
            throw .foreignTraining(
                "\(key.network), \(key.layer), rate \(key.learningRate.short), seed \(key.seed)")
        }
        return results
    }
}
