// What each call is to the driver: a reduction, a rule and an output. Tensors are not empty here.

extension GroupNorm {
    /// Calls `body` with some samples at a time.
    private func forEachRun(_ geometry: Geometry, _ body: (SampleRun) -> Void) {
        SampleRun.forEach(
            of: Partition(samplesOf: geometry, channelsPerGroup: channels / groups),
            samples: geometry.shape[0], body)
    }

    private func runner(
        _ operation: Engine.Operation, _ partition: Partition
    ) -> PassRunner<Scalar> {
        PassRunner(operation, partition, engine: engine, threadLimit: threadLimit)
    }

    /// The statistics of every group of every sample.
    func runStatistics(_ x: TensorPointer<Scalar>, _ geometry: Geometry) -> GroupStatistics {
        var statistics = GroupStatistics(
            emptyWithGroups: groups, count: valuesPerGroup(geometry))
        forEachRun(geometry) { run in
            let partition = run.partition.ofWholeGroups ?? run.partition
            let runner = runner(.training, partition)
            unsafe runner.withSums(Moments.self) { moments in
                unsafe runner.reduce(
                    MomentsReduction(x: x + run.firstElement), into: moments)
                unsafe GroupMoments.merge(
                    moments, 0..<partition.laneCount, groupSize: partition.groupSize)
                unsafe statistics.append(moments, of: partition)
            }
        }
        return statistics
    }

    /// Statistics, then y with them.
    ///
    /// - Parameter found: receives the moments of each group of some samples, which stand in its first lane.
    func runForward(
        _ tensors: NormalizeTensors<Scalar>, _ affine: CallAffine<Scalar>, _ geometry: Geometry,
        found: (UnsafePointer<Moments>, Partition) -> Void
    ) {
        tensors.clearMask(of: geometry)
        forEachRun(geometry) { run in
            unsafe runForward(
                tensors.advanced(by: run.firstElement),
                affine.advanced(byLanes: run.firstLane), run.partition, found)
        }
    }

    private func runForward(
        _ tensors: NormalizeTensors<Scalar>, _ affine: CallAffine<Scalar>, _ lanes: Partition,
        _ found: (UnsafePointer<Moments>, Partition) -> Void
    ) {
        // Where a group is one run of memory its moments are found as one lane's.
        let whole = lanes.ofWholeGroups
        let runner = runner(.training, whole ?? lanes)
        let partition = runner.partition
        let size = lanes.groupSize / partition.groupSize
        withCoefficients(lanes: lanes.laneCount, of: Scalar.self) { coefficients in
            let coefficients = coefficients.normalize
            unsafe runner.withSums(Moments.self) { moments in
                unsafe runner.reduce(
                    MomentsReduction(x: tensors.x), into: moments,
                    rule: { some in
                        unsafe GroupMoments.merge(
                            moments, some, groupSize: partition.groupSize)
                        let all = some.lowerBound * size..<some.upperBound * size
                        forEachPiece(of: all, in: lanes) { piece in
                            affine.write(to: coefficients, piece, of: lanes)
                            unsafe coefficients.setStatistics(
                                ofGroups: moments, each: partition.groupSize, piece,
                                groupSize: lanes.groupSize, epsilon: epsilon, runner.engine)
                        }
                    }, finer: whole.map { FinerPartition(lanes, of: $0) },
                    output: { tensors.output($0, by: coefficients) })
                unsafe found(moments, partition)
            }
        }
    }

    /// Σ g and Σ g · x̂ of every lane, and ∂x where there is a place for it:
    ///
    ///     ∂x = s · (γ · g − P/k − x̂ · Q/k)
    ///
    /// - Parameter found: receives the sums of every lane of some samples.
    func runBackward(
        _ tensors: BackwardTensors<Scalar>, normalizedBy statistics: GroupStatistics,
        _ affine: CallAffine<Scalar>, _ geometry: Geometry,
        found: (UnsafePointer<LaneGradientSums>, Partition) -> Void
    ) {
        let roots = engine.passes(
            for: .backward, of: Partition(samplesOf: geometry, channelsPerGroup: channels / groups))
        let given = GivenStatistics(
            mean: statistics.mean, variance: statistics.variance(), epsilon: epsilon, roots,
            for: Scalar.self)
        forEachRun(geometry) { run in
            unsafe runBackward(
                tensors.advanced(by: run.firstElement), given, count: statistics.count,
                affine.advanced(byLanes: run.firstLane), run, found)
        }
    }

    private func runBackward(
        _ tensors: BackwardTensors<Scalar>, _ given: GivenStatistics, count: Int,
        _ affine: CallAffine<Scalar>, _ run: SampleRun,
        _ found: (UnsafePointer<LaneGradientSums>, Partition) -> Void
    ) {
        let partition = run.partition
        let runner = runner(.backward, partition)
        // What an activation is made again with.
        let needsMap = tensors.activation != nil
        withCoefficients(lanes: partition.laneCount, of: Scalar.self) { coefficients in
            let normalize = coefficients.normalize
            unsafe runner.withSums(LaneGradientSums.self) { sums in
                unsafe runner.reduce(
                    tensors.reduction(by: normalize), into: sums,
                    prepare: { lanes in
                        forEachPiece(of: lanes, in: partition) { piece in
                            affine.write(to: normalize, piece, of: partition)
                            given.write(
                                to: normalize, groupsOf: partition.groupSize, piece,
                                offset: -run.firstLane)
                            if needsMap { normalize.setMap(piece, runner.engine) }
                        }
                    },
                    rule: { lanes in
                        forEachPiece(of: lanes, in: partition) { piece in
                            unsafe coefficients.setGroupSums(
                                sums, piece, groupSize: partition.groupSize, count: count,
                                runner.engine)
                        }
                    }, output: tensors.weightedInputGradient(by: coefficients))
                unsafe found(sums, partition)
            }
        }
    }
}

/// Calls `body` with pieces of whole groups of the lanes, short enough that all their tables stay in L1 from
/// one loop of a rule to the next.
private func forEachPiece(
    of lanes: Range<Int>, in partition: Partition, _ body: (Range<Int>) -> Void
) {
    let length = max(1, 128 / partition.groupSize) * partition.groupSize
    for first in stride(from: lanes.lowerBound, to: lanes.upperBound, by: length) {
        body(first..<min(lanes.upperBound, first + length))
    }
}
