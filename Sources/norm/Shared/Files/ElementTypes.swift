import NormalizationFiles

/// The element types that a command takes in one place, and the words for them in errors.
struct ElementTypes {
    let types: [NpyElementType]
    let text: String

    init(_ types: [NpyElementType], _ text: String) {
        self.types = types
        self.text = text
    }

    /// Numbers to compute with.
    static let floatingPoint = ElementTypes(
        [.float16, .float32, .float64], "elements of type <f2, <f4 or <f8")
}
