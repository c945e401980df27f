#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The pitch at one time.
public struct PitchEstimate: Sendable, Equatable {
    /// The number of pitches the network tells apart.
    public static let bins = 360

    /// Seconds from the beginning of the sound.
    public let time: Double
    /// The pitch in Hz.
    public let frequency: Double
    /// The probability of the likeliest bin, from 0 to 1: near 0 where there is no pitch.
    public let confidence: Double

    /// An estimate from its parts.
    public init(time: Double, frequency: Double, confidence: Double) {
        self.time = time
        self.frequency = frequency
        self.confidence = confidence
    }

    /// The pitch that the network's 360 probabilities stand for: the mean of the cents of the nine
    /// bins about the likeliest, weighted by their probabilities.
    ///
    /// - References: Kim, Salamon, Li and Bello, "CREPE: A Convolutional Representation for Pitch
    ///   Estimation", ICASSP 2018, equation 2, over nine bins as in its authors' program.
    public init(time: Double, probabilities: ArraySlice<Float>) {
        precondition(probabilities.count == PitchEstimate.bins)
        let first = probabilities.startIndex
        let peak = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? first
        let about = max(peak - 4, first)...min(peak + 4, probabilities.endIndex - 1)
        var (sum, weighted) = (0.0, 0.0)
        for index in about {
            let probability = Double(probabilities[index])
            sum += probability
            weighted += probability * PitchEstimate.cents(ofBin: index - first)
        }
        // Where every probability has underflowed, the likeliest bin is as good as any.
        let cents = sum > 0 ? weighted / sum : PitchEstimate.cents(ofBin: peak - first)
        self.init(
            time: time, frequency: 10 * exp2(cents / 1200),
            confidence: Double(probabilities[peak]))
    }

    /// The pitch of a bin in cents above 10 Hz.
    static func cents(ofBin bin: Int) -> Double {
        20 * Double(bin) + 1997.3794084376191
    }
}
