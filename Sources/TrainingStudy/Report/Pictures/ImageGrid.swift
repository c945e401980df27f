/// Small grey images in rows, drawn as runs of pixels.
struct ImageGrid: Picture {
    let name: String
    let title: String
    let caption: String
    /// The ink of the pixels of each image, from 0 to 1.
    let images: [[Double]]
    /// Pixels of one image: rows and columns.
    let size: (height: Int, width: Int)
    /// Images of one row.
    let columns: Int

    /// A white sheet with dark ink, whatever is around it: an image has the same meaning on both.
    func svg() throws(StudyError) -> String {
        let (height, width) = (size.height + 2, size.width + 2)
        let rows = (images.count + columns - 1) / max(1, columns)
        var runs = [String](repeating: "", count: Self.levels + 1)
        for (index, image) in images.enumerated() {
            let (left, top) = (index % columns * width + 1, index / columns * height + 1)
            for row in 0..<size.height {
                addRuns(of: image, row, left, top, to: &runs)
            }
        }
        let paths = runs.enumerated().dropFirst().filter { !$1.isEmpty }.map { level, path in
            "<path d=\"\(path)\" stroke-opacity=\"\(Double(level) / Double(Self.levels))\"/>\n"
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(columns * width) \
            \(rows * height)" shape-rendering="crispEdges"><title>\(title)</title>
            <rect width="100%" height="100%" fill="#ffffff"/>
            <g stroke="#000000" fill="none" transform="translate(0 0.5)">
            \(paths.joined())</g></svg>

            """
    }

    /// Adds the runs of equal ink of one row of an image to the paths of their levels.
    private func addRuns(
        of image: [Double], _ row: Int, _ left: Int, _ top: Int, to runs: inout [String]
    ) {
        var first = 0
        while first < size.width {
            let level = self.level(image[row * size.width + first])
            var end = first + 1
            while end < size.width, self.level(image[row * size.width + end]) == level { end += 1 }
            runs[level] += "M\(left + first) \(top + row)h\(end - first)"
            first = end
        }
    }

    private func level(_ ink: Double) -> Int { Int((ink * Double(Self.levels)).rounded()) }

    /// The data have so many levels of ink above none.
    private static let levels = 16
}
