import Normalization
import NormalizationMPI

/// What synchronized statistics cost: training forward and backward of ResNet-50's shapes, on every rank at once,
/// without an exchange, in halves without an exchange, and over one; and the four collectives alone.
///
///     mpirun -n 2 exchange-cost [samples] [rounds] [threads]
@main
enum ExchangeCost {
    static let shapes = [
        (64, 112), (64, 56), (256, 56), (128, 28), (512, 28), (256, 14), (1024, 14), (512, 7),
        (2048, 7),
    ]

    static func main() throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let samples = numbers.first ?? 16
        let rounds = numbers.dropFirst().first ?? 40
        let threads = numbers.dropFirst(2).first ?? 1
        let ranks = try MPICommunicator()
        if ranks.rank == 0 {
            print(
                "\(ranks.size) ranks, \(samples) samples each, \(threads) thread(s) a rank, "
                    + Engine.instructionSet)
            print("least of \(rounds) rounds in microseconds, of the slower rank in each round")
            print(
                "| shape | calls | halves | synchronized | 4 collectives | over calls "
                    + "| over halves |")
            print("| --- | --- | --- | --- | --- | --- | --- |")
        }
        for (channels, side) in shapes {
            let step = try Step([samples, channels, side, side], threads)
            let times = try measure(rounds, over: ranks, step)
            guard ranks.rank == 0 else { continue }
            func percent(_ time: Double, _ base: Double) -> String {
                let tenths = ((time / (base + times[3]) - 1) * 1000).rounded() / 10
                return "\(tenths > 0 ? "+" : "")\(tenths) %"
            }
            print(
                "| \(channels)×\(side)×\(side) | "
                    + times.map { "\(Int($0.rounded()))" }.joined(separator: " | ")
                    + " | \(percent(times[2], times[0])) | \(percent(times[2], times[1])) |")
        }
        try MPICommunicator.finalize()
    }

    /// The least time of each of the four ways: what else runs on the machine only adds to it.
    private static func measure(
        _ rounds: Int, over ranks: MPICommunicator, _ step: Step
    ) throws -> [Double] {
        var times: [[Double]] = [[], [], [], []]
        var (y, dx) = (step.x, step.x)
        for round in 0..<rounds + 2 {
            for way in times.indices {
                // Ranks begin together.
                _ = try ranks.allGather([round])
                let start = ContinuousClock.now
                switch way {
                case 0: try step.calls(&y, &dx)
                case 1: try step.halves(&y, &dx)
                case 2: try step.synchronized(&y, &dx, over: ranks)
                default: try step.collectives(over: ranks)
                }
                let spent = (ContinuousClock.now - start) / Duration.microseconds(1)
                let slowest = try ranks.allGather([spent]).max() ?? 0
                // The first two rounds warm up.
                if round >= 2 { times[way].append(slowest) }
            }
        }
        return times.map { $0.min() ?? 0 }
    }
}

/// A training step of one layer on one rank.
private struct Step {
    private let layer: BatchNorm<Float>
    private let geometry: Geometry
    let x: [Float]
    private let gradient: [Float]

    init(_ shape: [Int], _ threads: Int) throws {
        var layer = try BatchNorm<Float>.standard(channels: shape[1])
        layer.threadLimit = threads
        self.layer = layer
        geometry = try Geometry(shape)
        x = (0..<geometry.count).map { Float($0 * 37 % 101) / 50 - 1 }
        gradient = (0..<geometry.count).map { Float($0 * 41 % 103) / 51 - 1 }
    }

    func calls(_ y: inout [Float], _ dx: inout [Float]) throws {
        var ySpan = y.mutableSpan
        var dxSpan = dx.mutableSpan
        let statistics = try layer.forward(x.span, into: &ySpan, geometry: geometry)
        _ = try layer.backward(
            gradient.span, input: x.span, normalizedBy: .batch(statistics), into: &dxSpan,
            geometry: geometry)
    }

    func halves(_ y: inout [Float], _ dx: inout [Float]) throws {
        var ySpan = y.mutableSpan
        var dxSpan = dx.mutableSpan
        let statistics = try layer.statistics(of: x.span, geometry: geometry)
        try layer.normalize(x.span, with: statistics, into: &ySpan, geometry: geometry)
        let sums = try layer.gradientSums(
            gradient.span, input: x.span, normalizedBy: .batch(statistics), geometry: geometry)
        try layer.inputGradient(
            gradient.span, input: x.span, normalizedBy: statistics, with: sums, into: &dxSpan,
            geometry: geometry)
    }

    func synchronized(
        _ y: inout [Float], _ dx: inout [Float], over ranks: MPICommunicator
    ) throws {
        var ySpan = y.mutableSpan
        var dxSpan = dx.mutableSpan
        let statistics = try layer.forward(
            x.span, into: &ySpan, geometry: geometry, over: ranks)
        _ = try layer.backward(
            gradient.span, input: x.span, normalizedBy: statistics, into: &dxSpan,
            geometry: geometry, over: ranks)
    }

    /// As many bytes as a step exchanges.
    func collectives(over ranks: MPICommunicator) throws {
        for count in [8, 3 * geometry.channels, 8, 2 * geometry.channels] {
            _ = try ranks.allGather([Double](repeating: 1, count: count))
        }
    }
}
