import Normalization
import Synchronization

/// Who says what a drawn image shows: a classifier that was trained on real ones. It is trained when
/// it is first asked, and is the same for all that ask.
package final class Judge: Sendable {
    private let task: LearningTask
    private let epochs: Int
    private let trainer = Mutex<Trainer<Float>?>(nil)

    /// A judge of images of this task.
    package init(_ task: LearningTask, epochs: Int) {
        self.task = task
        self.epochs = epochs
    }

    /// Loss and accuracy of the judge on images and what they are to show.
    package func evaluate(_ images: Dataset) throws -> (loss: Double, accuracy: Double) {
        try trainer.withLock { trainer in
            if let trainer { return try trainer.evaluate(images) }
            let experiment = Experiment(
                network: "judge", architecture: .convolutional(dropout: 0), kind: .standard,
                learningRate: 0.03, seed: 1, epochs: epochs, batchSize: 64, part: .gan)
            let made = try Trainer<Float>(experiment, train: task.train, test: task.test)
            _ = try made.run()
            let result = try made.evaluate(images)
            trainer = made
            return result
        }
    }

    /// The accuracy on the real test images of a dense classifier that was trained on `images` alone:
    /// high where they show what they are to show, and all that it may look like.
    ///
    /// - References: S. Ravuri and O. Vinyals, "Classification Accuracy Score for Conditional
    ///   Generative Models", 2019, <https://arxiv.org/abs/1905.10887>.
    package func lesson(of images: Dataset) throws -> Double {
        let experiment = Experiment(
            network: "pupil", architecture: .perceptron(width: 64, depth: 3), kind: .standard,
            learningRate: 0.03, seed: 1, epochs: 10, batchSize: 64, part: .gan)
        return try Trainer<Float>(experiment, train: images, test: task.test).run().finalAccuracy
    }

    /// How much images of one class differ, against the real test images: the mean squared distance
    /// to their class's mean, over that of the real ones.
    package func variety(of images: Dataset) -> Double {
        images.spreadWithinClasses / max(1e-12, task.test.spreadWithinClasses)
    }

    /// What real images come to: the judge's accuracy on the test images, and the lesson of the
    /// training images.
    func references() throws -> (accuracy: Double, lesson: Double) {
        (try evaluate(task.test).accuracy, try lesson(of: task.train))
    }
}

extension Dataset {
    /// The mean over samples of the squared distance to the mean of their class.
    fileprivate var spreadWithinClasses: Double {
        let width = sampleShape.reduce(1, *)
        var sums = [Double](repeating: 0, count: classes * width)
        var counts = [Double](repeating: 0, count: classes)
        for (sample, label) in labels.enumerated() {
            counts[label] += 1
            for place in 0..<width { sums[label * width + place] += values[sample * width + place] }
        }
        var spread = 0.0
        for (sample, label) in labels.enumerated() {
            for place in 0..<width {
                let mean = sums[label * width + place] / counts[label]
                let distance = values[sample * width + place] - mean
                spread += distance * distance
            }
        }
        return spread / Double(max(1, count))
    }
}
