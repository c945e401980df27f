import Normalization
import Testing

/// Exchanges that somebody else made: whatever they answer, a call throws and does not crash.
@Suite struct OddExchangeTests {
    /// An exchange that somebody made, and that is none.
    private final class Odd: StatisticsExchange {
        let rank: Int
        let size: Int
        var collectiveCount: Int { 0 }
        private let word: Int

        init(rank: Int, size: Int, word: Int = 0) {
            (self.rank, self.size, self.word) = (rank, size, word)
        }

        func allGather(
            _ send: RawSpan, into receive: inout MutableRawSpan
        ) throws(ExchangeFailure) {
            let word = word
            receive.withUnsafeMutableBytes { bytes in
                for place in stride(from: 0, to: bytes.count - 7, by: 8) {
                    bytes.storeBytes(of: word, toByteOffset: place, as: Int.self)
                }
            }
        }
    }

    @Test(
        "an exchange without sense throws and does not crash",
        arguments: [(0, 0), (0, -1), (2, 2), (-1, 2), (0, Int.min)])
    func exchangeWithoutSenseThrows(_ rank: Int, size: Int) throws {
        let layer = try BatchNorm<Float>.standard(channels: 2)
        let expected = NormalizationError.exchange(.invalidRank(rank, size: size))
        #expect(throws: expected) {
            _ = try layer.forward(
                [1, 2, 3, 4], shape: [2, 2], over: Odd(rank: rank, size: size))
        }
    }

    @Test(
        "bytes that no rank sent throw and do not crash",
        arguments: [0, 1, -1, Int.max, Int.min])
    func bytesWithoutSenseThrow(_ word: Int) throws {
        let layer = try BatchNorm<Float>.standard(channels: 2)
        let error = #expect(throws: NormalizationError.self) {
            _ = try layer.forward(
                [1, 2, 3, 4], shape: [2, 2], over: Odd(rank: 0, size: 3, word: word))
        }
        #expect(error?.description.isEmpty == false)
    }
}
