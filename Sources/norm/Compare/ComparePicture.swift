import Normalization

/// How many times as fast as the reference each engine was: a panel an operation, a row a tensor and layer,
/// a dot an engine; a ring where it had one thread of several.
struct ComparePicture {
    private let rows: [(label: String, results: [EngineResult])]
    private let engines: [Engine]
    private let threads: [Int]

    init(_ results: [EngineResult]) {
        var rows: [(label: String, results: [EngineResult])] = []
        let hasLayers = Set(results.map(\.layer.rawValue)).count > 1
        for result in results {
            let layer = hasLayers ? " \(result.layer.rawValue)" : ""
            let label = result.shape.crossed + layer
            // A shape may come again, in another type: rows follow the order of the results.
            let isNext =
                rows.last.map { row in
                    row.label != label
                        || row.results.contains {
                            $0.operation == result.operation && $0.engine == result.engine
                                && $0.threads == result.threads
                        }
                } ?? true
            if isNext { rows.append((label, [])) }
            rows[rows.count - 1].results.append(result)
        }
        self.rows = rows
        engines = Engine.allCases.filter { engine in results.contains { $0.engine == engine } }
        threads = Set(results.map(\.threads)).sorted()
    }

    var svg: String {
        let operations = Engine.Operation.allCases
        let left = 24 + 6.6 * Double(rows.map(\.label.count).max() ?? 0)
        let (panel, gap, top, pitch) = (260.0, 24.0, 76.0, 18.0)
        let bottom = top + pitch * Double(rows.count)
        var drawing = Drawing(
            width: left + (panel + gap) * Double(operations.count), height: bottom + 50)
        drawing.write("Times as fast as the reference engine on one thread", 12, 22, size: 15)
        legend(&drawing)
        for (index, row) in rows.enumerated() {
            drawing.write(row.label, left - 12, top + pitch * (Double(index) + 0.5) + 4, .end)
        }
        for (place, operation) in operations.enumerated() {
            let start = left + (panel + gap) * Double(place)
            drawing.write(operation.rawValue, start, top - 8, size: 13)
            let cells = rows.map { $0.results.filter { $0.operation == operation } }
            let scale = Scale(
                cells.joined().map(\.speedup) + [1], isLogarithmic: true, from: start,
                to: start + panel)
            for (value, text) in scale.marks {
                let x = scale.place(value)
                drawing.line(x, top, x, bottom, value == 1 ? Drawing.ink : Drawing.pale)
                drawing.write(text, x, bottom + 16, .middle)
            }
            for (index, results) in cells.enumerated() {
                let y = top + pitch * (Double(index) + 0.5)
                for result in results where result.speedup > 0 {
                    drawing.dot(
                        scale.place(result.speedup), y, color(result.engine),
                        isRing: isFew(result.threads))
                }
            }
        }
        return drawing.svg
    }

    /// What the dots are.
    private func legend(_ drawing: inout Drawing) {
        var x = 16.0
        for engine in engines {
            drawing.dot(x, 42, color(engine))
            drawing.write(engine.rawValue, x + 9, 46)
            x += 24 + 7 * Double(engine.rawValue.count)
        }
        guard threads.count > 1 else { return }
        drawing.dot(x + 12, 42, Drawing.ink, isRing: true)
        drawing.write(
            "\(threads[0]) of \(threads.map(String.init).joined(separator: ", ")) threads", x + 21,
            46)
    }

    private func isFew(_ count: Int) -> Bool { threads.count > 1 && count == threads[0] }

    private func color(_ engine: Engine) -> String {
        let index = Engine.allCases.firstIndex(of: engine) ?? 0
        return Drawing.colors[index % Drawing.colors.count]
    }
}
