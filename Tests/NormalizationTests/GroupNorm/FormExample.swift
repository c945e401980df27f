import Normalization

/// Forward and backward of a problem, with a residual and an activation, in each form of the calls.
struct FormExample {
    struct Results {
        var y: [Double]
        var inference: [Double]
        var dx: [Double]
        var dResidual: [Double]
        var gamma: [Double]?
        var beta: [Double]?
    }

    private let data: GroupData
    private let group: GroupNorm<Double>
    private let batch: BatchNorm<Double>
    private let residual: [Double]
    private let activation: Activation

    init(_ problem: GroupProblem, _ engine: Engine, _ activation: Activation) throws {
        data = try GroupData(problem, .double)
        group = try data.layer(engine)
        batch = try BatchNorm(
            channels: data.geometry.channels, gamma: .absent, beta: .absent,
            epsilon: problem.epsilon, runningStatistics: nil, engine: engine)
        residual = data.gradient.map { 0.5 - $0 }
        self.activation = activation
    }

    private var shape: [Int] { data.problem.layout.shape }
    private var axis: Int { data.problem.layout.axis }

    func arrays() throws -> Results {
        let (y, gradients): ([Double], Gradients<Double>)
        let wanted: GradientSelection = [.all, .residual]
        if data.problem.isOfBatch {
            let found = try batch.forward(
                data.x, scaledBy: data.gammas, shiftedBy: data.betas, scaleOffset: data.scaleOffset,
                adding: residual, then: activation, shape: shape, channelAxis: axis)
            y = found.output
            gradients = try batch.backward(
                data.gradient, input: data.x, scaledBy: data.gammas, shiftedBy: data.betas,
                scaleOffset: data.scaleOffset, adding: residual, through: activation,
                normalizedBy: .batch(found.statistics), shape: shape, channelAxis: axis,
                wanting: wanted)
        } else if data.gammas.isEmpty {
            y = try group.forward(
                data.x, adding: residual, then: activation, shape: shape, channelAxis: axis
            ).output
            gradients = try group.backward(
                data.gradient, input: data.x, adding: residual, through: activation, shape: shape,
                channelAxis: axis, wanting: wanted)
        } else {
            y = try group.forward(
                data.x, scaledBy: data.gammas, shiftedBy: data.betas, scaleOffset: data.scaleOffset,
                adding: residual, then: activation, shape: shape, channelAxis: axis
            ).output
            gradients = try group.backward(
                data.gradient, input: data.x, scaledBy: data.gammas, shiftedBy: data.betas,
                scaleOffset: data.scaleOffset, adding: residual, through: activation, shape: shape,
                channelAxis: axis, wanting: wanted)
        }
        return Results(
            y: y, inference: y, dx: gradients.input ?? [], dResidual: gradients.residual ?? [],
            gamma: gradients.gamma, beta: gradients.beta)
    }

    /// The results of a call on spans; `dx` and `dResidual` are written by `call`.
    private func results(
        y: [Double], inference: [Double],
        _ call: (inout [Double], inout [Double]) throws -> ParameterGradients<Double>
    ) throws -> Results {
        var dx = data.gradient
        var dz = [Double](repeating: 0, count: dx.count)
        let parameters = try call(&dx, &dz)
        return Results(
            y: y, inference: inference, dx: dx, dResidual: dz, gamma: parameters.gamma,
            beta: parameters.beta)
    }

    func spans() throws -> Results {
        let (x, g, geometry, r) = (data.x, data.gradient, data.geometry, residual)
        var (first, second) = (x.map { _ in 0.0 }, x.map { _ in 0.0 })
        var y = first.mutableSpan
        var z = second.mutableSpan
        if data.problem.isOfBatch {
            let statistics = try batch.forward(
                x.span, scaledBy: data.gammas.span, shiftedBy: data.betas.span,
                scaleOffset: data.scaleOffset, adding: r.span, then: activation, into: &y,
                geometry: geometry)
            try batch.inference(
                x.span, scaledBy: data.gammas.span, shiftedBy: data.betas.span,
                scaleOffset: data.scaleOffset, adding: r.span, then: activation, into: &z,
                geometry: geometry)
            return try results(y: first, inference: second) { dx, dz in
                var dx = dx.mutableSpan
                return try batch.backward(
                    g.span, input: x.span, scaledBy: data.gammas.span, shiftedBy: data.betas.span,
                    scaleOffset: data.scaleOffset, adding: r.span, through: activation,
                    normalizedBy: .batch(statistics), into: &dx, residualGradient: dz.mutableSpan,
                    geometry: geometry)
            }
        }
        if data.gammas.isEmpty {
            let statistics = try group.forward(
                x.span, adding: r.span, then: activation, into: &y, geometry: geometry)
            try group.inference(
                x.span, adding: r.span, then: activation, into: &z, geometry: geometry)
            return try results(y: first, inference: second) { dx, dz in
                var dx = dx.mutableSpan
                return try group.backward(
                    g.span, input: x.span, adding: r.span, through: activation,
                    normalizedBy: statistics, into: &dx, residualGradient: dz.mutableSpan,
                    geometry: geometry)
            }
        }
        let statistics = try group.forward(
            x.span, scaledBy: data.gammas.span, shiftedBy: data.betas.span,
            scaleOffset: data.scaleOffset, adding: r.span, then: activation, into: &y,
            geometry: geometry)
        try group.inference(
            x.span, scaledBy: data.gammas.span, shiftedBy: data.betas.span,
            scaleOffset: data.scaleOffset, adding: r.span, then: activation, into: &z,
            geometry: geometry)
        return try results(y: first, inference: second) { dx, dz in
            var dx = dx.mutableSpan
            return try group.backward(
                g.span, input: x.span, scaledBy: data.gammas.span, shiftedBy: data.betas.span,
                scaleOffset: data.scaleOffset, adding: r.span, through: activation,
                normalizedBy: statistics, into: &dx, residualGradient: dz.mutableSpan,
                geometry: geometry)
        }
    }

    func inPlace() throws -> Results {
        let (x, geometry, r) = (data.x, data.geometry, residual)
        var (first, second) = (x, x)
        var y = first.mutableSpan
        var z = second.mutableSpan
        if data.problem.isOfBatch {
            let statistics = try batch.forwardInPlace(
                &y, scaledBy: data.gammas.span, shiftedBy: data.betas.span,
                scaleOffset: data.scaleOffset, adding: r.span, then: activation,
                geometry: geometry)
            try batch.inferenceInPlace(
                &z, scaledBy: data.gammas.span, shiftedBy: data.betas.span,
                scaleOffset: data.scaleOffset, adding: r.span, then: activation,
                geometry: geometry)
            return try results(y: first, inference: second) { dx, dz in
                var dx = dx.mutableSpan
                return try batch.backwardInPlace(
                    &dx, input: x.span, scaledBy: data.gammas.span, shiftedBy: data.betas.span,
                    scaleOffset: data.scaleOffset, adding: r.span, through: activation,
                    normalizedBy: .batch(statistics), residualGradient: dz.mutableSpan,
                    geometry: geometry)
            }
        }
        if data.gammas.isEmpty {
            let statistics = try group.forwardInPlace(
                &y, adding: r.span, then: activation, geometry: geometry)
            try group.inferenceInPlace(&z, adding: r.span, then: activation, geometry: geometry)
            return try results(y: first, inference: second) { dx, dz in
                var dx = dx.mutableSpan
                return try group.backwardInPlace(
                    &dx, input: x.span, adding: r.span, through: activation,
                    normalizedBy: statistics, residualGradient: dz.mutableSpan, geometry: geometry)
            }
        }
        let statistics = try group.forwardInPlace(
            &y, scaledBy: data.gammas.span, shiftedBy: data.betas.span,
            scaleOffset: data.scaleOffset, adding: r.span, then: activation, geometry: geometry)
        try group.inferenceInPlace(
            &z, scaledBy: data.gammas.span, shiftedBy: data.betas.span,
            scaleOffset: data.scaleOffset, adding: r.span, then: activation, geometry: geometry)
        return try results(y: first, inference: second) { dx, dz in
            var dx = dx.mutableSpan
            return try group.backwardInPlace(
                &dx, input: x.span, scaledBy: data.gammas.span, shiftedBy: data.betas.span,
                scaleOffset: data.scaleOffset, adding: r.span, through: activation,
                normalizedBy: statistics, residualGradient: dz.mutableSpan, geometry: geometry)
        }
    }
}
