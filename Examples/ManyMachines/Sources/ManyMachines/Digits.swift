internal import NormalizationFiles

/// Handwritten digits, 8×8 pixels each, in two parts: to train on and to test with.
public struct Digits: Sendable {
    let training: [Int]
    let test: [Int]
    private let pixels: [Double]
    private let labels: [Int]

    /// The digits of a folder with `digits.npy` and `digits_labels.npy`.
    public init(folder: String) throws {
        let images = try NpyArray<Float>(contentsOf: "\(folder)/digits.npy")
        // From 0…16 to about −1…1.
        pixels = images.values.map { Double($0) / 8 - 1 }
        labels = try NpyArray<Int32>(contentsOf: "\(folder)/digits_labels.npy").values.map {
            Int($0)
        }
        var random = Random(seed: 1)
        let order = Array(labels.indices).shuffled(using: &random)
        (training, test) = (Array(order.dropLast(397)), Array(order.suffix(397)))
    }

    /// Some digits as (N, 8, 8, 1), with their classes.
    func batch(_ indices: some Collection<Int>) -> (input: Tensor, labels: [Int]) {
        (
            Tensor(
                shape: [indices.count, 8, 8, 1],
                values: indices.flatMap { pixels[$0 * 64..<($0 + 1) * 64] }),
            indices.map { labels[$0] }
        )
    }
}
