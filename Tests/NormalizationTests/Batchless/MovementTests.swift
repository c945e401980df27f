import Normalization
import SeededRandom
import Testing

/// Running statistics that follow another layer's.
@Suite struct MovementTests {
    private func running(
        _ mean: [Double], _ variance: [Double], _ policy: NonFinitePolicy = .throw
    ) throws -> RunningStatistics {
        try RunningStatistics(mean: mean, variance: variance, updateCount: 7, nonFinite: policy)
    }

    @Test("each number moves by its share of the difference, and nothing else changes")
    func numbersMoveByTheirShare() throws {
        var teacher = try RunningStatistics(
            mean: [0, 8], variance: [1, 16], updateCount: 7, weight: .cumulative,
            estimator: .biased, nonFinite: .skip)
        try teacher.move(toward: running([4, -8], [3, 0]), weight: 0.25)
        #expect(teacher.mean == [1, 4] && teacher.variance == [1.5, 12])
        #expect(teacher.updateCount == 7 && teacher.weight == .cumulative)
        #expect(teacher.estimator == .biased && teacher.nonFinite == .skip)
    }

    @Test("k moves toward the same numbers leave (1 − w)ᵏ of the distance", arguments: 0..<10)
    func movesAreAnExponentialAverage(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let (start, end) = (random.values(5), random.values(5, mean: 3))
        let weight = abs(random.unit())
        var teacher = try running(start, start.map { $0 + 2 })
        let student = try running(end, end)
        for _ in 0..<20 { try teacher.move(toward: student, weight: weight) }
        var left = 1.0
        for _ in 0..<20 { left *= 1 - weight }
        // 20 steps of three roundings of numbers up to 4, and as many in the power.
        let bound = 20 * 4 * 4 * 0x1p-53 * 2
        for c in 0..<5 {
            #expect(
                abs(teacher.mean[c] - (end[c] + left * (start[c] - end[c]))) <= bound,
                "seed \(seed)")
            #expect(
                abs(teacher.variance[c] - (end[c] + left * (start[c] + 2 - end[c]))) <= bound,
                "seed \(seed)")
        }
    }

    @Test("weight 1 copies, whatever was there, and weight 0 changes nothing")
    func weightsAtTheEnds() throws {
        let student = try running([4, -8], [3, 0.1])
        var teacher = try running([.nan, 1], [1, .infinity])
        try teacher.move(toward: student, weight: 1)
        #expect(teacher == student)
        teacher = try running([0.1, 0.7], [1, 2])
        let before = teacher
        try teacher.move(toward: student, weight: 0)
        #expect(teacher == before)
    }

    @Test("another number of channels is refused")
    func otherChannelsAreRefused() throws {
        try expectRefusal(
            .mismatchedRunningStatistics(expected: 2, actual: 1),
            "running statistics: expected 2 channels, got 1", toward: running([1], [1]), 0.5)
    }

    @Test("a weight outside 0…1 is refused", arguments: [-0.1, 1.1, .nan, .infinity])
    func weightIsRefused(_ weight: Double) throws {
        let other = try running([1, 1], [1, 1])
        var teacher = try running([0, 0], [1, 1])
        let before = teacher
        let error = #expect(throws: NormalizationError.self) {
            try teacher.move(toward: other, weight: weight)
        }
        #expect(
            error?.description
                == "update weight: expected a number from 0 to 1, got weight(\(weight))")
        #expect(teacher == before)
    }

    @Test("a number that is not finite is refused, skipped or passed on by the policy")
    func nonFiniteFollowsThePolicy() throws {
        let message =
            "running statistics: expected finite numbers in both layers, "
            + "got a NaN or an infinity in channel 1"
        let nan = try running([1, .nan], [1, 1])
        let infinite = try running([1, 1], [1, .infinity])
        for other in [nan, infinite] {
            try expectRefusal(
                .nonFiniteRunningStatistics(channel: 1), message, toward: other, 0.5)
            var teacher = try running([0, 0.5], [3, 3], .skip)
            try teacher.move(toward: other, weight: 0.5)
            #expect(teacher.mean == [0.5, 0.5] && teacher.variance == [2, 3])
        }
        var teacher = try running([.nan, 0], [1, 1])
        #expect(throws: NormalizationError.nonFiniteRunningStatistics(channel: 0)) {
            try teacher.move(toward: infinite, weight: 0.5)
        }
        teacher = try running([0, 0], [1, 1], .propagate)
        try teacher.move(toward: nan, weight: 0.5)
        #expect(teacher.mean[0] == 0.5 && teacher.mean[1].isNaN && teacher.variance == [1, 1])
    }

    private func expectRefusal(
        _ expected: NormalizationError, _ message: String, toward other: RunningStatistics,
        _ weight: Double, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var teacher = try running([0, 0], [1, 1])
        let before = teacher
        #expect(throws: expected, sourceLocation: sourceLocation) {
            try teacher.move(toward: other, weight: weight)
        }
        #expect(expected.description == message, sourceLocation: sourceLocation)
        #expect(teacher == before, sourceLocation: sourceLocation)
    }
}
