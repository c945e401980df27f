import Foundation
import Testing

/// docs/reliability.md says of each edge case which test holds it.
@Suite struct DocumentationTests {
    /// The suites and tests of each row of the table of edge cases: "Suite `test`, `test`; Suite `test`".
    static let rows: [(edgeCase: String, tests: [(suite: String, name: String)])] = {
        let page = Fixtures.folder.appending(path: "../../docs/reliability.md")
        guard let text = try? String(contentsOf: page, encoding: .utf8),
            let section = text.range(of: "## Each edge case and its test")
        else { return [] }
        let lines = text[section.upperBound...].split(separator: "\n")
        return lines.filter { $0.hasPrefix("|") }.dropFirst(2).map { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            var suite = ""
            var tests: [(suite: String, name: String)] = []
            for (index, part) in (cells.last ?? "").split(separator: "`").enumerated() {
                if index % 2 == 1 {
                    tests.append((suite, String(part)))
                } else if let word = part.split(separator: " ").last(where: {
                    $0.hasSuffix("Tests")
                }) {
                    suite = String(word)
                }
            }
            return (cells.first ?? "", tests)
        }
    }()

    @Test("every edge case of docs/reliability.md names tests that are there")
    func everyEdgeCaseHasItsTest() throws {
        // One row for each row of the edge cases that the library promises.
        #expect(Self.rows.count == 9)
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        for row in Self.rows {
            #expect(!row.tests.isEmpty, "\(row.edgeCase)")
            for test in row.tests {
                let file = folder.appending(path: "\(test.suite).swift")
                let source = try String(contentsOf: file, encoding: .utf8)
                #expect(source.contains("func \(test.name)("), "\(row.edgeCase): \(test)")
            }
        }
    }
}
