import CKernels
import SeededRandom
import Testing

/// Parts of planes that a mask might leave: of any length and beginning, some in the same plane.
enum SomeParts {
    static func of(_ block: ckernels_block, seed: UInt64) -> [ckernels_part] {
        var random = SplitMix64(seed: seed)
        var parts: [ckernels_part] = []
        for sample in 0..<block.outer {
            var place = 0
            while place < block.inner && parts.count < 64 {
                place += Int.random(in: 0...block.inner / 3, using: &random)
                let most = block.inner - place
                guard most > 0 else { break }
                let count = Int.random(in: 1...most, using: &random)
                parts.append(
                    ckernels_part(offset: sample * block.outer_stride + place, count: count))
                place += count
            }
        }
        return parts
    }
}

/// Sums of parts of planes against plain loops, to the bit: small integers, exact in any order.
@Suite("Sums of parts")
struct PartSumTests {
    @Test("Sums of parts are exact for every plane up to 70 values")
    func everyShortPlane() throws {
        for inner in 1...70 {
            for outer in 1...5 {
                try check(Float.self, (outer, 3, inner), misalignment: 0)
                try check(Double.self, (outer, 3, inner), misalignment: 0)
            }
        }
    }

    @Test("They are for long planes, many channels and misaligned tensors", arguments: [0, 1, 3])
    func others(misalignment: Int) throws {
        for shape in [(3, 1, 1500), (2, 70, 300), (5, 130, 49), (40, 2, 17), (4, 2, 256)] {
            try check(Float.self, shape, misalignment: misalignment)
            try check(Double.self, shape, misalignment: misalignment)
        }
    }

    private func check<Scalar: KernelScalar>(
        _: Scalar.Type, _ shape: Problem<Scalar>.Shape, misalignment: Int
    ) throws {
        for gap in [0, 5] {
            let problem = Problem<Scalar>(
                shape, extraChannels: 1, gap: gap, offset: 0, misalignment: misalignment)
            let seed = UInt64(shape.inner * 31 + shape.outer)
            let parts = SomeParts.of(problem.block, seed: seed)
            guard !parts.isEmpty else { continue }
            for ofGradient in [false, true] {
                let expected = problem.expectedSums(ofGradient: ofGradient, parts: parts)
                for passes in Passes<Scalar>.all {
                    try require(
                        problem.sums(passes, ofGradient: ofGradient, parts: parts),
                        equals: expected, "\(passes) \(problem), parts of seed \(seed)")
                }
            }
        }
    }
}
