import Normalization
import SeededRandom

/// Trains a network that draws images of a class against one that tells them from real ones. The same
/// experiment on the same data gives the same numbers.
///
/// The discriminator sees an image with its class, real or asked for, a little noise over both kinds.
/// It has no normalization: only the generator's is under study.
///
/// - References: M. Mirza and S. Osindero, "Conditional Generative Adversarial Nets", 2014,
///   <https://arxiv.org/abs/1411.1784>; T. Salimans et al., "Improved Techniques for Training GANs",
///   2016, for the target of 0.9, <https://arxiv.org/abs/1606.03498>.
struct AdversarialTrainer {
    private let experiment: Experiment
    private let judge: Judge
    private let scale: InkScale
    private let train: Dataset
    private let noise: Int
    private let generator: Network<Float>
    private let discriminator: Network<Float>

    private var classes: Int { train.classes }
    private var pixels: Int { train.sampleShape.reduce(1, *) }

    /// Noise over the discriminator's images, where they reach from −1 to 1.
    private static let imageNoise: Float = 0.1

    /// A training that has not begun; the architecture is a generator.
    init(_ experiment: Experiment, _ task: LearningTask, judge: Judge) throws {
        guard case .generator(let noise, let width) = experiment.architecture else {
            preconditionFailure("\(experiment.architecture) draws nothing")
        }
        self.experiment = experiment
        self.judge = judge
        self.noise = noise
        scale = InkScale(task.train)
        train = scale.signed(task.train)
        generator = try experiment.architecture.network(
            sampleShape: train.sampleShape, classes: train.classes, kind: experiment.kind,
            seed: experiment.seed)
        discriminator = Self.discriminator(
            inputs: train.sampleShape.reduce(1, *) + train.classes, width: width,
            seed: experiment.seed &+ 500_009)
    }

    private static func discriminator(inputs: Int, width: Int, seed: Int) -> Network<Float> {
        var random = SplitMix64(mixing: seed)
        return Network([
            Dense<Float>(inputs: inputs, outputs: width, random: &random), LeakyReLU<Float>(),
            Dense<Float>(inputs: width, outputs: width, random: &random), LeakyReLU<Float>(),
            Dense<Float>(inputs: width, outputs: 1, gain: 1, random: &random),
        ])
    }

    /// Trains, and has the judge look after every epoch.
    func run(afterEpoch: () -> Void) throws -> ExperimentResult {
        var result = ExperimentResult(experiment, parameterCount: generator.parameterCount)
        var random = SplitMix64(mixing: experiment.seed &+ 1_000_003)
        var (steps, trainingTime) = (0, 0.0)
        for epoch in 1...experiment.epochs {
            let start = ContinuousClock.now
            let hasEnded = result.hasDiverged && !result.epochs.isEmpty
            let loss = try hasEnded ? .nan : self.epoch(&random, &steps)
            let seconds = (ContinuousClock.now - start).seconds
            trainingTime += seconds
            let isLast = epoch == experiment.epochs
            let judged: (loss: Double, accuracy: Double) =
                try loss.isFinite
                ? judge.evaluate(draw(perClass: isLast ? 100 : 20, seed: 0)) : (.nan, 0)
            result.epochs.append(
                EpochResult(
                    trainLoss: loss, testLoss: judged.loss, testAccuracy: judged.accuracy,
                    seconds: seconds))
            afterEpoch()
        }
        if !result.hasDiverged { result.drawing = try drawing() }
        result.secondsPerStep = trainingTime / Double(max(1, steps))
        result.normalizationShare =
            generator.timeInNormalization.seconds / max(1e-12, generator.timeInLayers.seconds)
        return result
    }

    /// As many images of each class as there are real ones to train on, and what they are worth.
    private func drawing() throws -> Drawing {
        let images = try draw(perClass: max(1, train.count / classes), seed: 1)
        let shown = (0..<min(images.count, classes * 8)).map {
            scale.ink(images.values[$0 * pixels..<($0 + 1) * pixels])
        }
        return Drawing(
            images: shown, classes: classes, variety: judge.variety(of: images),
            lesson: try judge.lesson(of: images))
    }

    /// Images of each class in turn, in inference, as data.
    private func draw(perClass: Int, seed: Int) throws -> Dataset {
        var random = SplitMix64(mixing: seed &+ 2_000_003)
        let labels = (0..<perClass * classes).map { $0 % classes }
        let drawn = try generator.forward(
            input(labels, &random), Pass(isTraining: false, classes: labels))
        return Dataset(
            values: scale.pixels(drawn.values), sampleShape: train.sampleShape, labels: labels,
            classes: classes)
    }

    /// One walk through the real images: the generator's mean loss, NaN where it is no longer finite.
    private func epoch(_ random: inout SplitMix64, _ steps: inout Int) throws -> Double {
        let order = random.permutation(train.count)
        let size = min(experiment.batchSize, train.count)
        var (sum, count) = (0.0, 0)
        for first in stride(from: 0, through: train.count - size, by: size) {
            let (real, labels, _): (Tensor<Float>, [Int], Pass) = train.batch(
                order[first..<first + size], isTraining: true)
            do {
                let loss = try step(real, labels, &random)
                guard loss.isFinite else { return .nan }
                sum += loss
            } catch let error as NormalizationError where error.isAboutNumbers {
                return .nan
            }
            count += 1
            steps += 1
        }
        return sum / Double(max(1, count))
    }

    /// A step of the discriminator, then one of the generator on the same drawn images.
    private func step(
        _ real: Tensor<Float>, _ labels: [Int], _ random: inout SplitMix64
    ) throws -> Double {
        let optimizer = experiment.optimizer.optimizer(learningRate: experiment.learningRate)
        let count = labels.count
        let asked = labels.map { _ in Int(random.uniform() * Double(classes)) }
        let drawn = try generator.forward(
            input(asked, &random), Pass(isTraining: true, classes: asked))

        let both = withClasses(real.values + drawn.values, labels + asked, &random)
        let targets = Array(repeating: 0.9, count: count) + Array(repeating: 0, count: count)
        let told = AdversarialLoss.evaluate(try discriminator.forward(both, .training), targets)
        try discriminator.backward(told.gradient)
        optimizer.step(discriminator.parameters)

        let again = withClasses(drawn.values, asked, &random)
        let (loss, gradient) = AdversarialLoss.evaluate(
            try discriminator.forward(again, .training), Array(repeating: 1, count: count))
        let ofInput = try discriminator.backward(gradient)
        var ofImages = Tensor<Float>(shape: drawn.shape)
        for row in 0..<count {
            for pixel in 0..<pixels {
                ofImages.values[row * pixels + pixel] =
                    ofInput.values[row * (pixels + classes) + pixel]
            }
        }
        try generator.backward(ofImages)
        optimizer.step(generator.parameters)
        return told.loss.isFinite ? loss : .nan
    }

    /// The generator's input: random numbers, and the class where its normalization is not told it.
    private func input(_ labels: [Int], _ random: inout SplitMix64) -> Tensor<Float> {
        let isTold = experiment.kind == .conditional
        let numbers: [Float] = random.normal(count: labels.count * noise)
        return rows(numbers, noise, labels, isTold ? 0 : classes)
    }

    /// Images with noise, each followed by its class.
    private func withClasses(
        _ images: [Float], _ labels: [Int], _ random: inout SplitMix64
    ) -> Tensor<Float> {
        let noise: [Float] = random.normal(count: images.count)
        return rows(
            zip(images, noise).map { $0 + Self.imageNoise * $1 }, pixels, labels, classes)
    }

    /// Rows of `width` numbers, each followed by `classes` numbers of which that of its label is 1.
    private func rows(
        _ values: [Float], _ width: Int, _ labels: [Int], _ classes: Int
    ) -> Tensor<Float> {
        var rows = Tensor<Float>(shape: [labels.count, width + classes])
        for (row, label) in labels.enumerated() {
            let start = row * (width + classes)
            for place in 0..<width { rows.values[start + place] = values[row * width + place] }
            if classes > 0 { rows.values[start + width + label] = 1 }
        }
        return rows
    }
}
