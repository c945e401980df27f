/// γ or β of a layer: absent, one number shared by all channels, or one number per channel.
///
/// Sharing concerns only γ and β; statistics are always per channel. The nine combinations of γ and
/// β are all legal; three of them have names: ``BatchNorm/standard(channels:preset:)``,
/// ``BatchNorm/weightShared(channels:preset:)`` and ``BatchNorm/parameterShared(channels:preset:)``.
public enum AffineParameter<Scalar: NormalizationScalar>: Sendable, Equatable {
    /// Not there: γ counts as 1, β as 0, and there is no gradient.
    case absent
    /// One number for the layer.
    case shared(Scalar)
    /// One number for each channel.
    case perChannel([Scalar])

    /// The number of trainable numbers: 0, 1 or C.
    public var count: Int {
        switch self {
        case .absent: 0
        case .shared: 1
        case .perChannel(let values): values.count
        }
    }

    /// The trainable numbers: none, one, or one per channel.
    public var values: [Scalar] {
        switch self {
        case .absent: []
        case .shared(let value): [value]
        case .perChannel(let values): values
        }
    }

    /// One number for each channel, all the same.
    static func perChannel(
        repeating value: Scalar, count: Int
    ) throws(NormalizationError) -> AffineParameter {
        guard 1...Geometry.mostChannels ~= count else { throw .invalidChannelCount(count) }
        return .perChannel(Array(repeating: value, count: count))
    }

    /// Throws unless a per-channel parameter has exactly `channels` numbers.
    func check(_ name: NormalizationError.Argument, channels: Int) throws(NormalizationError) {
        if case .perChannel(let values) = self, values.count != channels {
            throw .wrongLength(name, expected: channels, actual: values.count)
        }
    }

    /// The gradient of this parameter from the sums per channel: nothing where the parameter is
    /// absent, Σ_c where it is shared, the sums themselves where it is per channel.
    func gradient(fromChannelSums sums: [Double]) -> [Scalar]? {
        switch self {
        case .absent: nil
        case .shared: rounded([sums.reduce(0, +)])
        case .perChannel: rounded(sums)
        }
    }
}

extension AffineParameter {
    /// Writes the parameter of some lanes of a partition to a table.
    @inline(__always)
    func write(
        to table: Table<Double>, _ lanes: Range<Int>, of partition: Partition, absent: Double
    ) {
        switch self {
        case .absent: table.fill(lanes, with: absent)
        case .shared(let value): table.fill(lanes, with: Double(value))
        case .perChannel(let values):
            precondition(values.count >= partition.parameters)
            unsafe values.withUnsafeBufferPointer { values in
                guard let values = values.baseAddress else { return }
                var lane = lanes.lowerBound
                while lane < lanes.upperBound {
                    // Up to where the parameters begin again.
                    let first = partition.parameter(of: lane)
                    let count = min(lanes.upperBound - lane, partition.parameters - first)
                    // Sums of indices, which might overflow, would keep the compiler from vectors.
                    let (from, to) = unsafe (values + first, table.pointer(at: lane))
                    for i in 0..<count { unsafe to[i] = Double(from[i]) }
                    lane += count
                }
            }
        }
    }

    /// The number of a channel, or `absent` where there is none.
    func value(of channel: Int, absent: Double) -> Double {
        switch self {
        case .absent: absent
        case .shared(let value): Double(value)
        case .perChannel(let values): Double(values[channel])
        }
    }
}
