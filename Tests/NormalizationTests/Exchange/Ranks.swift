import Foundation
import Normalization
import SeededRandom

/// What a rank returned or threw.
typealias Outcome<Value> = Result<Value, any Error>

/// Runs `body` once a rank, each on a thread of its own, and gives what each returned or threw, in rank order.
///
/// - Parameter delays: how long each waits before it begins, in microseconds; none where there are fewer.
func onRanks<Value: Sendable>(
    _ count: Int, timeout: Duration = .seconds(60), delays: [UInt32] = [],
    _ body: @escaping @Sendable (LocalExchange) throws -> Value
) throws -> [Outcome<Value>] {
    onThreads(try LocalExchange.ranks(count, timeout: timeout), delays: delays, body)
}

/// The same over ranks that are there.
func onThreads<Value: Sendable>(
    _ ranks: [LocalExchange], delays: [UInt32] = [],
    _ body: @escaping @Sendable (LocalExchange) throws -> Value
) -> [Outcome<Value>] {
    let outcomes = Gathered<(rank: Int, outcome: Outcome<Value>)>()
    let done = DispatchGroup()
    for rank in ranks {
        done.enter()
        let delay = delays.count > rank.rank ? delays[rank.rank] : 0
        let thread = Thread {
            if delay > 0 { usleep(delay) }
            outcomes.add((rank.rank, Outcome { try body(rank) }))
            done.leave()
        }
        thread.start()
    }
    done.wait()
    return outcomes.values.sorted { $0.rank < $1.rank }.map(\.outcome)
}

/// The values, where every rank returned one; else what the first one threw.
func values<Value>(_ outcomes: [Outcome<Value>]) throws -> [Value] {
    try outcomes.map { try $0.get() }
}

/// What each rank threw; `nil` where it returned.
func errors<Value>(_ outcomes: [Outcome<Value>]) -> [NormalizationError?] {
    outcomes.map {
        if case .failure(let error) = $0 { error as? NormalizationError } else { nil }
    }
}

/// Delays that bring the ranks in another order each time.
func shuffled(_ count: Int, _ random: inout SplitMix64) -> [UInt32] {
    (0..<count).map { _ in UInt32(random.next() % 4) * 300 }
}

/// How many samples each rank has: uneven, empty, one rank, eight.
let splits: [[Int]] = [
    [5], [3, 2], [1, 1], [4, 0, 1], [0, 0, 5], [1, 2, 1, 1], [2, 0, 1, 0, 3], [1, 1, 1, 1, 1, 1],
    [0, 3, 1, 0, 2, 1, 0], [2, 1, 0, 3, 1, 1, 0, 4],
]

/// Every split, and some of them on every engine with either type.
let subjectSplits: [(Subject, [Int])] =
    splits.map { (Subject(engine: .automatic, element: .float), $0) }
    + Subject.all.flatMap { subject in
        [[5], [3, 2], [2, 0, 1, 0, 3]].map { (subject, $0) }
    }

/// A batch whose samples are spread over ranks, with a layer for it. Samples are at axis 0.
struct Spread<Scalar: NormalizationScalar>: Sendable {
    let split: [Int]
    let shape: [Int]
    let axis: Int
    var layer: BatchNorm<Scalar>
    var x, residual, gradient: [Scalar]
    /// γ and β per sample.
    var gammas, betas: [Scalar]

    init(
        _ split: [Int], sample: [Int] = [4, 3, 5], axis: Int = 1, engine: Engine = .default,
        affine form: AffineForm = .standard, running: Bool = true, seed: UInt64 = 7
    ) throws {
        self.split = split
        self.axis = axis
        shape = [split.reduce(0, +)] + sample
        var random = SplitMix64(seed: seed)
        let geometry = try Geometry(shape, channelAxis: axis)
        let channels = geometry.channels
        let parameters = form.parameters(channels: channels, using: &random)
        layer = try BatchNorm(
            channels: channels, gamma: parameters.gamma.converted(),
            beta: parameters.beta.converted(),
            runningStatistics: running ? RunningStatistics(channels: channels) : nil,
            engine: engine)
        x = converted(random.values(geometry.count, mean: 3), to: Scalar.self)
        residual = converted(random.values(geometry.count), to: Scalar.self)
        gradient = converted(random.values(geometry.count), to: Scalar.self)
        gammas = converted(random.values(shape[0] * channels, mean: 1), to: Scalar.self)
        betas = converted(random.values(shape[0] * channels), to: Scalar.self)
    }

    var ranks: Int { split.count }
    /// The values per channel of all ranks.
    var count: Int { shape[0] * shape.dropFirst().reduce(1, *) / layer.channels }

    /// The shape of what a rank has.
    func shape(_ rank: Int) -> [Int] { [split[rank]] + shape.dropFirst() }

    /// A rank's part of a tensor that has `shape`, or as much a sample as it has.
    func part<Element>(_ tensor: [Element], _ rank: Int) -> [Element] {
        guard shape[0] > 0 else { return [] }
        let size = tensor.count / shape[0]
        let first = split[..<rank].reduce(0, +)
        return Array(tensor[first * size..<(first + split[rank]) * size])
    }
}

/// What a synchronized step gives one rank, in its own element type.
struct StepAnswer<Scalar: NormalizationScalar>: Sendable, Equatable {
    var y: [Scalar]
    var statistics: SynchronizedStatistics
    var gradients: Found<Scalar>
}

/// The gradients of a step, which tests can make.
struct Found<Scalar: NormalizationScalar>: Sendable, Equatable {
    var input, gamma, beta, residual: [Scalar]?

    init(_ gradients: Gradients<Scalar>) {
        (input, gamma) = (gradients.input, gradients.gamma)
        (beta, residual) = (gradients.beta, gradients.residual)
    }

    init(
        input: [Scalar]? = nil, gamma: [Scalar]? = nil, beta: [Scalar]? = nil,
        residual: [Scalar]? = nil
    ) {
        (self.input, self.gamma, self.beta, self.residual) = (input, gamma, beta, residual)
    }
}

/// The largest distance of two lists, which are as long.
func distance<Scalar: NormalizationScalar>(_ a: [Scalar], _ b: [Scalar]) -> Double {
    a.count == b.count
        ? zip(a, b).map { abs(Double($0) - Double($1)) }.max() ?? 0 : .infinity
}

/// How far rounding may take y and ∂x of a spread batch from the whole's: statistics that differ by the rounding of
/// sums, of `Double` or, of the BLAS engine, of the element type, and numbers of up to ten.
func bound<Scalar: NormalizationScalar>(_: Scalar.Type) -> Double {
    400 * Double(Scalar.ulpOfOne)
}

/// Whether two sets of numbers are the same bits.
func sameBits(_ a: BatchStatistics, _ b: BatchStatistics) -> Bool {
    a.count == b.count && sameBits(a.mean, b.mean)
        && sameBits(a.sumOfSquaredDeviations, b.sumOfSquaredDeviations)
}
