import Foundation
import Synchronization

/// One line on standard error that says how far the command is, on a terminal only.
final class Progress: Sendable {
    private let isShown = isatty(STDERR_FILENO) != 0
    private let start = ContinuousClock.now
    private let lastShown = Mutex<ContinuousClock.Instant?>(nil)

    /// Puts `text` in the place of the text before.
    func show(_ text: String) { write("\r\u{1B}[K\(text)") }

    /// Shows a bar of the `share` that is done, the time that is left, and `text`, from any thread;
    /// at most ten times a second.
    func show(share: Double, _ text: String) {
        lastShown.withLock { lastShown in
            let now = ContinuousClock.now
            if let last = lastShown, now - last < .milliseconds(100) { return }
            lastShown = now
            let left = (now - start) / .seconds(1) * (1 - share) / max(1e-9, share)
            let filled = Int(share * 30)
            show(
                "[" + String(repeating: "#", count: filled)
                    + String(repeating: ".", count: 30 - filled) + "] \(Int(share * 100)) %, "
                    + "\(Self.text(left)) left: \(text)")
        }
    }

    /// Takes the line away.
    func clear() { write("\r\u{1B}[K") }

    private func write(_ text: String) {
        guard isShown else { return }
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    private static func text(_ seconds: Double) -> String {
        seconds < 90 ? "\(Int(seconds.rounded())) s" : "\(Int((seconds / 60).rounded())) min"
    }
}
