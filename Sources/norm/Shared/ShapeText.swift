extension [Int] {
    /// A shape the way it is written on the command line: 32x64x56x56.
    var crossed: String { map(String.init).joined(separator: "x") }
}
