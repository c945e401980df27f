import Foundation
import Normalization

/// A million training and inference steps of small layers, with the memory that the process holds at
/// ten points; fails where it has grown by more than 4 MB since the first.
@main
enum LongRun {
    static func main() throws {
        let steps = Int(CommandLine.arguments.dropFirst().first ?? "") ?? 1_000_000
        var subjects: [any Stepping] = []
        for engine in Engine.allCases {
            for shape in [[8, 16], [4, 8, 5, 5], [2, 3, 20]] {
                subjects.append(try Subject<Float>(engine, shape))
                subjects.append(try Subject<Double>(engine, shape))
            }
        }
        print("steps\tresident KB")
        var first: Int?
        for step in 1...steps {
            try subjects[step % subjects.count].step()
            guard step % max(1, steps / 10) == 0 else { continue }
            let resident = residentKilobytes()
            print("\(step)\t\(resident)")
            if let first, resident > first + 4096 {
                print("memory has grown from \(first) to \(resident) KB")
                exit(1)
            }
            first = first ?? resident
        }
    }

    private static func residentKilobytes() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
    }
}

private protocol Stepping {
    mutating func step() throws
}

private struct Subject<Scalar: NormalizationScalar>: Stepping {
    private var layer: BatchNorm<Scalar>
    private let shape: [Int]
    private var x: [Scalar]

    init(_ engine: Engine, _ shape: [Int]) throws {
        layer = try .standard(channels: shape[1])
        layer.engine = engine
        self.shape = shape
        x = (0..<shape.reduce(1, *)).map { Scalar(Double($0 * 37 % 101) / 50 - 1) }
    }

    /// Training forward, backward, a step of gradient descent, inference, and other data next time.
    mutating func step() throws {
        let (y, statistics) = try layer.forwardAndCommit(x, shape: shape)
        let gradients = try layer.backward(
            y, input: x, normalizedBy: .batch(statistics), shape: shape)
        if let gamma = gradients.gamma {
            layer.gamma = .perChannel(
                zip(layer.gamma.values, gamma).map { $0 - Scalar(1e-4) * $1 })
        }
        let z = try layer.inference(x, shape: shape)
        guard z.allSatisfy(\.isFinite) else { throw Stopped.notFinite }
        x.append(x.removeFirst())
    }

    private enum Stopped: Error { case notFinite }
}
