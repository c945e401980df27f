import Foundation
package import Normalization
package import SeededRandom

/// h_t = tanh(z_t + h_{t−1} · Uᵀ), h_0 = 0, and the mean of the states of each sequence.
///
/// Input z, packed frames (Σ lengths, units) as ``FramePacking`` orders them, already through the
/// input-to-hidden weights and their normalization; output (N, units).
///
/// - References: C. Laurent et al., "Batch Normalized Recurrent Neural Networks", 2015, for
///   normalizing the input-to-hidden path alone, <https://arxiv.org/abs/1510.01378>.
package final class Recurrence<Scalar: NormalizationScalar>: Layer {
    private let units: Int
    private let weight: Parameter<Scalar>
    private var states: [Scalar] = []
    private var lengths: [Int] = []

    /// A layer with recurrent weights of variance 1 / units.
    package init(units: Int, random: inout SplitMix64) {
        self.units = units
        weight = Parameter(
            "recurrent weight", .he(count: units * units, fanIn: units, gain: 1, &random),
            decays: true)
    }

    package var parameters: [Parameter<Scalar>] { [weight] }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        var states = input.values
        var mean = Tensor<Scalar>(shape: [pass.lengths.count, units])
        var (start, previous) = (0, 0)
        for (frame, active) in activeSequences(pass.lengths).enumerated() {
            if frame > 0 {
                let earlier = Array(states[previous..<previous + active * units])
                multiply(
                    m: active, n: units, k: units, earlier, MatrixView(rowLength: units),
                    weight.values, MatrixView(rowLength: units), transB: true, beta: 1,
                    into: &states, MatrixView(start: start, rowLength: units))
            }
            activate(
                &states, start..<start + active * units, pass.lengths, units, &mean.values)
            (previous, start) = (start, start + active * units)
        }
        if pass.isTraining { (self.states, lengths) = (states, pass.lengths) }
        return mean
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        let active = activeSequences(lengths)
        var result = Tensor<Scalar>(shape: [states.count / units, units])
        weight.gradient = Array(repeating: 0, count: weight.values.count)
        // What the next frame sends back to this one's states; zero for sequences that ended.
        var later = [Scalar](repeating: 0, count: lengths.count * units)
        var start = states.count
        for frame in active.indices.reversed() {
            let count = active[frame] * units
            start -= count
            differentiate(
                gradient.values, later, states, start..<start + count, lengths, units,
                &result.values)
            guard frame > 0 else { break }
            let view = MatrixView(start: start, rowLength: units)
            multiply(
                m: units, n: units, k: active[frame], result.values, view, transA: true, states,
                MatrixView(start: start - active[frame - 1] * units, rowLength: units), beta: 1,
                into: &weight.gradient, MatrixView(rowLength: units))
            multiply(
                m: active[frame], n: units, k: units, result.values, view, weight.values,
                MatrixView(rowLength: units), into: &later, MatrixView(rowLength: units))
        }
        return result
    }
}

/// tanh of one frame's sums in place, and each state's share of its sequence's mean.
@specialized(where Scalar == Float)
private func activate<Scalar: NormalizationScalar>(
    _ states: inout [Scalar], _ frame: Range<Int>, _ lengths: [Int], _ units: Int,
    _ mean: inout [Scalar]
) {
    for (index, place) in frame.enumerated() {
        let state = Scalar(tanh(Double(states[place])))
        states[place] = state
        mean[index] += state / Scalar(lengths[index / units])
    }
}

/// ∂L/∂sums of one frame from its share of the mean and from the frame after it.
@specialized(where Scalar == Float)
private func differentiate<Scalar: NormalizationScalar>(
    _ gradient: [Scalar], _ later: [Scalar], _ states: [Scalar], _ frame: Range<Int>,
    _ lengths: [Int], _ units: Int, _ result: inout [Scalar]
) {
    for (index, place) in frame.enumerated() {
        let arriving = later[index] + gradient[index] / Scalar(lengths[index / units])
        result[place] = arriving * (1 - states[place] * states[place])
    }
}
