import Foundation
import Normalization
import SeededRandom

/// A training step and an inference such as a host program makes, on the same data each time.
struct GuestCall<Scalar: NormalizationScalar> {
    /// Large enough for several threads.
    static var shape: [Int] { [8, 16, 32, 20] }
    private let x: [Scalar]
    private let gradient: [Scalar]

    init() {
        (x, gradient) = (Self.values(seed: 71), Self.values(seed: 72))
    }

    /// Numbers of which every fourth channel's are about as small as normal numbers can be.
    private static func values(seed: UInt64) -> [Scalar] {
        var generator = SplitMix64(seed: seed)
        let plane = shape[2] * shape[3]
        return (0..<shape.reduce(1, *)).map { index in
            let isSmall = index / plane % 4 == 3
            return Scalar(generator.unit() + 0.25) * (isSmall ? .leastNormalMagnitude : 1)
        }
    }

    /// Every bit of what the calls return.
    func answer(threads: Int?, engine: Engine = .default) throws -> Data {
        var layer = try BatchNorm<Scalar>.standard(channels: Self.shape[1])
        layer.engine = engine
        layer.threadLimit = threads
        let (y, statistics) = try layer.forward(x, shape: Self.shape)
        let gradients = try layer.backward(
            gradient, input: x, normalizedBy: .batch(statistics), shape: Self.shape)
        let z = try layer.inference(x, shape: Self.shape)
        var bits = Data()
        for values in [y, z, gradients.input, gradients.gamma, gradients.beta] {
            values?.withUnsafeBytes { bits.append(contentsOf: $0) }
        }
        for values in [statistics.mean, statistics.sumOfSquaredDeviations] {
            values.withUnsafeBytes { bits.append(contentsOf: $0) }
        }
        return bits
    }
}

/// The threads of this process, as Linux tells of them.
enum HostThreads {
    static var all: Set<String> {
        Set((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? [])
    }

    /// A field of a thread's status that is a number in base 16: the last 64 bits of it.
    static func mask(_ field: String, of thread: String) -> UInt64? {
        let path = "/proc/self/task/\(thread)/status"
        guard let status = FileManager.default.contents(atPath: path) else { return nil }
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix(field + ":")
        }
        guard let number = line?.split(separator: "\t").last else { return nil }
        return UInt64(number.split(separator: ",").joined().suffix(16), radix: 16)
    }

    /// The threads that a call starts.
    static func started(by call: () throws -> Void) rethrows -> Set<String> {
        let before = all
        try call()
        return all.subtracting(before)
    }
}
