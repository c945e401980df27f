import ArgumentParser

@main
enum EntryPoint {
    static func main() {
        Interruption.watch()
        do {
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
