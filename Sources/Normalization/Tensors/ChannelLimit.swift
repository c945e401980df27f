/// The most channels of a tensor or a layer.
enum ChannelLimit {
    static let most = 1 << 26
    /// The most channels of a group that is whitened: a decomposition costs their cube.
    static let mostOfGroup = 256
    /// The most iterations of Newton's method. It has converged long before.
    static let mostIterations = 1000
}
