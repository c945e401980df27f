import Foundation
import PitchTracker
import Testing

@Suite struct SoundFileTests {
    /// The resampled tone must be the tone sampled at 16 kHz, which pins frequency, phase, loudness.
    @Test(arguments: [8000, 11025, 16000, 22050, 44100, 48000, 96000] as [UInt32])
    func resamplingKeepsATone(_ rate: UInt32) throws {
        let folder = try TemporaryFolder()
        let count = Int(rate) / 2
        let path = try folder.file(
            "tone.wav", Wave.file(Wave.sine(440, rate: Double(rate), count: count), rate: rate))
        let sound = try Sound(contentsOf: path)
        #expect(abs(sound.samples.count - 8000) <= 1, "\(sound.samples.count) samples")
        let expected = Wave.sine(440, rate: 16_000, count: sound.samples.count)
        // The ends ring, where the tone begins and stops.
        let largest = (800..<7200).map { abs(sound.samples[$0] - expected[$0]) }.max() ?? .infinity
        #expect(largest < 1e-4, "off by \(largest)")
    }

    @Test(arguments: [1, 2, 6] as [UInt16])
    func channelsAreAveraged(_ channels: UInt16) throws {
        let folder = try TemporaryFolder()
        // Channel c holds c + 1 times the same sample, all of them exact in a few bits.
        let frames = (0..<20_000).map { Float($0 % 64) / 1024 }
        let samples = frames.flatMap { sample in
            (0..<channels).map { sample * Float($0 + 1) }
        }
        let path = try folder.file(
            "many.wav", Wave.file(samples, rate: 16_000, channels: channels))
        let sum = Float(channels) * Float(channels + 1) / 2
        #expect(
            try Sound(contentsOf: path).samples == frames.map { $0 * sum / Float(channels) })
    }

    @Test func sixteenBitsAreRead() throws {
        let folder = try TemporaryFolder()
        let tone = Wave.sine(300, rate: 16_000, count: 1000)
        let path = try folder.file("tone.wav", Wave.file(tone, rate: 16_000, format: .int16))
        let found = try Sound(contentsOf: path).samples
        #expect(found.count == 1000)
        for (found, expected) in zip(found, tone) {
            // Half a step of 16 bits, and full scale being 32768 to the reader, 32767 to the writer.
            #expect(abs(found - expected) <= 0.5 / 32768 + 0.5 / 32768)
        }
    }

    @Test func aFileCutShortIsReadAsFarAsItGoes() throws {
        let folder = try TemporaryFolder()
        let whole = Wave.file(Wave.sine(300, rate: 16_000, count: 1000), rate: 16_000)
        let path = try folder.file("cut.wav", Array(whole.dropLast(2001)))
        let count = try Sound(contentsOf: path).samples.count
        #expect((498...500).contains(count), "\(count) samples")
    }

    @Test func whatIsNoAudioIsRefused() throws {
        let folder = try TemporaryFolder()
        let paths = [
            folder.path + "/missing.wav", folder.path,
            try folder.file("empty.wav"), try folder.file("text.wav", Array("not audio\n".utf8)),
            try folder.file("header.wav", Array(Wave.file([], rate: 16_000).prefix(20))),
        ]
        for path in paths {
            let error = try #require(throws: PitchError.self) { try Sound(contentsOf: path) }
            guard case .unreadableAudio(path, let reason) = error else {
                Issue.record("\(error)")
                continue
            }
            #expect(!reason.isEmpty)
            #expect(!error.description.contains("\n"))
        }
    }

    @Test func aFileWithoutSamplesIsRefused() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("none.wav", Wave.file([], rate: 44_100))
        #expect(throws: PitchError.noSamples(file: path)) { try Sound(contentsOf: path) }
    }

    @Test(arguments: [Float.nan, .infinity])
    func samplesThatAreNotFiniteAreRefused(_ bad: Float) throws {
        let folder = try TemporaryFolder()
        var samples = Wave.sine(300, rate: 44_100, count: 10_000)
        samples[9000] = bad
        let path = try folder.file("bad.wav", Wave.file(samples, rate: 44_100))
        #expect(throws: PitchError.sampleNotFinite(file: path, index: 9000)) {
            try Sound(contentsOf: path)
        }
    }

    @Test(arguments: [1, 62, 5_000_000] as [UInt32])
    func ratesBeyondReachAreRefused(_ rate: UInt32) throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("odd.wav", Wave.file([0, 0.5, 0], rate: rate))
        #expect(throws: PitchError.sampleRate(hertz: Int(rate))) { try Sound(contentsOf: path) }
    }
}
