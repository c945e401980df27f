internal import COpenBLAS

extension OpenBLAS {
    /// Whether `cblas_ssum` adds: with the AVX-512 kernels (SkylakeX, Cooperlake) of version 0.3.21 it gives
    /// wrong numbers from sixteen values on, with the others it is right.
    @usableFromInline
    static let addsFloats: Bool = {
        // Small integers, whose sums are exact in any order; long enough for every loop of a kernel.
        let values: [Float] = (0..<300).map { (i: Int) -> Float in Float((i * 7 + i / 5) % 17) - 8 }
        var sum: Float = 0
        for (index, value) in values.enumerated() {
            sum += value
            if unsafe cblas_ssum(Int32(index + 1), values, 1) != sum { return false }
        }
        return true
    }()

    /// What `cblas_ssum` should give: the dot product with ones.
    @usableFromInline
    static func dotWithOnes(_ n: Int32, _ x: UnsafePointer<Float>, _ incX: Int32) -> Float {
        var total: Float = 0
        for block in Blocks(of: Int(n), atMost: onesCount, "sum") {
            total += unsafe cblas_sdot(block.n, x + block.offset(incX), incX, ones, 1)
        }
        return total
    }

    private static let onesCount = 4096
    private nonisolated(unsafe) static let ones: UnsafePointer<Float> = {
        let ones = UnsafeMutablePointer<Float>.allocate(capacity: onesCount)
        unsafe ones.initialize(repeating: 1, count: onesCount)
        return unsafe UnsafePointer(ones)
    }()
}
