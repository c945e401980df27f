import ArgumentParser

/// The options that take a layer from a file of weights.
struct WeightsOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A .safetensors file, or the .json index of several, that has the layer.",
            discussion: """
                Gamma, beta and running statistics are those of the file; --epsilon, --momentum and \
                others count before what it says.
                """,
            valueName: "model.safetensors"))
    var weights: String?

    @Option(
        help: ArgumentHelp(
            "The layer's name in the file, such as layer1.0.bn1. (default: none)",
            valueName: "name"))
    var prefix: String?
}
