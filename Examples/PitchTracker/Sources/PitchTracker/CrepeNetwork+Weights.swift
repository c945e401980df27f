internal import Foundation
internal import Normalization
internal import NormalizationFiles

extension CrepeNetwork {
    /// ε of every batch normalization of the network.
    private static let epsilon = 0.0010000000474974513

    private static let plans = [
        plan(inputs: 1, outputs: 128, kernel: 512, stride: 4, padding: 254, length: 1024),
        plan(inputs: 128, outputs: 16, length: 128), plan(inputs: 16, outputs: 16, length: 64),
        plan(inputs: 16, outputs: 16, length: 32), plan(inputs: 16, outputs: 32, length: 16),
        plan(inputs: 32, outputs: 64, length: 8),
    ]

    private static func plan(
        inputs: Int, outputs: Int, kernel: Int = 64, stride: Int = 1, padding: Int = 31, length: Int
    ) -> Convolution.Plan {
        Convolution.Plan(
            inputChannels: inputs, outputChannels: outputs, kernel: kernel, stride: stride,
            padding: padding, inputLength: length)
    }

    /// The network with the weights that come with this package.
    ///
    /// - Parameter folded: Whether every batch normalization is folded into the layer after it.
    /// - Throws: ``PitchError/missingWeights``, or as ``init(weights:folded:)``.
    public init(folded: Bool = false) throws(PitchError) {
        guard
            let url = Bundle.module.url(
                forResource: "crepe-tiny", withExtension: "safetensors", subdirectory: "Resources")
        else { throw .missingWeights }
        try self.init(weights: url.path, folded: folded)
    }

    /// The network with the weights of a `.safetensors` file, under the names of torchcrepe's
    /// PyTorch module: `conv1.weight`, `conv1_BN.running_mean`, … `classifier.bias`.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - folded: whether every batch normalization is folded into the layer after it. It stands
    ///     before max pooling, with which it changes places only where every γ is positive; one
    ///     with another γ stays.
    /// - Throws: ``PitchError/file(_:)`` for a file that cannot be read or lacks a tensor,
    ///   ``PitchError/weightShape(tensor:expected:found:)``, ``PitchError/normalization(_:)``,
    ///   ``PitchError/folding(_:)``.
    public init(weights path: String, folded: Bool = false) throws(PitchError) {
        let file = try WeightFile(path)
        var layers: [Layer] = []
        // The normalization before the layer at hand that is to be folded into it.
        var pending: BatchNorm<Float>?
        for (index, plan) in CrepeNetwork.plans.enumerated() {
            let name = "conv\(index + 1)"
            let shape = [plan.outputChannels, plan.inputChannels, plan.kernel, 1]
            var weight = try file.values("\(name).weight", shape)
            var bias = try file.values("\(name).bias", [plan.outputChannels])
            var paddingValues: [Float]?
            if let normalization = pending {
                (weight, bias, paddingValues) = try wrappingFoldingErrors {
                    () throws(FoldingError) in
                    // The zeros around the normalized tensor become what normalizes to zero.
                    try normalization.folded(
                        before: .convolution(shape), weights: weight, bias: bias,
                        padding: .valuesNormalizingToZero)
                }
            }
            let normalization = try file.normalization(
                "\(name)_BN", channels: plan.outputChannels, epsilon: CrepeNetwork.epsilon)
            pending =
                folded && normalization.gamma.values.allSatisfy { $0 > 0 } ? normalization : nil
            layers.append(
                Layer(
                    convolution: Convolution(
                        plan, pyTorchWeight: weight, bias: bias, paddingValues: paddingValues),
                    normalization: pending == nil ? normalization : nil))
        }
        self.layers = layers
        dense = try CrepeNetwork.dense(from: file, after: pending)
    }

    /// The dense layer, with `normalization`, if any, folded into it.
    private static func dense(
        from file: WeightFile, after normalization: BatchNorm<Float>?
    ) throws(PitchError) -> Dense {
        let (times, channels, outputs) = (4, 64, PitchEstimate.bins)
        let inputs = times * channels
        var weight = try file.values("classifier.weight", [outputs, inputs])
        var bias = try file.values("classifier.bias", [outputs])
        if let normalization {
            // Its inputs are channels side by side, time after time: each time has the same
            // normalization, and there is no padding.
            let repeated = try wrappingNormalizationErrors { () throws(NormalizationError) in
                try normalization.repeated(times)
            }
            (weight, bias) = try wrappingFoldingErrors { () throws(FoldingError) in
                let folded = try repeated.folded(
                    before: .dense([outputs, inputs]), weights: weight, bias: bias)
                return (folded.weights, folded.bias)
            }
        }
        return Dense(inputs: inputs, outputs: outputs, weight: weight, bias: bias)
    }
}

extension BatchNorm<Float> {
    /// The normalization of `count` times the channels, the same ones again and again.
    fileprivate func repeated(_ count: Int) throws(NormalizationError) -> BatchNorm {
        func repeated<Number>(_ numbers: [Number]) -> [Number] {
            (0..<count).flatMap { _ in numbers }
        }
        guard let runningStatistics else { throw .noRunningStatistics }
        return try BatchNorm(
            channels: count * channels, gamma: .perChannel(repeated(gamma.values)),
            beta: .perChannel(repeated(beta.values)), epsilon: epsilon,
            runningStatistics: RunningStatistics(
                mean: repeated(runningStatistics.mean),
                variance: repeated(runningStatistics.variance)))
    }
}

/// A `.safetensors` file whose tensors must have the shapes that are asked for.
private struct WeightFile {
    private let file: SafetensorsFile

    init(_ path: String) throws(PitchError) {
        file = try wrappingFileErrors { () throws(FileError) in
            try SafetensorsFile(contentsOf: path)
        }
    }

    func values(_ name: String, _ shape: [Int]) throws(PitchError) -> [Float] {
        let values = try wrappingFileErrors { () throws(FileError) in
            try file.values(of: name, as: Float.self)
        }
        let found = file.entry(named: name)?.shape ?? []
        guard found == shape else {
            throw .weightShape(tensor: name, expected: shape, found: found)
        }
        return values
    }

    func normalization(
        _ name: String, channels: Int, epsilon: Double
    ) throws(PitchError) -> BatchNorm<Float> {
        let gamma = try values("\(name).weight", [channels])
        let beta = try values("\(name).bias", [channels])
        let mean = try values("\(name).running_mean", [channels])
        let variance = try values("\(name).running_var", [channels])
        return try wrappingNormalizationErrors { () throws(NormalizationError) in
            // One thread: the tracker spreads groups of frames over the cores.
            try BatchNorm(
                channels: channels, gamma: .perChannel(gamma), beta: .perChannel(beta),
                epsilon: epsilon,
                runningStatistics: RunningStatistics(
                    mean: mean.map { Double($0) }, variance: variance.map { Double($0) }),
                threadLimit: 1)
        }
    }
}
