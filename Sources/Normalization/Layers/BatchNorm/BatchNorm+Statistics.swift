extension BatchNorm {
    /// Replaces the running statistics by those of a whole data set, before the layer is deployed.
    ///
    /// ```swift
    /// let batches = try inputs.map { x in
    ///     try BatchStatistics(of: x.span, geometry: geometry)
    /// }
    /// try layer.reestimateRunningStatistics(from: batches)
    /// ```
    ///
    /// - Throws: ``NormalizationError/noRunningStatistics`` where the layer has none, and what
    ///   ``RunningStatistics/reestimate(from:)`` throws; nothing has changed then.
    public mutating func reestimateRunningStatistics(
        from batches: some Sequence<BatchStatistics>
    ) throws(NormalizationError) {
        guard var statistics = runningStatistics else { throw .noRunningStatistics }
        try statistics.reestimate(from: batches)
        runningStatistics = statistics
    }
}
