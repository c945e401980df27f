internal import Normalization

/// The 3×3 neighbourhoods of an image as the columns of a matrix (im2col), and back (col2im).
///
/// Row (channel, dy, dx) of the (9 · channels) × area matrix is the channel's plane moved by
/// (dy − 1, dx − 1), with zeros from outside the image.
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
        let image = image.span
        var columns = columns.mutableSpan
        for row in 0..<channels * 9 {
            let (dy, dx) = (row % 9 / 3 - 1, row % 3 - 1)
            let plane = start + row / 9 * area
            for y in 0..<height {
                let target = row * area + y * width
                guard (0..<height).contains(y + dy) else {
                    for x in 0..<width { columns[target + x] = 0 }
                    continue
                }
                let source = plane + (y + dy) * width + dx
                let inside = max(0, -dx)..<min(width, width - dx)
                if dx < 0 { columns[target] = 0 }
                for x in inside { columns[target + x] = image[source + x] }
                if dx > 0 { columns[target + width - 1] = 0 }
            }
        }
    }

    /// Adds `columns` to the image at `start` of `image`: the transpose of `gather`.
    @specialized(where Scalar == Float)
    func scatter<Scalar: NormalizationScalar>(
        _ columns: [Scalar], into image: inout [Scalar], at start: Int
    ) {
        let columns = columns.span
        var image = image.mutableSpan
        for row in 0..<channels * 9 {
            let (dy, dx) = (row % 9 / 3 - 1, row % 3 - 1)
            let plane = start + row / 9 * area
            for y in max(0, -dy)..<min(height, height - dy) {
                let source = row * area + y * width
                let target = plane + (y + dy) * width + dx
                for x in max(0, -dx)..<min(width, width - dx) {
                    image[target + x] += columns[source + x]
                }
            }
        }
    }
}
