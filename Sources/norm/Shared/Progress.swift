import Foundation
import Synchronization

/// How far the command is, on standard error: one line that changes on a terminal, and a line a minute
/// elsewhere of what has a share.
final class Progress: Sendable {
    private let isTerminal: Bool
    private let interval: Duration
    private let write: @Sendable (String) -> Void
    private let start = ContinuousClock.now
    private let lastShown: Mutex<ContinuousClock.Instant?>

    /// - Parameters:
    ///   - isTerminal: whether a line may be written over.
    ///   - interval: the least time between two lines of a share; by default a tenth of a second on a
    ///     terminal, a minute elsewhere.
    ///   - write: what takes the text.
    init(
        isTerminal: Bool = isatty(STDERR_FILENO) != 0, interval: Duration? = nil,
        write: @escaping @Sendable (String) -> Void = { text in
            try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
        }
    ) {
        self.isTerminal = isTerminal
        self.interval = interval ?? (isTerminal ? .milliseconds(100) : .seconds(60))
        self.write = write
        // A log begins with what is planned, and says how it goes a minute later.
        lastShown = Mutex(isTerminal ? nil : start)
    }

    /// Puts `text` in the place of the text before, on a terminal.
    func show(_ text: String) {
        if isTerminal { write("\r\u{1B}[K\(text)") }
    }

    /// Shows a bar of the `share` that is done, the time that is left, and `text`, from any thread: at most
    /// once an interval.
    func show(share: Double, _ text: String) {
        lastShown.withLock { lastShown in
            let now = ContinuousClock.now
            if let last = lastShown, now - last < interval { return }
            lastShown = now
            let left = (now - start) / .seconds(1) * (1 - share) / max(1e-9, share)
            let line = "\(Int(share * 100)) %, \(Self.text(left)) left: \(text)"
            guard isTerminal else { return write(line + "\n") }
            let filled = Int(share * 30)
            show(
                "[" + String(repeating: "#", count: filled)
                    + String(repeating: ".", count: 30 - filled) + "] " + line)
        }
    }

    /// Says a line that stays.
    func note(_ text: String) { write((isTerminal ? "\r\u{1B}[K" : "") + text + "\n") }

    /// Takes the line away.
    func clear() { show("") }

    private static func text(_ seconds: Double) -> String {
        seconds < 90 ? "\(Int(seconds.rounded())) s" : "\(Int((seconds / 60).rounded())) min"
    }
}
