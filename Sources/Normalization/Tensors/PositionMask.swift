/// Which positions of a batch are valid: sample and place in it, the same for every channel. Sequences of unequal
/// length are padded to one tensor, and the padding must not count.
///
/// Held as runs of valid positions in the order outer × inner. That order is the same channels first and last, so one
/// mask serves both layouts of a batch. Long runs are walked as fast as a tensor without a mask; channels first, runs that
/// begin a plane are (lengths), and planes of some dozens of values take up to half as long again.
public struct PositionMask: Sendable, Equatable {
    /// The number of positions, valid or not: outer · inner of a geometry.
    public let positionCount: Int
    /// The number of valid positions: how many values of each channel count.
    public let validCount: Int
    /// The valid positions, in order, with gaps between them.
    private let runs: [Range<Int>]

    /// A mask from the length of each sample: valid are the first places of the first axis behind the batch that is
    /// not the channels', T of (N, C, T) and of (N, T, W, C). Samples of a single place have length 0 or 1.
    ///
    /// - Parameters:
    ///   - lengths: one a sample, from 0 to T.
    ///   - geometry: of the tensors, its samples at axis 0.
    /// - Throws: ``NormalizationError/invalidShape(_:channelAxis:_:)`` for channels at axis 0,
    ///   ``NormalizationError/wrongLength(_:expected:actual:)``,
    ///   ``NormalizationError/invalidLength(sample:length:most:)`` naming the first sample whose length does not fit.
    public init(lengths: [Int], geometry: Geometry) throws(NormalizationError) {
        try geometry.checkSamples()
        let (shape, samples) = (geometry.shape, geometry.shape[0])
        guard lengths.count == samples else {
            throw .wrongLength(.lengths, expected: samples, actual: lengths.count)
        }
        let axis = geometry.channelAxis == 1 ? 2 : 1
        let most = axis < shape.count ? shape[axis] : 1
        for (sample, length) in lengths.enumerated() where !(0...most ~= length) {
            throw .invalidLength(sample: sample, length: length, most: most)
        }
        let size = samples == 0 ? 0 : geometry.valuesPerChannel / samples
        let place = most == 0 ? 0 : size / most
        self.init(
            positionCount: geometry.valuesPerChannel,
            runs: lengths.enumerated().map { sample, length in
                sample * size..<sample * size + length * place
            })
    }

    /// A mask from one truth value a position, outer × inner of them: N × T of (N, C, T) and of (N, T, C). Channels have
    /// no masks of their own.
    ///
    /// - Throws: ``NormalizationError/wrongLength(_:expected:actual:)``.
    public init(_ valid: [Bool], geometry: Geometry) throws(NormalizationError) {
        guard valid.count == geometry.valuesPerChannel else {
            throw .wrongLength(
                .positionMask, expected: geometry.valuesPerChannel, actual: valid.count)
        }
        self.init(
            positionCount: valid.count,
            runs: valid.indices.lazy.filter { valid[$0] }.map { $0..<$0 + 1 })
    }

    /// Joins runs that touch, and drops empty ones.
    private init(positionCount: Int, runs: some Sequence<Range<Int>>) {
        var joined: [Range<Int>] = []
        for run in runs where !run.isEmpty {
            if let last = joined.last, last.upperBound == run.lowerBound {
                joined[joined.count - 1] = last.lowerBound..<run.upperBound
            } else {
                joined.append(run)
            }
        }
        self.positionCount = positionCount
        self.runs = joined
        validCount = joined.reduce(0) { $0 + $1.count }
    }

    /// Whether every position is valid.
    var isFull: Bool { validCount == positionCount }

    /// Throws unless the mask has the positions of this geometry.
    func check(_ geometry: Geometry) throws(NormalizationError) {
        try geometry.checkIsWhole()
        guard positionCount == geometry.valuesPerChannel else {
            throw .wrongLength(
                .positionMask, expected: geometry.valuesPerChannel, actual: positionCount)
        }
    }
}

extension PositionMask {
    /// Cuts a block of a partition of one table into parts that are valid or not as a whole, in memory order. A block
    /// that is so itself is one part.
    func forEachPart(
        of block: Block, in partition: Partition, _ body: (_ part: Block, _ isValid: Bool) -> Void
    ) {
        let inner = partition.inner
        // Where the block's first lane would begin, were it the first of the tensor.
        let place = block.offset - partition.start - block.firstLane * inner
        let (row, column) = place.quotientAndRemainder(dividingBy: partition.lanes * inner)
        let end = (row + block.outer) * inner
        var position = row * inner
        var index = firstRun(endingBehind: position)
        while position < end {
            let run = index < runs.count ? runs[index] : end..<end
            let isValid = run.contains(position)
            let stop = min(end, isValid ? run.upperBound : run.lowerBound)
            Self.forEachRectangle(of: position..<stop, inner: inner) { rows, columns in
                let own = columns.clamped(to: column..<column + block.inner)
                guard !own.isEmpty else { return }
                let part = block.narrowed(toOuter: rows.lowerBound - row..<rows.upperBound - row)
                body(
                    part.narrowed(toInner: own.lowerBound - column..<own.upperBound - column),
                    isValid)
            }
            position = stop
            if isValid { index += 1 }
        }
    }

    /// The same, where a part that is not valid and ends the row of the valid one before it is no part of its own, but
    /// so many positions behind that one's planes.
    func forEachPaddedPart(
        of block: Block, in partition: Partition,
        _ body: (_ part: Block, _ isValid: Bool, _ padding: Int) -> Void
    ) {
        var waiting: Block? = nil
        forEachPart(of: block, in: partition) { part, isValid in
            if let valid = waiting {
                let follows =
                    valid.outer == 1 && part.outer == 1
                    && part.offset == valid.offset + valid.inner
                waiting = nil
                if follows && !isValid { return body(valid, true, part.inner) }
                body(valid, true, 0)
            }
            if isValid { waiting = part } else { body(part, false, 0) }
        }
        if let waiting { body(waiting, true, 0) }
    }

    /// A run of positions as whole rows, and parts of one row before and behind them.
    private static func forEachRectangle(
        of run: Range<Int>, inner: Int, _ body: (_ rows: Range<Int>, _ columns: Range<Int>) -> Void
    ) {
        var position = run.lowerBound
        while position < run.upperBound {
            let (row, column) = position.quotientAndRemainder(dividingBy: inner)
            let left = run.upperBound - position
            let rows = column == 0 ? left / inner : 0
            if rows > 0 {
                body(row..<row + rows, 0..<inner)
                position += rows * inner
            } else {
                let columns = column..<min(inner, column + left)
                body(row..<row + 1, columns)
                position += columns.count
            }
        }
    }

    /// The index of the first run that ends behind a position.
    private func firstRun(endingBehind position: Int) -> Int {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].upperBound <= position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The parts of a block that a mask says are valid.
struct ValidParts {
    let block: Block
    let partition: Partition
    let mask: PositionMask

    /// Each part, of all lanes of the block, in memory order.
    func forEachPart(_ body: (Block) -> Void) {
        mask.forEachPart(of: block, in: partition) { part, isValid in
            if isValid { body(part) }
        }
    }
}
