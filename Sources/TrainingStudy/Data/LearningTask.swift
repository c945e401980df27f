/// Training and test samples of one task.
package struct LearningTask: Sendable {
    /// What the samples are, for the report.
    package let name: String
    package let train: Dataset
    package let test: Dataset

    /// A task of samples as they are.
    package init(name: String, train: Dataset, test: Dataset) {
        self.name = name
        self.train = train
        self.test = test
    }

    /// The accuracy of always naming the most common class of the test samples.
    var commonestShare: Double {
        let counts = test.labels.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        return Double(counts.values.max() ?? 0) / Double(max(1, test.count))
    }
}

extension LearningTask {
    /// Images with all pixels at mean 0 and deviation 1 over the training images: one shift and one
    /// scale.
    package static func images(_ name: String, train: Dataset, test: Dataset) -> LearningTask {
        let count = Double(train.values.count)
        let mean = train.values.reduce(0, +) / count
        let variance = train.values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        let scale = variance > 0 ? 1 / variance.squareRoot() : 1
        return LearningTask(
            name: name, train: train.transformed(scale: scale, shift: -mean * scale),
            test: test.transformed(scale: scale, shift: -mean * scale))
    }

    /// The handwritten digits, a quarter of them for the test, by a split of its own seed.
    package static func digits(_ samples: Dataset) -> LearningTask {
        let (train, test) = samples.split(first: 1347, seed: 0)
        return images("handwritten digits, 8×8", train: train, test: test)
    }

    /// The breast cancer table as it is, a quarter of it for the test.
    package static func breastCancer(_ samples: Dataset) -> LearningTask {
        let (train, test) = samples.split(first: 427, seed: 0)
        return LearningTask(name: "breast cancer, 30 raw features", train: train, test: test)
    }

    /// The breast cancer table with every feature at mean 0 and deviation 1 over the training
    /// samples of `raw`.
    static func standardizedBreastCancer(_ raw: LearningTask) -> LearningTask {
        let moments = raw.train.featureMoments
        return LearningTask(
            name: "breast cancer, features at mean 0 and deviation 1",
            train: raw.train.standardized(by: moments), test: raw.test.standardized(by: moments))
    }

    /// Nine speakers' utterances, split as at the source.
    package static func japaneseVowels(train: Dataset, test: Dataset) -> LearningTask {
        LearningTask(name: "Japanese Vowels, 12 features a frame", train: train, test: test)
    }
}

/// The tasks of one study.
package enum StudyTasks: Sendable {
    /// All three of the data that ship with the command.
    case shipped(digits: LearningTask, breastCancer: LearningTask, japaneseVowels: LearningTask)
    /// Images of one's own.
    case images(LearningTask)
}
