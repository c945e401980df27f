// In scope of every block of Swift in the docstrings of Sources.
let x = randomNumbers(32 * 3 * 56 * 56)
let inputs = [x]
let geometry = try Geometry([32, 3, 56, 56])
var layer = try BatchNorm<Float>.standard(channels: 3)
let layers = [(name: "bn1", layer: layer)]
let norm = try BatchNorm<Float>.standard(channels: 64)
let (weights, bias) = (randomNumbers(64 * 3 * 7 * 7), randomNumbers(64))
let (features, g) = (randomNumbers(8 * 64 * 14 * 14), randomNumbers(8 * 64 * 14 * 14))
let (gamma, beta) = (randomNumbers(64), randomNumbers(64))
let (mean, variance) = (randomNumbers(64), randomNumbers(64))
let (rate, gradient): (Float, [Float]) = (0.1, randomNumbers(64))
let model = try SafetensorsFile(contentsOf: "model.safetensors")
