import NormalizationFiles
import Testing

/// A file read as another element type than its own.
@Suite struct NpyConversionTests {
    private func file<Element: NpyElement>(_ values: [Element]) throws -> NpyFile {
        try NpyFile(parsing: NpyArray(shape: [1, values.count], values: values).encoded())
    }

    @Test func everyTypeIsReadAsFloatingPoint() throws {
        func check<Element: NpyElement>(
            _ values: [Element], _ expected: [Double],
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let file = try file(values)
            let double = file.converted(to: Double.self)
            #expect(double.values == expected, sourceLocation: sourceLocation)
            #expect(double.shape == [1, values.count], sourceLocation: sourceLocation)
            #expect(double.header.elementType == .float64, sourceLocation: sourceLocation)
            #expect(
                file.converted(to: Float.self).values == expected.map { Float($0) },
                sourceLocation: sourceLocation)
            #expect(
                file.converted(to: Float16.self).values == expected.map { Float16($0) },
                sourceLocation: sourceLocation)
        }
        try check([Float16(1.5), -.infinity], [1.5, -.infinity])
        try check([Float(0.1), -0.0], [Double(Float(0.1)), -0.0])
        try check([0.1, 3e38, 3e-46], [0.1, 3e38, 3e-46])
        try check([true, false], [1, 0])
        try check([UInt8.max, 0], [255, 0])
        try check([Int8.min, 1], [-128, 1])
        try check([UInt16.max, 0], [65_535, 0])
        try check([Int16.min, 1], [-32_768, 1])
        try check([UInt32(1 << 20), 0], [1_048_576, 0])
        try check([Int32(-70_000), 1], [-70_000, 1])
        try check([UInt64(1 << 52), 0], [0x1p52, 0])
        try check([Int64(-1) << 52, 1], [-0x1p52, 1])
    }

    /// 2²⁴ + 1 + 2⁻²⁷ is nearer to 2²⁴ + 2 than to 2²⁴; 2⁶⁰ + 2³⁶ + 1 by way of `Double` would round to 2⁶⁰.
    @Test func aNumberRoundsOnce() throws {
        #expect(try file([0x1p24 + 1 + 0x1p-27]).converted(to: Float.self).values == [0x1p24 + 2])
        #expect(
            try file([Int64(1 << 60) + (1 << 36) + 1]).converted(to: Float.self).values
                == [0x1p60 + 0x1p37])
        #expect(try file([UInt64.max]).converted(to: Double.self).values == [0x1p64])
        #expect(
            try file([70_000.0, -1e300]).converted(to: Float16.self).values == [
                .infinity, -.infinity,
            ])
        #expect(try file([Double.nan]).converted(to: Float.self).values[0].isNaN)
    }

    @Test func wholeNumbersAreReadAsIntegers() throws {
        #expect(try file([1.0, -3]).converted(to: Int8.self).values == [1, -3])
        #expect(try file([Float16(7)]).converted(to: UInt16.self).values == [7])
        #expect(try file([Float(0x1p31)]).converted(to: UInt32.self).values == [1 << 31])
        #expect(try file([Int64(255), 0]).converted(to: UInt8.self).values == [255, 0])
        #expect(try file([UInt64(1 << 62)]).converted(to: Int64.self).values == [1 << 62])
        let truths = try file([true, false]).converted(to: Int32.self)
        #expect(truths.values == [1, 0] && truths.shape == [1, 2])
        #expect(truths.header.elementType == .int32)
    }

    @Test func aNumberThatDoesNotFitIsNamed() throws {
        func refuse<Element: NpyElement, Other: NpyElement & FixedWidthInteger>(
            _ values: [Element], _: Other.Type, _ index: Int, _ value: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let type = Other.npyType.rawValue
            #expect(
                throws: FileError.inexactElement(index: index, value: value, type: type),
                sourceLocation: sourceLocation
            ) { try file(values).converted(to: Other.self) }
        }
        try refuse([1.0, 0.5], Int32.self, 1, "0.5")
        try refuse([Float.nan], Int32.self, 0, "nan")
        try refuse([Float16.infinity], Int64.self, 0, "inf")
        try refuse([UInt16(1), 300], UInt8.self, 1, "300")
        try refuse([Int8(-1)], UInt64.self, 0, "-1")
        try refuse([UInt64.max], Int64.self, 0, "\(UInt64.max)")
        #expect(
            "\(FileError.inexactElement(index: 3, value: "300", type: "|u1"))"
                == "element 3: expected a number that |u1 holds, found 300")
    }

    @Test func aPathIsReadAsWhatIsAskedFor() throws {
        let bytes = try NpyArray<Float>(converting: fixture("u1_2x2.npy"))
        #expect(bytes.shape == [2, 2] && bytes.values == [0, 1, 254, 255])
        let halves = try NpyArray<Double>(converting: fixture("f4_2x3x4.npy"))
        #expect(halves.values == NpyTests.ramp)
        let empty = try NpyArray<Double>(converting: fixture("f4_empty_2x0x3.npy"))
        #expect(empty.shape == [2, 0, 3] && empty.values == [])
        #expect(throws: FileError.self) { try NpyArray<Float>(converting: fixture("none.npy")) }
    }
}
