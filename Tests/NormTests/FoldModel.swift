import NormalizationFiles

/// The tensors that the tests of `norm fold` make models of.
enum FoldModel {
    /// Numbers in a type of a file, with their rounded values.
    static func tensor(
        _ name: String, _ shape: [Int], _ values: [Float], _ type: SafetensorsType
    ) throws -> SafetensorsTensor {
        switch type {
        case .float64:
            return try SafetensorsTensor(
                name: name, shape: shape, values: values.map { Double($0) })
        case .float32: return try SafetensorsTensor(name: name, shape: shape, values: values)
        default:
            let halves = values.map {
                type == .float16 ? Float16($0).bitPattern : UInt16($0.bitPattern >> 16)
            }
            // Through the bytes of a file: only those may have any type.
            let bytes = halves.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
            var header =
                "{\"\(name)\":{\"dtype\":\"\(type.rawValue)\",\"shape\":\(shape),"
                + "\"data_offsets\":[0,\(bytes.count)]}}"
            while header.utf8.count % 8 != 0 { header += " " }
            let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
            return try SafetensorsFile(parsing: length + Array(header.utf8) + bytes).tensor(name)
        }
    }

    /// Numbers that BF16 can hold, of no pattern that hides a mistake of an axis.
    static func numbers(_ count: Int, _ seed: Int) -> [Float] {
        (0..<count).map { Float(($0 * 37 + seed * 11) % 61 - 30) / 32 }
    }

    static func norm(_ prefix: String, _ channels: Int) throws -> [SafetensorsTensor] {
        let positive = numbers(channels, 7).map { abs($0) + 0.25 }
        return [
            try tensor(
                "\(prefix).weight", [channels], numbers(channels, 3).map { $0 + 2 }, .float32),
            try tensor("\(prefix).bias", [channels], numbers(channels, 4), .float32),
            try tensor("\(prefix).running_mean", [channels], numbers(channels, 5), .float32),
            try tensor("\(prefix).running_var", [channels], positive, .float32),
            try SafetensorsTensor(name: "\(prefix).num_batches_tracked", shape: [], integers: [7]),
        ]
    }
}
