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
    /// What a convolution looks like, its numbers aside.
    struct Plan: Sendable {
        var inputChannels: Int
        var outputChannels: Int
        var kernel: Int
        var stride: Int
        /// The zeros that stand for what lies before the frame.
        var padding: Int
        /// The times of a frame.
        var inputLength: Int

        /// The times of its output.
        var outputLength: Int { (inputLength + stride - 1) / stride }

        /// The first sample that the kernel meets at time `t`, and the taps that meet the frame.
        func window(_ t: Int) -> (start: Int, taps: Range<Int>) {
            let start = stride * t - padding
            return (start, max(0, -start)..<min(kernel, inputLength - start))
        }
    }

    let plan: Plan
    /// (kernel, in, out).
    private let weight: [Float]
    /// (out), or (time, out) where what the padding adds differs from time to time.
    private let bias: [Float]

    /// A convolution from PyTorch's weight, (out, in, kernel), and bias.
    ///
    /// `paddingValues`, one for each input channel, stand where there would be zeros around the
    /// frame. What they add is the same for every frame, so it goes into the bias.
    init(_ plan: Plan, pyTorchWeight: [Float], bias: [Float], paddingValues: [Float]? = nil) {
        self.plan = plan
        var weight = [Float](repeating: 0, count: pyTorchWeight.count)
        for o in 0..<plan.outputChannels {
            for i in 0..<plan.inputChannels {
                for k in 0..<plan.kernel {
                    weight[(k * plan.inputChannels + i) * plan.outputChannels + o] =
                        pyTorchWeight[(o * plan.inputChannels + i) * plan.kernel + k]
                }
            }
        }
        self.weight = weight
        self.bias =
            paddingValues.map { Convolution.bias(plan, weight, bias, paddingValues: $0) } ?? bias
    }

    /// Convolves without the bias: y, (frames, outputLength, out), of x, (frames, inputLength, in).
    func apply(
        _ x: UnsafePointer<Float>, frames: Int, into y: UnsafeMutablePointer<Float>
    ) {
        let (inputs, outputs) = (plan.inputChannels, plan.outputChannels)
        unsafe weight.withUnsafeBufferPointer { weight in
            guard let weight = weight.baseAddress else { return }
            for t in 0..<plan.outputLength {
                let (start, taps) = plan.window(t)
                unsafe Float.gemm(
                    m: frames, n: outputs, k: taps.count * inputs,
                    x + (start + taps.lowerBound) * inputs, lda: plan.inputLength * inputs,
                    weight + taps.lowerBound * inputs * outputs, ldb: outputs,
                    y + t * outputs, ldc: plan.outputLength * outputs)
            }
        }
    }

    /// y ← max(y + bias, 0), y of `rows` times the output channels.
    func addBiasAndRectify(_ y: UnsafeMutablePointer<Float>, rows: Int) {
        let channels = plan.outputChannels
        let period = bias.count / channels
        unsafe bias.withUnsafeBufferPointer { bias in
            guard let bias = bias.baseAddress else { return }
            for row in 0..<rows {
                let (y, bias) = unsafe (y + row * channels, bias + row % period * channels)
                for channel in 0..<channels {
                    let sum = unsafe y[channel] + bias[channel]
                    unsafe y[channel] = sum > 0 ? sum : 0
                }
            }
        }
    }

    /// The bias of every time, with what the padding adds there: of each tap that meets it, the
    /// products with the padding values.
    private static func bias(
        _ plan: Plan, _ weight: [Float], _ bias: [Float], paddingValues: [Float]
    ) -> [Float] {
        let (inputs, outputs) = (plan.inputChannels, plan.outputChannels)
        var tapSums = [Double](repeating: 0, count: plan.kernel * outputs)
        for k in 0..<plan.kernel {
            for i in 0..<inputs {
                for o in 0..<outputs {
                    tapSums[k * outputs + o] +=
                        Double(weight[(k * inputs + i) * outputs + o]) * Double(paddingValues[i])
                }
            }
        }
        return (0..<plan.outputLength).flatMap { t in
            let taps = plan.window(t).taps
            return (0..<outputs).map { o in
                let outside = (0..<plan.kernel).filter { !taps.contains($0) }
                return Float(outside.reduce(Double(bias[o])) { $0 + tapSums[$1 * outputs + o] })
            }
        }
    }
}
