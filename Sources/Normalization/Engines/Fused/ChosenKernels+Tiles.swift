internal import CKernels

/// Where some positions of adjacent channels lie in a tensor, and in a tile of them in `Double`: channels ×
/// positions, or positions × channels where planes are single values.
struct TileShape {
    var channels: Int
    var positions: Int
    /// The first of the positions within its plane.
    var first: Int
    /// The length of a plane.
    var inner: Int
    /// The distance between samples in the tensor.
    var sampleStride: Int
    /// The distance between rows of the tile.
    var leading: Int

    @inline(__always)
    fileprivate func kernelTile(
        _ offsets: UnsafePointer<Double>, goesOn: Bool = false, isNonTemporal: Bool = false
    ) -> ckernels_tile {
        unsafe ckernels_tile(
            channels: channels, positions: positions, first: first, inner: inner,
            sample_stride: sampleStride, leading: leading, offsets: offsets,
            goes_on: goesOn ? 1 : 0, non_temporal: isNonTemporal ? 1 : 0)
    }
}

extension ChosenKernels {
    /// values = x − center, where x and center begin with the tile's first channel, x in the sample of its
    /// first position. Adds the sum of each channel to `sums`, where there are any.
    ///
    /// - Parameter goesOn: whether the positions behind the tile come next.
    @inline(__always)
    static func fill<Scalar: NormalizationScalar>(
        _ values: UnsafeMutablePointer<Double>, _ shape: TileShape, with x: UnsafePointer<Scalar>,
        minus center: UnsafePointer<Double>, addingTo sums: UnsafeMutablePointer<Double>?,
        goesOn: Bool
    ) {
        unsafe withUnsafePointer(to: shape.kernelTile(center, goesOn: goesOn)) {
            unsafe passes(of: Scalar.format).fill_tile(x, $0, values, sums)
        }
    }

    /// y = values + shift, rounded, where y and shift begin as x and center do.
    ///
    /// - Parameter isNonTemporal: past the caches; ``NonTemporal/finish()`` must follow.
    @inline(__always)
    static func store<Scalar: NormalizationScalar>(
        _ values: UnsafePointer<Double>, _ shape: TileShape, plus shift: UnsafePointer<Double>,
        to y: UnsafeMutablePointer<Scalar>, isNonTemporal: Bool
    ) {
        unsafe withUnsafePointer(
            to: shape.kernelTile(shift, isNonTemporal: isNonTemporal)
        ) {
            unsafe passes(of: Scalar.format).store_tile(values, $0, y)
        }
    }
}
