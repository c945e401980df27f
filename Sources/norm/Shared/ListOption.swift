/// The values of an option that takes several, apart or joined by commas, from `all`; "all" is every
/// one.
///
/// - Throws: ``Failure`` naming the option and what can be given.
func list<Value: RawRepresentable<String> & Equatable>(
    _ words: [String], from all: [Value], _ option: String
) throws(Failure) -> [Value] {
    var values: [Value] = []
    for word in words.flatMap({ $0.split(separator: ",") }).map(String.init) {
        let named: [Value]
        if word == "all" {
            named = all
        } else if let value = Value(rawValue: word), all.contains(value) {
            named = [value]
        } else {
            let known = all.map(\.rawValue).joined(separator: ", ")
            throw .call("\(option): expected \(known) or all, got '\(word)'")
        }
        values += named.filter { !values.contains($0) }
    }
    guard !values.isEmpty else { throw .call("\(option): expected at least one, got none") }
    return values
}
