import Normalization

/// Batch norm as it is, which the others are compared with.
struct Plain: FamilyLayer {
    let layer: BatchNorm<Float>
    let geometry: Geometry

    func forward(_ views: Views) throws -> BatchStatistics {
        var y = views.y.mutableSpan
        return try layer.forward(views.x.span, into: &y, geometry: geometry)
    }

    func inference(_ views: Views) throws {
        var y = views.y.mutableSpan
        try layer.inference(views.x.span, into: &y, geometry: geometry)
    }

    func backward(_ views: Views, _ statistics: BatchStatistics) throws {
        var dx = views.dx.mutableSpan
        _ = try layer.backward(
            views.gradient.span, input: views.x.span, normalizedBy: .batch(statistics), into: &dx,
            geometry: geometry)
    }
}

/// γ and β per sample.
struct Conditional: FamilyLayer {
    private var layer: BatchNorm<Float>
    private let geometry: Geometry
    private let gammas: [Float]
    private let betas: [Float]

    init(_ layer: BatchNorm<Float>, _ geometry: Geometry, samples: Int) {
        self.layer = layer
        self.layer.gamma = .absent
        self.layer.beta = .absent
        self.geometry = geometry
        let count = samples * layer.channels
        gammas = (0..<count).map { 0.5 + Float($0 % 7) / 4 }
        betas = (0..<count).map { Float($0 % 5) / 4 - 0.5 }
    }

    func forward(_ views: Views) throws -> BatchStatistics {
        var y = views.y.mutableSpan
        return try layer.forward(
            views.x.span, scaledBy: gammas.span, shiftedBy: betas.span, into: &y,
            geometry: geometry)
    }

    func inference(_ views: Views) throws {
        var y = views.y.mutableSpan
        try layer.inference(
            views.x.span, scaledBy: gammas.span, shiftedBy: betas.span, into: &y,
            geometry: geometry)
    }

    func backward(_ views: Views, _ statistics: BatchStatistics) throws {
        var dx = views.dx.mutableSpan
        _ = try layer.backward(
            views.gradient.span, input: views.x.span, scaledBy: gammas.span, shiftedBy: betas.span,
            normalizedBy: .batch(statistics), into: &dx, geometry: geometry)
    }
}

/// Batch renormalization with limits as late in the paper's schedule. Its inference is the layer's.
struct Renormalized: FamilyLayer {
    let layer: BatchNorm<Float>
    let geometry: Geometry

    func forward(_ views: Views) throws -> RenormStatistics {
        var y = views.y.mutableSpan
        return try layer.forwardRenormalized(
            views.x.span, into: &y, geometry: geometry, limits: RenormLimits(rMax: 3, dMax: 5))
    }

    func backward(_ views: Views, _ statistics: RenormStatistics) throws {
        var dx = views.dx.mutableSpan
        _ = try layer.backward(
            views.gradient.span, input: views.x.span, normalizedBy: .renormalized(statistics),
            into: &dx, geometry: geometry)
    }
}

/// Ghost batches of 8 samples. Its inference is the layer's.
struct Ghost: FamilyLayer {
    let layer: BatchNorm<Float>
    let geometry: Geometry

    func forward(_ views: Views) throws -> [BatchStatistics] {
        var y = views.y.mutableSpan
        return try layer.forward(views.x.span, ghostSize: 8, into: &y, geometry: geometry)
    }

    func backward(_ views: Views, _ parts: [BatchStatistics]) throws {
        var dx = views.dx.mutableSpan
        _ = try layer.backward(
            views.gradient.span, input: views.x.span, normalizedBy: parts, into: &dx,
            geometry: geometry)
    }
}

/// Lengths from half to full of the first axis behind the batch, evenly spread over the samples.
struct Masked: FamilyLayer {
    private let layer: BatchNorm<Float>
    private let geometry: Geometry
    private let mask: PositionMask

    init(_ layer: BatchNorm<Float>, _ geometry: Geometry, _ shape: [Int]) throws {
        guard shape.count > 2 else { throw Unsupported(reason: "a mask of samples") }
        self.layer = layer
        self.geometry = geometry
        let (samples, most) = (shape[0], shape[2])
        mask = try PositionMask(
            lengths: (0..<samples).map { most - (most / 2) * $0 / max(1, samples - 1) },
            geometry: geometry)
    }

    func forward(_ views: Views) throws -> BatchStatistics {
        var y = views.y.mutableSpan
        return try layer.forward(views.x.span, into: &y, geometry: geometry, mask: mask)
    }

    func inference(_ views: Views) throws {
        var y = views.y.mutableSpan
        try layer.inference(views.x.span, into: &y, geometry: geometry, mask: mask)
    }

    func backward(_ views: Views, _ statistics: BatchStatistics) throws {
        var dx = views.dx.mutableSpan
        _ = try layer.backward(
            views.gradient.span, input: views.x.span, normalizedBy: .batch(statistics), into: &dx,
            geometry: geometry, mask: mask)
    }
}
