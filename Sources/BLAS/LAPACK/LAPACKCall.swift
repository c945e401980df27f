#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What surrounds one call of LAPACKE: arguments checked before, its return code read after.
/// Positions are those of the C call.
struct LAPACKCall {
    /// The routine's name without its type letter.
    let routine: String

    func order(_ n: Int, position: Int, atMost most: Int) throws(BLASError) -> Int32 {
        guard 0...most ~= n else {
            throw .illegalArgument(
                routine: routine, position: position, name: "n", expected: "in 0...\(most)",
                actual: "\(n)")
        }
        return Int32(n)
    }

    func leadingDimension(
        _ lda: Int, _ name: String = "lda", order: Int32, position: Int
    ) throws(BLASError) -> Int32 {
        let range = order...Int32.max
        guard let leading = Int32(exactly: lda), range ~= leading else {
            throw .illegalArgument(
                routine: routine, position: position, name: name, expected: "in \(range)",
                actual: "\(lda)")
        }
        return leading
    }

    /// The diagonals beside the middle one, of a matrix that has no more.
    func bandwidth(_ width: Int, order: Int, position: Int) throws(BLASError) -> Int32 {
        let most = max(0, order - 1)
        guard 0...most ~= width else {
            throw .illegalArgument(
                routine: routine, position: position, name: "bandwidth",
                expected: "in 0...\(most)", actual: "\(width)")
        }
        return Int32(width)
    }

    /// Refuses NaN and ±∞ in the triangle that will be read: LAPACK's iterations assume none.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func requireFinite<Scalar: BLASScalar>(
        _ a: UnsafePointer<Scalar>, _ triangle: Triangle, order: Int, lda: Int, position: Int
    ) throws(BLASError) {
        for row in 0..<order {
            for column in triangle == .upper ? row..<order : 0..<row + 1 {
                try unsafe requireFinite(a[row * lda + column], "a", row, column, position)
            }
        }
    }

    /// The same of the diagonals of a band.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func requireFinite<Scalar: BLASScalar>(
        _ ab: UnsafePointer<Scalar>, _ triangle: Triangle, order: Int, bandwidth: Int, ldab: Int,
        position: Int
    ) throws(BLASError) {
        for distance in 0..<min(order, bandwidth + 1) {
            let isUpper = triangle == .upper
            let row = (isUpper ? bandwidth - distance : distance) * ldab
            for first in 0..<order - distance {
                let column = isUpper ? first + distance : first
                try unsafe requireFinite(
                    ab[row + column], "ab", isUpper ? first : first + distance, column, position)
            }
        }
    }

    @inline(__always)
    private func requireFinite<Scalar: BLASScalar>(
        _ element: Scalar, _ name: String, _ row: Int, _ column: Int, _ position: Int
    ) throws(BLASError) {
        guard !element.isFinite else { return }
        throw .illegalArgument(
            routine: routine, position: position, name: name, expected: "finite",
            actual: "\(element) in row \(row), column \(column)")
    }

    /// Memory to be given back with `deallocate`. From `malloc`, which can say no; Swift's own
    /// allocation would stop the program.
    func allocate<Element>(
        _ count: Int, of type: Element.Type
    ) throws(BLASError) -> UnsafeMutablePointer<Element> {
        guard let memory = unsafe malloc(count * MemoryLayout<Element>.stride) else {
            throw .outOfMemory(routine: routine)
        }
        return unsafe memory.bindMemory(to: Element.self, capacity: count)
    }

    func deallocate<Element>(_ memory: UnsafeMutablePointer<Element>) {
        unsafe free(memory)
    }

    /// Throws what a negative return code means.
    func check(_ info: Int32) throws(BLASError) {
        guard info < 0 else { return }
        // LAPACKE's codes for a workspace, or a transposed copy, that it could not allocate.
        if info == -1010 || info == -1011 { throw .outOfMemory(routine: routine) }
        throw .illegalArgument(
            routine: routine, position: -Int(info), name: "argument", expected: "legal",
            actual: "refused by LAPACK")
    }
}
