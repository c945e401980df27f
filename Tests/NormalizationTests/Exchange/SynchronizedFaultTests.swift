import Normalization
import Testing

/// One rank's arguments do not fit: every rank throws, naming it and the reason, nothing has changed, and the next call
/// works. The fourth guarantee.
@Suite struct SynchronizedFaultTests {
    /// What is wrong on the faulty rank.
    enum Fault: String, CaseIterable, Sendable {
        case shortInput, overlap, badShape, badEpsilon, shortGamma, otherChannels, otherEpsilon
        case otherOperation, otherAffine, badMask, badLengths, badThreadLimit, badRunning

        /// What every rank throws, where rank `rank` is the faulty one.
        func failure(_ rank: Int) -> ExchangeFailure {
            func refused(_ reason: String) -> ExchangeFailure {
                .refused(rank: rank, reason: reason)
            }
            return switch self {
            case .shortInput: refused("x: expected 120 elements, got 119")
            case .overlap: refused("x and y overlap without being the same buffer")
            case .badShape:
                refused(
                    "shape [2, -4, 3, 5] with channel axis 1: expected no negative dimension")
            case .badEpsilon:
                refused("epsilon: expected a finite number above zero, got nan")
            case .shortGamma: refused("gamma: expected 4 elements, got 3")
            case .badMask: refused("mask: expected 15 bytes, one bit an element, got 14")
            case .badLengths: refused("position mask: expected 30 elements, got 15")
            case .badThreadLimit: refused("thread limit: expected at least 1, got 0")
            case .badRunning:
                refused("running statistics: the call needs them, and the layer has none")
            case .otherChannels: .mismatch(rank: rank, .channels, expected: 4, actual: 5)
            case .otherOperation: .mismatch(rank: rank, .operation, expected: 3, actual: 8)
            case .otherEpsilon, .otherAffine:
                .mismatch(rank: rank, .settings, expected: 0, actual: 0)
            }
        }
    }

    /// What a rank saw: its error, whether its buffers changed, and what the next call gave.
    private struct Seen: Sendable {
        var error: NormalizationError?
        var isUntouched: Bool
        var next: SynchronizedStatistics
    }

    private func step(
        _ spread: Spread<Float>, _ exchange: LocalExchange, _ fault: Fault?, others kind: Fault
    ) throws -> Seen {
        var layer = spread.layer
        let before = layer.runningStatistics
        var shape = spread.shape(exchange.rank)
        var x = spread.part(spread.x, exchange.rank)
        let original = x
        var mask = [UInt8](repeating: 255, count: 15)
        switch fault {
        case .shortInput: x.removeLast()
        case .overlap: x.append(0)
        case .badShape: shape[1] = -4
        case .badEpsilon: layer.epsilon = .nan
        case .shortGamma: layer.gamma = .perChannel([1, 2, 3])
        case .otherEpsilon: layer.epsilon = 1e-3
        case .otherAffine: layer.gamma = .shared(1)
        case .badMask: mask.removeLast()
        case .badThreadLimit: layer.threadLimit = 0
        case .badRunning: layer.runningStatistics = nil
        case .otherChannels:
            layer = try .standard(channels: 5)
            shape[1] = 5
            x += x[..<30]
        default: break
        }
        var error: NormalizationError?
        do throws(NormalizationError) {
            try call(&layer, &x, &mask, shape, exchange, fault, kind)
        } catch let thrown {
            error = thrown
        }
        let isUntouched =
            x.prefix(119) == original.prefix(119) && mask.allSatisfy { $0 == 255 }
            && (layer.runningStatistics == before || fault == .otherChannels
                || fault == .badRunning)
        let (_, next) = try spread.layer.forward(
            original, shape: spread.shape(exchange.rank), over: exchange)
        return Seen(error: error, isUntouched: isUntouched, next: next)
    }

    /// The call that the fault is in, of the faulty rank or of another.
    private func call(
        _ layer: inout BatchNorm<Float>, _ x: inout [Float], _ mask: inout [UInt8], _ shape: [Int],
        _ exchange: LocalExchange, _ fault: Fault?, _ kind: Fault
    ) throws(NormalizationError) {
        switch kind {
        case .badShape:
            _ = try layer.forward(x, shape: shape, over: exchange)
        case .badMask:
            let geometry = try Geometry(shape)
            var y = x.mutableSpan
            _ = try layer.forwardInPlace(
                &y, then: .relu, activationMask: mask.mutableSpan, geometry: geometry,
                over: exchange)
        case .badRunning:
            let geometry = try Geometry(shape)
            var y = x.mutableSpan
            _ = try layer.forwardRenormalizedInPlace(&y, geometry: geometry, over: exchange)
        case .badLengths:
            try masked(layer, &x, shape, exchange, short: fault != nil)
        case .otherOperation where fault != nil:
            try masked(layer, &x, shape, exchange, short: false)
        case .overlap where fault != nil:
            let geometry = try Geometry(shape)
            try x.withUnsafeMutableBufferPointer { x throws(NormalizationError) in
                var y = UnsafeMutableBufferPointer(rebasing: x[1...]).mutableSpan
                _ = try layer.forward(
                    UnsafeBufferPointer(rebasing: x.dropLast()).span, into: &y,
                    geometry: geometry, over: exchange)
            }
        default:
            let geometry = try Geometry(shape)
            var y = x.mutableSpan
            _ = try layer.forwardInPlace(&y, geometry: geometry, over: exchange)
        }
    }

    private func masked(
        _ layer: BatchNorm<Float>, _ x: inout [Float], _ shape: [Int], _ exchange: LocalExchange,
        short: Bool
    ) throws(NormalizationError) {
        let geometry = try Geometry(shape)
        let other = try Geometry([1] + shape.dropFirst())
        let mask =
            short
            ? try PositionMask(lengths: [2], geometry: other)
            : try PositionMask(lengths: [2, 1], geometry: geometry)
        var y = x.mutableSpan
        _ = try layer.forwardInPlace(&y, geometry: geometry, mask: mask, over: exchange)
    }

    @Test(
        "a fault on one rank is thrown on every rank, and the next call works",
        arguments: Fault.allCases, [1, 2])
    func faultIsThrownEverywhere(_ fault: Fault, rank: Int) throws {
        let spread = try Spread<Float>([2, 2, 2])
        let outcomes = try onRanks(3) { exchange in
            try step(spread, exchange, exchange.rank == rank ? fault : nil, others: fault)
        }
        let seen = try values(outcomes)
        for answer in seen {
            #expect(answer.error == seen[0].error)
            switch (answer.error, fault.failure(rank)) {
            case (.exchange(.mismatch(rank, .settings, _, _)), .mismatch(_, .settings, _, _)): break
            case (.exchange(let found), let expected):
                #expect(found == expected)
            default: Issue.record("\(String(describing: answer.error))")
            }
            #expect(answer.isUntouched)
            #expect(
                answer.next
                    == SynchronizedStatistics?.some(
                        try SynchronizedStatistics(global: seen[0].next.global, localCount: 30)))
        }
    }

    @Test("of two ranks whose arguments do not fit, the lower one is named")
    func lowestRankIsNamed() throws {
        let spread = try Spread<Float>([2, 2, 2, 2])
        let outcomes = try onRanks(4) { exchange in
            var layer = spread.layer
            if exchange.rank == 3 { layer.epsilon = -1 }
            if exchange.rank == 1 { layer.threadLimit = 0 }
            return try layer.forward(
                spread.part(spread.x, exchange.rank), shape: spread.shape(exchange.rank),
                over: exchange)
        }
        let expected = NormalizationError.exchange(
            .refused(rank: 1, reason: "thread limit: expected at least 1, got 0"))
        #expect(errors(outcomes) == Array(repeating: expected, count: 4))
        #expect(expected.description == "rank 1: thread limit: expected at least 1, got 0")
    }

    @Test("the reason on one rank alone is the error itself")
    func oneRankThrowsItsError() throws {
        var layer = try BatchNorm<Float>.standard(channels: 2)
        layer.epsilon = -1
        let outcomes = try onRanks(1) { [layer] in
            try layer.forward([1, 2, 3, 4], shape: [2, 2], over: $0)
        }
        #expect(errors(outcomes) == [.invalidEpsilon(-1)])
    }

    @Test("backward with statistics that ranks do not share is thrown everywhere")
    func statisticsMustBeShared() throws {
        let spread = try Spread<Float>([2, 3])
        let outcomes = try onRanks(2) { exchange in
            let (x, shape) = (spread.part(spread.x, exchange.rank), spread.shape(exchange.rank))
            let layer = spread.layer
            let (_, own) = try layer.forward(x, shape: shape, over: exchange)
            let (_, doubled) = try layer.forward(
                x.map { 2 * $0 }, shape: shape, over: exchange)
            func backward(_ statistics: SynchronizedStatistics) -> NormalizationError? {
                errors([
                    Outcome {
                        try layer.backward(
                            x, input: x, normalizedBy: statistics, shape: shape, over: exchange)
                    }
                ])[0]
            }
            // Not the same on both ranks; of another count here than on the tensor; of more values than there are.
            let count = own.localCount
            return [
                backward(exchange.rank == 0 ? own : doubled),
                backward(
                    exchange.rank == 0
                        ? try SynchronizedStatistics(global: own.global, localCount: count - 1)
                        : own),
                backward(
                    try SynchronizedStatistics(
                        global: BatchStatistics(
                            count: own.global.count + 1, mean: own.global.mean,
                            sumOfSquaredDeviations: own.global.sumOfSquaredDeviations),
                        localCount: count)),
                backward(own),
            ]
        }
        let found = try values(outcomes)
        #expect(found[0] == found[1])
        guard case .exchange(.mismatch(1, .settings, _, _)) = found[0][0] else {
            Issue.record("\(String(describing: found[0][0]))")
            return
        }
        #expect(
            found[0][1]
                == .exchange(
                    .refused(
                        rank: 0,
                        reason: "batch statistics: expected 30 values per channel, got 29")))
        #expect(found[0][2] == .mismatchedCount(expected: 75, actual: 76))
        #expect(found[0][3] == nil)
    }

    @Test("renormalization refuses ranks with other running statistics or limits")
    func renormalizationNeedsTheSameRunningStatistics() throws {
        let spread = try Spread<Float>([2, 3])
        let outcomes = try onRanks(2) { exchange in
            let (x, shape) = (spread.part(spread.x, exchange.rank), spread.shape(exchange.rank))
            var layer = spread.layer
            let limits = try RenormLimits(rMax: exchange.rank == 0 ? 2 : 3, dMax: 1)
            let other = errors([
                Outcome {
                    try layer.forwardRenormalized(x, shape: shape, limits: limits, over: exchange)
                }
            ])
            if exchange.rank == 1 {
                layer.runningStatistics = try RunningStatistics(
                    mean: [0, 0, 0, 1], variance: [1, 1, 1, 1])
            }
            return other
                + errors([
                    Outcome {
                        try layer.forwardRenormalized(x, shape: shape, over: exchange)
                    }
                ])
        }
        for errors in try values(outcomes) {
            for error in errors {
                guard case .exchange(.mismatch(1, .settings, _, _)) = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
        }
    }

    @Test("a reason that is long ends at a whole character")
    func longReasonIsCut() throws {
        let spread = try Spread<Float>([2, 2])
        let long = Array(repeating: -123_456_789, count: 40)
        let outcomes = try onRanks(2) { exchange in
            try spread.layer.forward(
                [1], shape: exchange.rank == 0 ? long : [1, 4], over: exchange)
        }
        let found = errors(outcomes)
        #expect(found[0] == found[1])
        guard case .exchange(.refused(0, let reason)) = found[0] else {
            Issue.record("\(String(describing: found[0]))")
            return
        }
        #expect(reason.utf8.count == 256 && reason.hasPrefix("shape [-123456789, "))
    }
}
