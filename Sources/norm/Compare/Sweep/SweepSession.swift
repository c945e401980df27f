import Normalization
import NormalizationFiles
import SeededRandom

/// Every engine on every cell of the grid: is the engine that runs by default the fastest one?
struct SweepSession {
    let sizes: [SweepSize]
    let types: [SweepType]
    let threads: Int
    /// Whether tables are printed.
    let isForPeople: Bool

    /// Each cell is one of hundreds: a millisecond or two of each engine, in turn.
    private let measurement = Measurement(
        samples: 3...15, budget: .milliseconds(4), sampleTime: .microseconds(200))
    private let progress = Progress()

    init(sizes: [SweepSize], types: [SweepType], threads: Int, isForPeople: Bool) {
        self.sizes = sizes
        self.types = types
        self.threads = threads
        self.isForPeople = isForPeople
    }

    /// The results of all cells.
    func results() throws -> [EngineResult] {
        defer { progress.clear() }
        if isForPeople {
            try StandardOutput.write(SweepText.header(threads: threads) + "\n")
        }
        var cells: [SweepCell] = []
        for type in types {
            for size in sizes {
                let found =
                    switch type {
                    case .float: try self.cells(size, type, of: Float.self)
                    case .double: try self.cells(size, type, of: Double.self)
                    case .half: try self.cells(size, type, of: Float16.self)
                    case .brain: try self.cells(size, type, of: BFloat16.self)
                    }
                progress.clear()
                if isForPeople {
                    try StandardOutput.write(SweepText.grids(found, size: size, type: type))
                }
                cells += found
            }
        }
        if isForPeople { try StandardOutput.write(SweepText.conclusion(cells) + "\n") }
        return cells.flatMap(\.results)
    }

    private func cells<Element: ComparedElement>(
        _ size: SweepSize, _ type: SweepType, of _: Element.Type
    ) throws -> [SweepCell] {
        let shapes = SweepGrid.planes.flatMap { plane in
            SweepGrid.channels.compactMap { channels in
                SweepGrid.shape(
                    plane: plane, channels: channels, bytes: size.bytes,
                    elementSize: MemoryLayout<Element>.stride)
            }
        }
        let contenders = [Engine.reference, .blas, .fused].map {
            Contender(engine: $0, threads: threads)
        }
        var cells: [SweepCell] = []
        for (index, shape) in shapes.enumerated() {
            progress.show(
                share: Double(index) / Double(shapes.count),
                "\(size.text), \(type.rawValue), \(shape.crossed)")
            let geometry = try Geometry(shape)
            var generator = SplitMix64(seed: UInt64(index))
            let x: [Double] = generator.normal(count: geometry.count)
            var comparison = try TensorComparison(x.map { Element($0) }, geometry: geometry)
            let calls = try comparison.calls(of: .standard)
            for operation in Engine.Operation.allCases {
                let results = try comparison.results(
                    of: operation, layer: .standard, calls, contenders: contenders,
                    measurement: measurement)
                cells.append(
                    SweepCell(
                        plane: shape[2], channels: shape[1], operation: operation,
                        chosen: Engine.default.chosen(for: operation, of: geometry),
                        results: results))
            }
        }
        return cells
    }
}
