// What the synchronized calls with γ and β per sample are to the driver: the two steps of each.

extension BatchNorm {
    /// y with the statistics of a batch, of which x may be a part.
    func runNormalize(
        _ tensors: NormalizeTensors<Scalar>, with statistics: BatchStatistics,
        _ affine: SampleAffine<Scalar>, _ geometry: Geometry
    ) {
        tensors.clearMask(of: geometry)
        unsafe runner(.inference, geometry).withMoments(of: statistics) { moments in
            runMap(tensors, affine, geometry) { coefficients, lanes, offset, engine in
                unsafe coefficients.setStatistics(
                    moments, offset: offset, lanes, epsilon: epsilon, engine)
            }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func backward(
        _ buffers: BackwardBuffers<Scalar>, _ statistics: SynchronizedStatistics,
        _ affine: SampleAffine<Scalar>, _ geometry: Geometry, _ wanted: GradientSelection,
        over exchange: any StatisticsExchange
    ) throws(NormalizationError) -> ParameterGradients<Scalar> {
        guard exchange.size != 1 else {
            return try backward(buffers, statistics.normalizing, affine, geometry, wanted)
        }
        let call = sampleCall(.sampleBackward, affine.scaleOffset, over: exchange, statistics)
        let numbers = try call.locally { () throws(NormalizationError) in
            try check(geometry)
            try buffers.check(geometry)
            let (dx, dz) = buffers.outputs
            try affine.check(geometry, own: (gamma, beta), outputs: dx, dz)
            return try meanAndVariance(
                statistics, localCount: geometry.valuesPerChannel, geometry,
                withoutRenorm: "backward with γ and β per sample")
        }
        let ranks = try call.agree(count: geometry.valuesPerChannel)
        try ranks.check(statistics.global)
        let source = CallAffine.ofSamples(affine)
        guard geometry.count > 0, let tensors = buffers.tensors() else {
            _ = try call.merging(GradientSums(emptyWithChannels: channels), ranks)
            return source.zeroGradients(channels: channels, wanting: wanted)
        }
        let (own, gradients) = weightedSums(of: tensors, numbers, affine, geometry, wanted)
        let all = try call.merging(own, ranks)
        runInputGradient(
            tensors.behindActivation, normalizedBy: numbers, with: all, affine, geometry)
        return gradients
    }

    /// P and Q of every channel of this rank, and ∂γ and ∂β of its samples; dz where there is an activation.
    private func weightedSums(
        of tensors: BackwardTensors<Scalar>, _ statistics: MeanAndVariance,
        _ affine: SampleAffine<Scalar>, _ geometry: Geometry, _ wanted: GradientSelection
    ) -> (GradientSums, ParameterGradients<Scalar>) {
        let lanes = SampleLanes(geometry)
        let runner = runner(.backward, geometry).runner(of: lanes.partition)
        return withCoefficients(
            lanes: lanes.partition.laneCount, of: Scalar.self
        ) { coefficients in
            let normalize = coefficients.normalize
            let given = givenStatistics(statistics, runner)
            return unsafe runner.withSums(LaneGradientSums.self) { sums in
                unsafe runner.reduce(
                    tensors.reduction(by: normalize), into: sums,
                    prepare: {
                        lanes.set(
                            $0, of: normalize, given, affine,
                            needsMap: tensors.activation != nil, runner.engine)
                    })
                unsafe coefficients.addChannelSums(sums, 0..<channels, lanes)
                let (p, q) = (
                    coefficients.meanGradient, coefficients.meanGradientTimesNormalized
                )
                let total = GradientSums(
                    checkedCount: geometry.valuesPerChannel,
                    gradient: doubles(channels) { p[$0] },
                    gradientTimesNormalized: doubles(channels) { q[$0] })
                return unsafe (
                    total,
                    CallAffine.ofSamples(affine).gradients(
                        sums, of: lanes.partition, wanting: wanted)
                )
            }
        }
    }

    /// ∂x with P and Q of the whole batch, of which x may be a part.
    private func runInputGradient(
        _ tensors: BackwardTensors<Scalar>, normalizedBy statistics: MeanAndVariance,
        with sums: GradientSums, _ affine: SampleAffine<Scalar>, _ geometry: Geometry
    ) {
        let lanes = SampleLanes(geometry)
        let runner = runner(.backward, geometry).runner(of: lanes.partition)
        withCoefficients(lanes: lanes.partition.laneCount, of: Scalar.self) { coefficients in
            guard let output = tensors.weightedInputGradient(by: coefficients) else { return }
            lanes.set(
                0..<lanes.partition.laneCount, of: coefficients.normalize,
                givenStatistics(statistics, runner), affine,
                needsMap: tensors.activation != nil, runner.engine)
            coefficients.meanGradient.copy(0..<channels, of: sums.gradient)
            coefficients.meanGradientTimesNormalized.copy(
                0..<channels, of: sums.gradientTimesNormalized)
            coefficients.spreadChannelSums(
                0..<channels, lanes, count: sums.count, runner.engine)
            runner.writeAll { block, write in write(output(block)) }
        }
    }
}
