import BLAS
import Foundation
import Normalization

/// This library as a worker of peers.py: one JSON request a line on stdin, one reply a line on stdout.
@main
enum PeerWorker {
    static func main() throws {
        var problem: (any AnyProblem)?
        let decoder = JSONDecoder()
        let encoder = JSONEncoder()
        while let line = readLine() {
            var reply = Reply()
            do {
                let request = try decoder.decode(Request.self, from: Data(line.utf8))
                reply = try answer(request, &problem)
            } catch let unsupported as Unsupported {
                reply.unsupported = unsupported.reason
            } catch {
                reply.error = "\(error)"
            }
            var bytes = try encoder.encode(reply)
            bytes.append(UInt8(ascii: "\n"))
            FileHandle.standardOutput.write(bytes)
        }
    }

    private static func answer(_ request: Request, _ problem: inout (any AnyProblem)?) throws
        -> Reply
    {
        if request.operation == "describe" {
            return Reply(
                version: "\(Engine.instructionSet), \(OpenBLAS.configuration)",
                engines: Engine.allCases.map(\.rawValue),
                defaultEngine: Engine.default.rawValue)
        }
        guard let shape = request.shape, shape.count >= 2 else {
            throw Unsupported(reason: "no shape")
        }
        let element = request.element ?? ""
        let isFamily = request.layer != nil
        if problem?.shape != shape || problem?.element != element || problem?.isFamily != isFamily {
            problem = nil
            problem =
                switch element {
                case _ where isFamily: try Family(shape)
                case "": try Problem<Float>(shape, element)
                case "f8": try Problem<Double>(shape, element)
                case "float16": try Problem<Float16>(shape, element)
                case "bfloat16": try Problem<BFloat16>(shape, element)
                default: throw Unsupported(reason: "element \(element)")
                }
        }
        guard let problem else { throw Unsupported(reason: "no problem") }
        if request.operation == "check" { return try problem.check(request) }
        return try measure(problem, request)
    }

    private static func measure(_ problem: any AnyProblem, _ request: Request) throws -> Reply {
        let run = try problem.call(request.operation, request)
        try run()  // caches, and threads woken
        let clock = ContinuousClock()
        var milliseconds: [Double] = []
        for _ in 0..<(request.repetitions ?? 1) {
            let elapsed = try clock.measure { try run() }
            milliseconds.append(elapsed / .milliseconds(1))
        }
        return Reply(
            milliseconds: milliseconds, implementation: try problem.implementation(request))
    }
}
