import Foundation

/// One line on standard error that says what is being done, on a terminal only.
struct Progress {
    private let isShown = isatty(STDERR_FILENO) != 0

    /// Puts `text` in the place of what was shown before.
    func show(_ text: String) { write("\r\u{1B}[K\(text)") }

    /// Takes the line away.
    func clear() { write("\r\u{1B}[K") }

    private func write(_ text: String) {
        guard isShown else { return }
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
