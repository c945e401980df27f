import Foundation
import Normalization
import NormalizationFiles

/// A property that a problem did not have.
struct Failure {
    /// What was computed and what should have been; begins with the name of the number.
    var message: String
    /// The call that gave it.
    var data: ProblemData
    var engine: Engine
    var threads = 1
}

/// Random problems against a property, from a seed; the first that fails is made as small as it goes.
struct PropertyRunner {
    /// What a problem must have: `nil` where it has it.
    let check: (Problem) throws -> Failure?

    /// Tries `cases` problems made by `make` from the seeds that follow `seed`.
    ///
    /// - Returns: the report of the smallest failing problem that was found; `nil` where all have
    ///   the property.
    func run(cases: Int, seed: UInt64, _ make: (UInt64) -> Problem) throws -> String? {
        for number in 0..<UInt64(cases) {
            let problem = make(seed &+ number)
            guard let failure = try check(problem) else { continue }
            let (smallest, found) = try shrink(problem, failure)
            return """
                \(found.message)
                \(smallest.testDescription)
                shrunk from \(problem.testDescription)
                again: NORMALIZATION_TEST_SEED=\(seed &+ number) \
                swift test --filter everyProblemHasTheProperty
                \(try found.command())
                """
        }
        return nil
    }

    /// Simpler problems in place of a failing one as long as they fail, too.
    func shrink(_ problem: Problem, _ failure: Failure) throws -> (Problem, Failure) {
        var (smallest, found) = (problem, failure)
        var isShrinking = true
        while isShrinking {
            isShrinking = false
            for candidate in smallest.simpler {
                if let failure = try check(candidate) {
                    (smallest, found, isShrinking) = (candidate, failure, true)
                    break
                }
            }
        }
        return (smallest, found)
    }
}

extension Problem {
    /// Problems with one thing simpler, the largest steps first. Every step lessens the number of
    /// elements, dimensions or other things, so that a chain of them ends.
    var simpler: [Problem] {
        var result: [Problem] = []
        func add(_ change: (inout Problem) -> Void) {
            var problem = self
            change(&problem)
            result.append(problem)
        }
        let axis = layout.axis < 0 ? layout.axis + layout.shape.count : layout.axis
        for index in layout.shape.indices {
            for size in [1, layout.shape[index] / 2, layout.shape[index] - 1]
            where size >= 1 && size < layout.shape[index] {
                add { $0.layout.shape[index] = size }
            }
            if index != axis && layout.shape.count > 2 {
                add {
                    $0.layout.shape.remove(at: index)
                    $0.layout.axis = index < axis ? axis - 1 : axis
                }
            }
        }
        if form.gamma != .absent { add { $0.form.gamma = .absent } }
        if form.beta != .absent { add { $0.form.beta = .absent } }
        if ratio != 0 { add { $0.ratio = 0 } }
        if epsilon != 1e-5 { add { $0.epsilon = 1e-5 } }
        return result
    }
}

extension Failure {
    /// The command line that makes the failing call, whose inputs are written beside each other in a
    /// temporary folder.
    func command() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "norm-failure-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (shape, axis) = (data.problem.layout.shape, data.problem.layout.axis)
        let channels = [data.geometry.channels]

        func file(_ name: String, _ shape: [Int], _ values: [Double]) throws -> String {
            let path = folder.appending(path: "\(name).npy").path
            if data.problem.element == .float {
                try NpyArray(shape: shape, values: values.map { Float($0) }).write(to: path)
            } else {
                try NpyArray(shape: shape, values: values).write(to: path)
            }
            return path
        }
        func parameter(_ name: String, _ parameter: AffineParameter<Double>) throws -> String {
            guard parameter != .absent else { return "" }
            let values = parameter.values
            return try " --\(name) \(file(name, [values.count], values))"
        }

        var line = "norm apply --mode \(mode) --input \(try file("x", shape, data.x))"
        if mode.hasSuffix("backward") {
            line += " --gradient \(try file("dy", shape, data.gradient))"
        }
        line += try parameter("gamma", data.gamma) + parameter("beta", data.beta)
        if mode.hasPrefix("inference") {
            line += " --running-mean \(try file("running_mean", channels, data.running.mean))"
            line +=
                " --running-variance "
                + (try file("running_variance", channels, data.running.variance))
        }
        line += " --channel-axis \(axis) --epsilon \(data.problem.epsilon)"
        line += " --engine \(engine.rawValue) --threads \(threads)"
        return line + " --output-directory \(folder.appending(path: "output").path)"
    }

    /// The mode of the call, from the name of the number.
    private var mode: String {
        if message.contains(" in inference") { return "inference-backward" }
        return message.hasPrefix("inference") ? "inference" : "backward"
    }
}
