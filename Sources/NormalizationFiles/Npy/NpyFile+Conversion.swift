// The array of a file as another type than the file's.

extension NpyFile {
    /// The same numbers as `Float`, `Double` or `Float16`, each rounded once where the type does not hold it; beyond
    /// its range they are infinite. Truth values are 0 and 1.
    ///
    /// ```swift
    /// let pixels = try NpyFile(contentsOf: "images.npy").converted(to: Float.self)  // of |u1, say
    /// ```
    @specialized(where Element == Float)
    @specialized(where Element == Double)
    public func converted<Element: NpyElement & BinaryFloatingPoint>(
        to _: Element.Type
    ) -> NpyArray<Element> {
        let values: [Element] =
            switch self {
            case .float16(let array): array.values.map { Element($0) }
            case .float32(let array): array.values.map { Element($0) }
            case .float64(let array): array.values.map { Element($0) }
            case .bool(let array): array.values.map { $0 ? 1 : 0 }
            case .uint8(let array): array.values.map { Element($0) }
            case .int8(let array): array.values.map { Element($0) }
            case .uint16(let array): array.values.map { Element($0) }
            case .int16(let array): array.values.map { Element($0) }
            case .uint32(let array): array.values.map { Element($0) }
            case .int32(let array): array.values.map { Element($0) }
            case .uint64(let array): array.values.map { Element($0) }
            case .int64(let array): array.values.map { Element($0) }
            }
        return NpyArray(sameShapeAs: header, values: values)
    }

    /// The same numbers as integers of another type. Truth values are 0 and 1.
    ///
    /// ```swift
    /// let labels = try NpyFile(contentsOf: "labels.npy").converted(to: Int32.self)
    /// ```
    ///
    /// - Throws: ``FileError/inexactElement(index:value:type:)`` of the first number that the type does not
    ///   hold: a fraction, one out of its range, infinity, NaN.
    public func converted<Element: NpyElement & FixedWidthInteger>(
        to _: Element.Type
    ) throws(FileError) -> NpyArray<Element> {
        switch self {
        case .float16(let array): try array.exactly()
        case .float32(let array): try array.exactly()
        case .float64(let array): try array.exactly()
        case .uint8(let array): try array.exactly()
        case .int8(let array): try array.exactly()
        case .uint16(let array): try array.exactly()
        case .int16(let array): try array.exactly()
        case .uint32(let array): try array.exactly()
        case .int32(let array): try array.exactly()
        case .uint64(let array): try array.exactly()
        case .int64(let array): try array.exactly()
        case .bool(let array):
            NpyArray(sameShapeAs: array.header, values: array.values.map { $0 ? 1 : 0 })
        }
    }

    /// The elements as `Double`, which holds all but large 64-bit integers exactly.
    package var doubles: [Double] { converted(to: Double.self).values }

    /// The elements of a file of integers or truth values, nil for other files and where one does not
    /// fit.
    package var integers: [Int]? {
        if header.elementType.isFloatingPoint { return nil }
        return try? converted(to: Int64.self).values.map { Int($0) }
    }
}

extension NpyArray where Element: BinaryFloatingPoint {
    /// Reads the file at `path`, of any element type, and converts as `NpyFile.converted(to:)` does.
    ///
    /// - Throws: ``FileError`` naming `path`, what was expected and what was found.
    public init(converting path: String) throws(FileError) {
        self = try NpyFile(contentsOf: path).converted(to: Element.self)
    }
}

extension NpyArray {
    /// As many values with the shape of an array in memory.
    fileprivate init(sameShapeAs header: NpyHeader, values: [Element]) {
        guard let own = NpyHeader(elementType: Element.npyType, shape: header.shape) else {
            preconditionFailure("eight times the bytes of an array in memory")
        }
        self.init(header: own, values: values)
    }
}

extension NpyArray where Element: BinaryInteger {
    fileprivate func exactly<Other: NpyElement & FixedWidthInteger>()
        throws(FileError) -> NpyArray<Other>
    {
        try converted { Other(exactly: $0) }
    }
}

extension NpyArray where Element: BinaryFloatingPoint {
    fileprivate func exactly<Other: NpyElement & FixedWidthInteger>()
        throws(FileError) -> NpyArray<Other>
    {
        try converted { Other(exactly: $0) }
    }
}

extension NpyArray {
    private func converted<Other: NpyElement>(
        _ convert: (Element) -> Other?
    ) throws(FileError) -> NpyArray<Other> {
        var result: [Other] = []
        result.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            guard let other = convert(value) else {
                throw .inexactElement(
                    index: index, value: "\(value)", type: Other.npyType.rawValue)
            }
            result.append(other)
        }
        return NpyArray<Other>(sameShapeAs: header, values: result)
    }
}
