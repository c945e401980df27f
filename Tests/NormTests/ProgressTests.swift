import Synchronization
import Testing

@testable import norm

/// What a command says of how far it is.
@Suite struct ProgressTests {
    /// Collects what is written.
    final class Page: Sendable {
        private let text = Mutex("")

        func add(_ text: String) { self.text.withLock { $0 += text } }
        var content: String { text.withLock { $0 } }
    }

    @Test func withoutATerminalALineAnIntervalAndNoneBefore() {
        let page = Page()
        let progress = Progress(isTerminal: false, interval: .milliseconds(50)) { page.add($0) }
        progress.note("160 trainings.")
        let clock = ContinuousClock()
        let start = clock.now
        var calls = 0
        while clock.now - start < .milliseconds(175) {
            progress.show(share: 0.25, "40 of 160 trainings")
            calls += 1
        }
        progress.show("a line that changes")
        progress.clear()
        let lines = page.content.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "160 trainings." && lines.last == "", "\(page.content)")
        let shown = lines.dropFirst().dropLast()
        // At 50, 100 and 150 ms; fewer where the machine had other things to do.
        #expect((1...3).contains(shown.count) && calls > 3, "\(page.content)")
        for line in shown {
            #expect(line.hasPrefix("25 %, ") && line.hasSuffix(" left: 40 of 160 trainings"))
        }
        #expect(!page.content.contains("\r") && !page.content.contains("\u{1B}"))
    }

    @Test func onATerminalTheBarMovesFromTheFirstCall() {
        let page = Page()
        let progress = Progress(isTerminal: true, interval: .seconds(1000)) { page.add($0) }
        progress.show(share: 0.5, "first")
        progress.show(share: 0.6, "too soon")
        let bar = String(repeating: "#", count: 15) + String(repeating: ".", count: 15)
        #expect(page.content.hasPrefix("\r\u{1B}[K[\(bar)] 50 %, "), "\(page.content)")
        #expect(page.content.hasSuffix(" left: first"), "\(page.content)")
        progress.clear()
        #expect(page.content.hasSuffix("\r\u{1B}[K"))
    }
}
