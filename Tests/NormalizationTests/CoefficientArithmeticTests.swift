import SeededRandom
import Testing

@testable import Normalization

/// From statistics to coefficients, in plain loops and in the vectors of the kernels.
@Suite struct CoefficientArithmeticTests {
    /// Around a vector, around two, and as many lanes as there are places for in L1 and more.
    static let laneCounts = Array(1...40) + [255, 256, 257, 2048]

    @Test("vectors find the bits of plain loops", arguments: ElementType.allCases, laneCounts)
    func vectorsFindTheBitsOfLoops(_ element: ElementType, lanes: Int) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            for seed in 1...4 {
                let loops = numbers(Scalar.self, lanes, seed, by: ReferenceEngine.self)
                let vectors = numbers(Scalar.self, lanes, seed, by: FusedEngine.self)
                #expect(loops.outside == vectors.outside, "seed \(seed)")
                for (table, (a, b)) in zip(loops.tables, vectors.tables).enumerated() {
                    #expect(a == b, "table \(table), seed \(seed)")
                }
            }
        }
        try check(element.scalar)
    }

    @Test("moments lie in memory as the kernels write them")
    func momentsLieAsTheKernelsWriteThem() {
        #expect(MemoryLayout<Moments>.stride == 32)
        #expect(MemoryLayout<Moments>.offset(of: \.count) == 0)
        #expect(MemoryLayout<Moments>.offset(of: \.pivot) == 8)
        #expect(MemoryLayout<Moments>.offset(of: \.meanOffset) == 16)
        #expect(MemoryLayout<Moments>.offset(of: \.m2) == 24)
    }

    private struct Found {
        var outside: [Bool] = []
        /// The bits of each table; of a NaN, that it is one.
        var tables: [[UInt64]] = []
    }

    /// Every rule in turn, over random numbers. Seeds 1 and 2 are harmless; behind them come numbers of
    /// any size, zeros, infinities and NaN.
    private func numbers<Scalar: NormalizationScalar>(
        _: Scalar.Type, _ lanes: Int, _ seed: Int, by arithmetic: any CoefficientArithmetic.Type
    ) -> Found {
        var (found, generator) = (Found(), SplitMix64(mixing: seed))
        withCoefficients(lanes: lanes, of: Scalar.self) { gradient in
            let map = gradient.normalize
            let inputs = [
                map.mean, map.variance, map.gamma, map.beta, gradient.meanGradient,
                gradient.meanGradientTimesNormalized,
            ]
            func fill() {
                for table in inputs {
                    for lane in 0..<lanes { table[lane] = number(seed, &generator) }
                }
                for lane in 0..<lanes where !(map.variance[lane] >= 0) {
                    map.variance[lane] = -map.variance[lane]
                }
            }
            func keep(_ doubles: [Table<Double>], _ scalars: [Table<Scalar>]) {
                for table in doubles { found.tables.append((0..<lanes).map { bits(table[$0]) }) }
                for table in scalars {
                    found.tables.append((0..<lanes).map { bits(Double(table[$0])) })
                }
            }
            let all = 0..<lanes
            fill()
            arithmetic.setDeviations(map, all, epsilon: 1e-5)
            found.outside.append(arithmetic.setMap(map, all))
            keep(
                [map.inverseDeviation, map.scaleShiftMargin], [map.center, map.scale, map.shift])
            found.outside.append(arithmetic.setGradient(gradient, all, sumsOf: 49))
            keep(
                [gradient.meanGradient, gradient.meanGradientTimesNormalized],
                [gradient.gradientCenter, gradient.deviationScale, gradient.correction])
            found.outside.append(arithmetic.setWeighted(gradient, all))
            keep(
                [],
                [
                    gradient.gradientCenter, gradient.deviationScale, gradient.correction,
                    gradient.weight, gradient.roundedInverseDeviation,
                ])
            fill()
            arithmetic.setDeviations(map, all, epsilon: 0, sumsOf: 37)
            keep([map.variance, map.inverseDeviation, map.scaleShiftMargin, map.beta], [])
        }
        return found
    }

    private func number(_ seed: Int, _ generator: inout SplitMix64) -> Double {
        guard seed > 2 else { return generator.normal() }
        return switch generator.integer(0...19) {
        case 0: 0
        case 1: -0.0
        case 2: .infinity
        case 3: .nan
        case 4: .leastNonzeroMagnitude
        case 5...12: generator.power(-1000...1000)
        default: generator.normal()
        }
    }

    private func bits(_ value: Double) -> UInt64 {
        value.isNaN ? Double.nan.bitPattern : value.bitPattern
    }
}
