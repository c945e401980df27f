import ArgumentParser

/// The layers that `norm apply` can call.
enum LayerName: String, CaseIterable, ExpressibleByArgument {
    case batch
    case group
    case instance

    /// Whether statistics are of the whole batch, so that there are running ones.
    var hasBatch: Bool { self == .batch }
}
