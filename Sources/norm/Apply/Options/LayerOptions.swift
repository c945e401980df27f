import ArgumentParser
import Normalization

/// The options of a call that say which layer is called, beside its input.
struct LayerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Which normalization.",
            discussion: """
                Only batch and whitening have statistics of a batch. To the others training is inference, and both \
                backward modes are the same. layer and rms normalize the last axes together, the \
                others channels.
                """))
    var layer = LayerName.batch

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many groups of adjacent channels, for group.", valueName: "G"))
    var groups: Int?

    @OptionGroup var whitening: WhiteningOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many of the last axes layer and rms normalize together. (default: 1)",
            valueName: "K"))
    var axes: Int?

    @Option(
        help: ArgumentHelp(
            "The gradient of y, for the backward modes.", valueName: "dy.npy"))
    var gradient: String?

    @Flag(
        name: .customLong("bfloat16"),
        help: "Input and gradient are <u2, the bits of bfloat16 numbers, and y and dx will be.")
    var bfloat16 = false

    @Option(
        help: ArgumentHelp(
            "What is added to x before layer or rms; the sum is written too.",
            valueName: "residual.npy"))
    var residual: String?

    @OptionGroup var weights: WeightsOptions

    @Option(help: ArgumentHelp("The scale.", valueName: "gamma.npy"))
    var gamma: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "What is added to gamma, such as 1 where it is stored as its distance from 1.",
            discussion: "Of layer and rms, and of a gamma of shape (N, C).", valueName: "U"))
    var scaleOffset: Double?

    @Option(help: ArgumentHelp("The shift.", valueName: "beta.npy"))
    var beta: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The axis of the channels; negative counts from the end. (default: 1)", valueName: "K"))
    var channelAxis: Int?

    @Option(
        help: ArgumentHelp(
            "Whose epsilon, weight and variance are the defaults. (default: pytorch)",
            discussion: """
                batch: pytorch has epsilon 1e-5, momentum 0.1, unbiased; keras 1e-3, decay 0.99, \
                biased; onnx 1e-5, decay 0.9, biased. group, instance and layer: flax (1e-6) and mlx \
                (1e-5) too. rms: epsilon of pytorch is that of the type, 1.2e-7 or 2.2e-16, of mlx \
                and onnx 1e-5, of the others 1e-6; gemma adds 1 to gamma.
                """,
            valueName: "name"))
    var preset: PresetName?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The number inside the root. (default: the preset's)", valueName: "E"))
    var epsilon: Double?

    @Option(help: "The engine that does the work.")
    var engine = Engine.default

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The most threads to use. (default: all cores)", valueName: "T"))
    var threads: Int?

    @OptionGroup
    var batch: BatchOptions
}
