package import Normalization
import SeededRandom

/// Samples with labels.
package struct Dataset: Sendable {
    /// The elements of all samples, in the order of the labels.
    package var values: [Double]
    /// The shape of one sample: (features), (channels, H, W) or (features, frames).
    package var sampleShape: [Int]
    /// The class of each sample, from 0.
    package var labels: [Int]
    /// The number of classes.
    package var classes: Int
    /// The frames of each sample before its padding; empty where samples are not sequences.
    package var lengths: [Int]

    /// A data set; `values` holds one sample of `sampleShape` for each label.
    package init(
        values: [Double], sampleShape: [Int], labels: [Int], classes: Int, lengths: [Int] = []
    ) {
        precondition(
            values.count == labels.count * sampleShape.reduce(1, *),
            "\(values.count) values, \(labels.count) labels, samples of shape \(sampleShape)")
        precondition(lengths.isEmpty || lengths.count == labels.count)
        self.values = values
        self.sampleShape = sampleShape
        self.labels = labels
        self.classes = classes
        self.lengths = lengths
    }

    /// The number of samples.
    package var count: Int { labels.count }

    /// The samples at `indices`; sequences come longest first.
    package func batch<Scalar: NormalizationScalar>(
        _ indices: some Collection<Int>, isTraining: Bool
    ) -> (input: Tensor<Scalar>, labels: [Int], pass: Pass) {
        let width = sampleShape.reduce(1, *)
        // Equal lengths keep their order, so that the batch does not depend on the sort.
        let order =
            lengths.isEmpty
            ? Array(indices)
            : indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
        let input: [Scalar] = rows(of: values, width, order)
        return (
            Tensor(shape: [order.count] + sampleShape, values: input), order.map { labels[$0] },
            Pass(isTraining: isTraining, lengths: lengths.isEmpty ? [] : order.map { lengths[$0] })
        )
    }

    /// The data split in random order: the first part, and the rest.
    package func split(first count: Int, seed: Int) -> (Dataset, Dataset) {
        var random = SplitMix64(mixing: seed)
        let order = random.permutation(self.count)
        return (subset(order.prefix(count)), subset(order.dropFirst(count)))
    }

    /// The samples at `indices`, in that order.
    package func subset(_ indices: some Collection<Int>) -> Dataset {
        let width = sampleShape.reduce(1, *)
        return Dataset(
            values: indices.flatMap { values[$0 * width..<($0 + 1) * width] },
            sampleShape: sampleShape, labels: indices.map { labels[$0] }, classes: classes,
            lengths: lengths.isEmpty ? [] : indices.map { lengths[$0] })
    }

    /// The same samples with every value times `scale` plus `shift`.
    package func transformed(scale: Double, shift: Double) -> Dataset {
        var result = self
        result.values = values.map { $0 * scale + shift }
        return result
    }

    /// The mean and standard deviation of each feature of samples that are rows of features.
    package var featureMoments: [(mean: Double, deviation: Double)] {
        let width = sampleShape.reduce(1, *)
        return (0..<width).map { feature in
            let column = stride(from: feature, to: values.count, by: width).map { values[$0] }
            let mean = column.reduce(0, +) / Double(column.count)
            let variance =
                column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(column.count)
            return (mean, variance.squareRoot())
        }
    }

    /// The same samples with every feature minus its mean, over its deviation, of `moments`.
    package func standardized(by moments: [(mean: Double, deviation: Double)]) -> Dataset {
        var result = self
        for index in values.indices {
            let (mean, deviation) = moments[index % moments.count]
            result.values[index] = (values[index] - mean) / (deviation > 0 ? deviation : 1)
        }
        return result
    }
}

@specialized(where Scalar == Float)
private func rows<Scalar: NormalizationScalar>(
    of values: [Double], _ width: Int, _ order: [Int]
) -> [Scalar] {
    var rows: [Scalar] = []
    rows.reserveCapacity(order.count * width)
    for index in order {
        for place in index * width..<(index + 1) * width { rows.append(Scalar(values[place])) }
    }
    return rows
}
