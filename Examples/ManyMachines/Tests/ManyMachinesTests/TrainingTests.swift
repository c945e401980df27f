import Foundation
import ManyMachines
import Normalization
import Testing

/// Training over ranks that are threads, against one rank that has the whole batch.
@Suite struct TrainingTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("../../../../Sources/norm/Data").path

    private func losses(_ kind: Kind, ranks count: Int) throws -> [Double] {
        var options = Training.Options(kind: kind)
        (options.batch, options.steps) = (12, 6)
        let digits = try Digits(folder: Self.folder)
        let ranks = try LocalExchange.ranks(count, timeout: .seconds(120))
        let lock = NSLock()
        nonisolated(unsafe) var found: [Int: Result<[Double], any Error>] = [:]
        let group = DispatchGroup()
        for rank in ranks {
            group.enter()
            let thread = Thread { [options] in
                let losses = Result {
                    try Training(options, on: digits, over: rank).run().map(\.loss)
                }
                lock.withLock { found[rank.rank] = losses }
                group.leave()
            }
            thread.start()
        }
        group.wait()
        let all = try lock.withLock { try found.values.map { try $0.get() } }
        // Every rank knows the same losses, to the bit.
        #expect(all.count == count && all.allSatisfy { $0 == all[0] })
        return all[0]
    }

    private func distance(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
    }

    @Test("synchronized, any number of ranks follows one, to rounding", arguments: [2, 3, 5])
    func synchronizedFollowsOneRank(_ ranks: Int) throws {
        let one = try losses(.synchronized, ranks: 1)
        #expect(try losses(.local, ranks: 1) == one)
        #expect(try distance(losses(.synchronized, ranks: ranks), one) <= 1e-11)
        // Statistics of a rank's own samples are others.
        #expect(try distance(losses(.local, ranks: ranks), one) >= 1e-3)
    }

    @Test("group normalization looks at no other sample")
    func groupFollowsOneRank() throws {
        let one = try losses(.group, ranks: 1)
        #expect(try distance(losses(.group, ranks: 3), one) <= 1e-11)
        #expect(one[5] < one[0])
    }

    @Test("a rank without samples takes part")
    func moreRanksThanSamples() throws {
        let one = try losses(.synchronized, ranks: 1)
        #expect(try distance(losses(.synchronized, ranks: 14), one) <= 1e-11)
    }
}
