import CMemoryLimit
import Normalization

/// What is kept between requests: the tensors of one shape and element type.
protocol AnyProblem {
    var shape: [Int] { get }
    var element: String { get }
    var isFamily: Bool { get }
    func implementation(_ request: Request) throws -> String?
    func call(_ operation: String, _ request: Request) throws -> () throws -> Void
    func check(_ request: Request) throws -> Reply
}

/// The tensors of one shape, and the calls made on them. They serve every layout: what is random in
/// one order of the same elements is random in another.
final class Problem<Element: PeerElement>: AnyProblem {
    typealias Scalar = Element.Arithmetic

    let shape: [Int]
    let element: String
    let isFamily = false
    private let tensors: Tensors<Element>
    private let count: Int
    private var layer: BatchNorm<Scalar>
    private var batch: BatchStatistics?
    private var parameterGradients: ParameterGradients<Scalar>?

    /// A running variance of 1.5 and mean of 0.1, as the other workers have.
    init(_ shape: [Int], _ element: String) throws {
        count = try Geometry(shape).count
        self.shape = shape
        self.element = element
        tensors = Tensors(count: count)
        let channels = shape[1]
        layer = try .standard(channels: channels)
        layer.runningStatistics = try RunningStatistics(
            mean: Array(repeating: 0.1, count: channels),
            variance: Array(repeating: 1.5, count: channels))
    }

    /// The engine that runs for a request, or the kind of stores that a limit is measured with.
    func implementation(_ request: Request) throws -> String? {
        guard let operation = Engine.Operation(rawValue: request.operation),
            let engine = request.engine.flatMap(Engine.init)
        else { return request.engine }
        let geometry = try Layout(request.layout, rank: shape.count).geometry(shape)
        return engine.chosen(for: operation, of: geometry).rawValue
    }

    /// A closure that runs the operation once, all it needs at hand.
    func call(_ operation: String, _ request: Request) throws -> () throws -> Void {
        guard let threads = request.threads else { throw Unsupported(reason: "no threads") }
        if operation == "limit" { return try limit(request, threads) }

        guard let engine = request.engine.flatMap(Engine.init) else {
            throw Unsupported(reason: "engine \(request.engine ?? "missing")")
        }
        let geometry = try Layout(request.layout, rank: shape.count).geometry(shape)
        layer.engine = engine
        layer.threadLimit = threads
        // Copies: the compiler (6.3.1) crashes on a span of what a class holds.
        let (x, output) = (UnsafeBufferPointer(tensors.x), tensors.y)
        let (gradient, inputGradient) = (
            UnsafeBufferPointer(tensors.gradient), tensors.inputGradient
        )
        switch operation {
        case "training":
            return { [self] in
                var y = output.mutableSpan
                batch = try layer.forwardAndCommit(x.span, into: &y, geometry: geometry)
            }
        case "inference":
            return { [self] in
                var y = output.mutableSpan
                try layer.inference(x.span, into: &y, geometry: geometry)
            }
        case "backward":
            var y = output.mutableSpan
            let statistics = try layer.forward(x.span, into: &y, geometry: geometry)
            return { [self] in
                var dx = inputGradient.mutableSpan
                parameterGradients = try layer.backward(
                    gradient.span, input: x.span, normalizedBy: .batch(statistics), into: &dx,
                    geometry: geometry)
            }
        default: throw Unsupported(reason: "operation \(operation)")
        }
    }

    /// The memory limit of an operation's traffic.
    private func limit(_ request: Request, _ threads: Int) throws -> () throws -> Void {
        guard let tensors = tensors as? Tensors<Float> else {
            throw Unsupported(reason: "the limit of \(Element.self)")
        }
        guard count % 16 == 0 else { throw Unsupported(reason: "count is no multiple of 16") }
        let streams = request.engine == "streaming"
        let count = count
        if request.of == "backward" {
            return {
                memory_limit_backward(
                    tensors.gradient.baseAddress, tensors.x.baseAddress,
                    tensors.inputGradient.baseAddress, count, 0.9, 0.1, 0.2, streams, threads)
            }
        }
        return {
            memory_limit_map(
                tensors.x.baseAddress, tensors.y.baseAddress, count, 0.9, 0.2, streams, threads)
        }
    }

    /// One operation on given data, which and whose results are in the order of (N, C, …).
    func check(_ request: Request) throws -> Reply {
        guard let operation = request.of, let x = request.x, let gradient = request.gradient,
            let gamma = request.gamma, let beta = request.beta, let mean = request.mean,
            let variance = request.variance, x.count == count, gradient.count == count
        else { throw Unsupported(reason: "a check without its data") }
        let layout = try Layout(request.layout, rank: shape.count)
        _ = tensors.x.update(fromContentsOf: layout.reordered(x, shape).map { Element(Double($0)) })
        _ = tensors.gradient.update(
            fromContentsOf: layout.reordered(gradient, shape).map { Element(Double($0)) })
        layer.gamma = .perChannel(gamma.map { Scalar($0) })
        layer.beta = .perChannel(beta.map { Scalar($0) })
        layer.runningStatistics = try RunningStatistics(mean: mean, variance: variance)
        try call(operation, request)()

        var reply = Reply()
        let output = operation == "backward" ? tensors.inputGradient : tensors.y
        reply.output = layout.restored(output.map(\.number), shape)
        switch operation {
        case "training":
            reply.first = batch?.mean
            reply.second = batch?.variance()
        case "backward":
            reply.first = parameterGradients?.gamma?.map { Double($0) }
            reply.second = parameterGradients?.beta?.map { Double($0) }
        default:
            reply.first = layer.runningStatistics?.mean
            reply.second = layer.runningStatistics?.variance
        }
        return reply
    }
}
