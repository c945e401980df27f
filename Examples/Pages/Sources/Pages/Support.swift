import Foundation
import Normalization
import NormalizationFiles

/// Runs the blocks of the pages, in a folder of their own.
@main
enum Pages {
    static func main() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "Pages-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        guard FileManager.default.changeCurrentDirectoryPath(folder.path) else {
            throw CocoaError(.fileNoSuchFile)
        }
        for block in blocks {
            print("== \(block.name)")
            do {
                try block.run()
            } catch {
                print("\(block.name): error: \(error)")
                throw error
            }
        }
    }
}

/// Numbers from −1 to 1, the same in every run.
func randomNumbers(_ count: Int) -> [Float] {
    var state: UInt64 = 2026
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
    }
}

/// Writes the files that docs/inference.md has from PyTorch and Keras.
func writeModels() throws {
    var layer = try BatchNorm<Float>.standard(channels: 8)
    let shape = [1, 8, 10, 10]
    let x = randomNumbers(shape.reduce(1, *))
    _ = try layer.forwardAndCommit(x, shape: shape)
    let convolution = try [
        SafetensorsTensor(name: "0.weight", shape: [8, 3, 3, 3], values: randomNumbers(216)),
        SafetensorsTensor(name: "0.bias", shape: [8], values: randomNumbers(8)),
    ]
    try SafetensorsFile.write(
        convolution + layer.tensors(prefix: "1") + layer.tensors(prefix: "features.3"),
        to: "model.safetensors")
    try SafetensorsFile.write(
        [
            SafetensorsTensor(name: "x", shape: shape, values: x),
            SafetensorsTensor(
                name: "y", shape: shape, values: try layer.inference(x, shape: shape)),
        ], to: "answers.safetensors")
    let keras = try BatchNorm<Float>.standard(channels: 4, preset: .keras)
    try SafetensorsFile.write(
        keras.tensors(prefix: "sequential.bn", names: .keras), to: "keras.safetensors")
}

/// Writes the files that docs/inference.md has of a transformer.
func writeTransformer() throws {
    let names = (0..<4).map { "model.layers.\($0).input_layernorm" } + ["model.norm"]
    let gamma = randomNumbers(64)
    try SafetensorsFile.write(
        names.map { try SafetensorsTensor(name: "\($0).weight", shape: [64], values: gamma) },
        to: "transformer.safetensors")
    let x = randomNumbers(2 * 10 * 64)
    let layer = try RMSNorm<Float>(width: 64, gamma: .perChannel(gamma), epsilon: 1e-5)
    let y = try layer.inference(x, shape: [2, 10, 64])
    try SafetensorsFile.write(
        [
            SafetensorsTensor(name: "x", shape: [2, 10, 64], values: x),
            SafetensorsTensor(name: "y", shape: [2, 10, 64], values: y),
        ], to: "answers.safetensors")
}
