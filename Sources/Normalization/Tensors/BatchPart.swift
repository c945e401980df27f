/// Some consecutive samples of a tensor, read as a tensor of their own.
struct BatchPart: Sendable {
    let geometry: Geometry
    /// Where the part's first element lies in the tensor.
    let start: Int
    let elementsOfTheWhole: Int

    /// The whole tensor.
    init(whole geometry: Geometry) {
        self.geometry = geometry
        start = 0
        elementsOfTheWhole = geometry.channels * geometry.valuesPerChannel
    }

    private init(_ geometry: Geometry, start: Int, of elementsOfTheWhole: Int) {
        self.geometry = geometry
        self.start = start
        self.elementsOfTheWhole = elementsOfTheWhole
    }

    /// The samples in `count` parts, whose sizes differ by at most one, the larger ones first.
    ///
    /// - Parameter count: from 1 to the number of samples; 1 where there are none.
    static func parts(
        of geometry: Geometry, count: Int
    ) throws(NormalizationError) -> [BatchPart] {
        guard count > 1 else { return [BatchPart(whole: geometry)] }
        let samples = geometry.shape[0]
        let sampleSize = geometry.count / samples
        var parts: [BatchPart] = []
        parts.reserveCapacity(count)
        var first = 0
        for index in 0..<count {
            var shape = geometry.shape
            shape[0] = samples / count + (index < samples % count ? 1 : 0)
            parts.append(
                BatchPart(
                    try Geometry(shape, channelAxis: geometry.channelAxis),
                    start: first * sampleSize, of: geometry.count))
            first += shape[0]
        }
        return parts
    }
}
