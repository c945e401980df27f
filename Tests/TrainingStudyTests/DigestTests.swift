import Normalization
import Testing

@testable import TrainingStudy

/// The few lines that a study comes to, and what its tables say where they say little.
@Suite struct DigestTests {
    private static let high = [0.90, 0.91, 0.92]
    private static let low = [0.70, 0.71, 0.72]

    private func digest(_ results: [ExperimentResult]) -> String {
        let tables = SummaryTables(summary: Summary(results), plan: Self.plan)
        let part = PartReport(
            .networks, title: "", tables: tables, reference: .standard, claims: [],
            introduction: [], findings: [], sections: [], results: [], details: [])
        return Digest(introduction: "Some trainings.", parts: [part]).text
    }

    /// A plan whose trainings are not looked at.
    private static let plan: Plan = {
        let data = Dataset(
            values: [0, 1, 2, 3], sampleShape: [1, 1, 1], labels: [0, 1, 0, 1], classes: 2)
        let options = Plan.Options(
            isQuick: true, epochs: 1, seeds: 1, learningRates: [1], kinds: [.none])
        guard let plan = try? Plan(options, on: .images(.images("", train: data, test: data)))
        else { preconditionFailure("a plan of images has trainings without normalization") }
        return plan
    }()

    @Test func aLineANetworkHasItsLayersAndTheirSides() {
        let results = SummaryTests.results(_:_:rate:_:)
        let text = digest(
            results("cnn", .none, 0.1, Self.low) + results("cnn", .standard, 0.1, Self.high)
                + results("cnn", .weightShared, 0.1, Self.high)
                + results("cnn", .betaOnly, 0.1, Self.high)
                + results("rnn", .none, 0.1, Self.high) + results("rnn", .standard, 0.1, Self.low))
        #expect(
            text == """
                Some trainings.
                Test accuracy at the best learning rate, mean of the seeds:
                  cnn  none 0.710 ▼  standard 0.910  weight-shared 0.910
                  rnn  none 0.910 ▲  standard 0.710
                ▲ ▼: over two standard errors above or below standard.
                """)
    }

    @Test func ofManyNetworksThoseThatSayMost() {
        let results = SummaryTests.results(_:_:rate:_:)
        let names = ["depth-2", "depth-20", "mlp-raw", "rnn", "rnn-dropout"]
        let text = digest(
            names.flatMap {
                results($0, .none, 0.1, Self.low) + results($0, .standard, 0.1, Self.high)
            })
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("  ") }
        #expect(lines.map { $0.split(separator: " ")[0] } == ["depth-20", "rnn"])
    }

    @Test func fewSeedsAreSaidAndMarkedInTables() throws {
        let results = SummaryTests.results(_:_:rate:_:)
        let few =
            results("cnn", .none, 0.1, [0.7, 0.71]) + results("cnn", .group, 0.1, [0.9, 0.91])
        #expect(digest(few).contains("With fewer than three seeds no difference can be told"))
        let tables = SummaryTables(summary: Summary(few), plan: Self.plan)
        // Standard did not run: the first that did takes its place.
        let table = try #require(tables.against(.standard))
        #expect(table.title == "Against none")
        #expect(table.note.hasSuffix("? where there are fewer than three seeds to tell by."))
        #expect(table.markdown.hasSuffix("| cnn | +0.200 ± 0.007 ? |"), "\(table.markdown)")
    }

    @Test func oneLayerAloneIsSaidToHaveNothingBesideIt() {
        let results = SummaryTests.results(_:_:rate:_:)
        let one = results("cnn", .none, 0.1, Self.low)
        #expect(digest(one).hasSuffix("One layer ran alone: there is nothing to compare it with."))
        #expect(SummaryTables(summary: Summary(one), plan: Self.plan).against(.standard) == nil)
        #expect(
            Findings(summary: Summary(one), reference: nil).sentences
                == ["Test accuracy of the cnn at the best learning rate: none 0.710."])
    }

    @Test func linesAreCutAtBlanks() {
        #expect(Digest.wrapped("ab cd ef", 5) == ["ab cd", "ef"])
        #expect(Digest.wrapped("abcdefg h", 5) == ["abcdefg", "h"])
        #expect(Digest.wrapped("  ab   cd ef", 5) == ["  ab   cd ef"])
    }
}
