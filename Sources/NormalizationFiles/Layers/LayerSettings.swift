public import Normalization

/// What a file says of a normalization beside its tensors; nil where it says nothing, so that a default
/// holds.
///
/// It stands in the file's metadata under `normalization.` and the layer's name, as words such as
/// `epsilon=0.001 decay=0.99 variance=biased axis=-1 affine=both` or
/// `kind=rms width=2304 epsilon=1e-06 offset=1.0 affine=gamma`. `metadata(prefix:)` of the layers writes it,
/// and `docs/convert_to_safetensors.py` for Keras's layers.
public struct LayerSettings: Equatable, Sendable {
    /// What the layer is; a batch normalization says nothing.
    public var kind: LayerKind?
    /// The number of channels, or of values that are normalized together, which no tensor says where γ and
    /// β are shared or absent.
    public var width: Int?
    /// The number of groups of channels.
    public var groups: Int?
    /// What is added to γ.
    public var scaleOffset: Double?
    /// The number inside the root.
    public var epsilon: Double?
    /// The weight of the new value in the running statistics.
    public var weight: UpdateWeight?
    /// The variance that enters the running one.
    public var estimator: VarianceEstimator?
    /// The axis of the channels; negative counts from the end.
    public var channelAxis: Int?
    /// Whether the layer has γ and β.
    public var affine: (gamma: Bool, beta: Bool)? {
        get { affineName.flatMap { Self.affineNames[$0] } }
        set {
            affineName = newValue.flatMap { wanted in
                Self.affineNames.first { $0.value == wanted }?.key
            }
        }
    }

    private var affineName: String?

    private static let affineNames = [
        "both": (gamma: true, beta: true), "gamma": (true, false), "beta": (false, true),
        "none": (false, false),
    ]

    /// Settings of which nothing is known.
    public init() {}

    /// The key of a layer's settings in the metadata.
    static func key(_ prefix: String) -> String { "normalization.\(prefix)" }

    /// Reads the words of a file; nil where one of them is not understood.
    init?(_ text: String) {
        for word in text.split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return nil }
            let value = parts[1]
            switch parts[0] {
            case "kind" where kind == nil: kind = LayerKind(rawValue: value)
            case "width" where width == nil: width = Int(value)
            case "groups" where groups == nil: groups = Int(value)
            case "epsilon" where epsilon == nil: epsilon = Double(value)
            case "offset" where scaleOffset == nil: scaleOffset = Double(value)
            case "new_weight" where weight == nil: weight = Double(value).map { .newWeight($0) }
            case "decay" where weight == nil: weight = Double(value).map { .decay($0) }
            case "average" where weight == nil: weight = value == "cumulative" ? .cumulative : nil
            case "variance" where estimator == nil: estimator = VarianceEstimator(rawValue: value)
            case "axis" where channelAxis == nil: channelAxis = Int(value)
            case "affine" where affineName == nil:
                affineName = Self.affineNames[value] == nil ? nil : value
            default: return nil
            }
        }
        // A word whose value is none of its kind has left its place empty.
        guard text.split(separator: " ").count == words.count else { return nil }
    }

    /// The words of the settings.
    var text: String { words.joined(separator: " ") }

    private var words: [String] {
        var words: [String] = []
        if let kind { words.append("kind=\(kind.rawValue)") }
        if let width { words.append("width=\(width)") }
        if let groups { words.append("groups=\(groups)") }
        if let epsilon { words.append("epsilon=\(epsilon)") }
        if let scaleOffset { words.append("offset=\(scaleOffset)") }
        switch weight {
        case .newWeight(let weight): words.append("new_weight=\(weight)")
        case .decay(let decay): words.append("decay=\(decay)")
        case .cumulative: words.append("average=cumulative")
        case nil: break
        }
        if let estimator { words.append("variance=\(estimator.rawValue)") }
        if let channelAxis { words.append("axis=\(channelAxis)") }
        if let affineName { words.append("affine=\(affineName)") }
        return words
    }

    /// ε, weight and estimator, those of `defaults` where nothing is said.
    func preset(_ defaults: Preset) -> Preset {
        Preset(
            epsilon: epsilon ?? defaults.epsilon, weight: weight ?? defaults.weight,
            estimator: estimator ?? defaults.estimator)
    }

    /// Whether all that both know is the same.
    public static func == (one: Self, other: Self) -> Bool { one.words == other.words }
}
