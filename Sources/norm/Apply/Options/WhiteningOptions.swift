import ArgumentParser
import Normalization

/// The options of `norm apply` that whitening has and no other layer.
struct WhiteningOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many adjacent channels are whitened together, for whitening. (default: 16)",
            valueName: "D"))
    var groupSize: Int?

    @Option(
        help: ArgumentHelp(
            "How the matrix is made, for whitening. (default: zca)",
            valueName: "zca|cholesky|newton"))
    var method: WhiteningMethodName?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How often newton iterates. (default: 5)", valueName: "T"))
    var iterations: Int?

    @Option(
        help: ArgumentHelp(
            "The running covariance, for whitening: groups x D x D numbers.",
            valueName: "covariance.npy"))
    var runningCovariance: String?

    /// Throws where one of them is given to another layer, whitening is given what it does not have, or they
    /// contradict each other.
    ///
    /// - Parameter others: the other options of batches that are given, by name.
    func check(of layer: LayerName, beside others: [String]) throws {
        guard layer == .whitening else {
            let own = [
                ("--group-size", groupSize != nil), ("--method", method != nil),
                ("--iterations", iterations != nil),
                ("--running-covariance", runningCovariance != nil),
            ]
            guard let (option, _) = own.first(where: \.1) else { return }
            throw ValidationError("\(option): expected none with --layer \(layer.rawValue)")
        }
        let taken = [
            "--running-mean", "--momentum", "--decay", "--cumulative", "--variance", "--non-finite",
        ]
        if let option = others.first(where: { !taken.contains($0) }) {
            throw ValidationError("\(option): expected none with --layer whitening")
        }
        if others.contains("--running-mean") != (runningCovariance != nil) {
            let (missing, given) =
                runningCovariance == nil
                ? ("--running-covariance", "--running-mean")
                : ("--running-mean", "--running-covariance")
            throw ValidationError("\(missing): expected a file beside \(given), got none")
        }
        if let iterations, method != .newton {
            throw ValidationError(
                "--iterations: expected none without --method newton, got \(iterations)")
        }
    }

    /// The method of the options.
    var whiteningMethod: WhiteningMethod {
        switch method ?? .zca {
        case .zca: .zca
        case .cholesky: .cholesky
        case .newton: .newton(iterations: iterations ?? 5)
        }
    }
}

/// The methods of whitening, by the names that `norm apply` gives them.
enum WhiteningMethodName: String, CaseIterable, ExpressibleByArgument {
    case zca
    case cholesky
    case newton
}
