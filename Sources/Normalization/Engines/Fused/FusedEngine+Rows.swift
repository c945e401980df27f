internal import CKernels

/// Rows by the vector kernels: each is walked twice while it is near, and some rows together. What is
/// out of the element type's range goes to the reference engine, row by row.
extension FusedEngine: RowEngine {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func writeRows<Scalar: NormalizationScalar>(
        _ output: RowOutput<Scalar>, _ block: RowBlock, by scaling: RowScaling<Scalar>,
        _ statistics: RowTables, scratch: UnsafeMutablePointer<Scalar>
    ) {
        guard scaling.isInRange else {
            return unsafe WidenedRows.writeRows(
                ReferenceEngine.self, output, block, by: scaling, statistics, scratch: scratch)
        }
        let (at, activation) = (block.offset, output.epilogue.activation)
        func here(_ pointer: TensorPointer<Scalar>?) -> UnsafeRawPointer? {
            unsafe pointer.map { unsafe ($0 + at).address }
        }
        func here(_ pointer: MutableTensorPointer<Scalar>?) -> UnsafeMutableRawPointer? {
            unsafe pointer.map { unsafe ($0 + at).address }
        }
        var task = unsafe ckernels_row_output(
            block: ckernels_row_block(block), rule: ckernels_row_rule(scaling),
            statistics: ckernels_row_statistics(statistics, at: block.firstStatistic),
            statistics_are_known: statistics.areKnown ? 1 : 0, activation: activation.code,
            negative_slope: activation.negativeSlope, non_temporal: output.isNonTemporal ? 1 : 0,
            scale: scaling.scale, shift: scaling.beta, x: here(output.x),
            addend: here(output.addend), residual: here(output.epilogue.residual),
            g: here(output.gradient), sum: here(output.sum), y: here(output.y))
        forEachRefused(of: block) { row in
            unsafe ChosenKernels.passes(of: output.x.format).write_rows(&task, row, scratch)
        } body: { row in
            unsafe WidenedRows.writeRows(
                ReferenceEngine.self, output, row, by: scaling, statistics, scratch: scratch)
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func addGradients<Scalar: NormalizationScalar>(
        _ gradient: RowGradient<Scalar>, _ block: RowBlock, by scaling: RowScaling<Scalar>,
        _ statistics: RowTables, into sums: RowSums?, scratch: UnsafeMutablePointer<Scalar>
    ) {
        guard scaling.isInRange else {
            return unsafe WidenedRows.addGradients(
                ReferenceEngine.self, gradient, through: nil, block, by: scaling, statistics,
                into: sums, scratch: scratch)
        }
        let at = block.offset
        var task = unsafe ckernels_row_gradient(
            block: ckernels_row_block(block), rule: ckernels_row_rule(scaling),
            statistics: ckernels_row_statistics(statistics, at: block.firstStatistic),
            non_temporal: gradient.isNonTemporal ? 1 : 0, scale: scaling.scale,
            x: (gradient.x + at).address, g: (gradient.gradient + at).address,
            addend: gradient.addend.map { unsafe ($0 + at).address },
            dx: gradient.dx.map { unsafe ($0 + at).address },
            scale_gradient: sums?.gamma, shift_gradient: sums?.beta)
        forEachRefused(of: block) { row in
            unsafe ChosenKernels.passes(of: gradient.x.format).row_gradients(&task, row, scratch)
        } body: { row in
            unsafe WidenedRows.addGradients(
                ReferenceEngine.self, gradient, through: nil, row, by: scaling, statistics,
                into: sums, scratch: scratch)
        }
    }

    /// Runs a kernel over the rows of a block; calls `body` with each that it leaves out, in their order.
    @inline(__always)
    private static func forEachRefused(
        of block: RowBlock, _ kernel: (Int) -> Int, body: (RowBlock) -> Void
    ) {
        var row = kernel(0)
        while row < block.rows.count {
            body(block.row(row))
            row += 1
            if row < block.rows.count { row = kernel(row) }
        }
    }
}

extension ckernels_row_block {
    fileprivate init(_ block: RowBlock) {
        self.init(
            rows: block.rows.count, width: block.width, inner: block.inner,
            positions: block.positions.count)
    }
}

extension ckernels_row_rule {
    fileprivate init<Scalar>(_ scaling: RowScaling<Scalar>) {
        let range = RowRange.of(Scalar.self)
        self.init(
            centered: scaling.isCentered ? 1 : 0, epsilon: scaling.epsilon,
            most_mean: range.mostMean, least_variance: range.variance.lowerBound,
            most_variance: range.variance.upperBound,
            least_gradient: range.gradient.lowerBound, most_gradient: range.gradient.upperBound)
    }
}

extension ckernels_row_statistics {
    fileprivate init(_ tables: RowTables, at first: Int) {
        unsafe self.init(
            mean: tables.mean.map { unsafe $0 + first },
            correction: tables.correction.map { unsafe $0 + first },
            squares: tables.squares.map { unsafe $0 + first })
    }
}
