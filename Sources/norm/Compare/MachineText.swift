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
        "Written past the caches: y of inference \(sizes(.inference)), other outputs \(sizes(.training))."
    }

    private static func sizes(_ operation: Engine.Operation) -> String {
        let bytes = Engine.nonTemporalSize(for: operation)
        if bytes == .max { return "never" }
        return "above " + (bytes < 1 << 20 ? "\(bytes) B" : "\(bytes >> 20) MiB")
    }
}
