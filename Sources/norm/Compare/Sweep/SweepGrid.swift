/// The shapes of a sweep: tensors of about the same size, over planes and channels that no list of
/// networks chose: powers of two and their neighbours, squares and primes.
enum SweepGrid {
    /// The values of a plane. Planes of one value are features, and data with the channels last.
    static let planes = [
        1, 2, 3, 4, 7, 8, 9, 13, 15, 16, 17, 25, 29, 31, 32, 33, 49, 63, 64, 65, 100, 127, 196, 256,
        509,
        784, 1024, 3136, 4096,
    ]
    static let channels = [3, 12, 37, 64, 256, 1000, 2048]

    /// The shape (samples, channels, plane) that comes nearest to `bytes`; `nil` where one sample is
    /// twice as much, or a channel would have fewer than two values.
    static func shape(plane: Int, channels: Int, bytes: Int, elementSize: Int) -> [Int]? {
        let sample = plane * channels * elementSize
        guard sample <= 2 * bytes else { return nil }
        let samples = max(1, (bytes + sample / 2) / sample)
        guard samples * plane > 1 else { return nil }
        return [samples, channels, plane]
    }
}

/// A size of tensors, in bytes, as "64KB" or "1MB".
struct SweepSize: Equatable {
    let bytes: Int

    init(bytes: Int) { self.bytes = bytes }

    init?(_ text: String) {
        let units = [("KB", 1 << 10), ("MB", 1 << 20)]
        guard let (name, unit) = units.first(where: { text.uppercased().hasSuffix($0.0) }),
            let number = Int(text.dropLast(name.count)), number > 0,
            number <= SweepSize.most / unit
        else { return nil }
        bytes = number * unit
    }

    /// A sweep holds some tensors of this size at a time.
    static let most = 1 << 30

    var text: String {
        bytes % (1 << 20) == 0 ? "\(bytes >> 20)MB" : "\(bytes >> 10)KB"
    }
}
