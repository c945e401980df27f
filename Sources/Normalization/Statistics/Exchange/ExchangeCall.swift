/// One call that all ranks make together: what each must say to the others before it computes or throws.
///
/// A rank takes part in as many collectives as the others, whatever its arguments are: the headers, then the reason
/// where a rank refuses, or else the numbers, unless every rank sees in the headers that there are none to send.
struct ExchangeCall: Sendable {
    private let exchange: any StatisticsExchange
    private let rank: Int
    private let size: Int
    private let header: ExchangeHeader

    init(
        _ operation: ExchangeHeader.Operation, channels: Int, settings: Fingerprint,
        over exchange: any StatisticsExchange
    ) {
        self.exchange = exchange
        rank = exchange.rank
        size = exchange.size
        header = ExchangeHeader(operation, channels: channels, settings: settings)
    }

    /// Does what only this rank knows of, such as checks. Where it throws, every rank throws.
    func locally<Result>(
        _ body: () throws(NormalizationError) -> Result
    ) throws(NormalizationError) -> Result {
        do {
            return try body()
        } catch {
            guard size != 1 else { throw error }
            // It is this rank that refuses, or a lower one; so this throws.
            _ = try announce(refusing: error.description)
            throw error
        }
    }

    /// Hears that every rank makes this call and refuses nothing, and how many values each has.
    ///
    /// - Parameter count: this rank's values per channel.
    func agree(count: Int) throws(NormalizationError) -> RankCounts {
        guard size != 1 else { return RankCounts(counts: [count], total: count) }
        let headers = try announce(count: count)
        var total = 0
        for header in headers {
            let (sum, overflow) = total.addingReportingOverflow(header.count)
            guard !overflow else { throw .valueCountOverflow(total, header.count) }
            total = sum
        }
        return RankCounts(counts: headers.map(\.count), total: total)
    }

    /// The first collective of the call, and the second where a rank refuses.
    private func announce(
        count: Int = 0, refusing reason: String? = nil
    ) throws(NormalizationError) -> [ExchangeHeader] {
        do {
            return try headers(count, reason)
        } catch {
            throw .exchange(error)
        }
    }

    private func headers(
        _ count: Int, _ reason: String?
    ) throws(ExchangeFailure) -> [ExchangeHeader] {
        var own = header
        own.collective = exchange.collectiveCount
        own.count = count
        own.isRefusing = reason != nil
        let words = try gather(own.words)
        let headers = (0..<size).map { ExchangeHeader(ofRank: $0, in: words) }
        guard headers[rank] == own else {
            throw .unavailable("expected this rank's own bytes back, got others")
        }
        if let rank = headers.firstIndex(where: \.isRefusing) {
            let texts = try gather(Reason.bytes(of: reason ?? ""))
            throw .refused(rank: rank, reason: Reason.text(ofRank: rank, in: texts))
        }
        for rank in 0..<size { try headers[0].check(headers[rank], ofRank: rank) }
        return headers
    }

    /// The numbers of all ranks, in rank order.
    private func gather<Number: BitwiseCopyable>(
        _ numbers: [Number]
    ) throws(ExchangeFailure) -> [Number] {
        let all = try exchange.allGather(numbers)
        // Whoever made the exchange may let its size change.
        guard all.count == size * numbers.count && 0..<max(0, size) ~= rank else {
            throw .invalidRank(exchange.rank, size: exchange.size)
        }
        return all
    }

    private func payload(_ numbers: [Double]) throws(NormalizationError) -> [Double] {
        do {
            return try gather(numbers)
        } catch {
            throw .exchange(error)
        }
    }
}

/// How many values per channel each rank has, and all together.
struct RankCounts {
    let counts: [Int]
    let total: Int

    /// Throws where batch statistics of all ranks would be of a single value.
    func checkStatistics(of geometry: Geometry) throws(NormalizationError) {
        guard total != 1 else { throw .tooFewValuesPerChannel(shape: geometry.shape) }
    }

    /// Throws unless statistics are of as many values as all ranks have; each rank has the same statistics.
    func check(_ statistics: BatchStatistics) throws(NormalizationError) {
        guard statistics.count == total else {
            throw .mismatchedCount(expected: total, actual: statistics.count)
        }
    }
}

extension ExchangeCall {
    /// The statistics of the values of all ranks, from each one's own: merged in rank order on every rank, so that
    /// every rank has the same bits. Nothing is sent where there are no values.
    func merging(
        _ own: BatchStatistics, _ ranks: RankCounts
    ) throws(NormalizationError) -> BatchStatistics {
        guard ranks.counts.count > 1 && ranks.total > 0 else { return own }
        let channels = own.channels
        // The mean in two parts, whose difference between ranks is exact.
        let all = try payload(own.mean + own.meanCorrection + own.sumOfSquaredDeviations)
        var merged = Array(repeating: Moments(), count: channels)
        for (rank, count) in ranks.counts.enumerated() {
            let first = rank * 3 * channels
            for c in 0..<channels {
                var sum = merged[c]
                sum.merge(
                    Moments(
                        count: count, mean: all[first + c], plus: all[first + channels + c],
                        m2: all[first + 2 * channels + c]))
                // As two statistics merge, to the bit.
                merged[c] = Moments(
                    count: sum.count, mean: sum.mean, plus: sum.finiteMeanCorrection, m2: sum.m2)
            }
        }
        return unsafe merged.withUnsafeBufferPointer { merged in
            guard let moments = merged.baseAddress else { return own }
            return unsafe BatchStatistics(count: ranks.total, moments, channels: channels)
        }
    }

    /// The sums over the values of all ranks, from each one's own: added in rank order on every rank.
    func merging(
        _ own: GradientSums, _ ranks: RankCounts
    ) throws(NormalizationError) -> GradientSums {
        guard ranks.counts.count > 1 && ranks.total > 0 else { return own }
        let channels = own.channels
        let all = try payload(own.gradient + own.gradientTimesNormalized)
        func sum(_ number: Int) -> Double {
            // From the first rank's number on: 0 + −0 is another one.
            var sum = all[number]
            for rank in 1..<ranks.counts.count { sum += all[rank * 2 * channels + number] }
            return sum
        }
        return GradientSums(
            checkedCount: ranks.total, gradient: doubles(channels) { sum($0) },
            gradientTimesNormalized: doubles(channels) { sum(channels + $0) })
    }
}

/// The text of a refusal, in as many bytes on every rank.
private enum Reason {
    static let byteCount = 256

    static func bytes(of text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        if bytes.count > byteCount {
            // A character is not cut in two.
            var end = byteCount
            while end > 0 && bytes[end] & 0xc0 == 0x80 { end -= 1 }
            bytes.removeSubrange(end...)
        }
        return bytes + Array(repeating: 0, count: byteCount - bytes.count)
    }

    static func text(ofRank rank: Int, in bytes: [UInt8]) -> String {
        let own = bytes[rank * byteCount..<(rank + 1) * byteCount]
        return String(decoding: own.prefix { $0 != 0 }, as: UTF8.self)
    }
}
