import Foundation
import NormalizationFiles
import PitchTracker
import Testing

@Suite struct TrackerTests {
    /// Every semitone from 110 to 880 Hz, in the frames that the tone fills.
    @Test(arguments: 0...36)
    func tonesComeOutWithinHalfAPercent(_ semitone: Int) async throws {
        var frequency = 110.0
        for _ in 0..<semitone { frequency *= 1.0594630943592953 }
        let tracker = PitchTracker(network: try NetworkTests.network.get())
        let estimates = try await tracker.track(Sound(tone: frequency, seconds: 0.12))
        #expect(estimates.count == 13)
        for estimate in estimates where (0.032...0.088).contains(estimate.time) {
            #expect(
                abs(estimate.frequency / frequency - 1) <= 0.005,
                "\(frequency) Hz at \(estimate.time) s: \(estimate.frequency) Hz")
            #expect(estimate.confidence > 0.5)
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
