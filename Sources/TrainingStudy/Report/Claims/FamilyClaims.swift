/// The claims that the trainings over batch sizes can test.
struct BatchSizeClaims {
    let summary: Summary

    var all: [Claim] {
        let small = ["dense-batch-2", "cnn-batch-2"]
        return small.flatMap(ofSmallBatches).compactMap { $0 }
            + [instance, large, ghost("dense-batch-64"), ghost("cnn-batch-64")].compactMap { $0 }
    }

    private func ofSmallBatches(_ network: String) -> [Claim?] {
        [
            Claim.compare(
                "Small batches harm batch norm: less accurate than no normalization.", .wu, summary,
                network, .none, above: .standard),
            Claim.compare(
                "Group norm is more accurate than batch norm in small batches.", .wu, summary,
                network, .group, above: .standard),
            Claim.compare(
                "Layer norm needs no batch: more accurate than batch norm in small ones.", .ba,
                summary, network, .layer, above: .standard),
            Claim.compare(
                "Batch renormalization is more accurate than batch norm in small batches.",
                .renorm, summary, network, .renormalized, above: .standard),
        ]
    }

    private var instance: Claim? {
        Claim.compare(
            "Group norm is more accurate than instance norm in image classification.", .wu,
            summary, "cnn-batch-32", .group, above: .instance)
    }

    private var large: Claim? {
        Claim.compare(
            "Batch norm is more accurate than group norm where batches are large enough.", .wu,
            summary, "cnn-batch-32", .standard, above: .group)
    }

    private func ghost(_ network: String) -> Claim? {
        Claim.compare(
            "Ghost batches generalize better than the whole batch.", .hoffer, summary, network,
            .ghost, above: .standard)
    }
}

/// The claims that the trainings of self-attention can test.
struct AttentionClaims {
    let summary: Summary

    var all: [Claim] {
        [
            highRates,
            Claim.compare(
                "RMS norm is as accurate as layer norm.", .zhang, summary, "attention", .rms,
                above: .layer, seen: "seen: RMS norm is ahead",
                notSeen: "seen: no difference found", reversed: "not seen: layer norm is ahead"),
            Claim.compare(
                "Layer norm is more accurate than batch norm in transformers.", .shen, summary,
                "attention", .layer, above: .standard),
            Claim.compare(
                "Padding in the statistics harms batch norm.", .keras, summary, "attention",
                .standard, above: .unmasked),
        ].compactMap { $0 }
    }
}

extension AttentionClaims {
    /// Both at the highest learning rate, which is what the claim is of.
    private var highRates: Claim? {
        guard let layer = summary.groups("attention", .layer).last,
            let plain = summary.groups("attention", .none).last
        else { return nil }
        return Claim.compare(
            "Layer norm in front of each layer lets transformers train at high learning rates.",
            .xiong, "attention, rate \(layer.learningRate.short)", layer.accuracy, "layer",
            plain.accuracy, "none")
    }
}

/// The claims that the drawing networks can test.
struct DrawingClaims {
    let summary: Summary

    var all: [Claim] {
        [
            Claim.compare(
                "γ and β of the class draw what is asked for more surely than the class as an input.",
                .devries, summary, "gan", .conditional, above: .standard),
            Claim.compare(
                "Batch norm in the generator helps it to draw what is asked for.", .radford,
                summary,
                "gan", .standard, above: .none),
            variety,
        ].compactMap { $0 }
    }

    private var variety: Claim? {
        guard let standard = summary.best("gan", .standard), let plain = summary.best("gan", .none)
        else { return nil }
        return Claim.compare(
            "Batch norm keeps the generator from drawing one and the same image.", .radford,
            "gan, variety", standard.variety, "standard", plain.variety, "none")
    }
}

extension Group {
    /// How much drawn images of one class differ, of the trainings that drew.
    var variety: Spread { Spread(values: results.compactMap(\.drawing?.variety)) }
    /// What real images a classifier knows that saw drawn ones alone.
    var lesson: Spread { Spread(values: results.compactMap(\.drawing?.lesson)) }
}
