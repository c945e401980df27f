import Normalization

/// README.md: three lines.
func readMe() throws {
    let x = randomNumbers(32 * 3 * 56 * 56)

    var layer = try BatchNorm<Float>.standard(channels: 3)
    let (y, statistics) = try layer.forwardAndCommit(x, shape: [32, 3, 56, 56])  // training
    let z = try layer.inference(x, shape: [32, 3, 56, 56])

    print("training y[0] \(y[0]), inference z[0] \(z[0]), batch mean \(statistics.mean)")
}
