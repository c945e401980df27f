import Synchronization

/// How far a study has come: trainings, probes and pictures in one count of seconds, as ``Forecast`` guessed
/// them. From any thread.
package final class Work: Sendable {
    private struct State {
        var seconds = 0.0
        var finished: Int
    }

    private let forecast: Forecast
    private let state: Mutex<State>
    private let tell: @Sendable (_ share: Double, _ text: String) -> Void

    /// Nothing done yet but what the forecast leaves out.
    ///
    /// - Parameter tell: called whenever something is done, with the share of all that is and what is
    ///   being done, from any thread.
    package init(
        _ forecast: Forecast,
        tell: @escaping @Sendable (_ share: Double, _ text: String) -> Void = { _, _ in }
    ) {
        self.forecast = forecast
        self.tell = tell
        state = Mutex(State(finished: forecast.trainings - forecast.left))
    }

    /// An epoch of a training ended; with the last of them the training.
    func endEpoch(of experiment: Experiment, isLast: Bool) {
        let seconds = (forecast.epochSeconds[experiment.network] ?? 0) / Double(Forecast.cores)
        advance(by: seconds, finishing: isLast ? 1 : 0) {
            "\($0) of \(self.forecast.trainings) trainings; \(experiment.network), "
                + experiment.kind.rawValue
        }
    }

    /// One of `count` equal pieces of the look into single networks is done.
    func endProbe(of count: Int, _ text: String) {
        advance(by: forecast.probeSeconds / Double(max(1, count))) { _ in text }
    }

    /// The picture with this index, of so many, is drawn.
    func endPicture(_ index: Int, of count: Int) {
        advance(by: Forecast.pictureSeconds / Double(max(1, count))) { _ in
            "\(index + 1) of \(count) pictures"
        }
    }

    private func advance(by seconds: Double, finishing count: Int = 0, _ text: (Int) -> String) {
        let state = state.withLock { state in
            state.seconds += seconds
            state.finished += count
            return state
        }
        tell(min(1, state.seconds / max(1e-9, forecast.seconds)), text(state.finished))
    }
}
