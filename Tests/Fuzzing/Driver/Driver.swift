import Foundation

/// Hands one of the entry functions, which FUZZ_ENTRY names, to libFuzzer.
@main
enum Driver {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = CommandLine.unsafeArgv
        exit(
            runDriver(&count, &arguments) { bytes, count in
                Driver.entry(Array(UnsafeBufferPointer(start: bytes, count: count)))
                return 0
            })
    }

    private static let entry: @Sendable ([UInt8]) -> Void = {
        let name = ProcessInfo.processInfo.environment["FUZZ_ENTRY"] ?? ""
        guard let entry = fuzzEntries[name] else {
            fatalError("FUZZ_ENTRY: expected one of \(fuzzEntries.keys.sorted()), got \"\(name)\"")
        }
        return entry
    }()
}

/// libFuzzer's door for programs with a main function of their own.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
