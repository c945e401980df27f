/// ε of a framework's group and instance normalization.
public struct GroupPreset: Sendable, Equatable {
    /// The small number inside the root.
    public var epsilon: Double

    /// A convention of one's own.
    public init(epsilon: Double) { self.epsilon = epsilon }

    /// PyTorch's `GroupNorm` and `InstanceNorm`: ε 1e-5. The default here too.
    public static let pyTorch = GroupPreset(epsilon: 1e-5)
    /// Keras's `GroupNormalization`: ε 1e-3. Its default is 32 groups, and −1 stands for one channel
    /// a group.
    public static let keras = GroupPreset(epsilon: 1e-3)
    /// ONNX's `GroupNormalization` and `InstanceNormalization`: ε 1e-5.
    public static let onnx = GroupPreset(epsilon: 1e-5)
    /// Flax's `GroupNorm` and `InstanceNorm`: ε 1e-6. Its default is 32 groups.
    public static let flax = GroupPreset(epsilon: 1e-6)
    /// MLX's `GroupNorm` and `InstanceNorm`: ε 1e-5. The groups here are those of its
    /// `pytorch_compatible=True`: without, it puts channel c into group c mod groups.
    public static let mlx = GroupPreset(epsilon: 1e-5)
}
