// What each call is to the driver: a reduction, a rule and an output. Tensors are not empty here.

extension GroupNorm {
    private func partition(_ geometry: Geometry) -> Partition {
        Partition(samplesOf: geometry, channelsPerGroup: channels / groups)
    }

    private func runner(
        _ operation: Engine.Operation, _ partition: Partition
    ) -> PassRunner<Scalar> {
        PassRunner(operation, partition, engine: engine, threadLimit: threadLimit)
    }

    /// The statistics of every group of every sample.
    func runStatistics(_ x: UnsafePointer<Scalar>, _ geometry: Geometry) -> GroupStatistics {
        let lanes = partition(geometry)
        let partition = lanes.ofWholeGroups ?? lanes
        let runner = runner(.training, partition)
        return unsafe runner.withSums(Moments.self) { moments in
            unsafe runner.reduce(MomentsReduction(x: x), into: moments)
            unsafe GroupMoments.merge(
                moments, 0..<partition.laneCount, groupSize: partition.groupSize)
            return unsafe GroupStatistics(
                groups: groups, count: valuesPerGroup(geometry), moments, of: partition)
        }
    }

    /// Statistics, then y with them.
    ///
    /// - Parameter statistics: makes what the call returns of the moments of each group, which stand in its
    ///   first lane.
    func runForward<Result>(
        _ tensors: NormalizeTensors<Scalar>, _ affine: CallAffine<Scalar>, _ geometry: Geometry,
        statistics: (UnsafePointer<Moments>, Partition) -> Result
    ) -> Result {
        let lanes = partition(geometry)
        // Where a group is one run of memory its moments are found as one lane's.
        let whole = lanes.ofWholeGroups
        let runner = runner(.training, whole ?? lanes)
        let partition = runner.partition
        let size = lanes.groupSize / partition.groupSize
        tensors.clearMask(of: geometry)
        return withCoefficients(lanes: lanes.laneCount, of: Scalar.self) { coefficients in
            let coefficients = coefficients.normalize
            return unsafe runner.withSums(Moments.self) { moments in
                unsafe runner.reduce(
                    MomentsReduction(x: tensors.x), into: moments,
                    rule: { some in
                        unsafe GroupMoments.merge(
                            moments, some, groupSize: partition.groupSize)
                        let all = some.lowerBound * size..<some.upperBound * size
                        forEachRun(of: all, in: lanes) { run in
                            affine.write(to: coefficients, run, of: lanes)
                            unsafe coefficients.setStatistics(
                                ofGroups: moments, each: partition.groupSize, run,
                                groupSize: lanes.groupSize, epsilon: epsilon, runner.engine)
                        }
                    }, finer: whole.map { FinerPartition(lanes, of: $0) },
                    output: { tensors.output($0, by: coefficients) })
                return unsafe statistics(moments, partition)
            }
        }
    }

    /// Σ g and Σ g · x̂ of every lane, and ∂x where there is a place for it:
    ///
    ///     ∂x = s · (γ · g − P/k − x̂ · Q/k)
    ///
    /// - Parameter gradients: makes what the call returns of the sums of every lane.
    func runBackward<Result>(
        _ tensors: BackwardTensors<Scalar>, normalizedBy statistics: GroupStatistics,
        _ affine: CallAffine<Scalar>, _ geometry: Geometry,
        gradients: (UnsafePointer<LaneGradientSums>, Partition) -> Result
    ) -> Result {
        let partition = partition(geometry)
        let runner = runner(.backward, partition)
        let given = GivenStatistics(
            mean: statistics.mean, variance: statistics.variance(), epsilon: epsilon,
            runner.engine, for: Scalar.self)
        // What an activation is made again with.
        let needsMap = tensors.activation != nil
        return withCoefficients(lanes: partition.laneCount, of: Scalar.self) { coefficients in
            let normalize = coefficients.normalize
            return unsafe runner.withSums(LaneGradientSums.self) { sums in
                unsafe runner.reduce(
                    tensors.reduction(by: normalize), into: sums,
                    prepare: { lanes in
                        forEachRun(of: lanes, in: partition) { run in
                            affine.write(to: normalize, run, of: partition)
                            given.write(to: normalize, groupsOf: partition.groupSize, run)
                            if needsMap { normalize.setMap(run) }
                        }
                    },
                    rule: { lanes in
                        forEachRun(of: lanes, in: partition) { run in
                            unsafe coefficients.setGroupSums(
                                sums, run, groupSize: partition.groupSize,
                                count: statistics.count)
                        }
                    }, output: tensors.weightedInputGradient(by: coefficients))
                return unsafe gradients(sums, partition)
            }
        }
    }
}

/// Calls `body` with runs of whole groups of the lanes, short enough that all their tables stay in L1 from
/// one loop of a rule to the next.
private func forEachRun(
    of lanes: Range<Int>, in partition: Partition, _ body: (Range<Int>) -> Void
) {
    let length = max(1, 128 / partition.groupSize) * partition.groupSize
    for first in stride(from: lanes.lowerBound, to: lanes.upperBound, by: length) {
        body(first..<min(lanes.upperBound, first + length))
    }
}
