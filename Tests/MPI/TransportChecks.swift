#if MPI
    import Normalization
    import NormalizationMPI

    /// The bytes, and what stands between MPI and its caller.
    enum TransportChecks {
        static var all: [MPITests.Check] {
            [
                ("ranks know their number", ranks), ("bytes come in rank order", order),
                ("large messages go in parts", parts), ("a timeout changes no byte", timed),
                ("communicators split", split), ("places without room are refused", room),
                ("collectives are counted", counted),
            ]
        }

        private static func ranks(_ ranks: MPICommunicator) throws -> String? {
            let all = try ranks.allGather([ranks.rank])
            return all == Array(0..<ranks.size) ? nil : "\(all)"
        }

        /// Numbers that tell rank and place.
        private static func numbers(_ rank: Int, _ count: Int) -> [Int32] {
            (0..<count).map { Int32(truncatingIfNeeded: rank * 1_000_003 + $0 * 7) }
        }

        private static func check(
            _ ranks: MPICommunicator, _ counts: [Int]
        ) throws(ExchangeFailure) -> String? {
            for count in counts {
                let all = try ranks.allGather(numbers(ranks.rank, count))
                if all != (0..<ranks.size).flatMap({ numbers($0, count) }) {
                    return "\(count) numbers"
                }
            }
            return nil
        }

        private static func order(_ ranks: MPICommunicator) throws -> String? {
            try check(ranks, [0, 1, 2, 15, 16, 64, 3 * 2048, 250_000])
        }

        private static func parts(_ ranks: MPICommunicator) throws -> String? {
            for largest in [1, 7, 8, 1000] {
                let own = try MPICommunicator(handle: nil, timeout: nil, largestMessage: largest)
                if let wrong = try check(own, [0, 1, 2, 3, 251]) {
                    return "\(wrong) in parts of \(largest)"
                }
            }
            return nil
        }

        private static func timed(_ ranks: MPICommunicator) throws -> String? {
            let own = try MPICommunicator(timeout: .seconds(60))
            if let wrong = try check(own, [0, 1, 16, 6000]) { return wrong }
            let parts = try MPICommunicator(
                handle: nil, timeout: .seconds(60), largestMessage: 64)
            return try check(parts, [1, 300])
        }

        private static func split(_ ranks: MPICommunicator) throws -> String? {
            let part = try ranks.split(color: Int32(ranks.rank % 2), key: Int32(-ranks.rank))
            let expected = (0..<ranks.size).reversed().filter { $0 % 2 == ranks.rank % 2 }
            let all = try part.allGather([ranks.rank])
            guard all == expected else { return "\(all), expected \(expected)" }
            do throws(ExchangeFailure) {
                _ = try ranks.split(color: -1)
                return "a color of −1"
            } catch {
                return nil
            }
        }

        private static func room(_ ranks: MPICommunicator) throws -> String? {
            let send: [UInt8] = [1, 2]
            var receive = [UInt8](repeating: 0, count: 2 * ranks.size + 1)
            do throws(ExchangeFailure) {
                var span = receive.mutableSpan
                var bytes = span.mutableBytes
                try ranks.allGather(send.span.bytes, into: &bytes)
                return "no error"
            } catch {
                let expected = ExchangeFailure.unequalLengths(
                    rank: ranks.rank, expected: 2 * ranks.size, actual: receive.count)
                return error == expected ? nil : "\(error)"
            }
        }

        private static func counted(_ ranks: MPICommunicator) throws -> String? {
            let before = ranks.collectiveCount
            _ = try ranks.allGather([1])
            return ranks.collectiveCount == before + 1 ? nil : "\(ranks.collectiveCount)"
        }
    }
#endif
