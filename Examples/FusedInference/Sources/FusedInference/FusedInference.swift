import Normalization

/// What it costs to add an activation, and a residual, to inference: in the same walk over memory,
/// and in a walk of its own. The shapes are those of ResNet-50.
///
///     swift run -c release fused-inference [batch] [threads] [engine]
@main
struct FusedInference {
    static let shapes = [
        (64, 112), (64, 56), (256, 56), (128, 28), (512, 28), (256, 14), (1024, 14), (512, 7),
        (2048, 7),
    ]

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        let numbers = arguments.compactMap { Int($0) }
        let batch = numbers.first ?? 8
        let threads = numbers.dropFirst().first ?? 1
        let engine = arguments.last.flatMap { Engine(rawValue: $0) } ?? .automatic

        print("batch \(batch), \(threads) thread(s), engine \(engine), \(Engine.instructionSet)")
        print("median microseconds; in brackets against inference, per tensor moved")
        for (channels, side) in shapes {
            var layer = try BatchNorm<Float>(
                channels: channels,
                gamma: .perChannel((0..<channels).map { 0.5 + Float($0 % 7) / 7 }),
                beta: .perChannel((0..<channels).map { Float($0 % 5) / 5 - 0.4 }),
                runningStatistics: RunningStatistics(channels: channels), engine: engine)
            layer.threadLimit = threads
            var tensors = try Tensors([batch, channels, side, side])
            let ways = ways(of: layer, tensors.geometry)
            let times = try medians(of: ways, on: &tensors)
            let cells = zip(ways, times).map { way, time in
                let ratio = (time / Double(way.tensors)) / (times[0] / 2)
                return "\(way.name) \(rounded(time, 1)) (\(rounded(ratio, 2)))"
            }
            print("\(channels) x \(side) x \(side): " + cells.joined(separator: "  "))
        }
    }

    static func ways(of layer: BatchNorm<Float>, _ geometry: Geometry) -> [Way] {
        func fused(_ name: String, _ activation: Activation) -> Way {
            Way(name: name, tensors: 2) { x, _, y in
                try layer.inference(x, then: activation, into: &y, geometry: geometry)
            }
        }
        return [
            Way(name: "inference", tensors: 2) { x, _, y in
                try layer.inference(x, into: &y, geometry: geometry)
            },
            fused("relu", .relu), fused("relu6", .relu6), fused("leaky", .leakyReLU()),
            fused("silu", .silu), fused("hardswish", .hardSwish),
            Way(name: "residual+relu", tensors: 3) { x, residual, y in
                try layer.inference(
                    x, adding: residual, then: .relu, into: &y, geometry: geometry)
            },
            Way(name: "relu apart", tensors: 2) { x, _, y in
                try layer.inference(x, into: &y, geometry: geometry)
                for i in y.indices { y[i] = max(y[i], 0) }
            },
        ]
    }

    static func rounded(_ value: Double, _ digits: Int) -> Double {
        let scale = digits == 1 ? 10.0 : 100
        return (value * scale).rounded() / scale
    }
}
