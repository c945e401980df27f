#if MPI
    import Normalization
    import NormalizationMPI
    import SeededRandom

    /// A batch that every process makes alike, and of which it takes its part: uneven, and empty on the last rank.
    struct SharedBatch {
        let layer: BatchNorm<Float>
        let shape: [Int]
        let x, gradient: [Float]
        private let firsts: [Int]

        init(_ ranks: MPICommunicator, sample: [Int] = [6, 5, 7]) throws {
            var firsts = [0]
            for rank in 0..<ranks.size {
                let isEmpty = rank > 0 && rank == ranks.size - 1 && ranks.size > 2
                firsts.append(firsts[rank] + (isEmpty ? 0 : 2 + rank))
            }
            self.firsts = firsts
            shape = [firsts[ranks.size]] + sample
            layer = try .standard(channels: sample[0])
            var random = SplitMix64(seed: 41)
            let count = shape.reduce(1, *)
            x = (random.normal(count: count) as [Float]).map { 3 + $0 }
            gradient = random.normal(count: count)
        }

        func shape(_ rank: Int) -> [Int] { [firsts[rank + 1] - firsts[rank]] + shape.dropFirst() }

        func part(_ tensor: [Float], _ rank: Int) -> [Float] {
            let size = shape.dropFirst().reduce(1, *)
            return Array(tensor[firsts[rank] * size..<firsts[rank + 1] * size])
        }
    }

    /// The statistics of the batch as a whole, and the same bits everywhere.
    enum SynchronizedChecks {
        static var all: [MPITests.Check] {
            [
                ("a step over ranks is the whole batch's", step),
                ("every rank has the same bits, each time", bits),
                ("running statistics stay the same", running),
            ]
        }

        private static func step(_ ranks: MPICommunicator) throws -> String? {
            let (batch, rank) = (try SharedBatch(ranks), ranks.rank)
            let (layer, x, shape) = (batch.layer, batch.part(batch.x, rank), batch.shape(rank))
            let (y, statistics) = try layer.forward(x, then: .silu, shape: shape, over: ranks)
            let gradients = try layer.backward(
                batch.part(batch.gradient, rank), input: x, through: .silu,
                normalizedBy: statistics, shape: shape, over: ranks, parameterGradients: .global)
            let whole = try layer.forward(batch.x, then: .silu, shape: batch.shape)
            let wholeGradients = try layer.backward(
                batch.gradient, input: batch.x, through: .silu,
                normalizedBy: .batch(whole.statistics), shape: batch.shape)
            for (name, found, expected) in [
                ("y", y, batch.part(whole.output, rank)),
                ("dx", gradients.input ?? [], batch.part(wholeGradients.input ?? [], rank)),
                ("dgamma", gradients.gamma ?? [], wholeGradients.gamma ?? []),
                ("dbeta", gradients.beta ?? [], wholeGradients.beta ?? []),
            ] {
                let distance = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
                guard found.count == expected.count, distance <= 1e-4 else {
                    return "\(name) is \(distance) from the whole's"
                }
            }
            return statistics.global.count == whole.statistics.count ? nil : "\(statistics)"
        }

        /// What a rank has of a step, as bits.
        private static func answer(_ ranks: MPICommunicator) throws -> (
            own: [UInt64], shared: [UInt64]
        ) {
            let (batch, rank) = (try SharedBatch(ranks), ranks.rank)
            let (layer, x, shape) = (batch.layer, batch.part(batch.x, rank), batch.shape(rank))
            let (y, statistics) = try layer.forward(x, shape: shape, over: ranks)
            let gradients = try layer.backward(
                batch.part(batch.gradient, rank), input: x, normalizedBy: statistics,
                shape: shape, over: ranks, parameterGradients: .global)
            let own = (y + (gradients.input ?? [])).map { UInt64($0.bitPattern) }
            let shared =
                (statistics.global.mean + statistics.global.sumOfSquaredDeviations)
                .map(\.bitPattern)
                + ((gradients.gamma ?? []) + (gradients.beta ?? [])).map { UInt64($0.bitPattern) }
            return (own, shared)
        }

        private static func bits(_ ranks: MPICommunicator) throws -> String? {
            let first = try answer(ranks)
            for _ in 0..<3 where try answer(ranks) != first { return "another run has other bits" }
            let all = try ranks.allGather(first.shared)
            let expected = (0..<ranks.size).flatMap { _ in first.shared }
            return all == expected ? nil : "ranks have other bits"
        }

        private static func running(_ ranks: MPICommunicator) throws -> String? {
            let batch = try SharedBatch(ranks)
            var layer = batch.layer
            for _ in 0..<3 {
                try layer.forwardAndCommit(
                    batch.part(batch.x, ranks.rank), shape: batch.shape(ranks.rank), over: ranks)
            }
            guard let running = layer.runningStatistics else { return "none" }
            let own = (running.mean + running.variance).map(\.bitPattern)
            let all = try ranks.allGather(own)
            return all == (0..<ranks.size).flatMap { _ in own } ? nil : "ranks have other bits"
        }
    }

    /// A fault on one rank is an error on every rank, and the next call works.
    enum FaultChecks {
        static var all: [MPITests.Check] {
            [
                ("a short input on one rank is refused on all", shortInput),
                ("another call on one rank is refused on all", otherCall),
                ("other channels on one rank are refused on all", otherChannels),
            ]
        }

        /// Whether a call that is faulty on each rank in turn is refused on all.
        ///
        /// - Parameters:
        ///   - zero: what every rank must throw where rank 0 is the faulty one.
        ///   - other: what it must throw behind the name of another one.
        private static func check(
            _ ranks: MPICommunicator, zero: String, other: String,
            _ call: (SharedBatch, _ isFaulty: Bool) throws -> Void
        ) throws -> String? {
            let batch = try SharedBatch(ranks)
            for faulty in 0..<ranks.size {
                do {
                    try call(batch, faulty == ranks.rank)
                    if ranks.size > 1 { return "no error, rank \(faulty) being faulty" }
                } catch let error as NormalizationError {
                    let expected = faulty == 0 ? zero : "rank \(faulty): \(other)"
                    guard ranks.size == 1 || error.description == expected else {
                        return "\(error)"
                    }
                }
                _ = try batch.layer.forward(
                    batch.part(batch.x, ranks.rank), shape: batch.shape(ranks.rank), over: ranks)
            }
            return nil
        }

        private static func shortInput(_ ranks: MPICommunicator) throws -> String? {
            let reason = "x: expected 420 elements, got 1"
            return try check(ranks, zero: "rank 0: \(reason)", other: reason) { batch, isFaulty in
                _ = try batch.layer.forward(
                    isFaulty ? [1] : batch.part(batch.x, ranks.rank),
                    shape: isFaulty ? batch.shape(0) : batch.shape(ranks.rank), over: ranks)
            }
        }

        private static func otherCall(_ ranks: MPICommunicator) throws -> String? {
            try check(
                ranks, zero: "rank 1: operation: expected 5 as on rank 0, got 3",
                other: "operation: expected 3 as on rank 0, got 5"
            ) { batch, isFaulty in
                let (x, shape) = (batch.part(batch.x, ranks.rank), batch.shape(ranks.rank))
                if isFaulty {
                    _ = try batch.layer.forwardRenormalized(x, shape: shape, over: ranks)
                } else {
                    _ = try batch.layer.forward(x, shape: shape, over: ranks)
                }
            }
        }

        private static func otherChannels(_ ranks: MPICommunicator) throws -> String? {
            try check(
                ranks, zero: "rank 1: channels: expected 2 as on rank 0, got 6",
                other: "channels: expected 6 as on rank 0, got 2"
            ) { batch, isFaulty in
                if isFaulty {
                    _ = try BatchNorm<Float>.standard(channels: 2)
                        .forward([1, 2, 3, 4], shape: [2, 2], over: ranks)
                } else {
                    _ = try batch.layer.forward(
                        batch.part(batch.x, ranks.rank), shape: batch.shape(ranks.rank),
                        over: ranks)
                }
            }
        }
    }
#endif
