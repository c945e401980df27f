import Foundation
import PitchTracker
import Testing

@Suite struct RefinementTests {
    private static let seed: UInt64 = 6

    /// A frame as the network hears it, of samples by index; 1024 of them are used.
    private func frame(_ sample: (Int) -> Double) -> [Float] {
        let samples = (0..<FrameSequence.length).map { Float(sample($0)) }
        return FrameSequence(of: Sound(samples: samples), hop: 512).normalized(1..<2)
    }

    /// Every quarter tone from 110 to 880 Hz.
    private let pitches = (0...72).map { 110 * pow(2, Double($0) / 24) }

    /// The promise of the example: pitches of 110 to 880 Hz within half a percent, in every frame,
    /// whatever its phase and loudness.
    @Test(arguments: [1, 3, 10])
    func everyQuarterToneComesOutWithinHalfAPercent(partials: Int) throws {
        var random = SeededNumbers(seed: Self.seed)
        let network = try NetworkTests.network.get()
        var workspace = Workspace()
        for pitch in pitches {
            let (turn, loudness) = (random.next(), pow(10, -3 * random.next()))
            let frame = frame { index in
                let phase = 2 * Double.pi * (pitch * Double(index) / 16_000 + turn)
                return loudness
                    * (1...partials).filter { Double($0) * pitch < 7500 }
                    .reduce(0) { $0 + sin(Double($1) * phase) / Double($1) }
            }
            let probabilities = try network.probabilities(of: frame, in: &workspace)
            let heard = PitchEstimate(time: 0, probabilities: probabilities[...])
            // The network's own promise: the right bin of 20 cents, or a neighbour's edge.
            #expect(
                abs(1200 * log2(heard.frequency / pitch)) <= 30,
                "seed \(Self.seed), \(pitch) Hz: \(heard)")
            let refined = heard.refined(in: frame[...])
            #expect(
                abs(refined.frequency / pitch - 1) <= 0.005,
                "seed \(Self.seed), \(pitch) Hz: \(refined)")
            #expect(refined.confidence == heard.confidence && refined.time == heard.time)
        }
    }

    /// From anywhere within the reach, not only from where this network starts.
    @Test func anyStartWithinTheReachFindsThePitch() throws {
        for pitch in pitches {
            let frame = frame { sin(2 * .pi * pitch * Double($0) / 16_000) }
            for share in [-0.015, -0.005, 0, 0.005, 0.015] {
                let start = PitchEstimate(
                    time: 1, frequency: pitch * (1 + share), confidence: 0.5)
                let found = start.refined(in: frame[...]).frequency
                #expect(abs(found / pitch - 1) <= 1e-4, "\(pitch) Hz from \(share): \(found)")
            }
        }
    }

    @Test func noiseAndSilenceLeaveTheEstimateAlone() {
        var random = SeededNumbers(seed: Self.seed)
        let noise = frame { _ in random.next() - 0.5 }
        let silence = frame { _ in 0 }
        for pitch in [32, 110, 440, 2005] as [Double] {
            let estimate = PitchEstimate(time: 2, frequency: pitch, confidence: 0.1)
            #expect(estimate.refined(in: noise[...]) == estimate, "seed \(Self.seed)")
            #expect(estimate.refined(in: silence[...]) == estimate)
        }
    }

    /// Noise as loud as the tone: the network's estimate is the better one.
    @Test func aToneInLoudNoiseIsLeftToTheNetwork() {
        var random = SeededNumbers(seed: Self.seed)
        for pitch in pitches {
            // Uniform noise of width √6 has the power of a sine of amplitude 1, 1/2.
            let frame = frame {
                sin(2 * .pi * pitch * Double($0) / 16_000) + 6.0.squareRoot()
                    * (random.next() - 0.5)
            }
            let estimate = PitchEstimate(time: 0, frequency: pitch, confidence: 0.5)
            #expect(estimate.refined(in: frame[...]) == estimate, "seed \(Self.seed), \(pitch) Hz")
        }
    }

    @Test(arguments: [0, -1, .nan, .infinity, 1e-300, 1e300, 15, 8000] as [Double])
    func estimatesThatNoFrameCanRefineAreLeftAlone(_ frequency: Double) {
        let tone = frame { sin(2 * .pi * 440 * Double($0) / 16_000) }
        let found = PitchEstimate(time: 0, frequency: frequency, confidence: 0)
            .refined(in: tone[...])
        #expect(found.frequency.bitPattern == frequency.bitPattern)
    }

    @Test func framesThatAreSlicesOrEmptyAreRead() {
        let tone = frame { sin(2 * .pi * 440 * Double($0) / 16_000) }
        let estimate = PitchEstimate(time: 0, frequency: 442, confidence: 0)
        let slice = ([0, 0, 0] + tone)[3...]
        #expect(estimate.refined(in: slice) == estimate.refined(in: tone[...]))
        #expect(estimate.refined(in: []) == estimate)
    }
}

/// Numbers in 0..<1 that are the same every time (SplitMix64). The library's own generator is no
/// product, so a package outside cannot see it.
private struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((bits ^ (bits >> 31)) >> 11) * 0x1p-53
    }
}
