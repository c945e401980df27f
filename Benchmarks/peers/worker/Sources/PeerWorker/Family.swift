import Normalization

/// The tensors of one shape, for the other layers of the family. A request names its layer; "batch" is the
/// plain one, for what is compared with it.
final class Family: AnyProblem {
    let shape: [Int]
    let element = ""
    let isFamily = true
    private let tensors: Tensors<Float>
    private let count: Int

    init(_ shape: [Int]) throws {
        count = try RowGeometry(shape, lastAxes: 1).count
        self.shape = shape
        tensors = Tensors(count: count)
    }

    func implementation(_ request: Request) throws -> String? { request.engine }

    func call(_ operation: String, _ request: Request) throws -> () throws -> Void {
        guard let threads = request.threads,
            let engine = request.engine.flatMap(Engine.init)
        else { throw Unsupported(reason: "no threads or engine") }
        guard Engine.Operation(rawValue: operation) != nil else {
            throw Unsupported(reason: "operation \(operation)")
        }
        let ones = AffineParameter<Float>.perChannel(Array(repeating: 1, count: shape[1]))
        let zeros = AffineParameter<Float>.perChannel(Array(repeating: 0, count: shape[1]))
        let called: any FamilyLayer =
            switch request.layer {
            case "layer":
                try Rows(
                    layer: LayerNorm<Float>(
                        width: shape[1], gamma: ones, beta: zeros, engine: engine,
                        threadLimit: threads),
                    geometry: RowGeometry(shape, lastAxes: 1))
            case "rms":
                try Rows(
                    layer: RMSNorm<Float>(
                        width: shape[1], gamma: ones, epsilon: 1e-5, engine: engine,
                        threadLimit: threads),
                    geometry: RowGeometry(shape, lastAxes: 1))
            case "group", "instance":
                try Groups(request.layer == "group" ? 32 : shape[1], shape, request)
            default: try batchLayer(request)
            }
        return try called.call(operation, on: tensors)
    }

    private func batchLayer(_ request: Request) throws -> any FamilyLayer {
        let layout = try Layout(request.layout, rank: shape.count)
        let geometry = try layout.geometry(shape)
        var layer = try BatchNorm<Float>.standard(channels: shape[1])
        layer.runningStatistics = try RunningStatistics(
            mean: Array(repeating: 0.1, count: shape[1]),
            variance: Array(repeating: 1.5, count: shape[1]))
        layer.engine = request.engine.flatMap(Engine.init) ?? .default
        layer.threadLimit = request.threads
        return switch request.layer {
        case "batch": Plain(layer: layer, geometry: geometry)
        case "conditional": Conditional(layer, geometry, samples: shape[0])
        case "renormalized": Renormalized(layer: layer, geometry: geometry)
        case "ghost": Ghost(layer: layer, geometry: geometry)
        case "masked": try Masked(layer, geometry, shape)
        default: throw Unsupported(reason: "layer \(request.layer ?? "missing")")
        }
    }

    /// The output of an operation on given data, x and gradient in the order of (N, C, …), γ = 1 and β = 0.
    func check(_ request: Request) throws -> Reply {
        guard let operation = request.of, let x = request.x, let gradient = request.gradient,
            x.count == count, gradient.count == count
        else { throw Unsupported(reason: "a check without its data") }
        let layout = request.layout == "rows" ? nil : try Layout(request.layout, rank: shape.count)
        _ = tensors.x.update(fromContentsOf: layout?.reordered(x, shape) ?? x)
        _ = tensors.gradient.update(fromContentsOf: layout?.reordered(gradient, shape) ?? gradient)
        try call(operation, request)()
        let output = Array(operation == "backward" ? tensors.inputGradient : tensors.y)
        return Reply(output: layout?.restored(output, shape) ?? output)
    }
}

/// A layer with all that its calls need but the tensors.
protocol FamilyLayer {
    associatedtype Statistics
    func forward(_ views: Views) throws -> Statistics
    func inference(_ views: Views) throws
    func backward(_ views: Views, _ statistics: Statistics) throws
}

extension FamilyLayer {
    func inference(_ views: Views) throws {
        throw Unsupported(reason: "inference is the plain layer's")
    }

    /// A closure that runs the operation once.
    func call(_ operation: String, on tensors: Tensors<Float>) throws -> () throws -> Void {
        let views = tensors.views
        let statistics = try forward(views)
        return switch operation {
        case "training": { _ = try forward(views) }
        case "inference": { try inference(views) }
        default: { try backward(views, statistics) }
        }
    }
}

/// Spans are made of copies: the compiler (6.3.1) crashes on a span of what a class holds.
typealias Views = (
    x: UnsafeBufferPointer<Float>, y: UnsafeMutableBufferPointer<Float>,
    gradient: UnsafeBufferPointer<Float>, dx: UnsafeMutableBufferPointer<Float>
)

extension Tensors where Element == Float {
    var views: Views {
        (UnsafeBufferPointer(x), y, UnsafeBufferPointer(gradient), inputGradient)
    }
}

struct Rows<Layer: RowNormalization>: FamilyLayer where Layer.Scalar == Float {
    let layer: Layer
    let geometry: RowGeometry

    func forward(_ views: Views) throws -> RowStatistics {
        var y = views.y.mutableSpan
        return try layer.forward(views.x.span, into: &y, geometry: geometry)
    }

    func inference(_ views: Views) throws {
        var y = views.y.mutableSpan
        try layer.inference(views.x.span, into: &y, geometry: geometry)
    }

    func backward(_ views: Views, _ statistics: RowStatistics) throws {
        var dx = views.dx.mutableSpan
        _ = try layer.backward(
            views.gradient.span, input: views.x.span, normalizedBy: statistics, into: &dx,
            geometry: geometry)
    }
}

struct Groups: FamilyLayer {
    private var layer: GroupNorm<Float>
    private let geometry: Geometry

    init(_ groups: Int, _ shape: [Int], _ request: Request) throws {
        layer = try GroupNorm(channels: shape[1], groups: groups)
        layer.engine = request.engine.flatMap(Engine.init) ?? .default
        layer.threadLimit = request.threads
        geometry = try Layout(request.layout, rank: shape.count).geometry(shape)
    }

    func forward(_ views: Views) throws -> GroupStatistics {
        var y = views.y.mutableSpan
        return try layer.forward(views.x.span, into: &y, geometry: geometry)
    }

    func inference(_ views: Views) throws {
        var y = views.y.mutableSpan
        try layer.inference(views.x.span, into: &y, geometry: geometry)
    }

    func backward(_ views: Views, _ statistics: GroupStatistics) throws {
        var dx = views.dx.mutableSpan
        _ = try layer.backward(
            views.gradient.span, input: views.x.span, normalizedBy: statistics, into: &dx,
            geometry: geometry)
    }
}
