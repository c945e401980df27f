/// A tensor read as tables × outer × lanes × inner, row-major, and which lanes share what.
///
/// A *lane* has one set of coefficients. Each table is a tensor of outer × lanes × inner with lanes of its
/// own; there is one, unless samples alternate with channels in memory.
///
/// | layer | layout | tables | outer | lanes | inner | lanes a group |
/// | --- | --- | --- | --- | --- | --- | --- |
/// | batch norm | any | 1 | outer | C | inner | 1 |
/// | group, instance norm | channels first | 1 | 1 | N · C | inner | C / groups, 1 |
/// | group, instance norm | channels last | N | positions | C | 1 | C / groups, 1 |
/// | group norm's sums of x | channels first | 1 | 1 | N · groups | inner · C / groups | 1 |
struct Partition: Sendable, Hashable {
    let tables: Int
    let outer: Int
    /// The lanes of one table.
    let lanes: Int
    let inner: Int
    /// How many adjacent lanes share statistics; they divide the lanes of a table.
    let groupSize: Int
    /// How many lanes in a row have parameters of their own: those behind them repeat theirs.
    let parameters: Int
    /// Where the first element lies in its tensor: not at 0 where a part of a batch or some channels are read.
    private(set) var start = 0
    /// How far two outer indices lie apart: more than their lanes where these are some of the tensor's channels.
    let outerStride: Int
    /// The elements of the tensor that this is a part of, which say whether outputs are worth a place in the
    /// cache; `nil` where it is the whole.
    private var elementsOfTheWhole: Int?

    /// Batch normalization: each channel is a lane, over the whole batch.
    init(channelsOf geometry: Geometry) {
        self.init(
            tables: 1, outer: geometry.outer, lanes: geometry.channels, inner: geometry.inner,
            groupSize: 1, parameters: geometry.channels, outerStride: geometry.outerStride)
        start = geometry.firstChannel * geometry.inner
    }

    /// Batch normalization of a part of a batch.
    init(channelsOf part: BatchPart) {
        self.init(channelsOf: part.geometry)
        start += part.start
        elementsOfTheWhole = part.elementsOfTheWhole
    }

    /// Group and instance normalization: each channel of each sample is a lane. The channels lie behind
    /// the samples.
    init(samplesOf geometry: Geometry, channelsPerGroup groupSize: Int) {
        let samples = geometry.shape[0]
        let rows = samples == 0 ? 0 : geometry.outer / samples
        let isOneTable = rows == 1
        self.init(
            tables: isOneTable ? 1 : samples, outer: rows,
            lanes: isOneTable ? samples * geometry.channels : geometry.channels,
            inner: geometry.inner, groupSize: groupSize, parameters: geometry.channels)
    }

    /// The same of so many samples, where each has lanes of its own.
    func ofSamples(_ count: Int) -> Partition {
        Partition(
            tables: outer == 1 ? 1 : count, outer: outer,
            lanes: outer == 1 ? count * parameters : parameters, inner: inner,
            groupSize: groupSize, parameters: parameters)
    }

    /// Each group of a partition as one lane, where its lanes are one run of memory; else `nil`.
    var ofWholeGroups: Partition? {
        guard groupSize > 1 && outer == 1 else { return nil }
        return Partition(
            tables: tables, outer: 1, lanes: lanes / groupSize, inner: inner * groupSize,
            groupSize: 1, parameters: parameters / groupSize)
    }

    private init(
        tables: Int, outer: Int, lanes: Int, inner: Int, groupSize: Int, parameters: Int,
        outerStride: Int? = nil
    ) {
        self.tables = tables
        self.outer = outer
        self.lanes = lanes
        self.inner = inner
        self.groupSize = groupSize
        self.parameters = parameters
        self.outerStride = outerStride ?? lanes * inner
    }

    /// The number of elements.
    var count: Int { tables * outer * lanes * inner }
    /// The number of elements of the whole tensor.
    var tensorCount: Int { elementsOfTheWhole ?? count }
    /// The lanes of all tables: the numbers a table of coefficients has.
    var laneCount: Int { tables * lanes }
    /// The number of values of one lane.
    var valuesPerLane: Int { outer * inner }

    /// Which statistics a lane shares.
    func group(of lane: Int) -> Int { lane / groupSize }
    /// Which γ and β a lane has.
    func parameter(of lane: Int) -> Int { lane % parameters }
}
