// What each call with γ and β per sample is to the driver: statistics are of channels, coefficients of the
// channels of every sample. Tensors are not empty here.

/// The lanes of a call with γ and β per sample: channel c of sample n is lane n · C + c.
struct SampleLanes {
    let partition: Partition
    let samples: Int
    let channels: Int

    init(_ geometry: Geometry) {
        partition = Partition(samplesOf: geometry, channelsPerGroup: 1)
        samples = geometry.shape[0]
        channels = geometry.channels
    }

    /// The lanes of some samples.
    init(_ run: SampleRun) {
        partition = run.partition
        channels = partition.parameters
        samples = partition.laneCount / channels
    }

    /// Calls `body` with some channels as lanes of each sample, and how far these are from sample 0's.
    func forEachSample(_ some: Range<Int>, _ body: (_ lanes: Range<Int>, _ offset: Int) -> Void) {
        for sample in 0..<samples { of(sample, some, body) }
    }

    /// The same on several threads, for callers that are on no worker.
    func forEachSample(
        _ some: Range<Int>, threads: Int, _ body: (_ lanes: Range<Int>, _ offset: Int) -> Void
    ) {
        unsafe Workers.run(samples, limit: some.count < 64 ? 1 : threads, scratchCount: 0) {
            (next: () -> Int?, _: UnsafeMutablePointer<Double>) in
            while let sample = next() { of(sample, some, body) }
        }
    }

    @inline(__always)
    private func of(
        _ sample: Int, _ some: Range<Int>, _ body: (_ lanes: Range<Int>, _ offset: Int) -> Void
    ) {
        let offset = sample * channels
        body(some.lowerBound + offset..<some.upperBound + offset, offset)
    }

    /// The same for some lanes, which are cut where a sample ends.
    func forEachPart(
        of lanes: Range<Int>, _ body: (_ lanes: Range<Int>, _ offset: Int) -> Void
    ) {
        var first = lanes.lowerBound
        while first < lanes.upperBound {
            let offset = first / channels * channels
            let end = min(lanes.upperBound, offset + channels)
            body(first..<end, offset)
            first = end
        }
    }

    /// Sets what the sums of some lanes need.
    ///
    /// - Parameter needsMap: whether an activation is made again.
    func set<Scalar: NormalizationScalar>(
        _ some: Range<Int>, of coefficients: NormalizeCoefficients<Scalar>,
        _ given: GivenStatistics, _ affine: SampleAffine<Scalar>, needsMap: Bool,
        _ arithmetic: any CoefficientArithmetic.Type
    ) {
        forEachPart(of: some) { lanes, offset in
            affine.write(to: coefficients, lanes)
            given.write(to: coefficients, lanes, offset: offset)
            if needsMap { coefficients.setMap(lanes, arithmetic) }
        }
    }
}

extension BatchNorm {
    /// Statistics, then y with them.
    func runForward(
        _ tensors: NormalizeTensors<Scalar>, _ affine: SampleAffine<Scalar>, _ geometry: Geometry
    ) -> BatchStatistics {
        let (runner, lanes) = (runner(.training, geometry), SampleLanes(geometry))
        tensors.clearMask(of: geometry)
        return withCoefficients(
            lanes: lanes.partition.laneCount, of: Scalar.self
        ) { coefficients in
            let coefficients = coefficients.normalize
            return unsafe runner.withSums(Moments.self) { moments in
                unsafe runner.reduce(
                    MomentsReduction(x: tensors.x), into: moments,
                    rule: { some in
                        lanes.forEachSample(some) { lanes, offset in
                            affine.write(to: coefficients, lanes)
                            unsafe coefficients.setStatistics(
                                moments, offset: offset, lanes, epsilon: epsilon, runner.engine)
                        }
                    }, finer: FinerPartition(lanes.partition, of: runner.partition),
                    output: { tensors.output($0, by: coefficients) })
                return unsafe BatchStatistics(
                    count: geometry.valuesPerChannel, moments, channels: channels)
            }
        }
    }

    /// y with the running statistics.
    func runInference(
        _ tensors: NormalizeTensors<Scalar>, with running: RunningStatistics,
        _ affine: SampleAffine<Scalar>, _ geometry: Geometry
    ) {
        runMap(tensors, affine, geometry) { coefficients, lanes, offset, engine in
            coefficients.setStatistics(
                mean: running.mean, variance: running.variance, offset: offset, lanes,
                epsilon: epsilon, engine)
        }
    }

    /// An output by coefficients that are known before.
    func runMap(
        _ tensors: NormalizeTensors<Scalar>, _ affine: SampleAffine<Scalar>, _ geometry: Geometry,
        setStatistics: (
            NormalizeCoefficients<Scalar>, _ lanes: Range<Int>, _ offset: Int,
            any PassEngine.Type
        ) -> Void
    ) {
        let all = SampleLanes(geometry)
        // No sample looks at another.
        SampleRun.forEach(of: all.partition, samples: all.samples) { run in
            let lanes = SampleLanes(run)
            let runner = runner(.inference, geometry).runner(of: lanes.partition)
            let tensors = tensors.advanced(by: run.firstElement)
            let affine = affine.advanced(byLanes: run.firstLane)
            withCoefficients(lanes: lanes.partition.laneCount, of: Scalar.self) { coefficients in
                let coefficients = coefficients.normalize
                lanes.forEachSample(0..<channels, threads: runner.threads) { lanes, offset in
                    affine.write(to: coefficients, lanes)
                    setStatistics(coefficients, lanes, offset, runner.engine)
                }
                runner.writeAll { block, write in write(tensors.output(block, by: coefficients)) }
            }
        }
    }

    /// Σ g and Σ g · x̂ of every channel of every sample, where they are needed, and ∂x where there is a place
    /// for it.
    ///
    /// - Parameter gradients: makes what the call returns of the sums of every lane; not called where there are
    ///   none.
    func runBackward(
        _ tensors: BackwardTensors<Scalar>, normalizedBy statistics: MeanAndVariance,
        _ affine: SampleAffine<Scalar>, needsSums: Bool, _ geometry: Geometry,
        gradients: (UnsafePointer<LaneGradientSums>, Partition) -> ParameterGradients<Scalar>
    ) -> ParameterGradients<Scalar> {
        let lanes = SampleLanes(geometry)
        let runner = runner(.backward, geometry)
        return withCoefficients(
            lanes: lanes.partition.laneCount, of: Scalar.self
        ) { coefficients in
            let normalize = coefficients.normalize
            let given = givenStatistics(statistics, runner)
            func prepare(_ some: Range<Int>) {
                lanes.set(
                    some, of: normalize, given, affine, needsMap: tensors.activation != nil,
                    runner.engine)
            }
            // With running statistics the terms of the sums are zero.
            guard statistics.areOfTheBatch else {
                return unsafe scaledBackward(
                    tensors, statistics.variance, affine, needsSums: needsSums, lanes,
                    runner.runner(of: lanes.partition), coefficients, prepare, gradients)
            }
            return unsafe runner.runner(of: lanes.partition).withSums(LaneGradientSums.self) {
                sums in
                unsafe runner.reduceParts(
                    tensors.reduction(by: normalize),
                    of: FinerPartition(lanes.partition, of: runner.partition), into: sums,
                    prepare: prepare,
                    rule: { some in
                        unsafe coefficients.setChannelSums(
                            sums, some, lanes, count: geometry.valuesPerChannel, runner.engine)
                    }, output: tensors.weightedInputGradient(by: coefficients))
                return unsafe gradients(sums, lanes.partition)
            }
        }
    }

    func givenStatistics(
        _ statistics: MeanAndVariance, _ runner: PassRunner<Scalar>
    ) -> GivenStatistics {
        GivenStatistics(
            mean: statistics.mean, variance: statistics.variance, epsilon: epsilon,
            runner.engine, for: Scalar.self)
    }

    /// ∂x = γ · s · g, a normalization of g with μ = β = 0
    private func scaledBackward(
        _ tensors: BackwardTensors<Scalar>, _ variance: [Double], _ affine: SampleAffine<Scalar>,
        needsSums: Bool, _ lanes: SampleLanes, _ runner: PassRunner<Scalar>,
        _ coefficients: InputGradientCoefficients<Scalar>, _ prepare: (Range<Int>) -> Void,
        _ gradients: (UnsafePointer<LaneGradientSums>, Partition) -> ParameterGradients<Scalar>
    ) -> ParameterGradients<Scalar> {
        let normalize = coefficients.normalize
        let (all, zero) = (0..<lanes.partition.laneCount, [Double](repeating: 0, count: channels))
        return withCoefficients(lanes: all.count, of: Scalar.self) { scaling in
            let scaling = scaling.normalize
            lanes.forEachSample(0..<channels) { lanes, offset in
                affine.write(to: scaling, lanes)
                scaling.beta.fill(lanes, with: 0)
                scaling.setStatistics(
                    mean: zero, variance: variance, offset: offset, lanes, epsilon: epsilon,
                    runner.engine)
            }
            let output = tensors.scaledGradient(by: scaling, normalize)
            guard needsSums else {
                prepare(all)
                runner.writeAll { block, write in
                    tensors.writeOutputs(of: block, by: normalize, output, write)
                }
                return ParameterGradients()
            }
            return unsafe runner.withSums(LaneGradientSums.self) { sums in
                unsafe runner.reduce(
                    tensors.reduction(by: normalize), into: sums, prepare: prepare, output: output)
                return unsafe gradients(sums, lanes.partition)
            }
        }
    }
}

extension InputGradientCoefficients {
    /// P = Σ γ · g and Q = Σ γ · g · x̂ of some channels over all samples, and ∂x by them.
    ///
    /// - Parameter count: m, the values of a channel.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    fileprivate func setChannelSums(
        _ sums: UnsafePointer<LaneGradientSums>, _ channels: Range<Int>, _ lanes: SampleLanes,
        count: Int, _ arithmetic: any CoefficientArithmetic.Type
    ) {
        unsafe addChannelSums(sums, channels, lanes)
        spreadChannelSums(channels, lanes, count: count, arithmetic)
    }

    /// P and Q of some channels, in the tables of the first sample's lanes.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addChannelSums(
        _ sums: UnsafePointer<LaneGradientSums>, _ channels: Range<Int>, _ lanes: SampleLanes
    ) {
        let gamma = normalize.gamma
        let (meanG, meanGX) = (meanGradient, meanGradientTimesNormalized)
        meanG.fill(channels, with: 0)
        meanGX.fill(channels, with: 0)
        // In the order of the samples.
        lanes.forEachSample(channels) { lanes, offset in
            for lane in lanes {
                meanG[lane - offset] += unsafe gamma[lane] * sums[lane].gradient
            }
            for lane in lanes {
                meanGX[lane - offset] += unsafe gamma[lane] * sums[lane].gradientTimesNormalized
            }
        }
    }

    /// ∂x of every sample by P and Q, which stand in the tables of the first one's lanes.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func spreadChannelSums(
        _ channels: Range<Int>, _ lanes: SampleLanes, count: Int,
        _ arithmetic: any CoefficientArithmetic.Type
    ) {
        let (meanG, meanGX, m) = (meanGradient, meanGradientTimesNormalized, Double(count))
        for lane in channels { meanG[lane] /= m }
        for lane in channels { meanGX[lane] /= m }
        lanes.forEachSample(channels) { lanes, offset in
            if offset > 0 {
                for lane in lanes { meanG[lane] = meanG[lane - offset] }
                for lane in lanes { meanGX[lane] = meanGX[lane - offset] }
            }
            setWeighted(lanes, arithmetic)
        }
    }
}
