import ArgumentParser
import Foundation
import Normalization
import NormalizationFiles

/// `norm fold`: batch normalizations of a file of weights, folded into the layers before them.
struct Fold: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fold batch normalizations of a file of weights into the layers before them.",
        usage: "norm fold FILE --output OUT --pair LAYER:NORM… [--epsilon E]",
        discussion: """
            FILE is a .safetensors file, and OUT another; or FILE is the .json index of several, or \
            their folder, and OUT a folder. Of each pair the layer with weights, a convolution, \
            transposed convolution or dense layer, does the work of both afterwards; a bias is added \
            where it had none, and the tensors of the normalization are left out. Types stay, and \
            every other tensor is copied byte for byte. OUT appears whole or not at all.

            Nothing may stand between the two layers of a pair, nor another use of the first one's \
            output: a file does not say, so you must. norm inspect --pairs proposes pairs.

            PAIRS
              conv1:bn1                         these two
              'layer*.conv1:layer*.bn1'         each * any text, the same on both sides
              up:bn,transposed                  a transposed convolution
              up:bn,transposed,groups=2         in groups
              conv1:bn1,epsilon=0.001           with this epsilon

            EXAMPLES
              norm fold resnet18.safetensors --output folded.safetensors \\
                --pair conv1:bn1 --pair 'layer*.conv*:layer*.bn*' \\
                --pair 'layer*.downsample.0:layer*.downsample.1'
              norm fold shards/ --output folded/ --pair '*conv:*norm'
            """)

    @Argument(help: ArgumentHelp("The weights.", valueName: "file"))
    var file: String

    @Option(
        help: ArgumentHelp("The file to write; a folder for several files.", valueName: "out"))
    var output: String

    @Option(
        name: .customLong("pair"),
        help: ArgumentHelp("A layer and the normalization behind it.", valueName: "layer:norm"))
    var pairs: [String] = []

    @Option(
        help: ArgumentHelp(
            "The epsilon of all pairs that name none.",
            discussion: """
                (default: what the file says; else 1e-5, PyTorch's, or 1e-3 where the names are \
                Keras's)
                """,
            valueName: "e"))
    var epsilon: Double?

    func run() throws {
        guard !pairs.isEmpty else {
            throw Failure.call("--pair: expected at least one, such as --pair conv1:bn1, got none")
        }
        if let epsilon, !(epsilon.isFinite && epsilon >= 0) {
            throw Failure.call("--epsilon: expected a number from 0 on, got \(epsilon)")
        }
        var options: [PairOption] = []
        for pair in pairs { options.append(try PairOption(pair)) }
        let weights = try WeightsArgument(file)
        let plan = try FoldPlan(options, epsilon: epsilon, in: weights.model)
        let files = try written(plan, weights)
        try StandardOutput.write(report(plan, files))
    }

    /// Writes all files, or none.
    private func written(_ plan: FoldPlan, _ weights: WeightsArgument) throws -> [FoldedFile] {
        guard !weights.isOneFile else {
            let file = try FoldedFile(0, of: plan, named: output)
            do {
                var target = try AtomicFile(output)
                try file.write(to: &target)
                try target.commit()
            } catch let error as FileError { throw Failure.data("--output \(error)") }
            return [file]
        }
        let names = plan.model.files.map { URL(filePath: $0.name).lastPathComponent }
        var files: [FoldedFile] = []
        for (index, name) in names.enumerated() {
            files.append(try FoldedFile(index, of: plan, named: "\(output)/\(name)"))
        }
        var outputs = zip(names, files).map { name, file in
            OutputFolder.File(name: name) { target in try file.write(to: &target) }
        }
        if let index = plan.model.indexPath {
            outputs.append(
                OutputFolder.File(
                    name: URL(filePath: index).lastPathComponent,
                    bytes: Array(shardIndex(names, files).utf8)))
        }
        try OutputFolder("--output", output).write(outputs)
        return files
    }

    /// The index of the folded files.
    private func shardIndex(_ names: [String], _ files: [FoldedFile]) -> String {
        let places = zip(names, files).flatMap { name, file in file.names.map { ($0, name) } }
            .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
        let size = files.map(\.dataCount).reduce(0, +)
        return JSON.object([
            ("metadata", .object([("total_size", .integer(size))])),
            ("weight_map", .object(places.map { ($0.0, JSON.text($0.1)) })),
        ]).encoded + "\n"
    }

    private func report(_ plan: FoldPlan, _ files: [FoldedFile]) -> String {
        let lines = plan.folds.map {
            "\($0.linear.prefix) <- \($0.norm.prefix): \($0.layer.outputs) channels, epsilon "
                + "\($0.epsilon) \($0.epsilonSource)"
        }
        let copied = files.map(\.copied).reduce(0, +)
        let count = plan.folds.count
        let last =
            "\(output): \(count) batch \(count == 1 ? "normalization" : "normalizations") folded, "
            + "\(copied) \(copied == 1 ? "tensor" : "tensors") as \(copied == 1 ? "it was" : "they were")"
        let left = plan.left.isEmpty ? "" : "; not folded: \(plan.left.joined(separator: ", "))"
        return ((lines + [last + left]).map(\.printable).joined(separator: "\n")) + "\n"
    }
}
