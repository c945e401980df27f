/// The level-1 routines for vectors longer than one call can take. Out of line, so that a call site
/// holds only the comparison; the block length is an argument so that tests can cut short vectors.
extension BLASScalar {
    @usableFromInline
    static func sumInBlocks(
        _ n: Int, _ x: UnsafePointer<Self>, _ incX: Int32, _ blockLength: Int
    ) -> Self {
        var total: Self = 0
        for block in Blocks(of: n, atMost: blockLength, "sum") {
            total += unsafe _cblasSum(block.n, x + block.offset(incX), incX)
        }
        return total
    }

    @usableFromInline
    static func asumInBlocks(
        _ n: Int, _ x: UnsafePointer<Self>, _ incX: Int32, _ blockLength: Int
    ) -> Self {
        var total: Self = 0
        for block in Blocks(of: n, atMost: blockLength, "asum") {
            total += unsafe _cblasAsum(block.n, x + block.offset(incX), incX)
        }
        return total
    }

    @usableFromInline
    static func iamaxInBlocks(
        _ n: Int, _ x: UnsafePointer<Self>, _ incX: Int32, _ blockLength: Int
    ) -> Int? {
        var largest: (index: Int, magnitude: Self)?
        for block in Blocks(of: n, atMost: blockLength, "iamax") {
            let part = unsafe x + block.offset(incX)
            let index = unsafe _cblasIamax(block.n, part, incX)
            let magnitude = unsafe part[index * Int(incX)].magnitude
            if largest.map({ magnitude > $0.magnitude }) ?? true {
                largest = (block.start + index, magnitude)
            }
        }
        return largest?.index
    }

    @usableFromInline
    static func dotInBlocks(
        _ n: Int, _ x: UnsafePointer<Self>, _ incX: Int32, _ y: UnsafePointer<Self>,
        _ incY: Int32, _ blockLength: Int
    ) -> Self {
        var total: Self = 0
        for block in Blocks(of: n, atMost: blockLength, "dot") {
            total += unsafe _cblasDot(
                block.n, x + block.offset(incX), incX, y + block.offset(incY), incY)
        }
        return total
    }

    @usableFromInline
    static func axpyInBlocks(
        _ n: Int, _ alpha: Self, _ x: UnsafePointer<Self>, _ incX: Int32,
        _ y: UnsafeMutablePointer<Self>, _ incY: Int32, _ blockLength: Int
    ) {
        for block in Blocks(of: n, atMost: blockLength, "axpy") {
            unsafe _cblasAxpy(
                block.n, alpha, x + block.offset(incX), incX, y + block.offset(incY), incY)
        }
    }

    @usableFromInline
    static func copyInBlocks(
        _ n: Int, _ x: UnsafePointer<Self>, _ incX: Int32, _ y: UnsafeMutablePointer<Self>,
        _ incY: Int32, _ blockLength: Int
    ) {
        for block in Blocks(of: n, atMost: blockLength, "copy") {
            unsafe _cblasCopy(
                block.n, x + block.offset(incX), incX, y + block.offset(incY), incY)
        }
    }

    @usableFromInline
    static func scalInBlocks(
        _ n: Int, _ alpha: Self, _ x: UnsafeMutablePointer<Self>, _ incX: Int32,
        _ blockLength: Int
    ) {
        for block in Blocks(of: n, atMost: blockLength, "scal") {
            unsafe _cblasScal(block.n, alpha, x + block.offset(incX), incX)
        }
    }
}
