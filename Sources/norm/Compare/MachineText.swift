import BLAS
import Normalization

/// What measured times depend on: the version, OpenBLAS and its kernels, ours, and what goes past the caches.
enum MachineText {
    static func first(on place: String) -> String {
        let version = OpenBLAS.configuration.split(separator: " ").prefix(2).joined(separator: " ")
        return "norm \(Version.current)\(place): \(version) with its \(OpenBLAS.coreName) kernels, "
            + "fused kernels for \(Engine.instructionSet)."
    }

    /// From which size on stores are non-temporal.
    static var nonTemporal: String {
        "Written past the caches: y of training \(size(.training)), of inference \(size(.inference)) "
            + "(several threads: \(size(.inference, threads: 2))), dx \(size(.backward))."
    }

    private static func size(_ operation: Engine.Operation, threads: Int = 1) -> String {
        let bytes = Engine.nonTemporalSize(for: operation, threads: threads)
        if bytes == .max { return "never" }
        return "above " + (bytes < 1 << 20 ? "\(bytes) B" : "\(bytes >> 20) MiB")
    }
}
