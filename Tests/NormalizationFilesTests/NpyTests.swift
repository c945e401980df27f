import NormalizationFiles
import Testing

@Suite struct NpyTests {
    @Test func encodingAndParsingAreInverse() throws {
        let array = try NpyArray<Float>(shape: [2, 3], values: [1, 2, 3, 4, 5, 6])
        #expect(try NpyArray<Float>(parsing: array.encoded()) == array)
    }
}
