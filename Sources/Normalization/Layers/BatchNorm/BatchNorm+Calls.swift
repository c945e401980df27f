// What each call is to the driver: a reduction, a rule and an output. Tensors are not empty here.

extension BatchNorm {
    func runner(
        _ operation: Engine.Operation, _ geometry: Geometry
    ) -> PassRunner<Scalar> {
        runner(operation, BatchPart(whole: geometry))
    }

    private func runner(
        _ operation: Engine.Operation, _ part: BatchPart
    ) -> PassRunner<Scalar> {
        PassRunner(
            operation, Partition(channelsOf: part), engine: engine, threadLimit: threadLimit)
    }

    /// Statistics, then y with them, by a rule of r and d where there is one.
    func runForward(
        _ tensors: NormalizeTensors<Scalar>, _ geometry: Geometry,
        renormalizing renorm: RenormRule? = nil
    ) -> BatchStatistics {
        tensors.clearMask(of: geometry)
        return runForward(tensors, BatchPart(whole: geometry), renormalizing: renorm)
    }

    /// The same of a part of the batch; the mask is clear.
    func runForward(
        _ tensors: NormalizeTensors<Scalar>, _ part: BatchPart,
        renormalizing renorm: RenormRule? = nil
    ) -> BatchStatistics {
        let runner = runner(.training, part)
        return withCoefficients(lanes: channels, of: Scalar.self) { coefficients in
            let coefficients = coefficients.normalize
            setAffine(gamma, beta, coefficients, runner)
            return unsafe runner.withSums(Moments.self) { moments in
                unsafe runner.reduce(
                    MomentsReduction(x: tensors.x), into: moments,
                    rule: { lanes in
                        if let renorm {
                            unsafe coefficients.renormalize(moments, lanes, by: renorm)
                        }
                        unsafe coefficients.setStatistics(
                            moments, lanes, epsilon: epsilon, runner.engine)
                    }, output: { tensors.output($0, by: coefficients) })
                return unsafe BatchStatistics(
                    count: part.geometry.valuesPerChannel, moments, channels: channels)
            }
        }
    }

    /// y with the statistics of a batch, of which x may be a part, by a rule of r and d where there is one.
    func runNormalize(
        _ tensors: NormalizeTensors<Scalar>, with statistics: BatchStatistics,
        _ geometry: Geometry, renormalizing renorm: RenormRule? = nil
    ) {
        tensors.clearMask(of: geometry)
        runMap(tensors, geometry) { coefficients, runner in
            unsafe runner.withMoments(of: statistics) { moments in
                if let renorm {
                    unsafe coefficients.renormalize(moments, 0..<channels, by: renorm)
                }
                unsafe coefficients.setStatistics(
                    moments, 0..<channels, epsilon: epsilon, runner.engine)
            }
        }
    }

    /// y with the running statistics.
    func runInference(
        _ tensors: NormalizeTensors<Scalar>, with running: RunningStatistics,
        _ geometry: Geometry
    ) {
        runMap(tensors, geometry) { coefficients, runner in
            coefficients.setStatistics(
                mean: running.mean, variance: running.variance, 0..<channels, epsilon: epsilon,
                runner.engine)
        }
    }

    /// x from y and the statistics it was made with.
    func runInverse(
        _ tensors: NormalizeTensors<Scalar>, _ statistics: MeanAndVariance, _ geometry: Geometry
    ) {
        runMap(tensors, geometry) { coefficients, runner in
            if let renorm = statistics.renorm { coefficients.renormalize(by: renorm) }
            coefficients.setInverse(
                mean: statistics.mean, variance: statistics.variance, epsilon: epsilon,
                runner.engine)
        }
    }

    /// An output by coefficients that are known before, each value read once and written once.
    private func runMap(
        _ tensors: NormalizeTensors<Scalar>, _ geometry: Geometry,
        setStatistics: (NormalizeCoefficients<Scalar>, PassRunner<Scalar>) -> Void
    ) {
        let runner = runner(.inference, geometry)
        withCoefficients(lanes: channels, of: Scalar.self) { coefficients in
            let coefficients = coefficients.normalize
            setAffine(gamma, beta, coefficients, runner)
            setStatistics(coefficients, runner)
            runner.writeAll { block, write in write(tensors.output(block, by: coefficients)) }
        }
    }
}

extension BatchNorm {
    /// A and B of every channel, where they are needed, and ∂x where there is a place for it.
    func runBackward(
        _ tensors: BackwardTensors<Scalar>, normalizedBy statistics: MeanAndVariance,
        needsSums: Bool, _ geometry: Geometry
    ) -> GradientSums {
        // With running statistics the terms of the sums are zero.
        statistics.areOfTheBatch
            ? runBatchBackward(tensors, normalizedBy: statistics, BatchPart(whole: geometry))
            : runScaledBackward(
                tensors, normalizedBy: statistics, needsSums: needsSums, geometry)
    }

    /// ∂x = γ · s · (g − A/m − x̂ · B/m)
    func runBatchBackward(
        _ tensors: BackwardTensors<Scalar>, normalizedBy statistics: MeanAndVariance,
        _ part: BatchPart
    ) -> GradientSums {
        let (runner, count) = (runner(.backward, part), part.geometry.valuesPerChannel)
        return withCoefficients(lanes: channels, of: Scalar.self) { coefficients in
            let normalize = coefficients.normalize
            setAffine(gamma, tensors.beta(beta), normalize, runner)
            if let renorm = statistics.renorm { normalize.renormalize(by: renorm) }
            return unsafe runner.withSums(LaneGradientSums.self) { sums in
                unsafe runner.reduce(
                    tensors.reduction(by: normalize), into: sums,
                    prepare: { setStatistics(statistics, $0, normalize, runner) },
                    rule: { lanes in
                        unsafe coefficients.setSums(sums, lanes, count: count, runner.engine)
                    }, output: tensors.inputGradient(by: coefficients))
                return unsafe GradientSums(count: count, sums, channels: channels)
            }
        }
    }

    /// ∂x = γ · s · g, a normalization of g with μ = β = 0
    private func runScaledBackward(
        _ tensors: BackwardTensors<Scalar>, normalizedBy statistics: MeanAndVariance,
        needsSums: Bool, _ geometry: Geometry
    ) -> GradientSums {
        let runner = runner(.backward, geometry)
        return withCoefficients(lanes: channels, of: Scalar.self) { coefficients in
            withCoefficients(lanes: channels, of: Scalar.self) { scaling in
                let (normalize, scaling) = (coefficients.normalize, scaling.normalize)
                setAffine(gamma, tensors.beta(beta), normalize, runner)
                setScaling(scaling, statistics, runner)
                let output = tensors.scaledGradient(by: scaling, normalize)
                guard needsSums else {
                    setStatistics(statistics, 0..<channels, normalize, runner)
                    runner.writeAll { block, write in
                        tensors.writeOutputs(of: block, by: normalize, output, write)
                    }
                    return GradientSums(emptyWithChannels: channels)
                }
                return unsafe runner.withSums(LaneGradientSums.self) { sums in
                    unsafe runner.reduce(
                        tensors.reduction(by: normalize), into: sums,
                        prepare: { setStatistics(statistics, $0, normalize, runner) },
                        output: output)
                    return unsafe GradientSums(
                        count: geometry.valuesPerChannel, sums, channels: channels)
                }
            }
        }
    }

    /// dz = g · f′(z)
    func runActivationBackward(
        _ tensors: BackwardTensors<Scalar>, normalizedBy statistics: MeanAndVariance,
        _ geometry: Geometry
    ) {
        guard let activation = tensors.activation else { return }
        let runner = runner(.backward, geometry)
        withCoefficients(lanes: channels, of: Scalar.self) { coefficients in
            let normalize = coefficients.normalize
            setAffine(gamma, beta, normalize, runner)
            if let renorm = statistics.renorm { normalize.renormalize(by: renorm) }
            setStatistics(statistics, 0..<channels, normalize, runner)
            runner.writeAll { block, write in
                write(unsafe activation.task(tensors.x, block, by: normalize))
            }
        }
    }

    /// ∂x with the sums of the whole batch, of which x may be a part.
    func runInputGradient(
        _ tensors: BackwardTensors<Scalar>, normalizedBy statistics: MeanAndVariance,
        with sums: GradientSums, _ geometry: Geometry
    ) {
        let runner = runner(.backward, geometry)
        withCoefficients(lanes: channels, of: Scalar.self) { coefficients in
            setInputGradient(coefficients, of: tensors, statistics, sums, runner)
            guard let output = tensors.inputGradient(by: coefficients) else { return }
            runner.writeAll { block, write in write(output(block)) }
        }
    }

    /// Sets what ∂x is made with, from sums that are known.
    func setInputGradient(
        _ coefficients: InputGradientCoefficients<Scalar>, of tensors: BackwardTensors<Scalar>,
        _ statistics: MeanAndVariance, _ sums: GradientSums, _ runner: PassRunner<Scalar>
    ) {
        let normalize = coefficients.normalize
        setAffine(gamma, tensors.beta(beta), normalize, runner)
        if let renorm = statistics.renorm { normalize.renormalize(by: renorm) }
        setStatistics(statistics, 0..<channels, normalize, runner)
        unsafe runner.withSums(LaneGradientSums.self) { lanes in
            for c in 0..<channels { unsafe lanes[c] = sums.lane(c) }
            unsafe coefficients.setSums(lanes, 0..<channels, count: sums.count, runner.engine)
        }
    }

    /// Sets γ and β of every channel, before the statistics.
    func setAffine(
        _ gamma: AffineParameter<Scalar>, _ beta: AffineParameter<Scalar>,
        _ coefficients: NormalizeCoefficients<Scalar>, _ runner: PassRunner<Scalar>
    ) {
        CallAffine.ofLayer(gamma: gamma, beta: beta).write(
            to: coefficients, 0..<channels, of: runner.partition)
    }

    /// The coefficients of γ · s · g: those of a y with μ = β = 0.
    func setScaling(
        _ scaling: NormalizeCoefficients<Scalar>, _ statistics: MeanAndVariance,
        _ runner: PassRunner<Scalar>
    ) {
        setAffine(gamma, .absent, scaling, runner)
        scaling.setStatistics(
            mean: Array(repeating: 0, count: channels), variance: statistics.variance,
            0..<channels, epsilon: epsilon, runner.engine)
    }

    func setStatistics(
        _ statistics: MeanAndVariance, _ lanes: Range<Int>,
        _ coefficients: NormalizeCoefficients<Scalar>, _ runner: PassRunner<Scalar>
    ) {
        coefficients.setStatistics(
            mean: statistics.mean, variance: statistics.variance, lanes, epsilon: epsilon,
            runner.engine)
    }
}

extension BackwardTensors {
    /// β matters where an activation is made again.
    fileprivate func beta(_ beta: AffineParameter<Scalar>) -> AffineParameter<Scalar> {
        activation == nil ? .absent : beta
    }
}
