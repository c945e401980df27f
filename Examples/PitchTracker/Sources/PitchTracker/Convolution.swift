internal import BLAS

/// A convolution along time of frames whose channels lie side by side, (frame, time, channel).
///
///     y(t, o) = bias(o) + Σ_k Σ_i weight(k, i, o) · x(stride · t + k − padding, i)
///
/// It is im2col and gemm, without the copies of im2col. With the channels last, what the kernel
/// sees at time t is one run of memory: one row of the im2col matrix. The rows of one t, of all
/// frames, lie a frame's length apart, which is what a leading dimension says. So each t is one
/// gemm of a (frames × taps · channels) matrix read in place. The zeros of the padding are not
/// there: near the ends the product leaves out the taps that would meet them.
struct Convolution: Sendable {
    let inputChannels: Int
    let outputChannels: Int
    let kernel: Int
    let stride: Int
    /// The zeros that stand for what lies before the frame.
    let padding: Int
    /// (kernel, in, out).
    private let weight: [Float]
    private let bias: [Float]

    /// A convolution from PyTorch's weight, (out, in, kernel), and bias.
    init(
        inputChannels: Int, outputChannels: Int, kernel: Int, stride: Int, padding: Int,
        pyTorchWeight: [Float], bias: [Float]
    ) {
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.bias = bias
        var weight = [Float](repeating: 0, count: pyTorchWeight.count)
        for o in 0..<outputChannels {
            for i in 0..<inputChannels {
                for k in 0..<kernel {
                    weight[(k * inputChannels + i) * outputChannels + o] =
                        pyTorchWeight[(o * inputChannels + i) * kernel + k]
                }
            }
        }
        self.weight = weight
    }

    /// The output's times for an input of `length` times.
    func outputLength(_ length: Int) -> Int { (length + stride - 1) / stride }

    /// Convolves without the bias: y, (frames, outputLength, out), of x, (frames, length, in).
    func apply(
        _ x: UnsafePointer<Float>, frames: Int, length: Int,
        into y: UnsafeMutablePointer<Float>
    ) {
        let times = outputLength(length)
        unsafe weight.withUnsafeBufferPointer { weight in
            guard let weight = weight.baseAddress else { return }
            for t in 0..<times {
                let start = stride * t - padding
                let taps = max(0, -start)..<min(kernel, length - start)
                unsafe Float.gemm(
                    m: frames, n: outputChannels, k: taps.count * inputChannels,
                    x + (start + taps.lowerBound) * inputChannels, lda: length * inputChannels,
                    weight + taps.lowerBound * inputChannels * outputChannels,
                    ldb: outputChannels, y + t * outputChannels, ldc: times * outputChannels)
            }
        }
    }

    /// y ← max(y + bias, 0), y of `rows` times the output channels.
    func addBiasAndRectify(_ y: UnsafeMutablePointer<Float>, rows: Int) {
        unsafe bias.withUnsafeBufferPointer { bias in
            for row in 0..<rows {
                let y = unsafe y + row * outputChannels
                for channel in 0..<outputChannels {
                    let sum = unsafe y[channel] + bias[channel]
                    unsafe y[channel] = sum > 0 ? sum : 0
                }
            }
        }
    }
}
