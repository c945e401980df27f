/// How the numbers of each layer spread: a line from the least to the largest, a box between the quarters, a
/// mark at the median; layers side by side, those with findings in another colour.
struct LayerPicture {
    let title: String
    let isLogarithmic: Bool
    private let columns: [(name: String, color: String, numbers: Quantiles)]

    init(
        title: String, isLogarithmic: Bool, _ layers: [InspectedLayer],
        _ numbers: (InspectedLayer) -> Quantiles?
    ) {
        (self.title, self.isLogarithmic) = (title, isLogarithmic)
        columns = layers.compactMap { layer in
            let color = Drawing.colors[layer.isWrong ? 1 : layer.hasWarning ? 4 : 0]
            return numbers(layer).map { (layer.prefix, color, $0) }
        }
    }

    var svg: String {
        // Names where they can be read.
        let isNamed = columns.count <= 120
        let step = min(24, max(2, 1200 / Double(max(1, columns.count))))
        let pitch = isNamed ? max(step, 13) : step
        let longest = Double(columns.map(\.name.count).max() ?? 0)
        let below = isNamed ? min(320, 16 + 6.2 * longest) : 30
        let (left, top, plane) = (70.0, 40.0, 300.0)
        var drawing = Drawing(
            width: max(420, left + pitch * Double(columns.count) + 20), height: top + plane + below)
        drawing.write(title, left, 22, size: 15)
        drawing.write("wrong", drawing.width - 130, 22, .start)
        drawing.dot(drawing.width - 138, 18, Drawing.colors[1])
        drawing.write("warning", drawing.width - 70, 22, .start)
        drawing.dot(drawing.width - 78, 18, Drawing.colors[4])
        let scale = Scale(
            columns.flatMap { [$0.numbers.least, $0.numbers.largest] },
            isLogarithmic: isLogarithmic, from: top + plane, to: top)
        for (value, text) in scale.marks {
            let y = scale.place(value)
            drawing.line(left, y, drawing.width - 10, y, Drawing.pale)
            drawing.write(text, left - 6, y + 4, .end)
        }
        let half = max(0.5, min(5, pitch / 2 - 1))
        for (index, column) in columns.enumerated() {
            let x = left + pitch * (Double(index) + 0.5)
            let numbers = column.numbers
            drawing.line(
                x, scale.place(numbers.least), x, scale.place(numbers.largest), column.color)
            drawing.box(
                x - half, scale.place(numbers.lower), x + half, scale.place(numbers.upper),
                column.color)
            let median = scale.place(numbers.median)
            // A box without a height would vanish under it.
            let isFlat = abs(scale.place(numbers.upper) - scale.place(numbers.lower)) <= 3
            drawing.line(
                x - half, median, x + half, median, isFlat ? column.color : "white",
                width: isFlat ? 3 : 1.5)
            if isNamed {
                drawing.write(column.name, x + 4, top + plane + 8, .end, size: 11, isTurned: true)
            }
        }
        if !isNamed {
            drawing.write(
                "\(columns.count) layers, in the order of their names", left, top + plane + 20)
        }
        return drawing.svg
    }
}
