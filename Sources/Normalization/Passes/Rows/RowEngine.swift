/// The passes over rows that every engine implements: those of a layer with a γ for each value of a row,
/// and statistics that need no more than the row.
///
/// A row is small enough to be walked twice while it is near, so its statistics and its output are one
/// pass, and no row knows another: the bits of a row do not depend on its neighbours. Only ∂γ and ∂β
/// are sums over rows, which the pass adds to tables that are given.
///
/// A pass takes the base of a tensor and the block to work on. `scratch` is the worker's own,
/// `scratchCount` elements. Outputs may be the very buffer an input is, never a shifted one.
protocol RowEngine: Sendable {
    /// The elements of scratch memory a worker needs.
    static var scratchCount: Int { get }
    /// Whether tensors may have elements of 16 bits; else they are widened for it.
    static var takesHalves: Bool { get }

    /// The statistics of the block's rows, unless they are known, and what is to be written.
    static func writeRows<Scalar: NormalizationScalar>(
        _ output: RowOutput<Scalar>, _ block: RowBlock, by scaling: RowScaling<Scalar>,
        _ statistics: RowTables, scratch: UnsafeMutablePointer<Scalar>)

    /// ∂x of the block's rows where there is a place for it, from statistics that are known; what they
    /// give to ∂γ and ∂β is added to the sums.
    static func addGradients<Scalar: NormalizationScalar>(
        _ gradient: RowGradient<Scalar>, _ block: RowBlock, by scaling: RowScaling<Scalar>,
        _ statistics: RowTables, into sums: RowSums?, scratch: UnsafeMutablePointer<Scalar>)
}

/// An output of rows. With h = x, or x + addend:
/// * y = f(γ · (h − μ) · s + β + residual), or, where there is a gradient g, y = g · f′(the same),
/// * sum = h, where there is an addend.
@safe
struct RowOutput<Scalar: NormalizationScalar> {
    let x: TensorPointer<Scalar>
    var addend: TensorPointer<Scalar>?
    var sum: MutableTensorPointer<Scalar>?
    var epilogue = Epilogue<Scalar>.nothing
    var gradient: TensorPointer<Scalar>?
    /// Not there where statistics alone are wanted.
    var y: MutableTensorPointer<Scalar>?
    /// Whether stores may go past the caches.
    var isNonTemporal = false

    init(of x: TensorPointer<Scalar>, into y: MutableTensorPointer<Scalar>?) {
        unsafe self.x = x
        unsafe self.y = y
    }
}

/// ∂x = s · (h − P/k − x̂ · Q/k) + addend, with h = γ · g, and P and Q the sums over a row of h and of
/// h · x̂; P counts as zero where rows are not centered.
@safe
struct RowGradient<Scalar: NormalizationScalar> {
    let x: TensorPointer<Scalar>
    let gradient: TensorPointer<Scalar>
    /// The gradient that comes to x by another way.
    var addend: TensorPointer<Scalar>?
    var dx: MutableTensorPointer<Scalar>?
    var isNonTemporal = false
}

/// ∂γ = Σ g · x̂ and ∂β = Σ g over rows, one number for each value of a row.
@safe
struct RowSums {
    let gamma: UnsafeMutablePointer<Double>
    let beta: UnsafeMutablePointer<Double>
}
