// What each call is to the driver: a reduction, a rule and an output. Tensors are not empty here.

extension GroupNorm {
    private func runner(
        _ operation: Engine.Operation, _ geometry: Geometry
    ) -> PassRunner<Scalar> {
        PassRunner(
            operation, Partition(samplesOf: geometry, channelsPerGroup: channels / groups),
            engine: engine, threadLimit: threadLimit)
    }

    /// The statistics of every group of every sample.
    func runStatistics(_ x: UnsafePointer<Scalar>, _ geometry: Geometry) -> GroupStatistics {
        let runner = runner(.training, geometry)
        let partition = runner.partition
        return unsafe runner.withSums(Moments.self) { moments in
            unsafe runner.reduce(MomentsReduction(x: x), into: moments)
            unsafe GroupMoments.share(
                moments, 0..<partition.laneCount, groupSize: partition.groupSize)
            return unsafe GroupStatistics(
                groups: groups, count: valuesPerGroup(geometry), moments, of: partition)
        }
    }

    /// Statistics, then y with them.
    ///
    /// - Parameter statistics: makes what the call returns of the moments of every lane's group.
    func runForward<Result>(
        _ tensors: NormalizeTensors<Scalar>, _ affine: CallAffine<Scalar>, _ geometry: Geometry,
        statistics: (UnsafePointer<Moments>, Partition) -> Result
    ) -> Result {
        let runner = runner(.training, geometry)
        let partition = runner.partition
        unsafe tensors.epilogue.mask?.update(repeating: 0, count: geometry.maskByteCount)
        return withCoefficients(lanes: partition.laneCount, of: Scalar.self) { coefficients in
            let coefficients = coefficients.normalize
            return unsafe runner.withSums(Moments.self) { moments in
                unsafe runner.reduce(
                    MomentsReduction(x: tensors.x), into: moments,
                    rule: { lanes in
                        affine.write(to: coefficients, lanes, of: partition)
                        unsafe GroupMoments.share(
                            moments, lanes, groupSize: partition.groupSize)
                        unsafe coefficients.setStatistics(
                            moments, lanes, epsilon: epsilon, runner.engine)
                    }, output: { tensors.output($0, by: coefficients) })
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
        let runner = runner(.backward, geometry)
        let partition = runner.partition
        let (mean, variance) = (statistics.mean, statistics.variance())
        return withCoefficients(lanes: partition.laneCount, of: Scalar.self) { coefficients in
            let normalize = coefficients.normalize
            return unsafe runner.withSums(LaneGradientSums.self) { sums in
                unsafe runner.reduce(
                    tensors.reduction(by: normalize), into: sums,
                    prepare: { lanes in
                        affine.write(to: normalize, lanes, of: partition)
                        normalize.mean.spread(lanes, of: mean, each: partition.groupSize)
                        normalize.variance.spread(lanes, of: variance, each: partition.groupSize)
                        normalize.setByStatistics(lanes, epsilon: epsilon, runner.engine)
                    },
                    rule: { lanes in
                        unsafe coefficients.setGroupSums(
                            sums, lanes, groupSize: partition.groupSize,
                            count: statistics.count)
                    }, output: tensors.weightedInputGradient(by: coefficients))
                return unsafe gradients(sums, partition)
            }
        }
    }
}

extension InputGradientCoefficients {
    /// P = Σ γ · g and Q = Σ γ · g · x̂ of each group, from its lanes' Σ g and Σ g · x̂, and ∂x by them.
    ///
    /// - Parameter count: k, the values of a group.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    fileprivate func setGroupSums(
        _ sums: UnsafePointer<LaneGradientSums>, _ lanes: Range<Int>, groupSize: Int, count: Int
    ) {
        let (gamma, k) = (normalize.gamma, Double(count))
        for first in stride(from: lanes.lowerBound, to: lanes.upperBound, by: groupSize) {
            let group = first..<first + groupSize
            var (p, q) = (0.0, 0.0)
            for lane in group {
                unsafe p += gamma[lane] * sums[lane].gradient
                unsafe q += gamma[lane] * sums[lane].gradientTimesNormalized
            }
            meanGradient.fill(group, with: p / k)
            meanGradientTimesNormalized.fill(group, with: q / k)
        }
        setWeighted(lanes)
    }
}

extension Table<Double> {
    /// Gives groups of lanes the numbers of an array with one for each group.
    fileprivate func spread(_ lanes: Range<Int>, of values: [Double], each size: Int) {
        guard size > 1 else { return copy(lanes, of: values) }
        for first in stride(from: lanes.lowerBound, to: lanes.upperBound, by: size) {
            fill(first..<first + size, with: values[first / size])
        }
    }
}
