import Normalization
import NormalizationFiles
import Testing

/// A network saved in 16 bits: Tests/Fixtures/weights/half_…, made by make_half.py there.
@Suite struct HalfWeightsTests {
    private func weights(_ name: String) throws -> SafetensorsFile {
        try SafetensorsFile(contentsOf: fixture("../weights/\(name).safetensors"))
    }

    @Test func aNetworkSavedInSixteenBitsInfersAsPyTorch() throws {
        try check("f16", Float16.self)
        try check("bf16", BFloat16.self)
    }

    /// PyTorch's mixed form computes in Float too, in another order, so a number that lies near the middle
    /// of two may be rounded to the other: a unit in the last place.
    private func check<Half: HalfPrecision>(_ label: String, _: Half.Type) throws {
        let (saved, inferred) = try (
            weights("half_saved_\(label)"), weights("half_inferred_\(label)")
        )
        let prefixes = saved.batchNorms.map(\.prefix)
        #expect(
            prefixes == [
                "bn1", "layer1.0.bn1", "layer1.0.bn2", "layer2.0.bn1", "layer2.0.bn2",
                "layer2.0.downsample.1",
            ])
        for prefix in prefixes {
            let x: [Half] = try inferred.halves(of: "\(prefix).x")
            let expected: [Half] = try inferred.halves(of: "\(prefix).y")
            let shape = try #require(inferred.entry(named: "\(prefix).x")).shape
            var layer = try saved.batchNorm(prefix, as: Float.self)
            for engine in Engine.allCases {
                layer.engine = engine
                var y = x
                var span = y.mutableSpan
                try layer.inferenceInPlace(&span, geometry: Geometry(shape))
                for i in y.indices {
                    // Neighbours of one sign are a bit apart; zeros have two.
                    let (one, other) = (y[i].bitPattern, expected[i].bitPattern)
                    let isNear = abs(Int(one) - Int(other)) <= 1
                    try #require(
                        isNear || y[i].widened == expected[i].widened,
                        "\(label) \(prefix)[\(i)] \(engine): \(y[i].widened), PyTorch \(expected[i].widened)"
                    )
                }
            }
        }
    }

    @Test func tensorsOfSixteenBitsAreReadAndWrittenAsTheyAre() throws {
        let bits = (UInt16.min...UInt16.max).map { $0 }
        let halves = bits.map { Float16(bitPattern: $0) }
        let brains = bits.map { BFloat16(bitPattern: $0) }
        let bytes = try SafetensorsFile.encoded([
            SafetensorsTensor(name: "half", shape: [256, 256], values: halves),
            SafetensorsTensor(name: "brain", shape: [65_536], values: brains),
        ])
        let file = try SafetensorsFile(parsing: bytes)
        #expect(file.entry(named: "half")?.type == .float16)
        #expect(file.entry(named: "brain")?.type == .bfloat16)
        #expect(try file.halves(of: "half", as: Float16.self).map(\.bitPattern) == bits)
        #expect(try file.halves(of: "brain", as: BFloat16.self).map(\.bitPattern) == bits)
        let error = try fileError { try file.halves(of: "half", as: BFloat16.self) }
        #expect(
            error
                == .elementType(file: "bytes", tensor: "half", expected: ["BF16"], found: "F16"))
        let refused = try fileError {
            try SafetensorsTensor(name: "half", shape: [3], values: [BFloat16(1)])
        }
        #expect(refused == .invalidShape(shape: [3], count: 1))
    }
}
