import Normalization
import SeededRandom

/// What must hold of every problem, for every engine.
enum Property: String, CaseIterable, Sendable {
    case agreesWithTheReference = "engines agree"
    case partsMergeToTheWhole = "splitting the batch and merging statistics equals the whole"
    case channelsPermute = "permuting channels permutes the result"
    case samplesPermute = "permuting samples permutes the result"
    case scalingLeavesOutput = "scaling x, and ε with it, leaves y"
    case shiftingLeavesOutput = "shifting x leaves y"
    case sharedGradientsAreSums = "shared gradients are the sums of the per-channel ones"
    case layoutTransposes = "channels last equals channels first transposed"
    case threadsChangeNoBit = "the number of threads changes no bit"

    /// A problem to try the property on.
    func problem(seed: UInt64) -> Problem {
        guard self == .threadsChangeNoBit else { return .random(seed: seed, elements: 2000) }
        // Smaller tensors than 256 KiB have one thread in any case.
        var (problem, attempt) = (Problem.random(seed: seed, elements: 120_000), UInt64(0))
        while problem.layout.shape.reduce(1, *) < 35_000 {
            attempt += 1
            problem = .random(seed: seed &+ attempt << 32, elements: 120_000)
        }
        problem.element = .double
        return problem
    }

    /// How many cases a share of `cases` is: the large ones of threads take a hundred times as long.
    func cases(ofShare cases: Int) -> Int {
        self == .threadsChangeNoBit ? max(1, cases / 100) : cases
    }

    /// Why a problem does not have the property, `nil` where it has.
    func failure(_ engine: Engine, _ problem: Problem) throws -> Failure? {
        var data = try ProblemData(problem)
        switch self {
        case .agreesWithTheReference:
            return try Self.compare(engine, data, with: Answer(data.layer(.reference), data))
        case .partsMergeToTheWhole: return try Self.partsMerge(engine, data)
        case .channelsPermute:
            let reference = try Answer(data.layer(.reference), data)
            let order = Self.order(data.geometry.channels, problem.seed)
            let expected = reference.permuted(data.geometry, channels: order)
            data.permuteChannels(order)
            return try Self.compare(engine, data, with: expected)
        case .samplesPermute:
            let reference = try Answer(data.layer(.reference), data)
            let order = Self.order(data.geometry.outer, problem.seed)
            let expected = reference.permuted(data.geometry, samples: order)
            data.permuteSamples(order)
            return try Self.compare(engine, data, with: expected)
        case .scalingLeavesOutput:
            var generator = SplitMix64(seed: problem.seed &+ 1)
            // As far as x and ∂x stay finite; squares of Floats do not.
            let limit = problem.element == .float ? 90 : 400
            let scale = Int.random(in: -limit...limit, using: &generator)
            let gradientScale = Int.random(in: -20...20, using: &generator)
            let reference = try Answer(data.layer(.reference), data)
            data.scale(by: scale, gradient: gradientScale)
            return try Self.compare(
                engine, data, with: reference.scaled(by: scale, gradient: gradientScale))
        case .shiftingLeavesOutput:
            data.roundToGrid()
            let reference = try Answer(data.layer(.reference), data)
            let shifts = data.shift()
            return try Self.compare(engine, data, with: reference.shifted(shifts))
        case .sharedGradientsAreSums: return try Self.sharedGradients(engine, data)
        case .layoutTransposes:
            let reference = try Answer(data.layer(.reference), data)
            let expected = reference.transposed(data.geometry)
            try data.transpose()
            return try Self.compare(engine, data, with: expected)
        case .threadsChangeNoBit:
            let one = try Answer(data.layer(engine, threadLimit: 1), data)
            for threads in [2, 3, 5] {
                let several = try Answer(data.layer(engine, threadLimit: threads), data)
                guard several == one else {
                    return Failure(
                        message: "\(threads) threads give other bits than one", data: data,
                        engine: engine, threads: threads)
                }
            }
            return nil
        }
    }

    // MARK: Helpers

    private static func order(_ count: Int, _ seed: UInt64) -> [Int] {
        var generator = SplitMix64(seed: seed &+ 2)
        return (0..<count).shuffled(using: &generator)
    }

    private static func compare(_ engine: Engine, _ data: ProblemData, with expected: Answer) throws
        -> Failure?
    {
        let answer = try Answer(data.layer(engine), data, given: expected.statistics)
        return Agreement.difference(answer, expected, data).map {
            Failure(message: $0, data: data, engine: engine)
        }
    }

    private static func partsMerge(_ engine: Engine, _ data: ProblemData) throws -> Failure? {
        let geometry = data.geometry
        let subject = Subject(engine: engine, element: data.problem.element)
        let whole = try Subject(engine: .reference, element: data.problem.element)
            .statistics(data.x, geometry)
        var generator = SplitMix64(seed: data.problem.seed &+ 3)
        let cut = Int.random(in: 0...geometry.outer, using: &generator)
        let sample = geometry.channels * geometry.inner
        let merged = try subject.statistics(
            Array(data.x[..<(cut * sample)]),
            Geometry([cut, geometry.channels, geometry.inner])
        ).merging(
            subject.statistics(
                Array(data.x[(cut * sample)...]),
                Geometry([geometry.outer - cut, geometry.channels, geometry.inner])))
        let variance = whole.variance()
        for channel in 0..<geometry.channels {
            let bounds = ErrorBounds(
                data.problem.element, count: whole.count, mean: whole.mean[channel],
                variance: variance[channel], epsilon: data.problem.epsilon, gamma: 1, beta: 0)
            // Two parts, each with its own error.
            guard
                abs(merged.mean[channel] - whole.mean[channel]) <= 2 * bounds.mean,
                abs(
                    merged.sumOfSquaredDeviations[channel]
                        - whole.sumOfSquaredDeviations[channel]) <= 2 * bounds.deviations
            else {
                return Failure(
                    message: "batch statistics of channel \(channel), cut at sample \(cut)",
                    data: data, engine: engine)
            }
        }
        return nil
    }

    /// The same numbers for γ and β, once shared and once per channel.
    private static func sharedGradients(_ engine: Engine, _ data: ProblemData) throws -> Failure? {
        var (shared, each) = (data, data)
        let channels = data.geometry.channels
        shared.gamma = .shared(1.5)
        shared.beta = .shared(-0.25)
        each.gamma = .perChannel(Array(repeating: 1.5, count: channels))
        each.beta = .perChannel(Array(repeating: -0.25, count: channels))
        let one = try Answer(shared.layer(engine), shared)
        let other = try Answer(each.layer(engine), each)
        func failure(_ message: String) -> Failure {
            Failure(message: message, data: shared, engine: engine)
        }
        guard one.training == other.training, one.inference == other.inference,
            one.backward?.input == other.backward?.input,
            one.inferenceBackward.input == other.inferenceBackward.input
        else { return failure("y or ∂x of shared γ and β differs from that of equal ones") }
        let u = data.problem.element.unitRoundoff
        for (name, sum, parts) in [
            ("∂γ", one.backward?.gamma, other.backward?.gamma),
            ("∂β", one.backward?.beta, other.backward?.beta),
            ("∂γ in inference", one.inferenceBackward.gamma, other.inferenceBackward.gamma),
            ("∂β in inference", one.inferenceBackward.beta, other.inferenceBackward.beta),
        ] {
            guard let sum = sum?.first, let parts else { continue }
            // Each part is rounded to the type, and so is their sum.
            let total = parts.reduce(0, +)
            let bound = u * (parts.reduce(0) { $0 + abs($1) } + abs(total))
            if abs(sum - total) > bound {
                return failure("\(name): \(sum), sum of the channels \(total), bound \(bound)")
            }
        }
        return nil
    }
}
