internal import Normalization

/// The memory of one thread's activations, used again from call to call, and a record of where the
/// time went.
public struct Workspace: Sendable {
    /// The time that each kind of step has taken so far.
    public var times = StageTimes()

    /// What a layer reads, and after pooling what it has made.
    private var input: [Float] = []
    /// What its convolution makes; ReLU and normalization work there in place.
    private var output: [Float] = []

    private let clock = ContinuousClock()

    /// An empty workspace.
    public init() {}

    /// Takes frames in as the first layer's input.
    mutating func load(_ frames: [Float], largestOutput: Int) {
        if output.count < largestOutput {
            output = Array(repeating: 0, count: largestOutput)
            input = Array(repeating: 0, count: max(largestOutput / 2, frames.count))
        }
        input.replaceSubrange(..<frames.count, with: frames)
    }

    /// Runs one layer on `frames` frames.
    mutating func run(_ layer: CrepeNetwork.Layer, frames: Int) throws(PitchError) {
        let convolution = layer.convolution
        let rows = frames * convolution.plan.outputLength
        times.convolution += clock.measure {
            unsafe input.withUnsafeBufferPointer { x in
                unsafe output.withUnsafeMutableBufferPointer { y in
                    guard let x = x.baseAddress, let y = y.baseAddress else { return }
                    unsafe convolution.apply(x, frames: frames, into: y)
                }
            }
        }
        times.activation += clock.measure { addBiasAndRectify(convolution, rows: rows) }
        if let normalization = layer.normalization {
            let start = clock.now
            try normalize(normalization, rows: rows)
            times.normalization += start.duration(to: clock.now)
        }
        times.pooling += clock.measure {
            pool(rows: rows / 2, channels: convolution.plan.outputChannels)
        }
    }

    /// The dense layer on what the last layer has made. (time, channel) side by side is the order
    /// of its inputs.
    mutating func finish(_ dense: Dense, frames: Int) -> [Float] {
        var probabilities: [Float] = []
        times.dense += clock.measure {
            unsafe input.withUnsafeBufferPointer { x in
                guard let x = x.baseAddress else { return }
                probabilities = unsafe dense.probabilities(x, rows: frames)
            }
        }
        return probabilities
    }

    private mutating func addBiasAndRectify(_ convolution: Convolution, rows: Int) {
        unsafe output.withUnsafeMutableBufferPointer { y in
            guard let y = y.baseAddress else { return }
            unsafe convolution.addBiasAndRectify(y, rows: rows)
        }
    }

    /// Batch normalization in place, of rows of one value a channel.
    private mutating func normalize(
        _ normalization: BatchNorm<Float>, rows: Int
    ) throws(PitchError) {
        try wrappingNormalizationErrors { () throws(NormalizationError) in
            let geometry = try Geometry([rows, normalization.channels])
            try unsafe output.withUnsafeMutableBufferPointer { output throws(NormalizationError) in
                let values = unsafe UnsafeMutableBufferPointer(rebasing: output[..<geometry.count])
                var y = unsafe values.mutableSpan
                try normalization.inferenceInPlace(&y, geometry: geometry)
            }
        }
    }

    /// Each two times that follow each other become one, the larger value of each channel.
    private mutating func pool(rows: Int, channels: Int) {
        unsafe output.withUnsafeBufferPointer { y in
            unsafe input.withUnsafeMutableBufferPointer { x in
                guard let y = y.baseAddress, let x = x.baseAddress else { return }
                for row in 0..<rows {
                    let first = unsafe y + 2 * row * channels
                    let (second, target) = unsafe (first + channels, x + row * channels)
                    for channel in 0..<channels {
                        let (a, b) = unsafe (first[channel], second[channel])
                        unsafe target[channel] = a > b ? a : b
                    }
                }
            }
        }
    }
}
