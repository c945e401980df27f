/// What a drawing network drew at the end of its training, and what it is worth.
package struct Drawing: Sendable, Codable, Equatable {
    /// Some images, class after class, in turn: the ink of each pixel, from 0 to 1.
    package let images: [[Double]]
    /// How many classes there are: image i is of class i modulo so many.
    package let classes: Int
    /// How much images of one class differ, against real ones, whose variety is 1.
    package let variety: Double
    /// The accuracy on real images of a classifier that saw nothing but drawn ones.
    package let lesson: Double
}

/// The two scales of a pixel: that of the data, and from −1 (paper) to 1 (ink), which tanh has.
struct InkScale {
    private let low: Double
    private let high: Double

    /// The scale of a data set, between its smallest and its largest pixel.
    init(_ data: Dataset) {
        low = data.values.min() ?? 0
        high = max(data.values.max() ?? 1, low + 1e-9)
    }

    /// The data with −1 for the smallest pixel and 1 for the largest.
    func signed(_ data: Dataset) -> Dataset {
        let scale = 2 / (high - low)
        return data.transformed(scale: scale, shift: -1 - low * scale)
    }

    /// The pixels of a network's output as those of data.
    func pixels(_ signed: [Float]) -> [Double] {
        signed.map { low + (Double($0) + 1) / 2 * (high - low) }
    }

    /// The ink of pixels of data, from 0 to 1.
    func ink(_ pixels: some Sequence<Double>) -> [Double] {
        pixels.map { min(1, max(0, ($0 - low) / (high - low))) }
    }
}
