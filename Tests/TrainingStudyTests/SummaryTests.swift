import Testing

@testable import TrainingStudy

/// The arithmetic behind a report's tables and verdicts.
@Suite struct SummaryTests {
    @Test func spreadIsMeanAndSampleDeviation() {
        let spread = Spread(values: [1, 2, 3, 6])
        #expect(spread.mean == 3)
        // Squared deviations 4 + 1 + 0 + 9 over n − 1.
        #expect(spread.deviation == (14.0 / 3).squareRoot())
        #expect((spread.lowest, spread.highest) == (1, 6))
        let other = Spread(values: [0, 0, 3])
        // 14/3 over 4, and 3 over 3.
        #expect(abs(spread.standardError(of: other) - (14.0 / 12 + 1).squareRoot()) < 1e-15)
        #expect(Spread(values: [7]).deviation == 0)
    }

    @Test func aSideNeedsTwoStandardErrorsAndThreeValues() {
        // Deviation 1, standard error √(2/3) ≈ 0.816.
        let low = Spread(values: [0, 1, 2])
        #expect(Spread(values: [1.7, 2.7, 3.7]).side(of: low) == 1)
        #expect(low.side(of: Spread(values: [1.7, 2.7, 3.7])) == -1)
        #expect(Spread(values: [1.6, 2.6, 3.6]).side(of: low) == 0)
        #expect(Spread(values: [100, 101]).side(of: low) == nil)
    }

    @Test func theBestRateIsThatOfTheHighestMeanAccuracy() {
        let summary = Summary(
            Self.results("cnn", .standard, rate: 0.1, [0.2, 0.99])
                + Self.results("cnn", .standard, rate: 0.01, [0.7, 0.8])
                + Self.results("cnn", .none, rate: 0.01, [0.5, 0.6])
                + Self.results("depth-20", .none, rate: 0.01, [0.5])
                + Self.results("depth-5-batch-2", .none, rate: 0.01, [0.5]))
        #expect(summary.best("cnn", .standard)?.learningRate == 0.01)
        #expect(summary.groups("cnn", .standard).map(\.learningRate) == [0.01, 0.1])
        #expect(summary.kinds(of: "cnn") == [.none, .standard])
        #expect(summary.networks == ["cnn", "depth-20", "depth-5-batch-2"])
        #expect(summary.depths == ["depth-20"])
        #expect(summary.best("rnn", .standard) == nil)
    }

    @Test func aDivergedTrainingCountsAsZeroAndIsCounted() {
        let summary = Summary(
            Self.results("cnn", .none, rate: 1, [0.9, nil, 0.6]))
        let group = summary.best("cnn", .none)
        #expect(group?.accuracy.values == [0.9, 0, 0.6])
        #expect(group?.divergedCount == 1)
        #expect(group?.gap.values.count == 2)
    }

    @Test(arguments: [
        ([0.9, 0.91, 0.92], [0.5, 0.51, 0.52], "seen"),
        ([0.5, 0.51, 0.52], [0.9, 0.91, 0.92], "not seen: the reverse"),
        ([0.5, 0.51, 0.52], [0.5, 0.52, 0.52], "not seen"),
        ([0.9], [0.5], "cannot tell from so few seeds"),
    ])
    func aClaimIsSeenByItsDifference(standard: [Double], plain: [Double], verdict: String) throws {
        let summary = Summary(
            Self.results("rnn", .none, rate: 0.1, plain)
                + Self.results("rnn", .standard, rate: 0.1, standard))
        let claims = NetworkClaims(summary: summary).all
        #expect(claims.map(\.verdict) == [verdict])
        #expect(claims.map(\.source) == [.laurent])
    }

    @Test func claimsOfSmallBatchesCompareTheSmallest() {
        let (low, high) = ([0.3, 0.31, 0.32], [0.9, 0.91, 0.92])
        let summary = Summary(
            Self.results("dense-batch-2", .standard, rate: 0.1, low)
                + Self.results("dense-batch-2", .group, rate: 0.1, high)
                + Self.results("dense-batch-64", .standard, rate: 0.1, high)
                + Self.results("dense-batch-64", .ghost, rate: 0.1, high))
        let claims = BatchSizeClaims(summary: summary).all
        #expect(claims.map(\.verdict) == ["seen", "not seen"])
        #expect(claims.map(\.source) == [.wu, .hoffer])
        #expect(Claim.table(claims).markdown.contains("| Wu, He 2018, arXiv:1803.08494 |"))
    }

    @Test func imagesAreRunsOfEqualInk() throws {
        let grid = ImageGrid(
            name: "test", title: "test", caption: "", images: [[0, 1, 1, 0.5], [1, 1, 0, 0]],
            size: (2, 2), columns: 2)
        let svg = try grid.svg()
        // Images of 2×2 stand in fields of 4×4. Full ink has one run a row of equal pixels.
        #expect(svg.contains("viewBox=\"0 0 8 4\""))
        #expect(svg.contains("d=\"M2 1h1M1 2h1M5 1h2\" stroke-opacity=\"1.0\""))
        #expect(svg.contains("d=\"M2 2h1\" stroke-opacity=\"0.5\""))
        #expect(svg.ranges(of: "<path").count == 2, "none of paper")
    }

    @Test func findingsCountNetworksAboveAndBelowStandard() {
        let high = [0.90, 0.91, 0.92]
        let low = [0.70, 0.71, 0.72]
        let summary = Summary(
            Self.results("cnn", .none, rate: 0.1, low)
                + Self.results("cnn", .standard, rate: 0.1, high)
                + Self.results("rnn", .none, rate: 0.1, high)
                + Self.results("rnn", .standard, rate: 0.1, high))
        let sentences = Findings(summary: summary, reference: .standard).sentences
        #expect(sentences[0].hasSuffix("none 0.710, standard 0.910."))
        #expect(sentences[1].hasSuffix(": none higher in 0, lower in 1 of 2."))
    }

    /// Trainings of one epoch with these accuracies, one a seed; nil has diverged.
    static func results(
        _ network: String, _ kind: NormalizationKind, rate: Double, _ accuracies: [Double?]
    ) -> [ExperimentResult] {
        accuracies.enumerated().map { index, accuracy in
            let loss = accuracy.map { 1 - $0 } ?? .nan
            return ExperimentResult(
                experiment: Experiment(
                    network: network, architecture: .perceptron(width: 2, depth: 2), kind: kind,
                    learningRate: rate, seed: index + 1, epochs: 1, batchSize: 64),
                epochs: [
                    EpochResult(
                        trainLoss: loss, testLoss: loss, testAccuracy: accuracy ?? 0, seconds: 1)
                ],
                parameterCount: 1, firstGradientNorms: [1, 1], lastGradientNorms: [],
                normalizationShare: 0, secondsPerStep: 1, finalTrainLoss: loss)
        }
    }
}
