import NormalizationFiles
import PitchTracker
import Testing

@Suite struct FrameTests {
    /// torchcrepe sums 1024 numbers in Float, here they are summed in Double. A mean that is off by
    /// some units in the last place of the largest sample moves every normalized value.
    private func expectAgreement(
        _ found: ArraySlice<Float>, _ expected: ArraySlice<Float>,
        audio: ArraySlice<Float>
    ) {
        let mean = audio.reduce(0.0) { $0 + Double($1) } / Double(audio.count)
        let squares = audio.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let deviation = Float(max(1e-10, (squares / Double(audio.count - 1)).squareRoot()))
        let largest = audio.map { abs($0) }.max() ?? 0
        let tolerance = 16 * Float.ulpOfOne * (largest / deviation + 4)
        for (found, expected) in zip(found, expected) {
            #expect(abs(found - expected) <= tolerance, "\(found), expected \(expected)")
        }
    }

    @Test func framesOfTheGlideAreThoseOfTorchcrepe() throws {
        let sound = Sound(samples: try fixture("glide_audio").values)
        let expected = try fixture("glide_normalized", as: Float.self)
        let frames = FrameSequence(of: sound)
        #expect(frames.count == 26)
        #expect(frames.time(of: 25) == 0.25)
        let found = frames.normalized(0..<26)
        for frame in 0..<26 {
            let range = frame * 1024..<(frame + 1) * 1024
            let padded =
                [Float](repeating: 0, count: 512) + sound.samples
                + [Float](repeating: 0, count: 512)
            expectAgreement(
                found[range], expected.values[range],
                audio: padded[frame * 160..<frame * 160 + 1024])
        }
        #expect(frames.normalized(7..<9) == Array(found[7 * 1024..<9 * 1024]))
    }

    /// Tones, noise, a small tone far off centre, silence: each alone, as the middle of a sound.
    @Test(arguments: 0..<11)
    func normalizedFramesAreThoseOfTorchcrepe(_ frame: Int) throws {
        let range = frame * 1024..<(frame + 1) * 1024
        let audio = try fixture("frames_audio", as: Float.self).values[range]
        let expected = try fixture("frames_normalized", as: Float.self).values[range]
        let frames = FrameSequence(of: Sound(samples: Array(audio)), hop: 512)
        expectAgreement(frames.normalized(1..<2)[...], expected, audio: audio)
    }

    @Test func noSamplesAreOneSilentFrame() {
        let frames = FrameSequence(of: Sound(samples: []))
        #expect(frames.count == 1)
        #expect(frames.normalized(0..<1) == [Float](repeating: 0, count: 1024))
    }

    @Test(arguments: ["frames", "glide"])
    func pitchIsDecodedAsCREPEDoes(_ name: String) throws {
        let probabilities = try fixture("\(name)_probabilities", as: Float.self).values
        let expected = try fixture("\(name)_hertz", as: Double.self).values
        for (frame, expected) in expected.enumerated() {
            let row = probabilities[frame * 360..<(frame + 1) * 360]
            let found = PitchEstimate(time: 0, probabilities: row)
            // Ten roundings of Double in sums of thousands of cents, and the exponential.
            #expect(abs(found.frequency - expected) <= 1e-12 * expected)
            #expect(found.confidence == Double(row.max() ?? 0))
        }
    }

    @Test(arguments: [0, 2, 359])
    func peakAtTheEdgeUsesTheBinsThereAre(_ peak: Int) {
        var row = [Float](repeating: 0, count: 360)
        row[peak] = 1
        let found = PitchEstimate(time: 0, probabilities: row[...])
        let hertz = [0: 31.7006, 2: 32.4416, 359: 2005.5]
        #expect(abs(found.frequency / (hertz[peak] ?? 0) - 1) < 1e-4, "\(found)")
    }
}
