/// A = Σ g and B = Σ g · x̂ of one lane.
struct LaneGradientSums: LaneSums {
    var gradient = 0.0
    var gradientTimesNormalized = 0.0

    var areFinite: Bool { gradient.isFinite && gradientTimesNormalized.isFinite }

    mutating func merge(_ other: LaneGradientSums) {
        gradient += other.gradient
        gradientTimesNormalized += other.gradientTimesNormalized
    }
}
