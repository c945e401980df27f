import SeededRandom
import Testing

@testable import Normalization

/// The input gradient of lanes that share statistics, ∂x = s · (γ · g − P/k − x̂ · Q/k), as a pass of every
/// engine: no layer uses it yet.
@Suite struct WeightedGradientTests {
    /// Samples, channels, positions, the channel axis, and channels a group.
    struct Case: CustomTestStringConvertible, Sendable {
        var shape: [Int]
        var axis: Int
        var groupSize: Int
        var testDescription: String { "\(shape) at \(axis), groups of \(groupSize)" }
    }

    static let cases = [
        Case(shape: [2, 6, 5], axis: 1, groupSize: 1),
        Case(shape: [3, 8, 7, 7], axis: 1, groupSize: 4),
        Case(shape: [2, 4, 300], axis: 1, groupSize: 2),
        Case(shape: [3, 5, 5, 12], axis: -1, groupSize: 3),
        Case(shape: [2, 64, 33], axis: 1, groupSize: 64),
        Case(shape: [4, 11, 40], axis: -1, groupSize: 40),
    ]

    @Test(
        "the weighted input gradient is the formula's, where γ is zero too",
        arguments: Subject.all, cases)
    func weightedGradientIsTheFormulas(_ subject: Subject, example: Case) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            let geometry = try Geometry(example.shape, channelAxis: example.axis)
            let partition = Partition(
                samplesOf: geometry, channelsPerGroup: example.groupSize)
            var generator = SplitMix64(seed: 77)
            let x: [Scalar] = converted(generator.values(geometry.count, mean: 3), to: Scalar.self)
            let g: [Scalar] = converted(generator.values(geometry.count), to: Scalar.self)
            let lanes = partition.laneCount
            let (mean, variance) = (
                generator.values(lanes, mean: 3), generator.values(lanes).map { 0.1 + abs($0) }
            )
            var gamma = generator.values(partition.parameters)
            gamma[0] = 0
            let (p, q) = (generator.values(lanes), generator.values(lanes))
            let numbers = Numbers(mean: mean, variance: variance, gamma: gamma, p: p, q: q)
            let dx = weightedGradient(x, g, numbers, partition, subject.engine)
            let unit = Double(Scalar.ulpOfOne) / 2
            for i in 0..<geometry.count {
                let lane = lane(of: i, geometry, partition)
                let s = 1 / (variance[lane] + 1e-3).squareRoot()
                let normalized = (Double(x[i]) - mean[lane]) * s
                let weight = gamma[partition.parameter(of: lane)]
                let expected = s * (weight * Double(g[i]) - p[lane] - normalized * q[lane])
                // Each term is rounded four times at most on its way, the mean's part once more.
                let size =
                    s
                    * (abs(weight * Double(g[i])) + abs(p[lane])
                        + (abs(Double(x[i])) + abs(mean[lane])) * s * abs(q[lane]))
                #expect(abs(Double(dx[i]) - expected) <= 8 * unit * size, "element \(i)")
            }
        }
        try check(subject.element.scalar)
    }

    /// The numbers of each lane; γ of each channel.
    private struct Numbers {
        var mean, variance, gamma, p, q: [Double]
    }

    /// What the pass writes.
    private func weightedGradient<Scalar: NormalizationScalar>(
        _ x: [Scalar], _ g: [Scalar], _ numbers: Numbers, _ partition: Partition, _ engine: Engine
    ) -> [Scalar] {
        var dx = [Scalar](repeating: .nan, count: x.count)
        let lanes = partition.laneCount
        let runner = PassRunner<Scalar>(.backward, partition, engine: engine, threadLimit: nil)
        withCoefficients(lanes: lanes, of: Scalar.self) { coefficients in
            let normalize = coefficients.normalize
            for lane in 0..<lanes {
                normalize.gamma[lane] = numbers.gamma[partition.parameter(of: lane)]
                normalize.beta[lane] = 0
                coefficients.meanGradient[lane] = numbers.p[lane]
                coefficients.meanGradientTimesNormalized[lane] = numbers.q[lane]
            }
            normalize.setStatistics(
                mean: numbers.mean, variance: numbers.variance, 0..<lanes, epsilon: 1e-3,
                runner.engine)
            coefficients.setWeighted(0..<lanes, runner.engine)
            #expect(!normalize.hasOutOfRange(0..<lanes))
            x.withTensorPointer { x in
                g.withTensorPointer { g in
                    dx.withUnsafeMutableBufferPointer { dx in
                        guard let dx = dx.baseAddress else { return }
                        runner.writeAll { block, write in
                            write(
                                OutputTask(
                                    .weightedInputGradient(g, coefficients), of: x, block,
                                    into: MutableTensorPointer(dx)))
                        }
                    }
                }
            }
        }
        return dx
    }

    /// The lane of an element, counted from the definition: sample · C + channel.
    private func lane(of index: Int, _ geometry: Geometry, _ partition: Partition) -> Int {
        let channel = index / geometry.inner % geometry.channels
        let sample = index / (geometry.count / geometry.shape[0])
        return sample * geometry.channels + channel
    }

    @Test("a cut keeps groups whole and never crosses a table", arguments: cases)
    func cutKeepsGroupsWhole(_ example: Case) throws {
        let geometry = try Geometry(example.shape, channelAxis: example.axis)
        let partition = Partition(samplesOf: geometry, channelsPerGroup: example.groupSize)
        #expect(partition.count == geometry.count)
        #expect(partition.laneCount == geometry.shape[0] * geometry.channels)
        for elementSize in [4, 8] {
            let cut = BlockGrid.forReduction(
                partition, elementSize: elementSize, tensors: 2, nonTemporalSize: .max)
            guard case .resident(let grid) = cut else { continue }
            var elements = 0
            for index in 0..<grid.count {
                let block = grid[index]
                elements += block.elementCount
                #expect(block.firstLane % example.groupSize == 0)
                #expect(block.lanes % example.groupSize == 0)
                #expect(
                    block.firstLane / partition.lanes
                        == (block.firstLane + block.lanes - 1) / partition.lanes)
            }
            #expect(elements == geometry.count)
        }
    }
}
