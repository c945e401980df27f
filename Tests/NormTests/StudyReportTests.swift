import Foundation
import Testing

/// What `norm study` says when it is done, and what it says where there is little to say.
@Suite struct StudyReportTests {
    /// Two seeds tell nothing from chance, and one layer has nothing beside it: both are said, on the
    /// terminal and in the tables.
    @Test(
        .enabled(if: StudyTests.hasGnuplot, "gnuplot is not installed"),
        arguments: [
            (
                "none,group", "With fewer than three seeds no difference can be told from chance",
                true
            ),
            ("none", "One layer ran alone: there is nothing to compare it with.", false),
        ])
    func marksAreNotWithheldWithoutAWord(layers: String, sentence: String, isCompared: Bool) throws
    {
        let folder = try StudyTests.files()
        let outcome = try Command.run(
            StudyTests.arguments().filter { $0 != "--quick" } + [
                "--epochs", "1", "--seeds", "2", "--learning-rates", "0.1", "--layers", layers,
                "--only", "batch-sizes", "--networks", "cnn-batch-2,cnn-batch-6*",
            ], in: folder.path)
        #expect(outcome.status == 0, outcome.account)
        #expect(outcome.output.replacing("\n", with: " ").contains(sentence), outcome.account)
        let page = try String(
            contentsOfFile: "\(folder.path)/out/study-batch-sizes.md", encoding: .utf8)
        #expect(page.contains("* \(sentence)"))
        #expect(page.contains("### Against none") == isCompared)
        #expect(page.contains("? where there are fewer than three seeds") == isCompared)
        #expect(
            !page.contains("| --- |\n\n") && !page.contains("The usual claims"), "no empty table")
        let names = Set(try StudyTests.records(folder).compactMap { $0["network"] as? String })
        #expect(names == ["cnn-batch-2", "cnn-batch-64"])
    }

    @Test(.enabled(if: StudyTests.hasGnuplot, "gnuplot is not installed"))
    func fullPrintsTheTablesToo() throws {
        let folder = try StudyTests.files()
        let outcome = try Command.run(
            StudyTests.arguments() + StudyTests.small + ["--full"], in: folder.path)
        #expect(outcome.status == 0, outcome.account)
        #expect(outcome.output.contains("### Accuracy at the best learning rate"), outcome.account)
        #expect(outcome.output.hasSuffix("report: out/index.html\n"), outcome.account)
    }

    @Test(.enabled(if: StudyTests.hasGnuplot, "gnuplot is not installed"))
    func aStudyFitsAScreen() throws {
        let folder = try Folder()
        let outcome = try Command.run(
            [
                "study", "--quick", "--report", "out", "--epochs", "1", "--seeds", "1", "--layers",
                "none,standard,layer", "--networks", "rnn,depth-*,dense-batch-*,attention",
            ],
            in: folder.path)
        #expect(outcome.status == 0, outcome.account)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count <= 18, outcome.account)
        for line in lines { #expect(line.count <= 100, "\(line)") }
    }
}
