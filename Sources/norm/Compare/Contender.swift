import Normalization

/// An engine and the most threads it may use.
struct Contender: Equatable {
    let engine: Engine
    let threads: Int

    /// The contender that all others are held against.
    static let reference = Contender(engine: .reference, threads: 1)
}
