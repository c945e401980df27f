import Normalization
import NormalizationFiles

/// The numbers of a normalization, and what is wrong with them.
struct LayerHealth {
    let kind: LayerKind
    let gamma: [Double]?
    let beta: [Double]?
    /// μ and σ² that inference normalizes with; none where the layer takes those of its input.
    let running: (mean: [Double], variance: [Double])?
    let updates: Int?
    let epsilon: Double
    /// The type that the layer computes with.
    let type: SafetensorsType

    private(set) var findings: [Finding] = []

    init(
        kind: LayerKind, gamma: [Double]?, beta: [Double]?,
        running: (mean: [Double], variance: [Double])? = nil, updates: Int? = nil,
        epsilon: Double = 0, type: SafetensorsType = .float32
    ) {
        (self.kind, self.gamma, self.beta) = (kind, gamma, beta)
        (self.running, self.updates) = (running, updates)
        (self.epsilon, self.type) = (epsilon, type)
        let given = [
            ("gammas", gamma), ("betas", beta), ("running means", running?.mean),
            ("running variances", running?.variance),
        ]
        for case (let name, let values?) in given {
            add(.wrong, .notFinite, values, name, "not finite") { !values[$0].isFinite }
        }
        if let gamma { checkGamma(gamma) }
        guard let running else { return }
        checkVariance(running.variance)
        checkMean(running.mean, running.variance)
        checkScale(gamma, running.variance)
        checkStart(running.mean, running.variance)
    }

    /// √(running variance + ε) of each channel.
    var deviations: [Double]? {
        running.map { $0.variance.map { ($0 + epsilon).squareRoot() } }
    }

    /// A gamma at or below this part of what is usual in its layer, or of its own beta, moves nothing.
    static let deadShare = 0x1p-20

    private mutating func checkGamma(_ gamma: [Double]) {
        guard gamma.contains(where: { $0 != 0 }) else {
            // What others store of their gammas may be the distance from one.
            let isSure = kind == .batch || kind == .group
            let which = gamma.count == 1 ? "its gamma is" : "all \(gamma.count) gammas are"
            let hope = isSure ? "" : ": dead, unless the model adds one to them, as Gemma does"
            findings.append(
                Finding(
                    level: isSure ? .wrong : .warning, check: .deadChannel,
                    message: "\(which) zero\(hope)", channels: Array(gamma.indices)))
            return
        }
        let usual = Quantiles(gamma.map(abs))?.median ?? 0
        let beta = beta.flatMap { $0.count == gamma.count ? $0 : nil }
        add(.warning, .deadChannel, gamma, "gammas", "zero, or as good as zero") {
            abs(gamma[$0]) <= max(usual, abs(beta?[$0] ?? 0)) * Self.deadShare
        }
    }

    private mutating func checkVariance(_ variance: [Double]) {
        let epsilon = epsilon
        add(.wrong, .negativeVariance, variance, "running variances", "negative") {
            variance[$0] < 0
        }
        let isConstant = variance.allSatisfy { $0 == 0 }
        add(
            isConstant ? .wrong : .warning, .zeroVariance, variance, "running variances",
            "zero: the channel never varied"
        ) { variance[$0] == 0 }
        add(
            .warning, .tinyVariance, variance, "running variances",
            "below a thousandth of epsilon, which decides the scale"
        ) { variance[$0] > 0 && variance[$0] < epsilon / 1000 }
        add(.warning, .hugeVariance, variance, "running variances", "above 1e8") {
            variance[$0] > 1e8 && variance[$0].isFinite
        }
    }

    private mutating func checkMean(_ mean: [Double], _ variance: [Double]) {
        let epsilon = epsilon
        add(
            .warning, .farMean, mean, "running means",
            "more than a thousand deviations from zero, so that digits are lost"
        ) {
            let deviation = (variance[$0] + epsilon).squareRoot()
            return mean[$0].isFinite && deviation > 0 && abs(mean[$0]) > 1000 * deviation
        }
    }

    /// γ / √(σ² + ε), which a fold multiplies weights by.
    private mutating func checkScale(_ gamma: [Double]?, _ variance: [Double]) {
        let (largest, leastNormal) = type.range
        let scales = variance.indices.map { channel in
            let gamma = gamma.map { $0.count == 1 ? $0[0] : $0[channel] } ?? 1
            return gamma / (variance[channel] + epsilon).squareRoot()
        }
        add(.wrong, .scaleRange, scales, "scales", "beyond the range of \(type.rawValue)") {
            variance[$0] >= 0 && variance[$0].isFinite && abs(scales[$0]) > largest
        }
        add(
            .warning, .subnormalScale, scales, "scales",
            "below the normal numbers of \(type.rawValue)"
        ) { scales[$0] != 0 && abs(scales[$0]) < leastNormal }
    }

    private mutating func checkStart(_ mean: [Double], _ variance: [Double]) {
        if mean.allSatisfy({ $0 == 0 }), variance.allSatisfy({ $0 == 1 }) {
            findings.append(
                Finding(
                    level: .wrong, check: .neverUpdated,
                    message:
                        "its statistics were never updated: all means are 0 and all variances 1"))
        } else if updates == 0 {
            findings.append(
                Finding(
                    level: .warning, check: .neverUpdated,
                    message: "it counts no update, but its statistics have moved"))
        }
    }

    /// One finding of all channels that are bad, if there are any.
    private mutating func add(
        _ level: Finding.Level, _ check: Finding.Check, _ values: [Double], _ noun: String,
        _ what: String, where isBad: (Int) -> Bool
    ) {
        let bad = values.indices.filter(isBad)
        guard let first = bad.first else { return }
        let count =
            bad.count == values.count ? "all \(values.count)" : "\(bad.count) of \(values.count)"
        findings.append(
            Finding(
                level: level, check: check,
                message: "\(count) \(noun) \(bad.count == 1 ? "is" : "are") \(what); "
                    + "the first, of channel \(first), is \(values[first])",
                channels: bad))
    }
}

extension SafetensorsType {
    /// The largest finite number and the least normal one, of those that numbers are read from.
    fileprivate var range: (largest: Double, leastNormal: Double) {
        switch self {
        case .float16: (65504, 0x1p-14)
        case .float64: (.greatestFiniteMagnitude, .leastNormalMagnitude)
        default: (Double(Float.greatestFiniteMagnitude), Double(Float.leastNormalMagnitude))
        }
    }
}
