import ArgumentParser

/// The root of the command line; each subcommand has a file of its own.
struct Norm: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "norm",
        abstract:
            "Normalization for CPUs: apply it to arrays, inspect and fold models, compare engines.",
        discussion: """
            Arrays are .npy files of half, single or double precision (<f2, <f4, <f8), in any \
            order of bytes and dimensions.

            The exit status is 0 when all went well, 64 when the call was wrong, and 65 when a \
            file cannot be read or written or what it holds cannot be used. Then one line on \
            standard error says what is wrong with which argument. norm inspect ends with 1 when it \
            found something wrong.
            """,
        version: Version.current,
        subcommands: [Compare.self, Apply.self, Inspect.self, Fold.self, Study.self])

    /// Throws where the first argument is the name of no subcommand, or that of `help` is, and names those
    /// there are.
    static func checkSubcommand(_ arguments: [String]) throws(Failure) {
        guard let first = arguments.first, !first.hasPrefix("-") else { return }
        let names = configuration.subcommands.map { $0._commandName } + ["help"]
        let asked = first == "help" ? arguments.dropFirst().first ?? "help" : first
        guard !names.contains(asked), !asked.hasPrefix("-") else { return }
        throw .call("expected one of \(names.joined(separator: ", ")), got '\(asked)'")
    }
}
