import Foundation
import Normalization
import SeededRandom
import Testing

/// Ranks that are threads: who waits, who gets what, and what becomes of those who wait in vain.
@Suite struct LocalExchangeTests {
    @Test("every rank gets the bytes of all in rank order, whoever comes first", arguments: 1...8)
    func gathersInRankOrder(_ count: Int) throws {
        var random = SplitMix64(seed: 3)
        let delays = (0..<20).map { _ in shuffled(count, &random) }
        let outcomes = try onRanks(count) { exchange in
            try delays.enumerated().map { round, delays in
                usleep(delays[exchange.rank])
                return try exchange.allGather([exchange.rank, round, exchange.rank * round])
            }
        }
        let expected = delays.indices.map { round in
            (0..<count).flatMap { [$0, round, $0 * round] }
        }
        for answer in try values(outcomes) { #expect(answer == expected) }
    }

    @Test("a rank knows its number, their number, and how many collectives it has begun")
    func ranksKnowThemselves() throws {
        let outcomes = try onRanks(3) { exchange in
            let before = exchange.collectiveCount
            _ = try exchange.allGather([1.0])
            _ = try exchange.allGather([2.0])
            return [exchange.rank, exchange.size, before, exchange.collectiveCount]
        }
        #expect(try values(outcomes) == (0..<3).map { [$0, 3, 0, 2] })
    }

    @Test("ranks that bring unequal numbers of bytes throw all of them, and the next round works")
    func unequalLengthsAreRefused() throws {
        let outcomes = try onRanks(4) { exchange -> ([Int], ExchangeFailure?) in
            var failure: ExchangeFailure?
            do throws(ExchangeFailure) {
                let count = exchange.rank == 2 ? 3 : 2
                _ = try exchange.allGather(Array(repeating: 7, count: count))
            } catch {
                failure = error
            }
            return (try exchange.allGather([exchange.rank]), failure)
        }
        for (gathered, failure) in try values(outcomes) {
            #expect(failure == .unequalLengths(rank: 2, expected: 16, actual: 24))
            #expect(gathered == [0, 1, 2, 3])
        }
    }

    @Test("a rank without room for all throws on every rank")
    func missingRoomIsRefused() throws {
        let outcomes = try onRanks(2) { exchange -> ExchangeFailure? in
            let send: [UInt8] = [1, 2]
            var receive: [UInt8] = Array(repeating: 9, count: exchange.rank == 1 ? 3 : 4)
            do throws(ExchangeFailure) {
                var span = receive.mutableSpan
                var bytes = span.mutableBytes
                try exchange.allGather(send.span.bytes, into: &bytes)
                return nil
            } catch {
                return receive.allSatisfy { $0 == 9 } ? error : nil
            }
        }
        let expected = ExchangeFailure.unequalLengths(rank: 1, expected: 4, actual: 3)
        #expect(try values(outcomes) == [expected, expected])
    }

    @Test("a rank that never comes is waited for no longer than the timeout")
    func timeoutEndsTheWait() throws {
        let timeout = Duration.milliseconds(50)
        let ranks = try LocalExchange.ranks(3, timeout: timeout)
        @Sendable func gather(_ exchange: LocalExchange) -> ExchangeFailure? {
            do throws(ExchangeFailure) {
                _ = try exchange.allGather([exchange.rank])
                return nil
            } catch {
                return error
            }
        }
        let start = ContinuousClock.now
        let failures = try values(onThreads(Array(ranks.prefix(2)), gather))
        #expect(ContinuousClock.now - start >= timeout)
        #expect(failures.contains(.timedOut(after: timeout)))
        #expect(failures.allSatisfy { $0 == .timedOut(after: timeout) || $0 == .unusable })
        // It is over for good, also for who comes late.
        #expect(ranks.map(gather) == [.unusable, .unusable, .unusable])
    }

    @Test("a rank that is released has left: nobody waits for it")
    func releasedRankHasLeft() throws {
        let waiting = Gathered<ExchangeFailure>()
        let done = DispatchGroup()
        do {
            var ranks = try LocalExchange.ranks(2)
            let stays = ranks.removeFirst()
            done.enter()
            let thread = Thread {
                do throws(ExchangeFailure) {
                    _ = try stays.allGather([1])
                } catch {
                    waiting.add(error)
                }
                done.leave()
            }
            thread.start()
            usleep(2000)
        }
        done.wait()
        #expect(waiting.values == [.left(rank: 1)])
    }

    @Test("a rank makes one collective at a time")
    func rankIsBusy() throws {
        let ranks = try LocalExchange.ranks(2, timeout: .seconds(60))
        let (first, second) = (ranks[0], ranks[1])
        let failures = Gathered<ExchangeFailure>()
        let done = DispatchGroup()
        for _ in 0..<2 {
            done.enter()
            let thread = Thread {
                do throws(ExchangeFailure) {
                    _ = try first.allGather([1])
                } catch {
                    failures.add(error)
                }
                done.leave()
            }
            thread.start()
        }
        while failures.values.isEmpty { usleep(100) }
        #expect(try second.allGather([2]) == [1, 2])
        done.wait()
        #expect(failures.values == [.busy(rank: 0)])
    }

    @Test("an exchange has at least one rank", arguments: [0, -1, Int.min])
    func noRanksAreRefused(_ count: Int) {
        #expect(throws: ExchangeFailure.invalidRank(0, size: count)) {
            _ = try LocalExchange.ranks(count)
        }
    }

    @Test(
        "the longest timeout is as good as none", arguments: [Duration.seconds(Int64.max), .zero])
    func extremeTimeouts(_ timeout: Duration) throws {
        let outcomes = try onRanks(1, timeout: timeout) { try $0.allGather([5]) }
        #expect(try values(outcomes) == [[5]])
    }

    @Test("statistics and sums merge over ranks, in rank order, to the bit")
    func halvesMergeOverRanks() throws {
        for split in splits {
            let spread = try Spread<Float>(split)
            let own = try split.indices.map { rank in
                try spread.layer.statistics(
                    of: spread.part(spread.x, rank).span, geometry: Geometry(spread.shape(rank)))
            }
            let merged = try own.dropFirst().reduce(own[0]) { try $0.merging($1) }
            let sums = try (0..<split.count).map { rank in
                try GradientSums(
                    count: rank, gradient: [0.1 * Double(rank), -0.0],
                    gradientTimesNormalized: [1e-20, .infinity])
            }
            let total = try sums.dropFirst().reduce(sums[0]) { try $0.merging($1) }
            let outcomes = try onRanks(split.count) { exchange in
                (
                    try own[exchange.rank].merged(over: exchange),
                    try sums[exchange.rank].merged(over: exchange)
                )
            }
            for (rank, answer) in try values(outcomes).enumerated() {
                #expect(sameBits(answer.0.global, merged), "\(split)")
                #expect(answer.0.localCount == own[rank].count && answer.0.renorm == nil)
                #expect(answer.1 == total)
            }
        }
    }
}
