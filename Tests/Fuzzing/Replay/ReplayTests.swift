import Foundation
import Testing

/// The corpus that fuzzing has left, fed to the same functions again.
@Suite("Corpus")
struct ReplayTests {
    @Test("no input of the corpus stops the program", arguments: fuzzEntries.keys.sorted())
    func replay(name: String) throws {
        let entry = try #require(fuzzEntries[name])
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Corpus/\(name)")
        let files = try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files { entry(Array(try Data(contentsOf: file))) }
    }
}
