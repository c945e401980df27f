public import Normalization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Data-parallel training: each rank has a copy of the network and a share of every batch. Gradients are summed over the
/// ranks, so that all copies take the same step.
public struct Training: Sendable {
    /// What is trained, and how. Alike on every rank.
    public struct Options: Sendable {
        /// What normalizes.
        public var kind: Kind
        /// The samples of a batch, over all ranks.
        public var batch = 16
        /// How many steps are taken.
        public var steps = 200
        /// The step size, of gradient descent with a momentum of 0.9.
        public var learningRate = 0.02
        /// After how many steps the network is tested.
        public var testEvery = 20
        /// What weights and batches are drawn from.
        public var seed = 3
        /// The most threads that a call of a normalization uses.
        public var threadLimit: Int? = 1

        /// Options with these defaults.
        public init(kind: Kind) { self.kind = kind }
    }

    /// A step as it went: the same on every rank.
    public struct Step: Sendable, Equatable {
        /// The mean loss over the batch of all ranks.
        public let loss: Double
        /// The mean loss over the test digits, on rank 0, where the step was one to test after.
        public let testLoss: Double?
        /// The share of them that the network knows.
        public let accuracy: Double?
    }

    private let options: Options
    private let digits: Digits
    private let exchange: any StatisticsExchange

    /// A training on this rank of some.
    public init(
        _ options: Options, on digits: Digits, over exchange: any StatisticsExchange
    ) {
        (self.options, self.digits, self.exchange) = (options, digits, exchange)
    }

    /// Collective: trains, and says how each step went.
    public func run() throws -> [Step] {
        let network = try Network(options, over: exchange)
        var random = Random(seed: options.seed + 1)
        var order: [Int] = []
        return try (1...options.steps).map { step in
            if order.count < options.batch {
                order = digits.training.shuffled(using: &random)
            }
            let batch = order.suffix(options.batch)
            order.removeLast(options.batch)
            let loss = try train(network, on: share(of: Array(batch)))
            guard step % options.testEvery == 0, exchange.rank == 0 else {
                return Step(loss: loss, testLoss: nil, accuracy: nil)
            }
            let (testLoss, accuracy) = try test(network)
            return Step(loss: loss, testLoss: testLoss, accuracy: accuracy)
        }
    }

    /// The samples of this rank: parts of unequal size where the batch does not divide, of none where there are too
    /// few.
    private func share(of batch: [Int]) -> [Int] {
        let (ranks, rank) = (exchange.size, exchange.rank)
        return Array(batch[batch.count * rank / ranks..<batch.count * (rank + 1) / ranks])
    }

    /// One step of all ranks; gives the loss of the whole batch.
    private func train(_ network: Network, on samples: [Int]) throws -> Double {
        let (input, labels) = digits.batch(samples)
        let logits = try network.forward(input, isTraining: true)
        let (losses, gradient) = crossEntropy(logits, labels, of: options.batch)
        try network.backward(gradient)
        let parameters = network.parameters
        // Ranks' sums are added in their order, so the copies of the network stay the same bits. A large network
        // would rather have a reduction that sends each gradient once.
        let own = parameters.flatMap(\.gradient) + [losses.reduce(0, +) / Double(options.batch)]
        let all = try exchange.allGather(own)
        var sums = Array(all[..<own.count])
        for rank in 1..<max(1, exchange.size) {
            for index in own.indices { sums[index] += all[rank * own.count + index] }
        }
        var first = 0
        for parameter in parameters {
            for index in parameter.values.indices {
                parameter.velocity[index] = 0.9 * parameter.velocity[index] + sums[first + index]
                parameter.values[index] -= options.learningRate * parameter.velocity[index]
            }
            first += parameter.values.count
        }
        return sums[first]
    }

    private func test(_ network: Network) throws -> (loss: Double, accuracy: Double) {
        let (input, labels) = digits.batch(digits.test)
        let logits = try network.forward(input, isTraining: false)
        let (losses, _) = crossEntropy(logits, labels, of: labels.count)
        let correct = labels.indices.filter { row in
            let own = logits.values[row * 10..<(row + 1) * 10]
            return own.firstIndex(of: own.max() ?? 0) == row * 10 + labels[row]
        }
        let count = Double(labels.count)
        return (losses.reduce(0, +) / count, Double(correct.count) / count)
    }

    /// −log softmax(logits)[label] of each sample, and the gradient of their sum over `count`.
    private func crossEntropy(
        _ logits: Tensor, _ labels: [Int], of count: Int
    ) -> (losses: [Double], gradient: Tensor) {
        var gradient = logits
        let losses = labels.indices.map { row in
            let own = row * 10..<(row + 1) * 10
            let largest = logits.values[own].max() ?? 0
            let exponentials = logits.values[own].map { exp($0 - largest) }
            let sum = exponentials.reduce(0, +)
            for (index, exponential) in exponentials.enumerated() {
                let target = index == labels[row] ? 1.0 : 0
                gradient.values[row * 10 + index] = (exponential / sum - target) / Double(count)
            }
            return log(sum) + largest - logits.values[row * 10 + labels[row]]
        }
        return (losses, gradient)
    }
}
