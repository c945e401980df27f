import CKernels
import SeededRandom
import Testing

/// Tiles of doubles, of every instruction set that this processor has: filled from tensors, and stored to them.
@Suite("Tiles")
struct TileKernelTests {
    /// What of a tensor is in a tile, and how memory lies.
    struct Shape: CustomStringConvertible {
        var channels: Int
        var inner: Int
        var positions: Int
        var first = 0
        /// Channels of the tensor beside those of the tile.
        var others = 0
        /// The bytes by which the tensor lies off a cache line.
        var misalignment = 0
        /// What is between rows of the tile.
        var gap = 3

        var description: String {
            """
            \(channels) channels of \(channels + others), planes of \(inner), \(positions) positions from \(first), \
            \(misalignment) bytes off a line
            """
        }

        var samples: Int { max(1, (first + positions + inner - 1) / inner) }
        var sampleStride: Int { (channels + others) * inner }
        /// One more than the samples have, so that an empty tile has memory, too.
        var tensorCount: Int { samples * sampleStride + 1 }
        var isTall: Bool { inner == 1 }
        var leading: Int { (isTall ? channels : positions) + gap }
        var tileCount: Int { (isTall ? positions : channels) * leading }

        /// Calls `body` with each value: where it is in the tensor, where in the tile, and its channel.
        func eachValue(_ body: (_ element: Int, _ number: Int, _ channel: Int) -> Void) {
            for channel in 0..<channels {
                for index in 0..<positions {
                    let (sample, i) = (first + index).quotientAndRemainder(dividingBy: inner)
                    body(
                        sample * sampleStride + channel * inner + i,
                        isTall ? index * leading + channel : channel * leading + index, channel)
                }
            }
        }

        func withTile(
            _ offsets: [Double], goesOn: Bool = false, nonTemporal: Bool = false,
            _ body: (UnsafePointer<ckernels_tile>) -> Void
        ) {
            offsets.withUnsafeBufferPointer { offsets in
                var tile = ckernels_tile(
                    channels: channels, positions: positions, first: first, inner: inner,
                    sample_stride: sampleStride, leading: leading, offsets: offsets.baseAddress!,
                    goes_on: goesOn ? 1 : 0, non_temporal: nonTemporal ? 1 : 0)
                body(&tile)
            }
        }
    }

    /// No positions, one, vectors and what is left of them; planes in parts, whole and many; channels last.
    static let shapes: [Shape] =
        [0, 1, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 64, 131].flatMap { n in
            [
                Shape(channels: 3, inner: 200, positions: n, first: 11, others: 2),
                Shape(channels: 2, inner: max(2, n), positions: n, misalignment: 4),
                Shape(channels: 2, inner: 49, positions: 2 * n, first: 30, others: 1),
                Shape(channels: 5, inner: 2, positions: n, first: 1),
                Shape(channels: 4, inner: 37, positions: n, misalignment: 2),
                Shape(channels: max(1, n), inner: 1, positions: 9, others: 3),
                Shape(channels: max(1, n), inner: 1, positions: 5, misalignment: 1, gap: 0),
                Shape(channels: 6, inner: 1, positions: n, misalignment: 8),
            ]
        }

    private func kernels<Scalar: KernelScalar>(_: Scalar.Type) -> [(String, ckernels_passes)] {
        (0..<ckernels_count()).map {
            let kernels = ckernels_at($0).pointee
            return ("\(String(cString: kernels.name)) \(Scalar.self)", Scalar.passes(of: kernels))
        }
    }

    /// Calls `body` with a copy of the elements that lies some bytes off a cache line.
    ///
    /// - Returns: the elements after it.
    private func moved<Scalar: KernelScalar>(
        _ elements: [Scalar], by bytes: Int, _ body: (UnsafeMutableRawPointer) -> Void
    ) -> [Scalar] {
        let size = elements.count * MemoryLayout<Scalar>.stride
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size + 64, alignment: 64)
        defer { memory.deallocate() }
        elements.withUnsafeBytes {
            (memory + bytes).copyMemory(from: $0.baseAddress!, byteCount: size)
        }
        body(memory + bytes)
        var result = elements
        result.withUnsafeMutableBytes {
            $0.copyMemory(from: .init(start: memory + bytes, count: size))
        }
        return result
    }

    @Test("a filled tile is x less its centers, with the sums of it", arguments: shapes)
    func filledTileIsCentered(_ shape: Shape) throws {
        func check<Scalar: KernelScalar>(_: Scalar.Type) throws {
            // Integers, whose sums are exact in any order.
            let x = (0..<shape.tensorCount).map { (index: Int) -> Scalar in
                let integer: Int = (index * 7 + index / 5) % 17 - 8
                return Scalar(integer)
            }
            let centers = (0..<shape.channels).map { (channel: Int) -> Double in
                Double(channel % 7) - 2.5
            }
            var expected = [Double](repeating: 99, count: shape.tileCount)
            var expectedSums = (0..<shape.channels).map { Double($0) }
            let before = expectedSums
            shape.eachValue { element, number, channel in
                expected[number] = Double(x[element]) - centers[channel]
                expectedSums[channel] += expected[number]
            }
            for (name, passes) in kernels(Scalar.self) {
                for (wantsSums, goesOn) in [(true, false), (false, true), (true, true)] {
                    var values = [Double](repeating: 99, count: shape.tileCount)
                    var sums = before
                    _ = moved(x, by: shape.misalignment) { x in
                        shape.withTile(centers, goesOn: goesOn) { tile in
                            if wantsSums {
                                passes.fill_tile(x, tile, &values, &sums)
                            } else {
                                passes.fill_tile(x, tile, &values, nil)
                            }
                        }
                    }
                    try require(values, equals: expected, "\(name), \(shape)")
                    if wantsSums {
                        try require(sums, equals: expectedSums, "\(name), sums, \(shape)")
                    }
                }
            }
        }
        try check(Float.self)
        try check(Double.self)
    }

    @Test("a stored tile is its numbers plus shifts, rounded once", arguments: shapes)
    func storedTileIsShiftedAndRounded(_ shape: Shape) throws {
        func check<Scalar: KernelScalar>(_: Scalar.Type) throws {
            let seed: UInt64 = 6
            var generator = SplitMix64(seed: seed)
            // Some that overflow Float, are subnormal in it, or are not finite.
            let odd: [Double] = [1e300, -1e300, 1e-41, 0x1p-150, .infinity, .nan, -0.0]
            let values = (0..<shape.tileCount).map { (index: Int) -> Double in
                index % 11 == 5 ? odd[index / 11 % odd.count] : generator.uniform() * 4 - 2
            }
            let shifts = (0..<shape.channels).map { (channel: Int) -> Double in
                channel % 3 == 0 ? 0 : generator.uniform()
            }
            let background = [Scalar](repeating: 12345, count: shape.tensorCount + 40)
            var expected = background
            shape.eachValue { element, number, channel in
                expected[element] = Scalar(values[number] + shifts[channel])
            }
            // A NaN has no equal; its bits are not what is tested.
            func comparable(_ numbers: [Scalar]) -> [Scalar] {
                numbers.map { $0.isNaN ? 54321 : $0 }
            }
            for (name, passes) in kernels(Scalar.self) {
                for nonTemporal in [false, true] {
                    let y = moved(background, by: shape.misalignment) { y in
                        shape.withTile(shifts, nonTemporal: nonTemporal) { tile in
                            passes.store_tile(values, tile, y)
                        }
                        ckernels_fence()
                    }
                    try require(
                        comparable(y), equals: comparable(expected),
                        "\(name), non-temporal \(nonTemporal), seed \(seed), \(shape)")
                }
            }
        }
        try check(Float.self)
        try check(Double.self)
    }

    /// What a layer in place does: a tile is read whole before it is written.
    @Test(
        "a tile that is filled and stored unchanged leaves the tensor as it was", arguments: shapes)
    func roundTripIsTheIdentity(_ shape: Shape) throws {
        func check<Scalar: KernelScalar>(_: Scalar.Type) throws {
            let seed: UInt64 = 7
            var generator = SplitMix64(seed: seed)
            let x = (0..<shape.tensorCount).map { _ -> Scalar in
                Scalar(Float(generator.uniform()))
            }
            let zeros = [Double](repeating: 0, count: shape.channels)
            for (name, passes) in kernels(Scalar.self) {
                var values = [Double](repeating: 99, count: shape.tileCount)
                let y = moved(x, by: shape.misalignment) { x in
                    shape.withTile(zeros) { tile in
                        passes.fill_tile(x, tile, &values, nil)
                        passes.store_tile(values, tile, x)
                    }
                }
                try require(y, equals: x, "\(name), seed \(seed), \(shape)")
            }
        }
        try check(Float.self)
        try check(Double.self)
    }
}
