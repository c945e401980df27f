import BLAS
import Normalization

/// What measured times depend on: the version, OpenBLAS and its kernels, ours, and what goes past the caches.
enum MachineText {
    /// The versions and kernels, and what helps where they are old.
    static func kernels(on place: String) -> String {
        [first(on: place), advice(openBLAS: OpenBLAS.coreName, fused: Engine.instructionSet)]
            .compactMap(\.self).joined(separator: "\n")
    }

    private static func first(on place: String) -> String {
        let version = OpenBLAS.configuration.split(separator: " ").prefix(2).joined(separator: " ")
        return "norm \(Version.current)\(place): \(version) with its \(OpenBLAS.coreName) kernels, "
            + "fused kernels for \(Engine.instructionSet)."
    }

    /// From which size on stores are non-temporal.
    static var nonTemporal: String {
        "Written past the caches: y of training \(size(.training)), of inference \(size(.inference)) "
            + "(several threads: \(size(.inference, threads: 2))), dx \(size(.backward))."
    }

    /// What helps where OpenBLAS, older than the processor, has fallen back to kernels of SSE3: people who install a
    /// distribution's OpenBLAS on a new server would not know.
    static func advice(openBLAS core: String, fused instructionSet: String) -> String? {
        guard core == "Prescott", let wider = widerKernels[instructionSet] else { return nil }
        return "OpenBLAS runs kernels for Prescott (2004), "
            + "as where it does not know the processor;\nOPENBLAS_CORETYPE=\(wider) chooses others."
    }

    /// OpenBLAS's kernels for the instruction set that ours were chosen for.
    private static let widerKernels = ["avx512": "SkylakeX", "avx2": "Haswell"]

    private static func size(_ operation: Engine.Operation, threads: Int = 1) -> String {
        let bytes = Engine.nonTemporalSize(for: operation, threads: threads)
        if bytes == .max { return "never" }
        return "above " + (bytes < 1 << 20 ? "\(bytes) B" : "\(bytes >> 20) MiB")
    }
}
