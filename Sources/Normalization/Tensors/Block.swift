/// A part of a tensor that one pass works on: some outer indices × some channels × some positions of
/// their planes. Element (o, c, i) lies at `offset + o · outerStride + c · channelStride + i`.
///
/// Where planes are single values (features and channels-last data) a row of channels is contiguous.
struct Block: Sendable {
    /// Where the block's first element lies in the tensor.
    var offset: Int
    var outer: Int
    var channels: Int
    var inner: Int
    var outerStride: Int
    var channelStride: Int
    /// The tensor's index of the block's first channel.
    var firstChannel: Int
    /// Whether an output is too large to stay in the last-level cache anyway, so that stores may go
    /// around it.
    var bypassesCache = false

    /// The block's channels, as the tensor counts them.
    var channelRange: Range<Int> { firstChannel..<firstChannel + channels }
    /// Whether the block's part of a sample is one run of memory.
    var isContiguousInSamples: Bool { channels == 1 || channelStride == inner }
    /// The number of values of each channel in this block.
    var valuesPerChannel: Int { outer * inner }
    var elementCount: Int { valuesPerChannel * channels }

    init(
        _ geometry: Geometry, outer: Range<Int>, channels: Range<Int>, inner: Range<Int>
    ) {
        outerStride = geometry.channels * geometry.inner
        channelStride = geometry.inner
        offset =
            outer.lowerBound * outerStride + channels.lowerBound * channelStride + inner.lowerBound
        firstChannel = channels.lowerBound
        self.outer = outer.count
        self.channels = channels.count
        self.inner = inner.count
    }

    /// The same block, whose output may go around the cache only where `allowed`.
    func bypassingCache(_ allowed: Bool) -> Block {
        var block = self
        block.bypassesCache = bypassesCache && allowed
        return block
    }

    /// The same block narrowed to some of its channels, counted within the block.
    func narrowed(toChannels range: Range<Int>) -> Block {
        var block = self
        block.offset += range.lowerBound * channelStride
        block.firstChannel += range.lowerBound
        block.channels = range.count
        return block
    }

    /// The same block narrowed to some of its outer indices, counted within the block.
    func narrowed(toOuter range: Range<Int>) -> Block {
        var block = self
        block.offset += range.lowerBound * outerStride
        block.outer = range.count
        return block
    }

    /// Where plane (outer index, channel) of this block starts in the tensor.
    func plane(_ outer: Int, _ channel: Int) -> Int {
        offset + outer * outerStride + channel * channelStride
    }
}
