import Normalization
import SeededRandom
import Testing
import TrainingStudy

/// Compares the gradients of a layer with central differences of L = Σ r · output, r random.
///
/// With step h = 2⁻¹⁷ a central difference is off by O(h²) ≈ 6e-11 times the third derivative from
/// truncation, and by about u · |L| / h ≈ 1.5e-11 · |L| from rounding (u = 2⁻⁵³). The tolerance is a
/// hundred times the rounding term at the size of L, plus the same relative to the gradient.
func expectGradients(
    of layer: some Layer<Double>, at input: Tensor<Double>, pass: Pass = .training, seed: Int,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    var random = SplitMix64(mixing: seed &+ 77)
    let output = try layer.forward(input, pass)
    let direction = output.values.map { _ in random.normal() }
    let inputGradient = try layer.backward(Tensor(shape: output.shape, values: direction))
    let parameterGradients = layer.parameters.map(\.gradient)

    func loss(_ input: Tensor<Double>) throws -> Double {
        zip(try layer.forward(input, pass).values, direction).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let step = 0x1p-17
    let size = zip(output.values, direction).reduce(1.0) { $0 + abs($1.0 * $1.1) }
    func expect(_ gradient: Double, _ up: Double, _ down: Double, _ what: String) {
        let difference = (up - down) / (2 * step)
        #expect(
            abs(gradient - difference) <= 1.5e-9 * (size + abs(gradient)),
            "\(what), seed \(seed): backward \(gradient), differences \(difference)",
            sourceLocation: sourceLocation)
    }
    for index in input.values.indices {
        var (up, down) = (input, input)
        up.values[index] += step
        down.values[index] -= step
        expect(inputGradient.values[index], try loss(up), try loss(down), "input[\(index)]")
    }
    for (parameter, gradient) in zip(layer.parameters, parameterGradients) {
        for index in parameter.values.indices {
            let value = parameter.values[index]
            parameter.values[index] = value + step
            let up = try loss(input)
            parameter.values[index] = value - step
            let down = try loss(input)
            parameter.values[index] = value
            expect(gradient[index], up, down, "\(parameter.name)[\(index)]")
        }
    }
}

/// A tensor of normal numbers. ReLU and max pooling have corners where differences mean nothing; the
/// seeds are fixed, and none of them puts a value within a step of one.
func randomTensor(_ shape: [Int], seed: Int) -> Tensor<Double> {
    var random = SplitMix64(mixing: seed)
    return Tensor(shape: shape, values: (0..<shape.reduce(1, *)).map { _ in random.normal() })
}
