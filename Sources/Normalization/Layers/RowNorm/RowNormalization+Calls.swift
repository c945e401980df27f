// What each call is to the driver. Tensors are not empty here.

extension RowNormalization {
    private func runner(
        _ operation: Engine.Operation, _ geometry: RowGeometry
    ) -> RowRunner<Scalar> {
        RowRunner(operation, geometry, engine: engine, threadLimit: threadLimit)
    }

    /// Statistics of each row, and y.
    func runForward(
        _ buffers: RowBuffers<Scalar>, _ geometry: RowGeometry
    ) -> RowStatistics {
        let runner = runner(.training, geometry)
        guard let output = buffers.output(nonTemporal: runner.isNonTemporal) else {
            return RowStatistics(width, [], [], [])
        }
        return withScaling { scaling in
            newStatistics(geometry.statisticsCount) { runner.write(output, by: scaling, $0) }
        }
    }

    /// y alone.
    func runInference(_ buffers: RowBuffers<Scalar>, _ geometry: RowGeometry) {
        let runner = runner(.inference, geometry)
        guard let output = buffers.output(nonTemporal: runner.isNonTemporal) else { return }
        withScaling { scaling in runner.write(output, by: scaling, .none) }
    }

    /// ∂x where there is a place for it, and ∂γ and ∂β where they are wanted.
    func runBackward(
        _ buffers: RowBackwardBuffers<Scalar>, _ statistics: RowStatistics?,
        _ geometry: RowGeometry, wantsSums: Bool
    ) -> (gamma: [Double], beta: [Double])? {
        let runner = runner(.backward, geometry)
        guard let (gradient, activation) = buffers.tasks(nonTemporal: runner.isNonTemporal) else {
            return nil
        }
        return withScaling { scaling in
            guard let statistics else {
                return withTables(geometry.statisticsCount) { unknown in
                    var known = unknown
                    known.areKnown = true
                    return runner.addGradients(
                        gradient, through: activation, by: scaling, known, into: unknown,
                        wantsSums: wantsSums)
                }
            }
            return statistics.withTables { known in
                runner.addGradients(
                    gradient, through: activation, by: scaling, known, wantsSums: wantsSums)
            }
        }
    }
}

extension RowNormalization {
    /// Statistics that `body` writes.
    private func newStatistics(_ count: Int, _ body: (RowTables) -> Void) -> RowStatistics {
        var (mean, correction) = ([Double](), [Double]())
        var tables = RowTables.none
        // An empty array is shared by all the process: its initializer would write to it.
        guard count > 0 else {
            body(tables)
            return RowStatistics(width, mean, [], correction)
        }
        func array(_ body: (UnsafeMutablePointer<Double>) -> Void) -> [Double] {
            unsafe [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
                unsafe buffer.baseAddress.map(body)
                initialized = count
            }
        }
        let squares = unsafe array { squares in
            unsafe tables.squares = squares
            guard Self.isCentered else { return body(tables) }
            mean = unsafe array { mean in
                unsafe tables.mean = mean
                guard Scalar.self == Double.self else { return body(tables) }
                correction = unsafe array {
                    unsafe tables.correction = $0
                    body(tables)
                }
            }
        }
        return RowStatistics(width, mean, squares, correction)
    }

    /// Calls `body` with borrowed memory for statistics.
    private func withTables<Result>(_ count: Int, _ body: (RowTables) -> Result) -> Result {
        let memory = unsafe ScratchMemory.borrow(bytes: 3 * count * MemoryLayout<Double>.stride)
        defer { unsafe ScratchMemory.giveBack(memory) }
        let numbers = unsafe memory.baseAddress!.assumingMemoryBound(to: Double.self)
        return unsafe body(
            RowTables(
                mean: Self.isCentered ? numbers : nil,
                correction: Self.isCentered ? numbers + count : nil, squares: numbers + 2 * count))
    }

    /// Calls `body` with γ and β for each value of a row: the layer's own memory where they are there as
    /// they are used, else borrowed memory.
    func withScaling<Result>(_ body: (RowScaling<Scalar>) -> Result) -> Result {
        let memory = unsafe ScratchMemory.borrow(bytes: 3 * width * MemoryLayout<Scalar>.stride)
        defer { unsafe ScratchMemory.giveBack(memory) }
        let tables = unsafe memory.baseAddress!.assumingMemoryBound(to: Scalar.self)
        // γ that is absent counts as 1 with its offset.
        let offset = gamma.isAbsent ? 0 : scaleOffset
        return unsafe gamma.withValues(width, absent: 1, in: tables) { gamma in
            unsafe beta.withValues(width, absent: 0, in: tables + width) { beta in
                var scale = unsafe gamma
                if offset != 0 {
                    let sums = unsafe tables + 2 * width
                    for j in 0..<width {
                        unsafe sums[j] = Scalar(offset + Double(gamma[j]))
                    }
                    unsafe scale = UnsafePointer(sums)
                }
                return unsafe body(
                    RowScaling(
                        isCentered: Self.isCentered, epsilon: epsilon, gamma: gamma,
                        offset: offset, scale: scale, beta: beta,
                        isInRange: areInRange(scale, width)))
            }
        }
    }
}

/// Whether each scale is zero or in the range in which the element type's arithmetic is used.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func areInRange<Scalar: NormalizationScalar>(
    _ scale: UnsafePointer<Scalar>, _ count: Int
) -> Bool {
    let range = RowRange.of(Scalar.self).gradient
    let (least, most) = (Scalar(range.lowerBound), Scalar(range.upperBound))
    var outside: Int32 = 0
    for j in 0..<count {
        // Without branches, so that the compiler makes vectors of it. A NaN is not at most anything.
        let size = unsafe scale[j].magnitude
        let isLarge: Int32 = size <= most ? 0 : 1
        let isSmall: Int32 = size < least ? 1 : 0
        let isZero: Int32 = size == 0 ? 1 : 0
        outside |= isLarge | (isSmall & (1 - isZero))
    }
    return outside == 0
}

extension RowStatistics {
    /// Calls `body` with the statistics as tables that are only read.
    fileprivate func withTables<Result>(_ body: (RowTables) -> Result) -> Result {
        unsafe mean.withUnsafeBufferPointer { mean in
            unsafe meanCorrection.withUnsafeBufferPointer { correction in
                unsafe sumOfSquaredDeviations.withUnsafeBufferPointer { squares in
                    func table(
                        _ buffer: UnsafeBufferPointer<Double>
                    ) -> UnsafeMutablePointer<Double>? {
                        guard !buffer.isEmpty else { return nil }
                        return unsafe UnsafeMutablePointer(mutating: buffer.baseAddress)
                    }
                    return unsafe body(
                        RowTables(
                            mean: table(mean), correction: table(correction),
                            squares: table(squares), areKnown: true))
                }
            }
        }
    }
}

extension AffineParameter {
    var isAbsent: Bool { if case .absent = self { true } else { false } }

    /// One number for each value of a row, all the same.
    static func perValue(repeating value: Double, count: Int) -> AffineParameter {
        // A width that a layer refuses takes no memory.
        guard 0...ChannelLimit.most ~= count else { return .absent }
        return .perChannel(Array(repeating: Scalar(value), count: count))
    }

    /// Calls `body` with one number for each value of a row.
    fileprivate func withValues<Result>(
        _ count: Int, absent: Double, in table: UnsafeMutablePointer<Scalar>,
        _ body: (UnsafePointer<Scalar>) -> Result
    ) -> Result {
        switch self {
        case .absent:
            unsafe table.update(repeating: Scalar(absent), count: count)
        case .shared(let value):
            unsafe table.update(repeating: value, count: count)
        case .perChannel(let values):
            return unsafe values.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
        }
        return unsafe body(UnsafePointer(table))
    }
}
