internal import BLAS

extension PitchEstimate {
    /// How far from the network's estimate the pitch is looked for, as a share of it: the
    /// estimates of tones are off by less.
    private static let reach = 0.02
    /// How alike the frame must be to itself some periods later. Noise 8 dB below the tone leaves
    /// 0.86; where there is more of it, the network is the surer guide.
    private static let leastLikeness = 0.85

    /// The same estimate with the frequency read off the frame that the network heard.
    ///
    /// The network tells which note is heard, to about a bin of 20 cents. After a whole number of
    /// periods the frame is like itself again, and that many periods are far easier to measure than
    /// one. So: as many as fit half the frame and cannot be miscounted within the reach, the lag
    /// near them where the frame is most like itself, and a parabola through that and its
    /// neighbours. Where the frame is not like itself there, as the pitch moves, half as many. Where
    /// it never is, as in noise or silence, the estimate stays.
    ///
    /// - References: McLeod and Wyvill, "A smarter way to find pitch", ICMC 2005, for the measure of
    ///   likeness.
    public func refined(in frame: ArraySlice<Float>) -> PitchEstimate {
        guard frequency > 0, frequency.isFinite else { return self }
        let period = Double(Sound.sampleRate) / frequency
        let likeness = Likeness(frame)
        // Counts of periods one apart are 1 / count of the pitch apart.
        var count = Int(min(Double(frame.count / 2) / period, 0.45 / PitchEstimate.reach))
        // Below that the reach is less than a sample.
        while Double(count) * period * PitchEstimate.reach >= 1 {
            let lag = Double(count) * period
            let margin = lag * PitchEstimate.reach
            let found = likeness.peak(
                in: Int((lag - margin).rounded(.up))...Int(lag + margin),
                atLeast: PitchEstimate.leastLikeness)
            if let found {
                return PitchEstimate(
                    time: time, frequency: Double(count * Sound.sampleRate) / found,
                    confidence: confidence)
            }
            count /= 2
        }
        return self
    }
}

/// How alike a frame is to itself at a lag: 2 Σ x(t) x(t + lag) / Σ (x(t)² + x(t + lag)²), which is
/// 1 at a period of a periodic sound, and never more.
private struct Likeness {
    private let samples: [Float]
    /// The sum of the squares before each sample, and of all.
    private let squares: [Double]

    init(_ frame: ArraySlice<Float>) {
        samples = Array(frame)
        squares = samples.reduce(into: [0]) { $0.append(($0.last ?? 0) + Double($1) * Double($1)) }
    }

    subscript(lag: Int) -> Double {
        let pairs = samples.count - lag
        let energy = squares[pairs] + squares[samples.count] - squares[lag]
        guard energy > 0 else { return 0 }
        let product = unsafe samples.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return Float(0) }
            return unsafe Float.dot(pairs, x, x + lag)
        }
        return 2 * Double(product) / energy
    }

    /// The lag where likeness has its largest value, between samples, if that is no less than
    /// `least` and does not still rise beyond `lags`.
    func peak(in lags: ClosedRange<Int>, atLeast least: Double) -> Double? {
        let values = (lags.lowerBound - 1...lags.upperBound + 1).map { self[$0] }
        guard let top = values.indices.max(by: { values[$0] < values[$1] }),
            values[top] >= least, top > 0, top < values.count - 1
        else { return nil }
        let (left, right) = (values[top - 1], values[top + 1])
        let bend = left - 2 * values[top] + right
        return Double(lags.lowerBound - 1 + top) + (bend < 0 ? 0.5 * (left - right) / bend : 0)
    }
}
