/// What training changes, with the gradient of the last backward pass: a sum over the rank's own samples.
final class Parameter {
    var values: [Double]
    var gradient: [Double]
    var velocity: [Double]

    init(_ values: [Double]) {
        self.values = values
        gradient = Array(repeating: 0, count: values.count)
        velocity = gradient
    }
}

/// A step of a network. `forward` keeps what `backward` needs.
protocol Layer: AnyObject {
    var parameters: [Parameter] { get }
    func forward(_ input: Tensor, isTraining: Bool) throws -> Tensor
    func backward(_ gradient: Tensor) throws -> Tensor
}

extension Layer {
    var parameters: [Parameter] { [] }
}

/// A 3×3 convolution of (N, H, W, C) images with a border of zeros: one gemm over the patches of all samples.
final class Convolution: Layer {
    private let inputs: Int
    private let outputs: Int
    private let weight: Parameter
    private var patches: [Double] = []
    private var inputShape: [Int] = []

    init(inputs: Int, outputs: Int, _ random: inout Random) {
        (self.inputs, self.outputs) = (inputs, outputs)
        weight = Parameter(random.weights(9 * inputs * outputs, fanIn: 9 * inputs))
    }

    var parameters: [Parameter] { [weight] }

    func forward(_ input: Tensor, isTraining: Bool) -> Tensor {
        var patches = [Double](repeating: 0, count: input.values.count * 9)
        forEachTap(of: input.shape) { patch, pixel in
            for c in 0..<inputs { patches[patch + c] = input.values[pixel + c] }
        }
        if isTraining { (self.patches, inputShape) = (patches, input.shape) }
        let pixels = input.values.count / inputs
        return Tensor(
            shape: input.shape.dropLast() + [outputs],
            values: product(patches, weight.values, m: pixels, n: outputs, k: 9 * inputs))
    }

    func backward(_ gradient: Tensor) -> Tensor {
        let pixels = gradient.values.count / outputs
        weight.gradient = product(
            patches, gradient.values, transposingA: true, m: 9 * inputs, n: outputs, k: pixels)
        let columns = product(
            gradient.values, weight.values, transposingB: true, m: pixels, n: 9 * inputs,
            k: outputs)
        var result = Tensor(zeros: inputShape)
        forEachTap(of: inputShape) { patch, pixel in
            for c in 0..<inputs { result.values[pixel + c] += columns[patch + c] }
        }
        return result
    }

    /// Where each pixel's channels stand in the patches that see it.
    private func forEachTap(of shape: [Int], _ body: (_ patch: Int, _ pixel: Int) -> Void) {
        let (height, width) = (shape[1], shape[2])
        for sample in 0..<shape[0] {
            for y in 0..<height {
                for x in 0..<width {
                    let patch = ((sample * height + y) * width + x) * 9
                    for tap in 0..<9 {
                        let (row, column) = (y + tap / 3 - 1, x + tap % 3 - 1)
                        guard 0..<height ~= row, 0..<width ~= column else { continue }
                        body(
                            (patch + tap) * inputs,
                            ((sample * height + row) * width + column) * inputs)
                    }
                }
            }
        }
    }
}

/// max(x, 0)
final class ReLU: Layer {
    private var isPositive: [Bool] = []

    func forward(_ input: Tensor, isTraining: Bool) -> Tensor {
        if isTraining { isPositive = input.values.map { $0 > 0 } }
        return Tensor(shape: input.shape, values: input.values.map { max($0, 0) })
    }

    func backward(_ gradient: Tensor) -> Tensor {
        Tensor(
            shape: gradient.shape,
            values: gradient.values.indices.map { isPositive[$0] ? gradient.values[$0] : 0 })
    }
}

/// The mean of each square of 2×2 pixels.
final class Pooling: Layer {
    private var inputShape: [Int] = []

    func forward(_ input: Tensor, isTraining: Bool) -> Tensor {
        inputShape = input.shape
        let (height, width) = (input.shape[1] / 2, input.shape[2] / 2)
        var output = Tensor(zeros: [input.shape[0], height, width, input.shape[3]])
        forEachPixel { pooled, pixel in output.values[pooled] += input.values[pixel] / 4 }
        return output
    }

    func backward(_ gradient: Tensor) -> Tensor {
        var result = Tensor(zeros: inputShape)
        forEachPixel { pooled, pixel in result.values[pixel] = gradient.values[pooled] / 4 }
        return result
    }

    private func forEachPixel(_ body: (_ pooled: Int, _ pixel: Int) -> Void) {
        let (height, width, channels) = (inputShape[1], inputShape[2], inputShape[3])
        for pixel in 0..<inputShape.reduce(1, *) {
            let (place, c) = pixel.quotientAndRemainder(dividingBy: channels)
            let (line, x) = place.quotientAndRemainder(dividingBy: width)
            let (sample, y) = line.quotientAndRemainder(dividingBy: height)
            body(
                ((sample * (height / 2) + y / 2) * (width / 2) + x / 2) * channels + c, pixel)
        }
    }
}

/// A matrix and a bias for each sample.
final class Dense: Layer {
    private let inputs: Int
    private let outputs: Int
    private let weight: Parameter
    private let bias: Parameter
    private var input = Tensor(zeros: [0])

    init(inputs: Int, outputs: Int, _ random: inout Random) {
        (self.inputs, self.outputs) = (inputs, outputs)
        weight = Parameter(random.weights(inputs * outputs, fanIn: 2 * inputs))
        bias = Parameter(Array(repeating: 0, count: outputs))
    }

    var parameters: [Parameter] { [weight, bias] }

    func forward(_ input: Tensor, isTraining: Bool) -> Tensor {
        if isTraining { self.input = input }
        let samples = input.shape[0]
        var output = product(input.values, weight.values, m: samples, n: outputs, k: inputs)
        for index in output.indices { output[index] += bias.values[index % outputs] }
        return Tensor(shape: [samples, outputs], values: output)
    }

    func backward(_ gradient: Tensor) -> Tensor {
        let samples = gradient.shape[0]
        weight.gradient = product(
            input.values, gradient.values, transposingA: true, m: inputs, n: outputs, k: samples)
        bias.gradient = Array(repeating: 0, count: outputs)
        for (index, value) in gradient.values.enumerated() {
            bias.gradient[index % outputs] += value
        }
        return Tensor(
            shape: input.shape,
            values: product(
                gradient.values, weight.values, transposingB: true, m: samples, n: inputs,
                k: outputs))
    }
}
