import ArgumentParser
import Foundation
import NormalizationFiles

/// `norm inspect`: the normalizations of a file of weights, and how they are.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the normalizations of a file of weights, and what is wrong with them.",
        usage: """
            norm inspect FILE [--strict] [--every-tensor] [--json FILE] [--plot DIR]
            norm inspect FILE --pairs
            """,
        discussion: """
            FILE is a .safetensors file, the .json index of several, or their folder. Of each layer: \
            its name, kind, shape and types, which of gamma, beta and statistics it has, how often \
            the statistics were updated, and the range of gamma and of the running deviation, the \
            root of variance plus epsilon.

            WRONG, and an exit status of 1
              not-finite         a gamma, beta, mean or variance
              negative-variance  a variance below zero
              zero-variance      all variances are zero
              dead-channel       all gammas are zero
              never-updated      all means are 0 and all variances 1
              scale-range        gamma / deviation is beyond the layer's type
              unreadable         a tensor is missing, or of another type or shape
              near-miss          a tensor's name is nearly one of those that are read

            WARNINGS, which --strict counts as wrong
              zero-variance, tiny-variance, huge-variance   of single channels
              dead-channel       a gamma of zero, or a millionth of what is usual
              far-mean           a mean a thousand deviations from zero
              subnormal-scale    gamma / deviation is below the normal numbers
              never-updated      no update is counted, and the statistics moved
              no-affine, no-statistics, tied

            Of layers without running statistics gamma and beta are looked at. --every-tensor looks \
            for numbers that are not finite in all others, too.

            EXAMPLES
              norm inspect resnet50.safetensors
              norm inspect model.safetensors.index.json --strict --json health.json
              norm inspect checkpoints/ --plot pictures
              norm inspect resnet50.safetensors --pairs
            """)

    @Argument(help: ArgumentHelp("The weights.", valueName: "file"))
    var file: String

    @Flag(help: "Take warnings for wrong.")
    var strict = false

    @Flag(help: "Find NaN and infinities in every tensor: reads all of the file.")
    var everyTensor = false

    @Flag(
        help: ArgumentHelp(
            "Propose pairs for norm fold instead.",
            discussion: """
                From names and shapes alone: a file does not say what follows what. Look at them.
                """))
    var pairs = false

    @Option(
        help: ArgumentHelp(
            "Write the findings as JSON too; - writes only them, to standard output.",
            valueName: "file"))
    var json: String?

    @Option(
        help: ArgumentHelp(
            "Draw gamma and running deviation by layer: DIR/gamma.svg, DIR/deviation.svg.",
            valueName: "dir"))
    var plot: String?

    func run() throws {
        let weights = try WeightsArgument(file)
        if pairs { return try propose(weights.model) }
        try OtherFile.expect("--json", json, than: weights.model.files.map(\.name) + [file])
        var inspection = Inspection(weights.model)
        let layers = try inspection.layers()
        let scan = try everyTensor ? TensorScan(weights.model) : nil
        guard !layers.isEmpty || everyTensor && plot == nil else {
            throw Failure(message: "\(file): expected normalizations, found none", status: 1)
        }
        if let plot { try draw(layers, plot) }
        try write(layers, scan)
        let text = InspectText(path: file, layers: layers, scan: scan)
        if json != "-" {
            let findings = text.findings.isEmpty ? "" : "\n\(text.findings)\n"
            try StandardOutput.write("\(text.table)\n\(findings)")
        }
        let isSound = layers.allSatisfy { !$0.isWrong && !(strict && $0.hasWarning) }
        guard !isSound || scan?.spoiled.isEmpty == false else { return }
        throw Failure(message: text.summary, status: 1)
    }

    /// What can be given to `norm fold`, a line each.
    private func propose(_ model: SafetensorsModel) throws {
        for (option, isThere) in [
            ("--json", json != nil), ("--plot", plot != nil), ("--strict", strict),
            ("--every-tensor", everyTensor),
        ]
        where isThere {
            throw Failure.call("\(option): not with --pairs")
        }
        let proposals = PairProposals(model)
        var text = proposals.pairs.map { "--pair '\($0.printable)'\n" }.joined()
        if !proposals.alone.isEmpty {
            text += "# No layer was found for "
            text += proposals.alone.map(\.printable).joined(separator: ", ") + ".\n"
        }
        if !proposals.before.isEmpty {
            text += "# Before their layers, as channels elsewhere tell: "
            text += proposals.before.map(\.printable).joined(separator: ", ") + ".\n"
        }
        try StandardOutput.write(
            "# By names and shapes: a file does not say what follows what. Look before you fold.\n\(text)"
        )
    }

    private func draw(_ layers: [InspectedLayer], _ folder: String) throws {
        let pictures = [
            ("gamma", LayerPicture(title: "γ by layer", isLogarithmic: false, layers, \.gamma)),
            (
                "deviation",
                LayerPicture(
                    title: "√(running variance + ε) by layer", isLogarithmic: true, layers,
                    \.deviation)
            ),
        ]
        try OutputFolder("--plot", folder).write(
            pictures.map { OutputFolder.File(name: "\($0).svg", bytes: Array($1.svg.utf8)) })
    }

    private func write(_ layers: [InspectedLayer], _ scan: TensorScan?) throws {
        guard let json else { return }
        func list(_ items: [JSON]) -> String {
            "[\n" + items.map { "  " + $0.encoded }.joined(separator: ",\n") + "\n]"
        }
        let tensors = scan.map { ", \"spoiledTensors\": " + list($0.spoiled.map(\.json)) } ?? ""
        let text =
            "{\"file\": \(JSON.text(file).encoded), \"layers\": " + list(layers.map(\.json))
            + "\(tensors)}\n"
        guard json != "-" else { return try StandardOutput.write(text) }
        do {
            var output = try AtomicFile(json)
            try output.write(Array(text.utf8))
            try output.commit()
        } catch { throw Failure.data("--json \(error)") }
    }
}
