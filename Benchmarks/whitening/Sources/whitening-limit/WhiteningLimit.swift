import Dispatch
import Normalization

/// Whitening against its limit, the syrk and gemm calls it makes, on one thread and two:
///
///     swift run -c release --package-path Benchmarks/whitening whitening-limit
///
/// Each row is the median of samples in which the layer, its calls and batch normalization take turns, so that what
/// else the machine does falls on all of them.
@main
struct WhiteningLimit {
    static func main() throws {
        print(
            "shape               type   D   operation  threads  layer ms  calls ms  ratio  batch norm ms"
        )
        for shape in [[32, 64, 56, 56], [32, 256, 14, 14]] {
            for size in [16, 32, 64] {
                try rows(shape, size, Float.self)
                try rows(shape, size, Double.self)
            }
        }
    }

    static func rows<Scalar: NormalizationScalar>(
        _ shape: [Int], _ size: Int, _: Scalar.Type
    ) throws {
        let geometry = try Geometry(shape)
        for threads in [1, 2] {
            let problem = try Problem<Scalar>(geometry, groupSize: size, threads: threads)
            var output = [Scalar](repeating: 0, count: geometry.count)
            for operation in ["training", "backward"] {
                let calls = Calls(
                    geometry, groupSize: size, isBackward: operation == "backward",
                    threads: threads)
                var times: [[Double]] = [[], [], []]
                for sample in 0..<12 {
                    let layer = try time { try problem.whiten(operation, into: &output) }
                    let alone = time { calls.run(threads: threads) }
                    let batch = try time { try problem.normalize(operation, into: &output) }
                    // The first fills the caches.
                    guard sample > 0 else { continue }
                    for (index, value) in [layer, alone, batch].enumerated() {
                        times[index].append(value)
                    }
                }
                let medians = times.map { $0.sorted()[$0.count / 2] * 1e3 }
                let ratios = zip(times[0], times[1]).map { $0 / $1 }.sorted()
                let name = shape.map(String.init).joined(separator: "x")
                print(
                    name.padded(19), "\(Scalar.self)".padded(6), "\(size)".padded(3),
                    operation.padded(10), "\(threads)".padded(8), text(medians[0]).padded(9),
                    text(medians[1]).padded(9), text(ratios[ratios.count / 2]).padded(6),
                    text(medians[2]))
            }
        }
    }

    static func time(_ body: () throws -> Void) rethrows -> Double {
        let start = DispatchTime.now().uptimeNanoseconds
        try body()
        return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    }

    static func text(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}

extension String {
    func padded(_ length: Int) -> String {
        self + String(repeating: " ", count: max(0, length - count))
    }
}

/// Layers and tensors of one shape.
struct Problem<Scalar: NormalizationScalar> {
    let geometry: Geometry
    private let whitening: WhiteningNorm<Scalar>
    private let batchNorm: BatchNorm<Scalar>
    private let x: [Scalar]
    private let gradient: [Scalar]
    private let statistics: (whitening: WhiteningStatistics, batch: BatchStatistics)

    init(_ geometry: Geometry, groupSize: Int, threads: Int) throws {
        self.geometry = geometry
        var whitening = try WhiteningNorm<Scalar>(
            channels: geometry.channels, groupSize: groupSize)
        var batchNorm = try BatchNorm<Scalar>.standard(channels: geometry.channels)
        whitening.threadLimit = threads
        batchNorm.threadLimit = threads
        (self.whitening, self.batchNorm) = (whitening, batchNorm)
        let x = Self.numbers(geometry.count, seed: 1)
        let ofGroups = try WhiteningStatistics(
            of: x.span, geometry: geometry, groupSize: groupSize)
        let ofChannels = try BatchStatistics(of: x.span, geometry: geometry)
        self.x = x
        gradient = Self.numbers(geometry.count, seed: 2)
        statistics = (ofGroups, ofChannels)
    }

    func whiten(_ operation: String, into output: inout [Scalar]) throws {
        var target = output.mutableSpan
        if operation == "training" {
            _ = try whitening.forward(x.span, into: &target, geometry: geometry)
        } else {
            _ = try whitening.backward(
                gradient.span, input: x.span, normalizedBy: .batch(statistics.whitening),
                into: &target, geometry: geometry)
        }
    }

    func normalize(_ operation: String, into output: inout [Scalar]) throws {
        var target = output.mutableSpan
        if operation == "training" {
            _ = try batchNorm.forward(x.span, into: &target, geometry: geometry)
        } else {
            _ = try batchNorm.backward(
                gradient.span, input: x.span, normalizedBy: .batch(statistics.batch),
                into: &target, geometry: geometry)
        }
    }

    /// Uniform numbers between -1 and 1 by a linear congruential generator (Knuth's MMIX).
    private static func numbers(_ count: Int, seed: UInt64) -> [Scalar] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Scalar(Double(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31)
        }
    }
}
