/// A sound cut into the overlapping frames that the network hears, each centred on its time.
///
/// Frame i is the 1024 samples about sample `i · hop`, zeros beyond the ends of the sound.
public struct FrameSequence: Sendable {
    /// The samples of a frame.
    public static let length = 1024

    /// The sound.
    public let sound: Sound
    /// The samples from one frame to the next.
    public let hop: Int
    /// The number of frames, `1 + ⌊samples / hop⌋`.
    public let count: Int

    /// The frames of `sound`, one every 10 ms.
    public init(of sound: Sound, hop: Int = 160) {
        precondition(hop > 0)
        self.sound = sound
        self.hop = hop
        count = 1 + sound.samples.count / hop
    }

    /// When frame `index` is, in seconds from the beginning of the sound.
    public func time(of index: Int) -> Double {
        Double(index * hop) / Double(Sound.sampleRate)
    }

    /// The frames of `range` one after the other, each normalized: its mean subtracted, then divided
    /// by its standard deviation with divisor 1023, or by 1e-10 where that is smaller.
    public func normalized(_ range: Range<Int>) -> [Float] {
        var frames = [Float](repeating: 0, count: range.count * FrameSequence.length)
        for (place, index) in range.enumerated() {
            let start = index * hop - FrameSequence.length / 2
            let heard = max(0, start)..<min(sound.samples.count, start + FrameSequence.length)
            let first = place * FrameSequence.length
            for sample in heard { frames[first + sample - start] = sound.samples[sample] }
            FrameSequence.normalize(&frames, first..<first + FrameSequence.length)
        }
        return frames
    }

    /// Normalizes one frame in place, its sums in `Double`.
    package static func normalize(_ samples: inout [Float], _ frame: Range<Int>) {
        let mean = samples[frame].reduce(0.0) { $0 + Double($1) } / Double(frame.count)
        let squares = samples[frame].reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let deviation = max(1e-10, (squares / Double(frame.count - 1)).squareRoot())
        for index in frame { samples[index] = Float((Double(samples[index]) - mean) / deviation) }
    }
}
