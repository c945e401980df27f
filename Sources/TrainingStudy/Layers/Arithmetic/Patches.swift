internal import Normalization

/// The 3×3 neighbourhoods of an image as the columns of a matrix (im2col), and back (col2im).
///
/// Row (channel, dy, dx) of the (9 · channels) × area matrix is the channel's plane moved by
/// (dy − 1, dx − 1), with zeros from outside the image. In memory the plane moves as a whole, but
/// for the column at one edge, into which a pixel of the neighbouring row would come.
struct Patches {
    let channels: Int
    let height: Int
    let width: Int
    var area: Int { height * width }

    /// Copies the image at `start` of `image` into `columns`.
    @specialized(where Scalar == Float)
    func gather<Scalar: NormalizationScalar>(
        _ image: [Scalar], at start: Int, into columns: inout [Scalar]
    ) {
        check(image.count, start, columns.count)
        unsafe image.withUnsafeBufferPointer { image in
            unsafe columns.withUnsafeMutableBufferPointer { columns in
                guard let image = image.baseAddress, let columns = columns.baseAddress else {
                    return
                }
                for row in 0..<channels * 9 {
                    let move = Move(row: row, of: self)
                    let inside = move.inside
                    let first = start + row / 9 * area + move.offset + inside.lowerBound
                    let target = unsafe columns + row * area
                    unsafe target.update(repeating: 0, count: inside.lowerBound)
                    unsafe (target + inside.lowerBound)
                        .update(from: image + first, count: inside.count)
                    unsafe (target + inside.upperBound)
                        .update(repeating: 0, count: area - inside.upperBound)
                    for place in move.edge(of: self) { unsafe target[place] = 0 }
                }
            }
        }
    }

    /// Adds `columns` to the image at `start` of `image`: the transpose of `gather`. What `columns`
    /// holds for places outside the image is zeroed on the way.
    @specialized(where Scalar == Float)
    func scatter<Scalar: NormalizationScalar>(
        _ columns: inout [Scalar], into image: inout [Scalar], at start: Int
    ) {
        check(image.count, start, columns.count)
        unsafe image.withUnsafeMutableBufferPointer { image in
            unsafe columns.withUnsafeMutableBufferPointer { columns in
                guard let image = image.baseAddress, let columns = columns.baseAddress else {
                    return
                }
                for row in 0..<channels * 9 {
                    let move = Move(row: row, of: self)
                    let inside = move.inside
                    let first = start + row / 9 * area + move.offset + inside.lowerBound
                    let column = unsafe columns + row * area
                    for place in move.edge(of: self) { unsafe column[place] = 0 }
                    let target = unsafe image + first
                    let source = unsafe column + inside.lowerBound
                    for place in 0..<inside.count { unsafe target[place] += source[place] }
                }
            }
        }
    }

    private func check(_ imageCount: Int, _ start: Int, _ columnCount: Int) {
        precondition(
            start >= 0 && start + channels * area <= imageCount, "the image ends in its array")
        precondition(columnCount == channels * 9 * area, "one row a channel, dy and dx")
    }
}

/// How far a row of the matrix moves its plane in memory, and what of it stays inside.
private struct Move {
    /// From a place in the row to the pixel that it shows.
    let offset: Int
    /// The places whose pixel lies in the plane's memory.
    let inside: Range<Int>
    private let dx: Int

    init(row: Int, of patches: Patches) {
        dx = row % 3 - 1
        offset = (row % 9 / 3 - 1) * patches.width + dx
        let first = min(patches.area, max(0, -offset))
        inside = first..<max(first, min(patches.area, patches.area - offset))
    }

    /// The places at the edge that the move brings a neighbouring row's pixel to.
    func edge(of patches: Patches) -> StrideTo<Int> {
        let first =
            switch dx {
            case -1: 0
            case 1: patches.width - 1
            default: patches.area
            }
        return stride(from: first, to: patches.area, by: patches.width)
    }
}
