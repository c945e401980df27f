import Normalization
import NormalizationFiles

/// The comparisons that were asked for, tensor by tensor, told as they are done.
struct CompareSession {
    let layers: [ComparedLayer]
    let contenders: [Contender]
    /// Whether tables are printed.
    let isForPeople: Bool

    private let report = CompareText(measurement: Measurement())
    private let progress = Progress()

    init(layers: [ComparedLayer], contenders: [Contender], isForPeople: Bool) {
        self.layers = layers
        self.contenders = contenders
        self.isForPeople = isForPeople
    }

    /// Compares on every one of `subjects`. Where one is no tensor for a layer, that is said, and the others
    /// go on.
    func results(on subjects: [Subject]) throws -> [EngineResult] {
        defer { progress.clear() }
        var cases: [[EngineResult]] = []
        let mayRefuse = subjects.count > 1 || layers.count > 1
        for (index, subject) in subjects.enumerated() {
            let name = "\(index + 1) of \(subjects.count): \(subject.name)"
            progress.show(name)
            switch try subject.array() {
            case .float16(let x):
                cases += try self.cases(
                    subject, x, name, isFirst: index == 0, mayRefuse)
            case .float32(let x):
                cases += try self.cases(subject, x, name, isFirst: index == 0, mayRefuse)
            case .float64(let x):
                cases += try self.cases(subject, x, name, isFirst: index == 0, mayRefuse)
            case let other: throw subject.tensorName.wrongType(other, .floatingPoint)
            }
        }
        if isForPeople { try StandardOutput.write("\n\(report.conclusion(cases))\n") }
        return cases.flatMap(\.self)
    }

    /// One case for each layer and operation: what every contender did.
    ///
    /// - Throws: ``Failure`` where the tensor is none for a layer, unless layers may be refused.
    private func cases<Element: ComparedElement & NpyElement>(
        _ subject: Subject, _ x: NpyArray<Element>, _ name: String, isFirst: Bool,
        _ mayRefuse: Bool
    ) throws -> [[EngineResult]] {
        var comparison: TensorComparison<Element>
        do throws(NormalizationError) {
            let geometry = try Geometry(x.shape, channelAxis: subject.channelAxis)
            comparison = try TensorComparison(x.values, geometry: geometry)
        } catch { throw subject.tensorName.failure(error) }
        if !mayRefuse { for layer in layers { try expect(layer, of: comparison, subject) } }
        if isForPeople, isFirst { try StandardOutput.write(report.header + "\n") }
        var cases: [[EngineResult]] = []
        let title = subject.title(x.header)
        for layer in layers {
            let calls: any ComparedCalls<Element>
            do throws(ComparisonRefusal) {
                calls = try comparison.calls(of: layer)
            } catch {
                if isForPeople {
                    try StandardOutput.write(
                        "\n\(title), \(layer.rawValue) layer: not compared: \(error)\n")
                }
                continue
            }
            var section: [[EngineResult]] = []
            for operation in Engine.Operation.allCases {
                progress.show("\(name), \(layer.rawValue) layer, \(operation.rawValue)")
                section.append(
                    try comparison.results(
                        of: operation, layer: layer, calls, contenders: contenders,
                        measurement: report.measurement))
            }
            progress.clear()
            if isForPeople {
                let table = report.table(section, tensor: title)
                try StandardOutput.write("\n\(table)\n")
            }
            cases += section
        }
        return cases
    }

    /// - Throws: ``Failure`` where the tensor is none for the layer.
    private func expect<Element: ComparedElement>(
        _ layer: ComparedLayer, of comparison: TensorComparison<Element>, _ subject: Subject
    ) throws {
        do throws(ComparisonRefusal) {
            _ = try comparison.calls(of: layer)
        } catch {
            switch error {
            case .layer(let error): throw subject.tensorName.failure(error)
            case .elements:
                throw subject.tensorName.failure(
                    expected: "elements of type <f4 or <f8 for \(layer.rawValue)", found: "<f2")
            }
        }
    }
}
