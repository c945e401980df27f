/// The engine that does the work: the same numbers, at different speeds.
public enum Engine: String, Sendable, CaseIterable, Codable {
    /// For each call the engine that measured fastest: see ``chosen(for:of:)-(_,Geometry)``.
    case automatic
    /// Single-pass vector kernels for AVX-512, AVX2 or the baseline, chosen at run time.
    case fused
    /// OpenBLAS calls on cache-sized blocks, spread over the cores.
    case blas
    /// Scalar loops in `Double`, straight from the formulas: the judge of the others.
    case reference

    /// The engine a layer has when none is named.
    public static let `default` = Engine.automatic

    /// What a call computes.
    public enum Operation: String, Sendable, CaseIterable {
        /// Training forward: statistics, then y.
        case training
        /// Inference: y with given statistics.
        case inference
        /// Backward: sums, then ∂x.
        case backward

        /// How its output comes about.
        var walk: CacheSizes.Walk {
            switch self {
            case .training: .afterSums(tensors: 1)
            case .inference: .map
            case .backward: .afterSums(tensors: 2)
            }
        }
    }

    /// The engine that runs for a tensor of this geometry: `self`, unless that is `automatic`.
    ///
    /// Measured over planes of 1 to 12,544 values, tensors of 1 KB to 103 MB, both element types and
    /// both layouts, the fused kernels were fastest or within the noise of the fastest for every
    /// operation (docs/performance.md, "Which engine runs").
    ///
    /// - Parameters:
    ///   - operation: what is computed.
    ///   - geometry: how the tensors are read.
    public func chosen(for operation: Operation, of geometry: Geometry) -> Engine {
        chosen(for: operation, of: Partition(channelsOf: geometry))
    }

    private func chosen(for operation: Operation, of partition: Partition) -> Engine {
        self == .automatic ? .fused : self
    }

    /// The engine that runs for rows of this geometry: `self`, unless that is `automatic`.
    ///
    /// The fused kernels were fastest for rows of 64 to 8,192 values, too.
    ///
    /// - Parameters:
    ///   - operation: what is computed.
    ///   - geometry: how the tensors are read.
    public func chosen(for operation: Operation, of geometry: RowGeometry) -> Engine {
        self == .automatic ? .fused : self
    }

    /// The instruction set that the fused engine's kernels were chosen for on this processor:
    /// `avx512`, `avx2` or `baseline`.
    ///
    /// The widest that the processor has, unless the environment variable
    /// `NORMALIZATION_INSTRUCTION_SET` names another of these when the first call is made. A name
    /// that is unknown, or that the processor cannot run, changes nothing.
    public static var instructionSet: String { FusedEngine.instructionSet }

    /// The bytes above which the fused engine writes an output past the caches (non-temporal stores); no bit of
    /// a result depends on it.
    ///
    /// Chosen by the kind of processor, unless the environment variable `NORMALIZATION_NON_TEMPORAL` names a
    /// number of bytes, for all operations, or `never` when the first call is made. Anything else changes nothing.
    ///
    /// - Parameters:
    ///   - operation: what is computed.
    ///   - threads: how many threads do it.
    /// - Returns: bytes; `Int.max` for never.
    public static func nonTemporalSize(for operation: Operation, threads: Int = 1) -> Int {
        CacheSizes.nonTemporal(operation.walk, threads: threads)
    }

    func passes(for operation: Operation, of partition: Partition) -> any PassEngine.Type {
        switch chosen(for: operation, of: partition) {
        case .automatic, .fused: FusedEngine.self
        case .blas: BLASEngine.self
        case .reference: ReferenceEngine.self
        }
    }

    /// The same engine, where it can write while it reads. A cast would take as long as a small tensor.
    func overlappingPasses(
        for operation: Operation, of partition: Partition
    ) -> (any OverlappingEngine.Type)? {
        switch chosen(for: operation, of: partition) {
        case .automatic, .fused: FusedEngine.self
        case .blas, .reference: nil
        }
    }

    func rowPasses(for operation: Operation, of geometry: RowGeometry) -> any RowEngine.Type {
        switch chosen(for: operation, of: geometry) {
        case .automatic, .fused: FusedEngine.self
        case .blas: BLASEngine.self
        case .reference: ReferenceEngine.self
        }
    }
}
