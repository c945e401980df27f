/// The passes of whitening that an engine must do. Channels mix within their group, so they are products of
/// matrices where those of other layers are sums and maps of lanes.
///
/// A pass takes the base of a tensor, a block, and tables that begin with channel or group 0. `scratch` is
/// the worker's own. Outputs may be the very buffer an input is, never a shifted one: a tile is read whole
/// before it is written.
protocol WhiteningEngine: MatrixAlgebra {
    /// The numbers of scratch memory a worker needs.
    static func scratchCount(for grid: WhiteningGrid) -> Int

    /// Adds Σ u and Σ u · uᵀ over the block's positions, with u = x − center. Of the products only i ≤ j is
    /// written.
    static func addProducts<Scalar: NormalizationScalar>(
        of x: UnsafePointer<Scalar>, minus center: UnsafePointer<Double>, _ block: WhiteningBlock,
        into sums: ProductSums, scratch: UnsafeMutablePointer<Double>)

    /// Adds Σ g and Σ g · uᵀ over the block's positions, with u = x − center.
    static func addProducts<Scalar: NormalizationScalar>(
        of gradient: UnsafePointer<Scalar>, with x: UnsafePointer<Scalar>,
        minus center: UnsafePointer<Double>, _ block: WhiteningBlock, into sums: ProductSums,
        scratch: UnsafeMutablePointer<Double>)

    /// Writes the block's positions of an output.
    static func write<Scalar: NormalizationScalar>(
        _ output: WhiteningOutput<Scalar>, _ block: WhiteningBlock,
        scratch: UnsafeMutablePointer<Double>)
}

/// The sums of one block: D numbers, and D × D of them row by row.
@safe
struct ProductSums {
    let sum: UnsafeMutablePointer<Double>
    let products: UnsafeMutablePointer<Double>
}

/// out = A · (a − center_a) + B · (b − center_b) + shift at every position, where a and b are the channels of
/// a group there; the second product may not be there.
@safe
struct WhiteningOutput<Scalar: NormalizationScalar> {
    /// A tensor, and what is taken from each of its channels.
    @safe
    struct Input {
        let values: UnsafePointer<Scalar>
        let center: UnsafePointer<Double>
    }

    let first: Input
    let second: Input?
    /// D × D numbers a group, or D × 2D, A and B side by side.
    let matrices: UnsafePointer<Double>
    /// One number a channel.
    let shift: UnsafePointer<Double>
    let output: UnsafeMutablePointer<Scalar>
    /// Whether the output is written past the caches.
    let isNonTemporal: Bool

    /// The columns of a group's matrix, in units of D.
    var inputs: Int { second == nil ? 1 : 2 }

    /// The matrix of a group of D channels.
    func matrix(_ group: Int, order: Int) -> UnsafePointer<Double> {
        unsafe matrices + group * inputs * order * order
    }
}
