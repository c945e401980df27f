import Testing

@testable import norm

@Suite struct MeasurementTests {
    @Test func callsTakeTurns() throws {
        let measurement = Measurement(
            samples: 5...8, budget: .seconds(100), sampleTime: .zero)
        var calls: [Int] = []
        let timings = measurement.times(count: 3) { calls.append($0) }
        #expect(timings.map(\.samples) == [8, 8, 8])
        for timing in timings { #expect(timing.minimum <= timing.median) }
        // Each is warmed up once, then all three make up a round, in orders that differ.
        #expect(calls.count == 27 && calls.prefix(3) == [0, 1, 2])
        let rounds = (1...8).map { Array(calls[(3 * $0)..<(3 * $0 + 3)]) }
        #expect(rounds.allSatisfy { Set($0) == [0, 1, 2] })
        #expect(Set(rounds).count > 1)
    }

    @Test func aLongCallGetsTheLeastSamples() {
        let measurement = Measurement(
            samples: 2...1000, budget: .milliseconds(2), sampleTime: .zero)
        let clock = ContinuousClock()
        let timings = measurement.times(count: 1) { _ in
            let start = clock.now
            while clock.now - start < .milliseconds(3) {}
        }
        #expect(timings[0].samples == 2)
        #expect(timings[0].minimum >= 0.003)
    }

    @Test func shortCallsAreRepeatedWithinASample() {
        let measurement = Measurement(
            samples: 3...3, budget: .zero, sampleTime: .milliseconds(1))
        var count = 0
        let timings = measurement.times(count: 1) { _ in count += 1 }
        #expect(timings[0].samples == 3)
        // A call of nanoseconds, thousands of times in each of the samples.
        #expect(count > 100)
        #expect(timings[0].median < 1e-4)
    }

    @Test func errorsEndTheMeasurement() {
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try Measurement().times(count: 2) { if $0 == 1 { throw Stop() } }
        }
    }

    @Test func medianIsTheMiddle() {
        #expect(median([3, 1, 2]) == 2)
        #expect(median([4, 1, 2, 3]) == 2.5)
        #expect(median([7]) == 7)
    }
}
