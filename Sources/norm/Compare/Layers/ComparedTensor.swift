import Normalization
import SeededRandom

/// The tensor of a comparison, and the numbers that its layers are made of: the same in every run.
struct ComparedTensor<Element: ComparedElement> {
    let geometry: Geometry
    let x: [Element]
    /// A seeded normal ∂y: one of equal numbers would make ∂x zero.
    let gradient: [Element]
    /// The statistics of the batch, by the reference engine.
    let statistics: BatchStatistics
    /// γ around 1, as if trained.
    private let gammas: [Element.Arithmetic]
    /// β around 0, as if trained.
    private let betas: [Element.Arithmetic]

    init(_ x: [Element], geometry: Geometry, statistics: BatchStatistics) {
        self.geometry = geometry
        self.x = x
        self.statistics = statistics
        var generator = SplitMix64(seed: 3)
        let numbers: [Double] = generator.normal(count: x.count)
        gradient = numbers.map { Element($0) }
        var parameters = SplitMix64(seed: 2)
        gammas = parameters.normal(count: geometry.channels).map { 1 + $0 / 8 }
        betas = parameters.normal(count: geometry.channels)
    }

    func gamma(_ layer: ComparedLayer) -> AffineParameter<Element.Arithmetic> {
        switch layer {
        case .weightShared, .parameterShared: .shared(gammas[0])
        default: .perChannel(gammas)
        }
    }

    func beta(_ layer: ComparedLayer) -> AffineParameter<Element.Arithmetic> {
        layer == .parameterShared ? .shared(betas[0]) : .perChannel(betas)
    }

    /// γ and β of each channel of each sample.
    var perSample: (gammas: [Element.Arithmetic], betas: [Element.Arithmetic]) {
        let count = geometry.channels * geometry.shape[0]
        var generator = SplitMix64(seed: 5)
        return (
            generator.normal(count: count).map { 1 + $0 / 8 }, generator.normal(count: count)
        )
    }

    /// 32 groups, or the most that the channels fall into.
    var groups: Int {
        (1...min(32, geometry.channels)).last { geometry.channels % $0 == 0 } ?? 1
    }

    /// Of each sample from half to all of its positions; where channels lie on the first axis, or samples
    /// have one position, three of four.
    func mask() throws(NormalizationError) -> PositionMask {
        let axis = geometry.channelAxis == 1 ? 2 : 1
        guard geometry.channelAxis > 0, axis < geometry.shape.count, geometry.shape[axis] > 1
        else {
            return try PositionMask(
                (0..<geometry.valuesPerChannel).map { $0 % 4 != 3 }, geometry: geometry)
        }
        let most = geometry.shape[axis]
        var generator = SplitMix64(seed: 6)
        return try PositionMask(
            lengths: (0..<geometry.shape[0]).map { _ in
                Int.random(in: (most + 1) / 2...most, using: &generator)
            }, geometry: geometry)
    }
}
