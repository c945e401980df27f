import Foundation
import NormalizationFiles
import SeededRandom
import Testing

@Suite struct SafetensorsTests {
    @Test func readsABatchNormalizationOfPyTorch() throws {
        let model = try SafetensorsFile(contentsOf: fixture("torch_batchnorm.safetensors"))
        #expect(model.metadata == ["format": "pt"])
        let layer = model.entries(prefix: "features.bn1.")
        #expect(
            Set(layer.map { $0.name.dropFirst(13) }) == [
                "weight", "bias", "running_mean", "running_var", "num_batches_tracked",
            ])
        for (k, name) in ["weight", "bias", "running_mean", "running_var"].enumerated() {
            let expected = (0..<4).map { Float($0) / 4 + Float(k) }
            #expect(try model.values(of: "features.bn1.\(name)") == expected)
            #expect(
                try model.values(of: "features.bn1.\(name)") == expected.map { Double($0) })
        }
        #expect(try model.integers(of: "features.bn1.num_batches_tracked") == [7])
        #expect(model.entry(named: "features.bn1.num_batches_tracked")?.shape == [])
        #expect(model.entries(prefix: "features.bn2.").isEmpty)
        #expect(model.entry(named: "bn1.weight") == nil)
    }

    @Test func readsEveryFloatingPointType() throws {
        let file = try SafetensorsFile(contentsOf: fixture("torch_types.safetensors"))
        let numbers: [Float] = [0, -0.0, 1, -2.5, 65504, 6e-8, .infinity, -.infinity]
        let halves = numbers.map { Float(Float16($0)) }
        let single: [Float] = try file.values(of: "single")
        #expect(single.map(\.bitPattern) == numbers.map(\.bitPattern))
        let half: [Float] = try file.values(of: "half")
        #expect(half.map(\.bitPattern) == halves.map(\.bitPattern))
        // 65504 and 6e-8 have more digits than BF16: torch rounds them to the nearest.
        let bfloat: [Double] = try file.values(of: "bfloat")
        #expect(bfloat == [0, 0, 1, -2.5, 65536, 0x1.02p-24, .infinity, -.infinity])
        let double: [Double] = try file.values(of: "double")
        #expect(double == numbers.map { Double($0) })
        let narrowed: [Float] = try file.values(of: "double")
        #expect(narrowed == numbers)
        #expect(try file.values(of: "empty", as: Float.self).isEmpty)
        #expect(file.entry(named: "flags")?.type == .bool)
        #expect(try file.tensor("flags").bytes == [1, 0, 1])
    }

    /// BF16 and F16 have 65,536 bit patterns each: all are tried against the definition.
    @Test func everyHalfIsReadExactly() throws {
        let patterns = (0...UInt16.max).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        for (type, exponentBits, fractionBits) in [("F16", 5, 10), ("BF16", 8, 7)] {
            let text =
                "{\"x\":{\"dtype\":\"\(type)\",\"shape\":[65536],\"data_offsets\":[0,131072]}}"
            let file = try SafetensorsFile(parsing: safetensors(text) + patterns)
            let values: [Double] = try file.values(of: "x")
            let bias = (1 << (exponentBits - 1)) - 1
            let wrong = values.indices.filter { bits in
                let sign = bits >> 15 == 1 ? -1.0 : 1.0
                let exponent = (bits >> fractionBits) & ((1 << exponentBits) - 1)
                let fraction = Double(bits & ((1 << fractionBits) - 1))
                let scaled = fraction / Double(1 << fractionBits)
                let value = values[bits]
                if exponent == (1 << exponentBits) - 1 {
                    return fraction == 0 ? value != sign * .infinity : !value.isNaN
                }
                let expected =
                    exponent == 0
                    ? Double(sign: .plus, exponent: 1 - bias, significand: scaled)
                    : Double(sign: .plus, exponent: exponent - bias, significand: 1 + scaled)
                return value != sign * expected || value.sign != (sign < 0 ? .minus : .plus)
            }
            #expect(wrong.isEmpty, "\(type)")
        }
    }

    @Test(arguments: ["torch_batchnorm", "torch_types", "names", "nothing"])
    func writesTheBytesThatTheReferenceWrites(name: String) throws {
        let path = fixture("\(name).safetensors")
        let file = try SafetensorsFile(contentsOf: path)
        let tensors = try file.entries.shuffled().map { try file.tensor($0.name) }
        let bytes = try SafetensorsFile.encoded(tensors, metadata: file.metadata)
        #expect(try bytes == fileBytes(path))
        let folder = try TemporaryFolder()
        try SafetensorsFile.write(tensors, metadata: file.metadata, to: folder.file("copy"))
        #expect(try fileBytes(folder.file("copy")) == bytes)
    }

    @Test func namesAndTextsOfAnyCharacters() throws {
        let file = try SafetensorsFile(contentsOf: fixture("names.safetensors"))
        #expect(
            Set(file.entries.map(\.name)) == ["qu\"o\\te\n\u{1}", "größe/😀", "n"])
        #expect(file.metadata == ["k\"\t": "v\u{1f}\\"])
        let text =
            #"{"\u0041\ud83d\ude00\/\b\f\n\r\t\"\\":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#
        let escaped = try SafetensorsFile(parsing: safetensors(text))
        #expect(escaped.entries.map(\.name) == ["A😀/\u{8}\u{c}\n\r\t\"\\"])
    }

    @Test func writingAndReadingAreInverse() throws {
        let seed: UInt64 = 6
        var random = SplitMix64(seed: seed)
        for round in 0..<200 {
            var tensors: [SafetensorsTensor] = []
            for k in 0..<Int.random(in: 0...6, using: &random) {
                let shape = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    Int.random(in: 0...4, using: &random)
                }
                let bits = (0..<shape.reduce(1, *)).map { _ in random.next() }
                let name = "layer\(k).\(UInt8.random(in: 0...9, using: &random))\u{7f}\"é"
                let tensor =
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0:
                        try SafetensorsTensor(
                            name: name, shape: shape,
                            values: bits.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) })
                    case 1:
                        try SafetensorsTensor(
                            name: name, shape: shape, values: bits.map { Double(bitPattern: $0) })
                    default:
                        try SafetensorsTensor(
                            name: name, shape: shape, integers: bits.map { Int64(bitPattern: $0) })
                    }
                tensors.append(tensor)
            }
            let metadata = ["a": "\(random.next())", "b\\": "\n"]
            let place = Comment("seed \(seed), round \(round)")
            let bytes = try SafetensorsFile.encoded(tensors, metadata: metadata)
            let file = try SafetensorsFile(parsing: bytes)
            #expect(file.metadata == metadata, place)
            #expect(file.entries.count == tensors.count, place)
            for tensor in tensors {
                #expect(try file.tensor(tensor.name) == tensor, place)
                #expect(file.entry(named: tensor.name)?.shape == tensor.shape, place)
            }
        }
    }

    @Test func oneLayerOfAModelIsReplaced() throws {
        let path = fixture("torch_batchnorm.safetensors")
        let model = try SafetensorsFile(contentsOf: path)
        let folder = try TemporaryFolder()
        let name = "features.bn1.weight"
        var tensors = try model.entries.map { try model.tensor($0.name) }
        tensors.removeAll { $0.name == name }
        tensors.append(
            try SafetensorsTensor(name: name, shape: [4], values: [9, 8, 7, 6] as [Float]))
        try SafetensorsFile.write(tensors, metadata: model.metadata, to: folder.file("new"))
        let new = try SafetensorsFile(contentsOf: folder.file("new"))
        #expect(new.entries == model.entries)
        #expect(try new.values(of: name) == [9, 8, 7, 6] as [Float])
        #expect(try new.tensor("features.bn1.bias") == model.tensor("features.bn1.bias"))
    }

    /// The handle outlives a replacement of the file, so what is read comes from one file.
    @Test func anOpenFileIsNotDisturbedByItsReplacement() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("model")
        func write(_ value: Float) throws {
            let tensor = try SafetensorsTensor(name: "w", shape: [], values: [value])
            try SafetensorsFile.write([tensor], to: path)
        }
        try write(1)
        let old = try SafetensorsFile(contentsOf: path)
        try write(2)
        #expect(try old.values(of: "w") == [1] as [Float])
        #expect(try SafetensorsFile(contentsOf: path).values(of: "w") == [2] as [Float])
    }

    @Test func wrongRequestsAreNamed() throws {
        let path = fixture("torch_types.safetensors")
        let file = try SafetensorsFile(contentsOf: path)
        #expect(throws: FileError.missingTensor(file: path, tensor: "nope")) {
            try file.values(of: "nope", as: Float.self)
        }
        let floats = ["F16", "BF16", "F32", "F64"]
        #expect(
            throws: FileError.elementType(
                file: path, tensor: "flags", expected: floats, found: "BOOL")
        ) { try file.values(of: "flags", as: Float.self) }
        #expect(
            throws: FileError.elementType(
                file: path, tensor: "single", expected: ["I64"], found: "F32")
        ) { try file.integers(of: "single") }
        let huge = try SafetensorsTensor(name: "huge", shape: [2], values: [1, 1e39])
        let narrow = try SafetensorsFile(parsing: SafetensorsFile.encoded([huge]), name: "x")
        #expect(throws: FileError.overflow(file: "x", tensor: "huge", index: 1, value: 1e39)) {
            try narrow.values(of: "huge", as: Float.self)
        }
        #expect(try narrow.values(of: "huge", as: Double.self) == [1, 1e39])
    }

    @Test func namesThatCannotBeWrittenAreRefused() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("x")
        let tensor = try SafetensorsTensor(name: "a", shape: [], values: [1.0])
        for wrong in [[tensor, tensor], [tensor.renamed("__metadata__")]] {
            let error = try fileError { try SafetensorsFile.write(wrong, to: path) }
            #expect(error == .invalidTensorName(file: path, tensor: wrong[0].name))
        }
        for shape in [[3], [0], [-1], [-1, -1], [Int](repeating: 1, count: 65)] {
            #expect(throws: FileError.invalidShape(shape: shape, count: 1)) {
                try SafetensorsTensor(name: "a", shape: shape, values: [1.0])
            }
        }
        #expect(try folder.contents.isEmpty)
    }
}

/// The bytes before the data of a `.safetensors` file with this text as its header.
func safetensors(_ text: String) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: text.utf8.count >> (8 * $0)) } + Array(text.utf8)
}
