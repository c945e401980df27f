import ArgumentParser
import Normalization

extension LayerOptions {
    /// Throws where options contradict each other or the mode, or a number is out of its range.
    func check(_ mode: Mode) throws {
        try checkLayer()
        try check(
            !mode.isBackward || gradient != nil,
            "--gradient: expected a file in mode \(mode.rawValue), got none")
        try check(
            mode.isBackward || gradient == nil,
            "--gradient: expected none in mode \(mode.rawValue), got \(gradient ?? "")")
        try checkWeights()
        try check(
            batch.runningMean == nil || batch.runningVariance != nil || layer == .whitening,
            "--running-variance: expected a file beside --running-mean, got none")
        try check(
            batch.runningVariance == nil || batch.runningMean != nil,
            "--running-mean: expected a file beside --running-variance, got none")
        try checkNumbers(mode)
        try checkVariant(mode)
    }

    private func check(_ condition: Bool, _ message: @autoclosure () -> String) throws {
        if !condition { throw ValidationError(message()) }
    }

    /// Throws where there is an option that the layer does not have, or not one that it needs.
    private func checkLayer() throws {
        try whitening.check(
            of: layer, beside: batch.given + (weights.weights == nil ? [] : ["--weights"]))
        if !layer.hasBatch, let option = batch.given.first {
            throw ValidationError(
                "\(option): expected none with --layer \(layer.rawValue), which has no statistics of a "
                    + "batch")
        }
        try check(
            layer != .group || groups != nil || weights.weights != nil,
            "--groups: expected a number with --layer group, got none")
        let others: [(String, String?, takes: Bool, String)] = [
            ("--groups", groups.map { "\($0)" }, layer == .group, ""),
            (
                "--axes", axes.map { "\($0)" }, layer.hasRows,
                ": it normalizes channels, see --channel-axis"
            ),
            (
                "--channel-axis", channelAxis.map { "\($0)" }, !layer.hasRows,
                ": it normalizes the last axes, see --axes"
            ),
            ("--residual", residual, layer.hasRows, ": it is added before layer and rms alone"),
        ]
        for (option, value, takes, why) in others where !takes {
            if let value {
                throw ValidationError(
                    "\(option): expected none with --layer \(layer.rawValue), got \(value)\(why)")
            }
        }
        if let preset, !layer.presets.contains(preset) {
            throw ValidationError(
                "--preset: expected \(layer.presets.map(\.rawValue).joined(separator: ", ")) with "
                    + "--layer \(layer.rawValue), got \(preset.rawValue)")
        }
    }

    /// Throws where a file of weights and other options both give a part of the layer.
    private func checkWeights() throws {
        try check(
            weights.prefix == nil || weights.weights != nil,
            "--prefix: expected --weights beside it, got \(weights.prefix ?? "") alone")
        guard let file = weights.weights else { return }
        let parts = [
            ("--gamma", gamma), ("--beta", beta), ("--running-mean", batch.runningMean),
            ("--running-variance", batch.runningVariance),
        ]
        for (option, value) in parts {
            if let value {
                throw ValidationError(
                    "\(option): expected none beside --weights \(file), got \(value)")
            }
        }
    }

    private func checkNumbers(_ mode: Mode) throws {
        if let epsilon {
            try check(
                epsilon.isFinite && (epsilon > 0 || (layer == .batch && !mode.isTraining)),
                "--epsilon: expected a finite number above 0, got \(epsilon)")
        }
        if let scaleOffset {
            try check(
                scaleOffset.isFinite,
                "--scale-offset: expected a finite number, got \(scaleOffset)")
        }
        try check(
            [batch.momentum != nil, batch.decay != nil, batch.cumulative != nil]
                .count(where: \.self) < 2,
            "--momentum, --decay, --cumulative: expected at most one, got several")
        for (option, value) in [("--momentum", batch.momentum), ("--decay", batch.decay)] {
            guard let value else { continue }
            try check(
                (0...1).contains(value), "\(option): expected a number from 0 to 1, got \(value)")
        }
        for (option, value) in [
            ("--cumulative", batch.cumulative), ("--threads", threads), ("--ghost", batch.ghost),
        ] {
            guard let value else { continue }
            try check(value > 0, "\(option): expected a number from 1 on, got \(value)")
        }
    }

    /// Throws where it is not clear what statistics are made of.
    private func checkVariant(_ mode: Mode) throws {
        try check(
            batch.maskedOutput == nil || batch.mask != nil,
            "--masked-output: expected --mask beside it, got none")
        let variants = [
            ("--mask", batch.mask), ("--renorm", batch.renorm),
            ("--ghost", batch.ghost.map { "\($0)" }),
        ].filter { $0.1 != nil }
        if variants.count > 1 {
            throw ValidationError(
                "\(variants[1].0): expected none beside \(variants[0].0), got \(variants[1].1 ?? "")"
            )
        }
        for (option, value) in variants where option != "--mask" && !mode.isTraining {
            throw ValidationError(
                "\(option): expected mode training or backward, got \(value ?? "") in mode "
                    + mode.rawValue)
        }
        guard let renorm = batch.renorm else { return }
        try check(
            batch.limits != nil,
            "--renorm: expected RMAX,DMAX such as 3,5, RMAX from 1 on and DMAX from 0 on, got "
                + "'\(renorm)'")
        try check(
            batch.runningMean != nil || batch.weight != nil || weights.weights != nil,
            "--renorm: expected running statistics to go toward, --running-mean and "
                + "--running-variance, or --momentum, --decay or --cumulative to start them, got none"
        )
    }
}
