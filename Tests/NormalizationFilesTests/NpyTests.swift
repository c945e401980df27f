import NormalizationFiles
import SeededRandom
import Testing

@Suite struct NpyTests {
    static let ramp = (0..<24).map { Double($0) / 4 }

    @Test func readsWhatNumPyWrote() throws {
        let single = try NpyArray<Float>(contentsOf: fixture("f4_2x3x4.npy"))
        #expect(single.shape == [2, 3, 4] && single.values == Self.ramp.map { Float($0) })
        let second = try NpyArray<Double>(contentsOf: fixture("f8_2x3x4_v2.npy"))
        #expect(second.shape == [2, 3, 4] && second.values == Self.ramp)
        let third = try NpyArray<Double>(contentsOf: fixture("f8_24_v3.npy"))
        #expect(third.shape == [24] && third.values == Self.ramp)
        let bytes = try NpyArray<UInt8>(contentsOf: fixture("u1_2x2.npy"))
        #expect(bytes.shape == [2, 2] && bytes.values == [0, 1, 254, 255])
        let narrow = try NpyArray<Int32>(contentsOf: fixture("i4_3.npy"))
        #expect(narrow.values == [.min, 0, .max])
        let wide = try NpyArray<Int64>(contentsOf: fixture("i8_3.npy"))
        #expect(wide.values == [.min, 0, .max])
        let number = try NpyArray<Double>(contentsOf: fixture("f8_scalar.npy"))
        #expect(number.shape == [] && number.values == [2.5])
        let empty = try NpyArray<Float>(contentsOf: fixture("f4_empty_2x0x3.npy"))
        #expect(empty.shape == [2, 0, 3] && empty.values == [])
    }

    @Test func keepsTheBitsOfSpecialValues() throws {
        let special = try NpyArray<Float>(contentsOf: fixture("f4_special.npy"))
        let expected: [Float] = [.nan, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude]
        #expect(special.values.map(\.bitPattern) == expected.map(\.bitPattern))
    }

    @Test func fortranOrderIsReadWhereItIsCOrderToo() throws {
        let column = try NpyArray<Float>(contentsOf: fixture("fortran_4x1.npy"))
        #expect(column.shape == [4, 1] && column.values == [0, 1, 2, 3])
        for (shape, count) in [("(3,)", 3), ("(1, 3, 1)", 3), ("()", 1), ("(2, 0, 3)", 0)] {
            let text = "{'descr': '<f4', 'fortran_order': True, 'shape': \(shape)}"
            let bytes = npy(text) + [UInt8](repeating: 0, count: 4 * count)
            #expect(try NpyArray<Float>(parsing: bytes).values.count == count)
        }
    }

    @Test func fortranOrderIsUndone() throws {
        let matrix = try NpyArray<Float>(contentsOf: fixture("fortran_2x3.npy"))
        #expect(matrix.shape == [2, 3] && matrix.values == [0, 1, 2, 3, 4, 5])
        let tensor = try NpyArray<Double>(contentsOf: fixture("fortran_big_endian_3x4x5x2.npy"))
        #expect(tensor.shape == [3, 4, 5, 2] && tensor.values == (0..<120).map { Double($0) })
    }

    /// Random shapes, larger in two dimensions than the squares that the copy walks.
    @Test func fortranOrderOfAnyShapeIsUndone() throws {
        let seed: UInt64 = 3
        var random = SplitMix64(seed: seed)
        for round in 0..<60 {
            var shape = (0..<Int.random(in: 2...5, using: &random)).map { _ in
                Int.random(in: 1...4, using: &random)
            }
            for _ in 0..<2 { shape[Int.random(in: shape.indices, using: &random)] = 37 }
            let count = shape.reduce(1, *)
            // The number at each place of the file is its place in C order.
            var values = [Int32](repeating: 0, count: count)
            for place in 0..<count {
                var (rest, index, step) = (place, 0, 1)
                for dimension in shape.reversed() {
                    var stride = 1
                    for before in shape.prefix(shape.count - step) { stride *= before }
                    index += rest % dimension * stride
                    rest /= dimension
                    step += 1
                }
                values[index] = Int32(place)
            }
            let tuple = "(\(shape.map(String.init).joined(separator: ", ")))"
            let text = "{'descr': '<i4', 'fortran_order': True, 'shape': \(tuple)}"
            let bytes =
                npy(text)
                + values.flatMap { value in
                    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
                }
            let array = try NpyArray<Int32>(parsing: bytes)
            #expect(
                array.shape == shape && array.values == (0..<count).map { Int32($0) },
                "seed \(seed), round \(round), shape \(shape)")
        }
    }

    @Test func eitherOrderOfBytesIsRead() throws {
        let single = try NpyArray<Float>(contentsOf: fixture("big_endian_f4_3.npy"))
        #expect(single.values == [0, 1, 2])
        #expect(
            try NpyArray<UInt16>(contentsOf: fixture("big_endian_u2.npy")).values == [0, 1, .max])
        #expect(try NpyArray<Int16>(contentsOf: fixture("big_endian_i2.npy")).values == [.min, 2])
        #expect(
            try NpyArray<UInt32>(contentsOf: fixture("big_endian_u4.npy")).values == [0, 1, .max])
        #expect(try NpyArray<Int32>(contentsOf: fixture("big_endian_i4.npy")).values == [.min, 2])
        #expect(
            try NpyArray<UInt64>(contentsOf: fixture("big_endian_u8.npy")).values == [0, 1, .max])
        #expect(try NpyArray<Int64>(contentsOf: fixture("big_endian_i8.npy")).values == [.min, 2])
    }

    @Test func everyTypeIsRead() throws {
        #expect(try NpyArray<Float16>(contentsOf: fixture("f2_3.npy")).values == [0, 1, 2])
        #expect(try NpyArray<Bool>(contentsOf: fixture("b1_2.npy")).values == [true, false])
        #expect(try NpyArray<UInt8>(contentsOf: fixture("u1.npy")).values == [0, 1, .max])
        #expect(try NpyArray<Int8>(contentsOf: fixture("i1.npy")).values == [.min, 2])
        #expect(try NpyArray<UInt16>(contentsOf: fixture("u2.npy")).values == [0, 1, .max])
        #expect(try NpyArray<Int16>(contentsOf: fixture("i2.npy")).values == [.min, 2])
        #expect(try NpyArray<UInt32>(contentsOf: fixture("u4.npy")).values == [0, 1, .max])
        #expect(try NpyArray<UInt64>(contentsOf: fixture("u8.npy")).values == [0, 1, .max])
        #expect(try NpyFile(contentsOf: fixture("f2_3.npy")).doubles == [0, 1, 2])
        #expect(try NpyFile(contentsOf: fixture("b1_2.npy")).integers == [1, 0])
        #expect(try NpyFile(contentsOf: fixture("i1.npy")).integers == [-128, 2])
        #expect(try NpyFile(contentsOf: fixture("u8.npy")).integers == nil, "2⁶⁴ − 1 is no Int")
        #expect(try NpyFile(contentsOf: fixture("f8_scalar.npy")).integers == nil)
    }

    @Test func anyByteButZeroIsTrue() throws {
        let text = "{'descr': '|b1', 'fortran_order': False, 'shape': (4,)}"
        let array = try NpyArray<Bool>(parsing: npy(text) + [0, 1, 2, 255])
        #expect(array.values == [false, true, true, true])
    }

    @Test func theTypeOfAFileDecidesItsCase() throws {
        guard case .float32 = try NpyFile(contentsOf: fixture("f4_2x3x4.npy")),
            case .float64 = try NpyFile(contentsOf: fixture("f8_scalar.npy")),
            case .uint8 = try NpyFile(contentsOf: fixture("u1_2x2.npy")),
            case .int32 = try NpyFile(contentsOf: fixture("i4_3.npy")),
            case .int64 = try NpyFile(contentsOf: fixture("i8_3.npy"))
        else {
            Issue.record("a fixture was read as another type")
            return
        }
        #expect(try NpyFile(contentsOf: fixture("u1_2x2.npy")).shape == [2, 2])
        let header = try NpyHeader(contentsOf: fixture("f4_2x3x4.npy"))
        #expect(header.elementType == .float32 && header.shape == [2, 3, 4] && header.count == 24)
    }

    @Test(arguments: [
        "f4_2x3x4", "u1_2x2", "i4_3", "i8_3", "f8_scalar", "f4_empty_2x0x3", "f2_3", "b1_2", "i1",
        "u2", "i2", "u4", "u8",
    ])
    func writesTheBytesThatNumPyWrites(name: String) throws {
        let path = fixture("\(name).npy")
        let bytes: [UInt8] =
            switch try NpyFile(contentsOf: path) {
            case .float16(let array): array.encoded()
            case .float32(let array): array.encoded()
            case .float64(let array): array.encoded()
            case .bool(let array): array.encoded()
            case .uint8(let array): array.encoded()
            case .int8(let array): array.encoded()
            case .uint16(let array): array.encoded()
            case .int16(let array): array.encoded()
            case .uint32(let array): array.encoded()
            case .int32(let array): array.encoded()
            case .uint64(let array): array.encoded()
            case .int64(let array): array.encoded()
            }
        #expect(try bytes == fileBytes(path))
    }

    @Test(arguments: [
        "{\"shape\":(2,3,),\"descr\":\"<f4\",\"fortran_order\":False}",
        " { 'shape' :\t( 2 , 3 )\n, 'fortran_order' : False , 'descr' : '<f4' , } \n\n",
        "{'descr':'<f4','fortran_order':False,'shape':(2,3)}",
        "{'descr': '=f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{u'descr': u'<f4', b'fortran_order': False, 'shape': (2L, 3L)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3 , )}",
    ])
    func readsAnySpellingOfTheDictionary(text: String) throws {
        let array = try NpyArray<Float>(parsing: npy(text) + [UInt8](repeating: 0, count: 24))
        #expect(array.shape == [2, 3])
    }

    @Test func encodingAndParsingAreInverse() throws {
        let seed: UInt64 = 2
        var random = SplitMix64(seed: seed)
        for round in 0..<300 {
            let shape = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                Int.random(in: 0...6, using: &random)
            }
            let count = shape.reduce(1, *)
            let bits = (0..<count).map { _ in random.next() }
            let place = Comment("seed \(seed), round \(round), shape \(shape)")
            try check(shape, bits.map { UInt8(truncatingIfNeeded: $0) }, place)
            try check(shape, bits.map { Int32(truncatingIfNeeded: $0) }, place)
            try check(shape, bits.map { Int64(truncatingIfNeeded: $0) }, place)
            // Numbers that are not NaN, so that equality means the same bits.
            try check(shape, bits.map { Float($0) - 1 }, place)
            try check(shape, bits.map { 1 / (Double($0) - 1e18) }, place)
        }
    }

    private func check<Element: NpyElement>(
        _ shape: [Int], _ values: [Element], _ place: Comment
    ) throws {
        let array = try NpyArray(shape: shape, values: values)
        let bytes = array.encoded()
        #expect(try NpyArray<Element>(parsing: bytes) == array, place)
        #expect((bytes.count - values.count * MemoryLayout<Element>.size) % 64 == 0, place)
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("x.npy")
        let array = try NpyArray<Double>(shape: [4, 6], values: Self.ramp)
        try array.write(to: path)
        #expect(try NpyArray<Double>(contentsOf: path) == array)
        #expect(try fileBytes(path) == array.encoded())
        #expect(try folder.contents == ["x.npy"])
    }

    @Test func aFileOfMegabytesIsReadBack() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("x.npy")
        let values = (0..<300_000).map { Double($0) }
        try NpyArray(shape: [300, 1000], values: values).write(to: path)
        #expect(try NpyArray<Double>(contentsOf: path).values == values)
    }

    @Test func shapesThatDoNotFitTheValuesAreRefused() throws {
        let tooMany = [Int](repeating: 1, count: 65)
        for shape in [[2, 3], [-1, -1], [], tooMany, [Int.max, Int.max], [0]] {
            let error = try fileError { try NpyArray<Float>(shape: shape, values: [1, 2]) }
            #expect(error == .invalidShape(shape: shape, count: 2))
        }
        #expect(throws: FileError.invalidShape(shape: [-1, 0], count: 0)) {
            try NpyArray<Float>(shape: [-1, 0], values: [])
        }
        #expect(throws: Never.self) {
            try NpyArray<Float>(shape: Array(tooMany.dropLast()), values: [1])
        }
    }
}

/// The bytes before the data of a `.npy` file with this text as its header.
func npy(_ text: String, version: UInt8 = 1) -> [UInt8] {
    let length = UInt32(text.utf8.count)
    let bytes = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + bytes + Array(text.utf8)
}
