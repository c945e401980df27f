import ArgumentParser

/// The root of the command line; each subcommand has a file of its own.
struct Norm: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "norm",
        abstract: "Batch normalization for CPUs: apply it to arrays, compare its engines.",
        discussion: """
            Arrays are .npy files of half, single or double precision (<f2, <f4, <f8), in any \
            order of bytes and dimensions.

            The exit status is 0 when all went well, 64 when the call was wrong, and 65 when a \
            file cannot be read or written or what it holds cannot be used. Then one line on \
            standard error says what is wrong with which argument.
            """,
        version: Version.current,
        subcommands: [Compare.self, Apply.self, Study.self])
}
