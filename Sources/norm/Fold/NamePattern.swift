/// A name of layers in which `*` stands for any text, also none.
struct NamePattern {
    let text: String
    /// What stands between the stars, in UTF-8.
    private let pieces: [[UInt8]]

    /// How many stars a pattern may have, so that there are few ways to read a name.
    static let mostStars = 4

    /// Nil where there are too many stars, or two side by side.
    init?(_ text: String) {
        self.text = text
        pieces = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
            .map { Array($0) }
        let inner = pieces.dropFirst().dropLast()
        guard pieces.count <= Self.mostStars + 1, inner.allSatisfy({ !$0.isEmpty }) else {
            return nil
        }
    }

    /// The number of stars.
    var stars: Int { pieces.count - 1 }

    /// What the stars may stand for in `name`, in every way to read it, short texts for the first stars
    /// first; empty where the name is another.
    func readings(of name: String) -> [[[UInt8]]] {
        let name = Array(name.utf8)
        guard name.starts(with: pieces[0]) else { return [] }
        return readings(name[pieces[0].count...], pieces[1...])
    }

    private func readings(
        _ rest: ArraySlice<UInt8>, _ pieces: ArraySlice<[UInt8]>
    ) -> [[[UInt8]]] {
        guard let piece = pieces.first else { return rest.isEmpty ? [[]] : [] }
        if pieces.count == 1 {
            guard rest.count >= piece.count, rest.suffix(piece.count).elementsEqual(piece) else {
                return []
            }
            return [[Array(rest.dropLast(piece.count))]]
        }
        var found: [[[UInt8]]] = []
        var start = rest.startIndex
        while start + piece.count <= rest.endIndex {
            if rest[start..<start + piece.count].elementsEqual(piece) {
                let tails = readings(rest[(start + piece.count)...], pieces.dropFirst())
                found += tails.map { [Array(rest[..<start])] + $0 }
            }
            start += 1
        }
        return found
    }

    /// The name with the stars' texts in their places; as many as there are stars.
    func name(_ texts: [[UInt8]]) -> String {
        var name = pieces[0]
        for (text, piece) in zip(texts, pieces.dropFirst()) { name += text + piece }
        return String(decoding: name, as: UTF8.self)
    }
}
