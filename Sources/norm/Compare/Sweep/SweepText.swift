import Foundation
import Normalization
import TrainingStudy

/// What a sweep says to people.
enum SweepText {
    /// A default that is slower than the best engine by more than this is called slower.
    private static let noise = 0.95

    static func header(threads: Int) -> String {
        """
        \(MachineText.kernels(on: ", \(threads == 1 ? "1 thread" : "\(threads) threads")"))
        \(MachineText.nonTemporal)
        Nanoseconds an element by default; marked where another engine is faster by more than 5 %:
        b, BLAS calls; r, the scalar reference; f, the fused kernels. Planes of one value are
        features, and data with the channels last.
        """
    }

    /// A grid for each operation: a row a plane, a column a number of channels.
    static func grids(_ cells: [SweepCell], size: SweepSize, type: SweepType) -> String {
        Engine.Operation.allCases.map { operation in
            let cells = cells.filter { $0.operation == operation }
            var table = Table(
                [("plane", .right)] + SweepGrid.channels.map { ("C = \($0)", .right) })
            for plane in SweepGrid.planes {
                let row = cells.filter { $0.plane == plane }
                guard !row.isEmpty else { continue }
                table.add(
                    ["\(plane)"]
                        + SweepGrid.channels.map { channels in
                            row.first { $0.channels == channels }.map(text) ?? "-"
                        })
            }
            let title = "\n\(operation.rawValue), tensors of \(size.text), \(type.rawValue)"
            return ([title] + table.lines).joined(separator: "\n") + "\n"
        }.joined()
    }

    /// The ten worst cells, and how many there are.
    static func conclusion(_ cells: [SweepCell]) -> String {
        guard !cells.isEmpty else { return "Nothing was measured." }
        let slower = cells.filter { $0.ratioToBest < noise }
        let blas = cells.filter { $0.blasToReference < noise }
        var table = Table([
            ("worst cells", .left), ("operation", .left), ("ns", .right), ("default", .left),
            ("best", .left), ("its speed", .right),
        ])
        for cell in cells.sorted(by: { $0.ratioToBest < $1.ratioToBest }).prefix(10) {
            table.add([
                cell.shape.crossed, cell.operation.rawValue, fixed(cell.nanosecondsPerElement),
                cell.chosen.rawValue, cell.best.rawValue, "\(fixed(cell.ratioToBest))×",
            ])
        }
        return
            ([
                "",
                "Of \(cells.count) cells the default is slower than another engine of ours in "
                    + "\(slower.count), BLAS calls slower than the scalar reference in \(blas.count).",
            ]
            + table.lines).joined(separator: "\n")
    }

    private static func text(_ cell: SweepCell) -> String {
        let mark = cell.ratioToBest < noise ? String(cell.best.rawValue.prefix(1)) : " "
        return fixed(cell.nanosecondsPerElement) + mark
    }

    private static func fixed(_ value: Double) -> String { String(format: "%.2f", value) }
}
