// What the synchronized calls of a layer share. Between the local checks and the first collective nothing throws: what
// a rank refuses, every rank must hear of.

extension BatchNorm {
    /// A call that all ranks make together.
    ///
    /// - Parameter settings: adds what every rank must have alike beside the layer's own.
    func call(
        _ operation: ExchangeHeader.Operation, over exchange: any StatisticsExchange,
        settings: (inout Fingerprint) -> Void = { _ in }
    ) -> ExchangeCall {
        var fingerprint = Fingerprint()
        fingerprint.add(epsilon)
        fingerprint.add(gamma.kind, beta.kind, MemoryLayout<Scalar>.size)
        settings(&fingerprint)
        return ExchangeCall(
            operation, channels: channels, settings: fingerprint, over: exchange)
    }

    /// The geometry of a call on arrays, checked against them.
    func geometry(
        of shape: [Int], _ channelAxis: Int, _ call: ExchangeCall,
        _ first: (NormalizationError.Argument, Int),
        _ second: (NormalizationError.Argument, Int)? = nil
    ) throws(NormalizationError) -> Geometry {
        try call.locally { () throws(NormalizationError) in
            let geometry = try Geometry(shape, channelAxis: channelAxis)
            try check(geometry, first)
            if let second { try check(geometry, second) }
            return geometry
        }
    }

    /// Throws unless batch statistics can be normalized with, of however many values the ranks have.
    func checkEpsilon() throws(NormalizationError) {
        guard epsilon > 0 else { throw .invalidEpsilon(epsilon) }
    }

    /// The mean and variance of all ranks, checked against the layer and against the count of this one.
    func meanAndVariance(
        _ statistics: SynchronizedStatistics, localCount: Int, _ geometry: Geometry,
        withoutRenorm call: String? = nil
    ) throws(NormalizationError) -> MeanAndVariance {
        guard statistics.localCount == localCount else {
            throw .mismatchedCount(expected: localCount, actual: statistics.localCount)
        }
        // Without any values there is nothing to normalize with, and nothing to normalize.
        guard statistics.global.count > 0 || localCount > 0 else {
            try checkEpsilon()
            guard statistics.global.channels == channels else {
                throw .mismatchedStatistics(
                    expected: channels, actual: statistics.global.channels)
            }
            return MeanAndVariance(
                mean: statistics.global.mean, variance: statistics.global.mean,
                areOfTheBatch: true)
        }
        return try meanAndVariance(
            statistics.normalizing, geometry, isWhole: false, withoutRenorm: call)
    }

    /// No statistics, where no rank has values.
    func emptyStatistics(renormalizing rule: RenormRule? = nil) -> SynchronizedStatistics {
        let empty = BatchStatistics(emptyWithChannels: channels)
        return SynchronizedStatistics(
            checked: empty, localCount: 0,
            renorm: rule.map { RenormStatistics(batch: empty, by: $0) })
    }
}

extension SynchronizedStatistics {
    /// What x̂ is made with.
    var normalizing: NormalizingStatistics {
        renorm.map { .renormalized($0) } ?? .batch(global)
    }
}

extension AffineParameter {
    /// Which of the three it is.
    fileprivate var kind: Int {
        switch self {
        case .absent: 0
        case .shared: 1
        case .perChannel: 2
        }
    }
}
