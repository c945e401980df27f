// Which channels a weight goes between, whatever the order of the axes.

extension LinearLayer {
    /// The side of the layer that the normalization stands on.
    enum Side: Sendable {
        case input
        case output
    }

    /// The number of weights.
    var weightCount: Int { shape.reduce(1, *) }
    /// The number of weights from one input channel to one output channel.
    var kernelCount: Int { weightCount / (shape[inputAxis] * shape[outputAxis]) }

    /// The axis along which the channels of all groups lie, those of the first group first; along the other one
    /// lie those of a group.
    private var wholeAxis: Int { kind == .transposedConvolution ? inputAxis : outputAxis }

    /// The channel on the side of the other axis, from the places along both.
    @inline(__always)
    private func channel(_ place: Int, inGroupOf whole: Int, _ perGroup: Int, _ part: Int) -> Int {
        groups == 1 ? place : whole / perGroup * part + place
    }

    /// Calls `body` with each run of weights that lie side by side and go from one input channel to one output
    /// channel, in the order of memory.
    ///
    /// - Parameter body: takes the first place of a run, its length, the channels, and the place of its first
    ///   weight in the kernel, whose axes are in their own order.
    @inline(__always)
    func forEachPair<Failure: Error>(
        _ body: (_ start: Int, _ count: Int, _ input: Int, _ output: Int, _ tap: Int)
            throws(Failure) -> Void
    ) throws(Failure) {
        let (first, second) = (min(inputAxis, outputAxis), max(inputAxis, outputAxis))
        let outer = shape[..<first].reduce(1, *)
        let middle = shape[(first + 1)..<second].reduce(1, *)
        let inner = shape[(second + 1)...].reduce(1, *)
        let wholeIsFirst = wholeAxis == first
        let perGroup = shape[wholeAxis] / groups
        let part = shape[wholeIsFirst ? second : first]
        let wholeIsInput = wholeAxis == inputAxis
        var start = 0
        for o in 0..<outer {
            for i in 0..<shape[first] {
                for m in 0..<middle {
                    for j in 0..<shape[second] {
                        let (whole, place) = wholeIsFirst ? (i, j) : (j, i)
                        let other = channel(place, inGroupOf: whole, perGroup, part)
                        let (input, output) = wholeIsInput ? (whole, other) : (other, whole)
                        try body(start, inner, input, output, (o * middle + m) * inner)
                        start += inner
                    }
                }
            }
        }
    }

    /// Calls `body` with each run of weights that lie side by side and belong to one channel on the given side,
    /// in the order of memory.
    @inline(__always)
    func forEachRun<Failure: Error>(
        on side: Side, _ body: (_ start: Int, _ count: Int, _ channel: Int) throws(Failure) -> Void
    ) throws(Failure) {
        let axis = side == .input ? inputAxis : outputAxis
        guard groups == 1 || axis == wholeAxis else {
            return try forEachPair { start, count, input, output, _ throws(Failure) in
                try body(start, count, side == .input ? input : output)
            }
        }
        let outer = shape[..<axis].reduce(1, *)
        let inner = shape[(axis + 1)...].reduce(1, *)
        var start = 0
        for _ in 0..<outer {
            for channel in 0..<shape[axis] {
                try body(start, inner, channel)
                start += inner
            }
        }
    }

    /// Whether the weights lie as PyTorch's do.
    var isInOrder: Bool {
        wholeAxis == 0 && inputAxis + outputAxis == 1
    }

    /// Numbers that lie as the weights do, in PyTorch's order: (all channels, those of a group, kernel…).
    func inOrder<Value>(_ values: [Value]) -> [Value] {
        isInOrder ? values : places.map { values[$0] }
    }

    /// Numbers in PyTorch's order, as the weights lie.
    func asTheyLie<Value>(_ values: [Value]) -> [Value] {
        if isInOrder { return values }
        var result = values
        for (index, place) in places.enumerated() { result[place] = values[index] }
        return result
    }

    /// Where the weights in PyTorch's order lie.
    private var places: [Int] {
        var places = [Int](repeating: 0, count: weightCount)
        let part = shape[wholeAxis == inputAxis ? outputAxis : inputAxis]
        forEachPair { start, count, input, output, tap in
            let (whole, other) = wholeAxis == inputAxis ? (input, output) : (output, input)
            let row = (whole * part + other % part) * kernelCount + tap
            for i in 0..<count { places[row + i] = start + i }
        }
        return places
    }
}
