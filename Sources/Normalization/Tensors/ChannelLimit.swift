/// The most channels of a tensor or a layer.
enum ChannelLimit {
    static let most = 1 << 26
}
