import NormalizationFiles

/// A tensor with numbers that are NaN or infinite.
struct SpoiledTensor {
    let entry: SafetensorsEntry
    /// How many they are.
    var count: Int
    /// Where the first one is, counted in memory order.
    let first: Int

    /// What is said of it.
    var message: String {
        let numbers = count == 1 ? "1 number" : "\(count) numbers"
        return "\(numbers) of \(entry.count) not finite, the first at \(first)"
    }

    var json: JSON {
        .object([
            ("name", .text(entry.name)), ("type", .text(entry.type.rawValue)),
            ("shape", .list(entry.shape.map { .integer($0) })), ("notFinite", .integer(count)),
            ("first", .integer(first)),
        ])
    }
}

/// A look at the numbers of every tensor of a model, a piece in memory at a time.
struct TensorScan {
    /// Tensors of a type that has NaN or infinities.
    private(set) var count = 0
    /// Those that have some, in natural order.
    private(set) var spoiled: [SpoiledTensor] = []

    /// - Throws: ``Failure`` where the system refuses to read.
    init(_ model: SafetensorsModel) throws {
        for file in model.files {
            for entry in file.entries {
                guard let pattern = NonFinitePattern(entry.type) else { continue }
                count += 1
                if let found = try Self.scan(entry, of: file, pattern) { spoiled.append(found) }
            }
        }
        spoiled.sort { inNaturalOrder($0.entry.name, $1.entry.name) }
    }

    private static func scan(
        _ entry: SafetensorsEntry, of file: SafetensorsFile, _ pattern: NonFinitePattern
    ) throws -> SpoiledTensor? {
        var found: SpoiledTensor?
        try file.forEachPiece(of: entry) { start, bytes in
            guard let (count, first) = pattern.find(in: bytes) else { return }
            if found == nil {
                found = SpoiledTensor(entry: entry, count: 0, first: start / pattern.size + first)
            }
            found?.count += count
        }
        return found
    }
}

/// Which numbers of a type are NaN or infinite: those whose exponent has every bit, and of types without
/// infinities one bit pattern.
private struct NonFinitePattern {
    /// The bytes of a number.
    let size: Int
    private let mask: UInt64

    /// `nil` for types that have neither.
    init?(_ type: SafetensorsType) {
        switch type {
        case .float64: (size, mask) = (8, 0x7ff0_0000_0000_0000)
        case .float32, .complex64: (size, mask) = (4, 0x7f80_0000)
        case .float16: (size, mask) = (2, 0x7c00)
        case .bfloat16: (size, mask) = (2, 0x7f80)
        case .float8E5M2: (size, mask) = (1, 0x7c)
        case .float8E4M3: (size, mask) = (1, 0x7f)
        default: return nil
        }
    }

    /// How many there are, and the index of the first; `nil` for none.
    func find(in bytes: [UInt8]) -> (count: Int, first: Int)? {
        switch size {
        case 8: find(UInt64.self, in: bytes)
        case 4: find(UInt32.self, in: bytes)
        case 2: find(UInt16.self, in: bytes)
        default: find(UInt8.self, in: bytes)
        }
    }

    private func find<Bits: FixedWidthInteger>(
        _: Bits.Type, in bytes: [UInt8]
    ) -> (count: Int, first: Int)? {
        let mask = Bits(truncatingIfNeeded: mask)
        return unsafe bytes.withUnsafeBytes { bytes in
            func isSpoiled(_ index: Int) -> Bool {
                let bits = unsafe bytes.loadUnaligned(
                    fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
                return Bits(littleEndian: bits) & mask == mask
            }
            let indices = 0..<bytes.count / MemoryLayout<Bits>.size
            var count = 0
            for index in indices { count += isSpoiled(index) ? 1 : 0 }
            guard count > 0, let first = indices.first(where: isSpoiled) else { return nil }
            return (count, first)
        }
    }
}
