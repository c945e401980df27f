import Foundation
package import Normalization

/// Adds to each frame numbers that say where in its sequence it stands: sines and cosines of its
/// position, with wavelengths from 2π to 20,000π.
///
/// Input and output (N · longest, width), rows as ``FrameRows`` lays them out.
///
/// - References: A. Vaswani et al., "Attention Is All You Need", 2017, section 3.5,
///   <https://arxiv.org/abs/1706.03762>.
package final class PositionEncoding<Scalar: NormalizationScalar>: Layer {
    private let width: Int
    private var encodings: [Scalar] = []

    /// An encoding of rows of `width` numbers, which is even.
    package init(width: Int) { self.width = width }

    package func forward(_ input: Tensor<Scalar>, _ pass: Pass) -> Tensor<Scalar> {
        let longest = pass.lengths.first ?? 0
        for position in encodings.count / width..<max(longest, encodings.count / width) {
            encodings += (0..<width).map { place in
                let wavelength = pow(10_000, Double(place / 2 * 2) / Double(width))
                let angle = Double(position) / wavelength
                return Scalar(place.isMultiple(of: 2) ? sin(angle) : cos(angle))
            }
        }
        var output = input
        addPeriodically(encodings, period: longest * width, to: &output.values)
        return output
    }

    package func backward(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> { gradient }
}

/// Adds the first `period` numbers of `terms` to every `period` numbers of `values`.
@specialized(where Scalar == Float)
private func addPeriodically<Scalar: NormalizationScalar>(
    _ terms: [Scalar], period: Int, to values: inout [Scalar]
) {
    guard period > 0 else { return }
    for start in stride(from: 0, to: values.count, by: period) {
        for place in 0..<period { values[start + place] += terms[place] }
    }
}
