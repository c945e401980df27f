import ArgumentParser

@main
enum EntryPoint {
    /// Throws where an argument is not UTF-8: another file than the one it names would be found, or
    /// made.
    private static func checkArguments() throws(Failure) {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = unsafe CommandLine.unsafeArgv[index] else { continue }
            if unsafe String(validatingCString: argument) == nil {
                let text = unsafe String(cString: argument)
                throw .call("argument \(index): expected text in UTF-8, got '\(text)'")
            }
        }
    }

    static func main() {
        Interruption.watch()
        do {
            try checkArguments()
            try Norm.checkSubcommand(Array(CommandLine.arguments.dropFirst()))
            var command = try Norm.parseAsRoot()
            try command.run()
        } catch {
            // Help, the version and completion scripts come as errors too: they go to standard
            // output, and the status is 0.
            if Norm.exitCode(for: error).isSuccess { Norm.exit(withError: error) }
            Failure(error, parserMessage: Norm.message(for: error)).exit()
        }
    }
}
