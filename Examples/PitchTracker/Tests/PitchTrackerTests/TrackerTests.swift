import Foundation
import NormalizationFiles
import PitchTracker
import Testing

@Suite struct TrackerTests {
    /// The frames that the tone fills.
    private func estimates(
        of frequency: Double, by network: CrepeNetwork, refines: Bool = true
    ) async throws -> [PitchEstimate] {
        try await PitchTracker(network: network, refines: refines)
            .track(Sound(tone: frequency, seconds: 0.12))
            .filter { (0.032...0.088).contains($0.time) }
    }

    @Test(arguments: [110.0, 220, 440, 880], [false, true])
    func tonesComeOutWithinHalfAPercent(_ frequency: Double, isFolded: Bool) async throws {
        let network = try (isFolded ? NetworkTests.folded : NetworkTests.network).get()
        let estimates = try await estimates(of: frequency, by: network)
        #expect(estimates.count == 5)
        for estimate in estimates {
            #expect(abs(estimate.frequency / frequency - 1) <= 0.005, "\(estimate)")
            #expect(estimate.confidence > 0.5)
        }
    }

    /// Between those tones the network alone is less exact; what it promises is the right bin, and
    /// bins are 20 cents apart. Refined, they are as exact as those.
    @Test(arguments: 0...36)
    func semitonesComeOutWithinOneBin(_ semitone: Int) async throws {
        let frequency = 110 * pow(2, Double(semitone) / 12)
        let network = try NetworkTests.network.get()
        for estimate in try await estimates(of: frequency, by: network, refines: false) {
            let cents = 1200 * log2(estimate.frequency / frequency)
            #expect(abs(cents) <= 20, "\(frequency) Hz: \(estimate)")
        }
        for estimate in try await estimates(of: frequency, by: network) {
            #expect(abs(estimate.frequency / frequency - 1) <= 0.005, "\(estimate)")
        }
    }

    @Test func threadsChangeNothing() async throws {
        let sound = try Sound(contentsOf: glidePath)
        let network = try NetworkTests.network.get()
        let alone = try await PitchTracker(network: network).track(sound)
        let together = try await PitchTracker(network: network, threads: 3).track(sound)
        #expect(alone == together)
        #expect(alone.count > CrepeNetwork.groupSize, "one group says nothing")
        #expect(alone.map(\.time) == alone.indices.map { Double($0 * 160) / 16_000 })
    }

    /// What Sounds/make_glide.py says the file holds, without the vibrato of 2 %.
    @Test func theGlideIsFollowedAndItsPauseSeen() async throws {
        let tracker = PitchTracker(network: try NetworkTests.network.get(), threads: 2)
        let estimates = try await tracker.track(Sound(contentsOf: glidePath))
        for estimate in estimates where (0.05...1.15).contains(estimate.time) {
            let expected = 150 * pow(3, estimate.time / 1.2)
            #expect(abs(estimate.frequency / expected - 1) < 0.035, "\(estimate)")
        }
        for estimate in estimates where (1.25...1.35).contains(estimate.time) {
            #expect(estimate.confidence < 0.2, "\(estimate)")
        }
        for estimate in estimates where (1.45...1.85).contains(estimate.time) {
            let expected = 450 * pow(220.0 / 450, (estimate.time - 1.4) / 0.5)
            #expect(abs(estimate.frequency / expected - 1) < 0.02, "\(estimate)")
        }
    }

    @Test func timesOfTheStagesAddUp() throws {
        var workspace = Workspace()
        let frames = try fixture("frames_normalized", as: Float.self).values
        _ = try NetworkTests.network.get().probabilities(of: frames, in: &workspace)
        let times = workspace.times
        #expect(times.convolution > .zero && times.normalization > .zero && times.dense > .zero)
        #expect(times.total > times.convolution)
    }
}
