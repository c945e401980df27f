import Foundation

/// Standard output without a buffer: what was said stays said when the command is interrupted, and
/// what cannot be said is an error.
enum StandardOutput {
    static func write(_ text: String) throws(Failure) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch { throw .data("standard output: cannot write to it") }
    }
}
