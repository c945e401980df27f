#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One channel of samples at the network's rate of 16 kHz.
public struct Sound: Sendable, Equatable {
    /// Samples per second.
    public static let sampleRate = 16_000

    /// The samples, nominally from -1 to 1.
    public let samples: [Float]

    /// The duration in seconds.
    public var duration: Double { Double(samples.count) / Double(Sound.sampleRate) }

    /// A sound from its samples at 16 kHz.
    public init(samples: [Float]) {
        self.samples = samples
    }

    /// A sine of amplitude 0.5.
    ///
    /// - Parameters:
    ///   - frequency: its pitch in Hz, below 8000.
    ///   - seconds: its duration, 0 or more.
    public init(tone frequency: Double, seconds: Double) {
        let count = Int((seconds * Double(Sound.sampleRate)).rounded())
        let step = frequency / Double(Sound.sampleRate)
        samples = (0..<count).map { index in
            // The whole turns are taken off first, so that late samples are as exact as early ones.
            let turns = (Double(index) * step).truncatingRemainder(dividingBy: 1)
            return Float(0.5 * sin(2 * .pi * turns))
        }
    }
}
