import Foundation
import Normalization
import NormalizationFiles

// docs/getting-started.md

func firstLayer() throws {
    // Four samples of two features, (N, C) = (4, 2).
    let x: [Float] = [1, 10, 2, 20, 3, 30, 4, 40]
    var layer = try BatchNorm<Float>.standard(channels: 2)
    let (y, statistics) = try layer.forwardAndCommit(x, shape: [4, 2])
    print(y)  // each column has mean 0 and variance 1
    print(statistics.mean)  // [2.5, 25.0]
    print(layer.runningStatistics!.mean)  // [0.25, 2.5]: a tenth of the way from 0
}

func trainingStep() throws {
    let shape = [8, 4, 6, 6]
    let x = randomNumbers(8 * 4 * 6 * 6)
    let target = [Float](x.reversed())
    var layer = try BatchNorm<Float>.standard(channels: 4)

    for step in 1...3 {
        let (y, statistics) = try layer.forwardAndCommit(x, shape: shape)

        // ∂L/∂y of L = ½ Σ (y − target)² / n
        let n = Float(y.count)
        let gradient = zip(y, target).map { ($0 - $1) / n }
        let loss = zip(y, target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / (2 * n)
        print("step \(step): loss \(loss)")

        let gradients = try layer.backward(
            gradient, input: x, normalizedBy: .batch(statistics), shape: shape)

        // γ ← γ − rate · ∂γ, and the same for β; gradients.input goes to the layer before.
        let rate: Float = 0.5
        layer.gamma = .perChannel(
            zip(layer.gamma.values, gradients.gamma!).map { $0 - rate * $1 })
        layer.beta = .perChannel(
            zip(layer.beta.values, gradients.beta!).map { $0 - rate * $1 })
    }
}

func spans() throws {
    let x = randomNumbers(16 * 8 * 32)
    var layer = try BatchNorm<Float>.standard(channels: 8)

    let geometry = try Geometry([16, 8, 32])
    var output = [Float](repeating: 0, count: x.count)
    var y = output.mutableSpan
    let statistics = try layer.forwardAndCommit(x.span, into: &y, geometry: geometry)

    var buffer = x
    var inPlace = buffer.mutableSpan
    try layer.inferenceInPlace(&inPlace, geometry: geometry)

    print(statistics.count, output[0], buffer[0])
}

func layouts() throws {
    let features = try Geometry([128, 30])  // (N, C)
    let sequence = try Geometry([128, 16, 400])  // (N, C, L)
    let image = try Geometry([32, 64, 56, 56])  // (N, C, H, W)
    let channelsLast = try Geometry([32, 56, 56, 64], channelAxis: -1)  // (N, H, W, C)
    let volume = try Geometry([4, 8, 16, 32, 32])  // (N, C, D, H, W)
    for geometry in [features, sequence, image, channelsLast, volume] {
        print(geometry.outer, geometry.channels, geometry.inner)
    }
}

func parallelStatistics() throws {
    let (firstHalf, secondHalf) = (randomNumbers(50 * 6), randomNumbers(70 * 6))
    var layer = try BatchNorm<Float>.standard(channels: 6)

    let first = try BatchStatistics(of: firstHalf.span, geometry: Geometry([50, 6]))
    let second = try BatchStatistics(of: secondHalf.span, geometry: Geometry([70, 6]))
    let whole = try first.merging(second)
    try layer.commit(whole)

    print(whole.count, layer.runningStatistics!.updateCount)
}

func files() throws {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("GettingStarted-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    guard FileManager.default.changeCurrentDirectoryPath(folder.path) else { return }
    try NpyArray(shape: [4, 2], values: [1, 10, 2, 20, 3, 30, 4, 40] as [Float])
        .write(to: "x.npy")

    let x = try NpyArray<Float>(contentsOf: "x.npy")
    var layer = try BatchNorm<Float>.standard(channels: x.shape[1])
    let (y, _) = try layer.forwardAndCommit(x.values, shape: x.shape)
    try NpyArray(shape: x.shape, values: y).write(to: "y.npy")

    print(try NpyArray<Float>(contentsOf: "y.npy").values)
}

func errors() throws {
    var layer = try BatchNorm<Float>.standard(channels: 3)
    do {
        _ = try layer.forwardAndCommit([1, 2, 3], shape: [1, 3])
    } catch {
        print(error)  // expected more than one value per channel when training, got shape [1, 3]
    }
}

// docs/layers.md

func layers() throws {
    let standard = try BatchNorm<Float>.standard(channels: 64)
    let weightShared = try BatchNorm<Float>.weightShared(channels: 64)
    let parameterShared = try BatchNorm<Float>.parameterShared(channels: 64)
    for layer in [standard, weightShared, parameterShared] {
        print(layer.gamma.count + layer.beta.count)  // 128, 65, 2
    }

    let shiftOnly = try BatchNorm<Float>(
        channels: 64, gamma: .absent, beta: .perChannel(Array(repeating: 0, count: 64)),
        runningStatistics: RunningStatistics(channels: 64))
    print(shiftOnly.gamma.count + shiftOnly.beta.count)  // 64
}

// docs/conventions.md

func conventions() throws {
    let torch = try BatchNorm<Float>.standard(channels: 64, preset: .pyTorch)
    let keras = try BatchNorm<Float>.standard(channels: 64, preset: .keras)
    let onnx = try BatchNorm<Float>.standard(channels: 64, preset: .onnx)
    for layer in [torch, keras, onnx] { print(layer.epsilon, layer.runningStatistics!.weight) }

    // torch.nn.BatchNorm2d(64, eps=1e-3, momentum=0.01)
    let custom = try BatchNorm<Float>.standard(
        channels: 64,
        preset: Preset(epsilon: 1e-3, weight: .newWeight(0.01), estimator: .unbiased))

    // torch.nn.BatchNorm2d(64, affine=False, track_running_stats=False)
    let bare = try BatchNorm<Float>(
        channels: 64, gamma: .absent, beta: .absent, runningStatistics: nil)

    print(custom.epsilon, bare.runningStatistics == nil)
}

func cumulative() throws {
    // torch.nn.BatchNorm2d(64, momentum=None)
    let average = try BatchNorm<Float>.standard(
        channels: 64, preset: Preset(epsilon: 1e-5, weight: .cumulative, estimator: .unbiased))

    // keras.layers.BatchNormalization(axis=-1, center=False)
    let withoutShift = try BatchNorm<Float>(
        channels: 64, gamma: .perChannel(Array(repeating: 1, count: 64)), beta: .absent,
        epsilon: Preset.keras.epsilon,
        runningStatistics: RunningStatistics(
            channels: 64, weight: Preset.keras.weight, estimator: Preset.keras.estimator))

    // One ONNX BatchNormalization node with stored numbers
    let stored = try BatchNorm<Float>(
        channels: 2, gamma: .perChannel([1.5, 0.5]), beta: .perChannel([0, 1]),
        epsilon: Preset.onnx.epsilon,
        runningStatistics: RunningStatistics(
            mean: [0.3, -0.2], variance: [1.1, 0.7], weight: Preset.onnx.weight,
            estimator: Preset.onnx.estimator))

    print(average.gamma.count, withoutShift.beta.count, stored.channels)
}
