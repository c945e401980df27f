extension AffineParameter: Codable {
    /// Writes nothing, a number, or an array of them.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .absent: try container.encodeNil()
        case .shared(let value): try container.encode(value)
        case .perChannel(let values): try container.encode(values)
        }
    }

    /// Reads what ``encode(to:)`` wrote.
    ///
    /// - Throws: `DecodingError`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .absent
        } else if let value = try? container.decode(Scalar.self) {
            self = .shared(value)
        } else {
            self = .perChannel(try container.decode([Scalar].self))
        }
    }
}

extension AffineParameter: CustomStringConvertible {
    /// `absent`, `shared` with its number, or `per channel` with how many.
    public var description: String {
        switch self {
        case .absent: "absent"
        case .shared(let value): "shared, \(value)"
        case .perChannel(let values): "per channel, \(values.count) numbers"
        }
    }

    /// The words for a layer's line.
    func words(_ name: String, _ places: String) -> String {
        switch self {
        case .absent: "no \(name)"
        case .shared: "\(name) shared"
        case .perChannel: "\(name) per \(places)"
        }
    }
}

extension AffineParameter {
    /// Gives the trainable numbers to `body`, to be changed where they are: none, one, or one per channel.
    ///
    /// ```swift
    /// layer.gamma.withMutableSpan { gamma in
    ///     for i in 0..<gamma.count { gamma[i] -= rate * gradient[i] }
    /// }
    /// ```
    ///
    /// Nothing is allocated for numbers per channel, unless a copy of the layer shares them.
    ///
    /// - Parameter body: what changes them; their number stays.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; the numbers are then as it left them.
    @inlinable
    public mutating func withMutableSpan<Result, Failure: Error>(
        _ body: (inout MutableSpan<Scalar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard case .perChannel(var values) = self else {
            let isShared = count == 1
            var values = values
            defer { if isShared { self = .shared(values[0]) } }
            var span = values.mutableSpan
            return try body(&span)
        }
        // The array has one owner while it is changed, so it is not copied.
        self = .absent
        defer { self = .perChannel(values) }
        return try unsafe values.withUnsafeMutableBufferPointer { values throws(Failure) in
            var span = unsafe values.mutableSpan
            return try body(&span)
        }
    }
}
