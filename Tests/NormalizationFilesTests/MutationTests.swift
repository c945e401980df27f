import NormalizationFiles
import SeededRandom
import Testing

/// Valid files with a few bytes changed, none of which may crash a reader.
@Suite struct MutationTests {
    /// The bytes that carry meaning in headers, and the extremes.
    static let tokens: [[UInt8]] =
        [
            "{", "}", "[", "]", "(", ")", "'", "\"", ",", ":", "0", "9", "-", "\\", "\\u", "True",
            "<f8",
        ]
        .map { Array($0.utf8) } + [[0], [0xFF], [0x80], [0x7F, 0xFF, 0xFF, 0xFF]]

    static func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
        // Most changes hit the header, where the decisions are made.
        let reach = Bool.random(using: &random) ? min(bytes.count, 160) : bytes.count
        let place = Int.random(in: 0...reach, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0 where place < bytes.count:
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where place < bytes.count: bytes[place] = .random(in: 0...255, using: &random)
        case 2 where place < bytes.count: bytes.remove(at: place)
        case 3: bytes.removeSubrange(place...)
        case 4:
            let end = min(bytes.count, place + Int.random(in: 0...16, using: &random))
            bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 5 where place < bytes.count:
            let digits = bytes.indices.filter { (0x30...0x39).contains(bytes[$0]) }
            if let digit = digits.randomElement(using: &random) {
                bytes[digit] = .random(in: 0x30...0x39, using: &random)
            }
        case 6:
            let end = min(bytes.count, place + Int.random(in: 0...8, using: &random))
            bytes.replaceSubrange(place..<end, with: tokens.randomElement(using: &random)!)
        default: bytes.insert(contentsOf: tokens.randomElement(using: &random)!, at: place)
        }
    }

    /// Calls `read` on 10,000 mutations; `read` throws ``FileError`` or takes the file.
    static func mutations(
        of names: [String], seed: UInt64, read: ([UInt8]) throws -> Void
    ) throws {
        let originals = try names.map { try fileBytes(fixture($0)) }
        var refused = 0
        for round in 0..<10_000 {
            var random = SplitMix64(seed: seed &+ UInt64(round))
            var bytes = originals.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, &random) }
            do {
                try read(bytes)
            } catch let error as FileError {
                refused += 1
                let text = error.description
                let clean = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
                #expect(text.hasPrefix("bytes: ") && clean, "seed \(seed &+ UInt64(round))")
            }
        }
        // Were nearly all refused or nearly all taken, the mutations would try little.
        #expect((1_000..<9_900).contains(refused), "\(refused) of 10,000 refused")
    }

    @Test func mutatedNpyFilesNeverCrash() throws {
        let names = ["f4_2x3x4", "f8_2x3x4_v2", "f8_24_v3", "u1_2x2", "i8_3", "f8_scalar"]
        try Self.mutations(of: names.map { "\($0).npy" }, seed: 20_000) { bytes in
            let file = try NpyFile(parsing: bytes)
            #expect(bytes.count - file.header.count * file.header.elementType.size >= 10)
        }
    }

    @Test func mutatedSafetensorsFilesNeverCrash() throws {
        let names = ["torch_batchnorm", "torch_types", "names"]
        try Self.mutations(of: names.map { "\($0).safetensors" }, seed: 40_000) { bytes in
            let file = try SafetensorsFile(parsing: bytes)
            // What is taken can be read, written and read again.
            let tensors = try file.entries.map { try file.tensor($0.name) }
            let copy = try SafetensorsFile(
                parsing: SafetensorsFile.encoded(tensors, metadata: file.metadata))
            #expect(copy.metadata == file.metadata)
            for tensor in tensors { #expect(try copy.tensor(tensor.name) == tensor) }
            for entry in file.entries {
                switch entry.type {
                case .float16, .bfloat16, .float32, .float64:
                    #expect(try file.values(of: entry.name, as: Double.self).count == entry.count)
                case .int64: #expect(try file.integers(of: entry.name).count == entry.count)
                default: break
                }
            }
        }
    }
}
