// What each call with a mask is to the driver: sums of the valid parts of each block, or of all of it, and an output
// for either kind of part. Some positions are valid, not all.

extension BatchNorm {
    /// Statistics of the valid positions, then y with them.
    func runForward(
        _ tensors: NormalizeTensors<Scalar>, _ geometry: Geometry, _ mask: PositionMask,
        _ output: MaskedOutput
    ) -> BatchStatistics {
        let runner = runner(.training, geometry)
        return withCoefficients(lanes: channels, of: Scalar.self) { coefficients in
            let coefficients = coefficients.normalize
            setAffine(gamma, beta, coefficients, runner)
            return unsafe runner.withSums(Moments.self) { moments in
                unsafe runner.reduceEach(
                    MaskedReduction(base: MomentsReduction(x: tensors.x), mask: mask),
                    into: moments,
                    rule: { lanes in
                        unsafe coefficients.setStatistics(
                            moments, lanes, epsilon: epsilon, runner.engine)
                    },
                    outputs: { block, write in
                        writeOutput(
                            tensors, of: block, by: coefficients, runner, mask, output, write)
                    })
                return unsafe BatchStatistics(
                    count: mask.validCount, moments, channels: channels)
            }
        }
    }

    /// y with the running statistics.
    func runInference(
        _ tensors: NormalizeTensors<Scalar>, with running: RunningStatistics,
        _ geometry: Geometry, _ mask: PositionMask, _ output: MaskedOutput
    ) {
        runMap(tensors, geometry, mask, output) { coefficients, runner in
            coefficients.setStatistics(
                mean: running.mean, variance: running.variance, 0..<channels, epsilon: epsilon,
                runner.engine)
        }
    }

    /// y with the statistics of a batch, of which x may be a part.
    func runNormalize(
        _ tensors: NormalizeTensors<Scalar>, with statistics: BatchStatistics,
        _ geometry: Geometry, _ mask: PositionMask, _ output: MaskedOutput
    ) {
        runMap(tensors, geometry, mask, output) { coefficients, runner in
            unsafe runner.withMoments(of: statistics) { moments in
                unsafe coefficients.setStatistics(
                    moments, 0..<channels, epsilon: epsilon, runner.engine)
            }
        }
    }

    /// An output by coefficients that are known before.
    private func runMap(
        _ tensors: NormalizeTensors<Scalar>, _ geometry: Geometry, _ mask: PositionMask,
        _ output: MaskedOutput,
        setStatistics: (NormalizeCoefficients<Scalar>, PassRunner<Scalar>) -> Void
    ) {
        let runner = runner(.inference, geometry)
        withCoefficients(lanes: channels, of: Scalar.self) { coefficients in
            let coefficients = coefficients.normalize
            setAffine(gamma, beta, coefficients, runner)
            setStatistics(coefficients, runner)
            runner.writeAll { block, write in
                writeOutput(tensors, of: block, by: coefficients, runner, mask, output, write)
            }
        }
    }

    /// y of the parts of a block.
    private func writeOutput(
        _ tensors: NormalizeTensors<Scalar>, of block: Block,
        by coefficients: NormalizeCoefficients<Scalar>, _ runner: PassRunner<Scalar>,
        _ mask: PositionMask, _ output: MaskedOutput, _ write: (OutputTask<Scalar>) -> Void
    ) {
        guard output != .normalized else {
            return write(tensors.output(block, by: coefficients))
        }
        mask.forEachPaddedPart(of: block, in: runner.partition) { part, isValid, padding in
            if isValid {
                let task = tensors.output(part, by: coefficients)
                write(output == .zero ? task.padded(by: padding) : task)
            } else if output == .zero {
                unsafe part.clear(tensors.y)
            }
        }
    }

    /// A and B of every channel, and ∂x where there is a place for it.
    func runBackward(
        _ tensors: BackwardTensors<Scalar>, normalizedBy statistics: MeanAndVariance,
        _ geometry: Geometry, _ mask: PositionMask, _ output: MaskedOutput
    ) -> GradientSums {
        let (runner, isNormalized) = (runner(.backward, geometry), output == .normalized)
        return withCoefficients(lanes: channels, of: Scalar.self) { coefficients in
            withCoefficients(lanes: channels, of: Scalar.self) { scaling in
                let (normalize, scaling) = (coefficients.normalize, scaling.normalize)
                setAffine(gamma, .absent, normalize, runner)
                setScaling(scaling, statistics, runner)
                let scaled = tensors.scaledGradient(by: scaling, normalize)
                let outputs = (
                    valid: statistics.areOfTheBatch
                        ? tensors.inputGradient(by: coefficients) : scaled,
                    invalid: isNormalized ? scaled : nil
                )
                return unsafe runner.withSums(LaneGradientSums.self) { sums in
                    unsafe reduce(
                        tensors, isNormalized ? nil : mask, runner, into: sums,
                        normalize, statistics,
                        rule: { lanes in
                            guard statistics.areOfTheBatch else { return }
                            unsafe coefficients.setSums(
                                sums, lanes, count: mask.validCount, runner.engine)
                        },
                        outputs: { block, write in
                            writeGradient(tensors, of: block, runner, mask, outputs, write)
                        })
                    return unsafe GradientSums(
                        count: mask.validCount, sums, channels: channels)
                }
            }
        }
    }

    /// ∂x with the sums of the whole batch, of which x may be a part.
    func runInputGradient(
        _ tensors: BackwardTensors<Scalar>, normalizedBy statistics: MeanAndVariance,
        with sums: GradientSums, _ geometry: Geometry, _ mask: PositionMask,
        _ output: MaskedOutput
    ) {
        let runner = runner(.backward, geometry)
        withCoefficients(lanes: channels, of: Scalar.self) { coefficients in
            withCoefficients(lanes: channels, of: Scalar.self) { scaling in
                setInputGradient(coefficients, of: tensors, statistics, sums, runner)
                setScaling(scaling.normalize, statistics, runner)
                let outputs = (
                    valid: tensors.inputGradient(by: coefficients),
                    invalid: output == .normalized
                        ? tensors.scaledGradient(by: scaling.normalize, coefficients.normalize)
                        : nil
                )
                runner.writeAll { block, write in
                    writeGradient(tensors, of: block, runner, mask, outputs, write)
                }
            }
        }
    }

    /// Sums over the valid positions, or over all where there is no mask, then ∂x.
    private func reduce(
        _ tensors: BackwardTensors<Scalar>, _ mask: PositionMask?, _ runner: PassRunner<Scalar>,
        into sums: UnsafeMutablePointer<LaneGradientSums>,
        _ normalize: NormalizeCoefficients<Scalar>, _ statistics: MeanAndVariance,
        rule: (Range<Int>) -> Void,
        outputs: (Block, _ write: (OutputTask<Scalar>) -> Void) -> Void
    ) {
        let reduction = tensors.reduction(by: normalize)
        func prepare(_ lanes: Range<Int>) {
            setStatistics(statistics, lanes, normalize, runner)
        }
        if let mask {
            unsafe runner.reduceEach(
                MaskedReduction(base: reduction, mask: mask), into: sums, prepare: prepare,
                rule: rule, outputs: outputs)
        } else {
            unsafe runner.reduceEach(
                reduction, into: sums, prepare: prepare, rule: rule, outputs: outputs)
        }
    }

    /// ∂x of the parts of a block: zero where a part that is not valid has no output.
    private func writeGradient(
        _ tensors: BackwardTensors<Scalar>, of block: Block, _ runner: PassRunner<Scalar>,
        _ mask: PositionMask,
        _ outputs: (
            valid: ((Block) -> OutputTask<Scalar>)?, invalid: ((Block) -> OutputTask<Scalar>)?
        ), _ write: (OutputTask<Scalar>) -> Void
    ) {
        guard let dx = unsafe tensors.dx, let valid = outputs.valid else { return }
        guard let invalid = outputs.invalid else {
            return mask.forEachPaddedPart(of: block, in: runner.partition) {
                part, isValid, padding in
                if isValid {
                    write(valid(part).padded(by: padding))
                } else {
                    unsafe part.clear(dx)
                }
            }
        }
        mask.forEachPart(of: block, in: runner.partition) { part, isValid in
            write(isValid ? valid(part) : invalid(part))
        }
    }
}
