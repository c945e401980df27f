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
        // Not the head of a table, and the rule below it.
        let rows = lines.indices.filter { index in
            lines[index].hasPrefix("|") && !lines[index].hasPrefix("| ---")
                && !(index + 1 < lines.endIndex && lines[index + 1].hasPrefix("| ---"))
        }
        return rows.map { lines[$0] }.map { line in
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
        // Fewer, and the page is not read as it is written.
        #expect(Self.rows.count >= 30)
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        for row in Self.rows {
            #expect(!row.tests.isEmpty, "\(row.edgeCase)")
            for test in row.tests {
                let candidates = try sourcesOf(test.suite, in: folder)
                #expect(
                    candidates.contains { $0.contains("func \(test.name)(") },
                    "\(row.edgeCase): \(test)")
            }
        }
    }

    /// The sources of the suites of that name: several modules may have one.
    private func sourcesOf(_ suite: String, in folder: URL) throws -> [String] {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var sources: [String] = []
        for case let file as URL in try #require(files)
        where file.lastPathComponent == "\(suite).swift" {
            sources.append(try String(contentsOf: file, encoding: .utf8))
        }
        return sources
    }
}
