/// Convolutions of any rank as plain loops in `Double`, to judge folding by.
struct PlainConvolution {
    /// The dimensions of the weights.
    var shape: [Int]
    var groups = 1
    var stride = 1
    var dilation = 1
    /// Positions added on every side of the input, each channel with a value of its own.
    var padding = 0
    /// Whether those positions repeat the outermost ones of the input.
    var repeatsBorder = false
    var isTransposed = false

    var kernel: [Int] { Array(shape[2...]) }
    var inputs: Int { isTransposed ? shape[0] : shape[1] * groups }
    var outputs: Int { isTransposed ? shape[1] * groups : shape[0] }

    /// The spatial dimensions of the output.
    func outputSpace(_ space: [Int]) -> [Int] {
        zip(space, kernel).map { size, kernel in
            let reach = dilation * (kernel - 1) + 1
            return isTransposed
                ? (size - 1) * stride + reach : (size + 2 * padding - reach) / stride + 1
        }
    }

    /// x: (inputs, space…) of one sample; returns (outputs, outputSpace…).
    func callAsFunction(
        _ x: [Double], space: [Int], weights: [Double], bias: [Double],
        paddingValues: [Double]? = nil
    ) -> [Double] {
        let outputSpace = outputSpace(space)
        let (size, outputSize) = (space.reduce(1, *), outputSpace.reduce(1, *))
        var y = (0..<outputs).flatMap { Array(repeating: bias[$0], count: outputSize) }
        let kernelSize = kernel.reduce(1, *)
        for k in 0..<kernelSize {
            let pairs = pairs(of: position(k, in: kernel), space, outputSpace)
            for row in 0..<shape[0] {
                for column in 0..<shape[1] {
                    let group = row / (shape[0] / groups)
                    let other = group * shape[1] + column
                    let (input, output) = isTransposed ? (row, other) : (other, row)
                    let weight = weights[(row * shape[1] + column) * kernelSize + k]
                    for (source, target) in pairs {
                        let value =
                            source.map { x[input * size + $0] } ?? paddingValues?[input] ?? 0
                        y[output * outputSize + target] += weight * value
                    }
                }
            }
        }
        return y
    }

    /// The input positions that a tap of the kernel takes, nil in the padding, and the output positions
    /// it brings them to.
    private func pairs(of tap: [Int], _ space: [Int], _ outputSpace: [Int]) -> [(Int?, Int)] {
        if isTransposed {
            return (0..<space.reduce(1, *)).map { i in
                let target = zip(position(i, in: space), tap).map { $0 * stride + dilation * $1 }
                return (i, index(target, in: outputSpace)!)
            }
        }
        return (0..<outputSpace.reduce(1, *)).map { o in
            var source = zip(position(o, in: outputSpace), tap).map {
                $0 * stride + dilation * $1 - padding
            }
            if repeatsBorder {
                source = zip(source, space).map { min(max($0, 0), $1 - 1) }
            }
            return (index(source, in: space), o)
        }
    }

    private func position(_ index: Int, in space: [Int]) -> [Int] {
        var rest = index
        return Array(
            space.reversed().map { size -> Int in
                defer { rest /= size }
                return rest % size
            }.reversed())
    }

    /// nil outside the space.
    private func index(_ position: [Int], in space: [Int]) -> Int? {
        var index = 0
        for (at, size) in zip(position, space) {
            guard (0..<size).contains(at) else { return nil }
            index = index * size + at
        }
        return index
    }
}
