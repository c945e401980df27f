/// Whether `one` comes before `other` when runs of digits count as numbers: layer 2 before layer 10.
package func inNaturalOrder(_ one: String, _ other: String) -> Bool {
    let (a, b) = (Array(one.utf8), Array(other.utf8))
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    func run(_ text: [UInt8], _ start: Int) -> ArraySlice<UInt8> {
        let end = text[start...].firstIndex { !digits.contains($0) } ?? text.count
        return text[start..<end].drop { $0 == digits.lowerBound }
    }
    var (i, j) = (0, 0)
    while i < a.count, j < b.count {
        if digits.contains(a[i]), digits.contains(b[j]) {
            let (first, second) = (run(a, i), run(b, j))
            if first.count != second.count { return first.count < second.count }
            if first != second { return first.lexicographicallyPrecedes(second) }
            (i, j) = (first.endIndex, second.endIndex)
        } else {
            if a[i] != b[j] { return a[i] < b[j] }
            (i, j) = (i + 1, j + 1)
        }
    }
    return a.count - i < b.count - j
}
