import NormalizationFiles

/// Names of tensors that are near to those of a normalization, and none of them.
struct NearMisses {
    /// What was found for a name: the same names come again in every layer.
    private var known: [String: String?] = [:]

    private static let long = [
        "running_mean", "running_var", "running_variance", "num_batches_tracked", "moving_mean",
        "moving_variance",
    ]
    private static let short = ["gamma", "beta", "weight", "bias"]

    /// The name that `part` may be meant for; nil where it is a name that is known, or near to none.
    ///
    /// - Parameter isNorm: whether the layer is a normalization by what else it has; short names count
    ///   only there.
    mutating func intended(_ part: String, isNorm: Bool) -> String? {
        let key = isNorm ? part : "?" + part
        if let known = known[key] { return known }
        let found = Self.search(part, isNorm)
        known[key] = found
        return found
    }

    private static func search(_ part: String, _ isNorm: Bool) -> String? {
        guard part.utf8.count <= 40,
            !ParameterNames.allCases.contains(where: { $0.parameter(named: part) != nil })
        else { return nil }
        let letters = plain(part)
        func distance(_ name: String) -> Int { edits(letters, plain(name)) }
        if let name = long.min(by: { distance($0) < distance($1) }), distance(name) <= 1 {
            return name
        }
        guard isNorm, let name = short.min(by: { distance($0) < distance($1) }) else { return nil }
        return distance(name) <= 1 ? name : nil
    }

    /// The letters, small.
    private static func plain(_ name: String) -> [Character] {
        name.lowercased().filter(\.isLetter)
    }

    /// How many letters must be put in, taken out, changed or swapped with the next to make one of the
    /// other; 3 where there are many.
    private static func edits(_ one: [Character], _ other: [Character]) -> Int {
        guard abs(one.count - other.count) <= 2 else { return 3 }
        var (before, last) = ([Int](), Array(0...other.count))
        for (i, a) in one.enumerated() {
            var row = [i + 1]
            for (j, b) in other.enumerated() {
                var least = min(last[j] + (a == b ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a == other[j - 1], b == one[i - 1] {
                    least = min(least, before[j - 1] + 1)
                }
                row.append(least)
            }
            (before, last) = (last, row)
        }
        return last[other.count]
    }
}
