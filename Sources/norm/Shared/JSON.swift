import NormalizationFiles

/// A value of JSON to be written.
enum JSON {
    case text(String)
    case number(Double)
    case integer(Int)
    case list([JSON])
    /// Members in their order; those that are nil are left out.
    case object([(String, JSON?)])

    /// The value in one line. JSON has no infinities and no NaN: they become null.
    var encoded: String {
        switch self {
        case .text(let text): text.jsonEncoded
        case .number(let number): number.isFinite ? "\(number)" : "null"
        case .integer(let integer): "\(integer)"
        case .list(let values): "[" + values.map(\.encoded).joined(separator: ", ") + "]"
        case .object(let members):
            "{"
                + members.compactMap { name, value in
                    value.map { "\(name.jsonEncoded): \($0.encoded)" }
                }.joined(separator: ", ") + "}"
        }
    }
}
