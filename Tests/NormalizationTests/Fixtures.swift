import Foundation
import Normalization
import Testing

/// What the environment asks for: `make test-long` sets it.
enum Effort {
    /// Random cases over all properties.
    static let cases =
        ProcessInfo.processInfo.environment["NORMALIZATION_TEST_CASES"].flatMap { Int($0) } ?? 3000
    /// Of the first random case.
    static let seed =
        ProcessInfo.processInfo.environment["NORMALIZATION_TEST_SEED"].flatMap { UInt64($0) } ?? 0
    /// Whether the long lists of shapes are walked, too.
    static let isLong = ProcessInfo.processInfo.environment["NORMALIZATION_TEST_LONG"] != nil
}

/// The files in Tests/Fixtures, which its README.md describes.
enum Fixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures")

    /// The shapes of a list, those without batch with the given one.
    static func shapes(_ list: String, batch: Int? = nil) -> [Layout] {
        do {
            let text = try String(
                contentsOf: folder.appending(path: "shapes/\(list).txt"), encoding: .utf8)
            return text.split(separator: "\n").compactMap { line in
                let shape = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
                guard !shape.isEmpty else { return nil }
                let dimensions = shape.split(separator: "x").compactMap { Int($0) }
                return Layout((batch.map { [$0] } ?? []) + dimensions)
            }
        } catch {
            Issue.record("shapes/\(list).txt: \(error)")
            return []
        }
    }
}
