import Foundation
import Normalization
import Testing

/// Layers and statistics written as JSON and read again, and what no layer can be read from.
@Suite struct CodingTests {
    private func roundTrip<Value: Codable & Equatable>(
        _ value: Value, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Value {
        let read = try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
        #expect(read == value, sourceLocation: sourceLocation)
        return read
    }

    private func refuse<Value: Decodable>(
        _: Value.Type, _ json: String, saying part: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(sourceLocation: sourceLocation) {
            try JSONDecoder().decode(Value.self, from: Data(json.utf8))
        } throws: { error in
            "\(error)".contains(part)
        }
    }

    private static let third = Float(1) / 3

    @Test func layersComeBackEqual() throws {
        var batch = try BatchNorm(
            gamma: [Self.third, 2], beta: nil, runningMean: [0.1, -Self.third],
            runningVariance: [1e-30, 3e30], updateCount: 7, preset: .keras)
        batch.engine = .reference
        batch.threadLimit = 2
        _ = try roundTrip(batch)
        _ = try roundTrip(BatchNorm<Double>.weightShared(channels: 3))
        batch.runningStatistics = nil
        _ = try roundTrip(batch)
        _ = try roundTrip(GroupNorm<Float>(channels: 6, groups: 3))
        _ = try roundTrip(LayerNorm<Double>(width: 5, bias: false))
        _ = try roundTrip(RMSNorm<Float>(width: 5, preset: .gemma))
    }

    @Test func trainingGoesOnToTheBit() throws {
        let shape = [4, 2, 3]
        let x = (0..<24).map { Float($0 * 7 % 11) / 3 }
        var one = try BatchNorm<Float>.standard(channels: 2)
        one.runningStatistics?.nonFinite = .skip
        var bad = x
        bad[0] = .nan
        // A skipped update counts in one channel alone, which what is written must know.
        one.runningStatistics = try RunningStatistics(
            channels: 2, weight: .cumulative, nonFinite: .skip)
        _ = try one.forwardAndCommit(bad, shape: shape)
        var other = try roundTrip(one)
        for _ in 0..<3 {
            _ = try one.forwardAndCommit(x, shape: shape)
            _ = try other.forwardAndCommit(x, shape: shape)
        }
        #expect(one == other)
        #expect(one.runningStatistics?.variance[0] != one.runningStatistics?.variance[1])
    }

    @Test func statisticsComeBackEqualAndGiveTheSameGradients() throws {
        let layer = try BatchNorm<Double>.standard(channels: 2)
        let x = (0..<12).map { 1e8 + Double($0 * 5 % 7) / 9 }
        let g = (0..<12).map { Double($0 % 5) - 2 }
        let (_, statistics) = try layer.forward(x, shape: [3, 2, 2])
        let read = try roundTrip(statistics)
        let expected = try layer.backward(
            g, input: x, normalizedBy: .batch(statistics), shape: [3, 2, 2])
        let found = try layer.backward(g, input: x, normalizedBy: .batch(read), shape: [3, 2, 2])
        #expect(found == expected)
        _ = try roundTrip(GroupNorm<Double>(channels: 2, groups: 1).forward(x, shape: [3, 2, 2]).1)
        _ = try roundTrip(LayerNorm<Double>(width: 4).forward(x, shape: [3, 4]).1)
        _ = try roundTrip(RMSNorm<Double>(width: 4).forward(x, shape: [3, 4]).1)
        let renormalized = try layer.forwardRenormalized(
            x, shape: [3, 2, 2], limits: RenormLimits(rMax: 3, dMax: 5)
        ).statistics
        let readAgain = try roundTrip(renormalized)
        #expect(
            try layer.backward(
                g, input: x, normalizedBy: .renormalized(readAgain), shape: [3, 2, 2])
                == layer.backward(
                    g, input: x, normalizedBy: .renormalized(renormalized), shape: [3, 2, 2]))
        _ = try roundTrip(RenormLimits(rMax: 1.5, dMax: 0))
        for weight in [UpdateWeight.newWeight(0.25), .decay(0.9), .cumulative] {
            _ = try roundTrip(weight)
        }
    }

    @Test func whatMakesNoLayerIsRefused() {
        let running =
            "\"mean\":[1],\"variance\":[1],\"updateCount\":1,\"weight\":{\"decay\":0.9},"
            + "\"estimator\":\"biased\",\"nonFinite\":\"skip\""
        refuse(
            BatchNorm<Float>.self,
            "{\"channels\":2,\"gamma\":[1],\"epsilon\":1,\"engine\":\"fused\"}",
            saying: "gamma: expected 2")
        refuse(
            GroupNorm<Float>.self,
            "{\"channels\":2,\"groups\":3,\"epsilon\":1,\"engine\":\"fused\"}", saying: "groups")
        refuse(
            LayerNorm<Float>.self,
            "{\"width\":2,\"beta\":[1,2,3],\"epsilon\":1,\"scaleOffset\":0,\"engine\":\"fused\"}",
            saying: "beta: expected 2")
        refuse(UpdateWeight.self, "{\"decay\":2}", saying: "decay")
        refuse(UpdateWeight.self, "{\"cumulative\":false}", saying: "expected true")
        refuse(
            RunningStatistics.self, "{\(running),\"skippedUpdates\":[2]}",
            saying: "expected 1 numbers from 0 to 1")
        refuse(
            RunningStatistics.self,
            "{\(running)}".replacing("\"variance\":[1]", with: "\"variance\":[1,2]"),
            saying: "running variance: expected 1")
        refuse(
            BatchStatistics.self,
            "{\"count\":2,\"mean\":[1],\"sumOfSquaredDeviations\":[1],\"meanCorrection\":[]}",
            saying: "expected 1 numbers, got 0")
        refuse(
            BatchStatistics.self, "{\"count\":-2,\"mean\":[1],\"sumOfSquaredDeviations\":[1]}",
            saying: "-2")
        refuse(
            RowStatistics.self,
            "{\"count\":2,\"mean\":[1],\"sumOfSquaredDeviations\":[1],\"meanCorrection\":[1,2]}",
            saying: "expected 1 numbers, got 2")
        let batch = "\"batch\":{\"count\":2,\"mean\":[1],\"sumOfSquaredDeviations\":[1]}"
        refuse(
            RenormStatistics.self, "{\(batch),\"r\":[1,2],\"d\":[0]}",
            saying: "expected 1 elements, got 2")
        refuse(
            RenormStatistics.self, "{\(batch),\"r\":[1],\"d\":[]}",
            saying: "expected 1 elements, got 0")
        refuse(RenormLimits.self, "{\"rMax\":0.5,\"dMax\":0}", saying: "rMax")
        refuse(
            GroupStatistics.self,
            "{\"groups\":2,\"count\":2,\"mean\":[1],\"sumOfSquaredDeviations\":[1]}",
            saying: "expected")
    }

    @Test func aLineSaysWhatThereIs() throws {
        let layer = try BatchNorm<Float>(
            gamma: [1, 2], beta: nil, runningMean: [0, 0], runningVariance: [1, 1], updateCount: 1)
        #expect(
            "\(layer)"
                == "BatchNorm of 2 channels, gamma per channel, no beta, epsilon 1e-05, 1 update")
        #expect(
            "\(try GroupNorm<Float>(channels: 4, groups: 1))"
                == "GroupNorm of 4 channels in 1 group, gamma per channel, beta per channel, epsilon 1e-05"
        )
        #expect(
            "\(try RMSNorm<Float>(width: 4, preset: .gemma))"
                == "RMSNorm of 4 values, gamma per value, no beta, epsilon 1e-06, scale offset 1.0")
        #expect(
            "\(try LayerNorm<Float>(width: 1))"
                == "LayerNorm of 1 value, gamma per value, beta per value, epsilon 1e-05")
        #expect(
            "\(try RunningStatistics(channels: 1))" == "running statistics of 1 channel, 0 updates")
        let statistics = try BatchStatistics(
            count: 3, mean: [1, 2], sumOfSquaredDeviations: [1, 2])
        #expect("\(statistics)" == "statistics of 2 channels, 3 values each")
        #expect(
            "\(try RenormStatistics(batch: statistics, r: [1, 1], d: [0, 0]))"
                == "renormalized statistics of 2 channels, 3 values each")
        #expect(
            "\(try RenormLimits(rMax: 3, dMax: 5))" == "r from 1/3.0 to 3.0, d from -5.0 to 5.0")
    }

    @Test func fourArraysMakeALayer() throws {
        let layer = try BatchNorm<Double>(
            gamma: [2], beta: [1], runningMean: [3], runningVariance: [4 - 1e-5])
        #expect(try layer.inference([3, 5], shape: [2, 1]) == [1, 3])
        #expect(throws: NormalizationError.wrongLength(.beta, expected: 1, actual: 2)) {
            try BatchNorm<Double>(
                gamma: [2], beta: [1, 2], runningMean: [3], runningVariance: [4])
        }
        #expect(throws: NormalizationError.wrongLength(.runningVariance, expected: 1, actual: 0)) {
            try BatchNorm<Double>(gamma: nil, beta: nil, runningMean: [3], runningVariance: [])
        }
        #expect(throws: NormalizationError.invalidChannelCount(0)) {
            try BatchNorm<Double>(gamma: nil, beta: nil, runningMean: [], runningVariance: [])
        }
    }

    @Test func parametersChangeInPlaceAndCopiesStay() throws {
        var layer = try BatchNorm<Float>.standard(channels: 3)
        let copy = layer
        func step(_ gradient: [Float]) {
            layer.gamma.withMutableSpan { gamma in
                for i in 0..<gamma.count { gamma[i] -= 0.5 * gradient[i] }
            }
        }
        step([2, 4, 6])
        #expect(layer.gamma == .perChannel([0, -1, -2]))
        #expect(copy.gamma == .perChannel([1, 1, 1]))
        // With one owner the array stays where it is.
        func address() -> UInt {
            guard case .perChannel(let values) = layer.gamma else { return 0 }
            return values.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        }
        let before = address()
        step([0, 0, 2])
        #expect(address() == before)
        #expect(layer.gamma == .perChannel([0, -1, -3]))

        layer.gamma = .shared(2)
        step([4])
        #expect(layer.gamma == .shared(0))
        layer.gamma = .absent
        #expect(layer.gamma.withMutableSpan { $0.count } == 0)
        #expect(layer.gamma == .absent)
    }

    @Test func whatIsThrownLeavesWhatWasChanged() throws {
        struct Stop: Error {}
        var parameter = AffineParameter<Double>.perChannel([1, 2])
        #expect(throws: Stop.self) {
            try parameter.withMutableSpan { values throws(Stop) in
                values[0] = 5
                throw Stop()
            }
        }
        #expect(parameter == .perChannel([5, 2]))
    }
}
