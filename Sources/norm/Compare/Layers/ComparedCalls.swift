import Normalization

/// The calls of a layer that engines are compared on.
protocol ComparedCalls<Element> {
    associatedtype Element: ComparedElement

    /// The engine that does the work, and the most threads it may use.
    var contender: Contender { get set }

    /// Runs an operation: y, or ∂x with the statistics that the reference engine found.
    func run(_ operation: Engine.Operation, into output: inout MutableSpan<Element>) throws
}
