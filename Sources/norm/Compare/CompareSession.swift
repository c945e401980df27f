import Normalization
import NormalizationFiles

/// The comparisons that were asked for, tensor by tensor, told as they are done.
struct CompareSession {
    let layers: [ComparedLayer]
    let contenders: [Contender]
    /// How much is printed.
    let told: Told

    /// How much a comparison prints.
    enum Told {
        case nothing
        /// A line an operation.
        case lines
        case tables
    }

    /// The results of a comparison, and their tables.
    private struct Found {
        var cases: [[EngineResult]] = []
        var text = ""
    }

    private let report = CompareText(measurement: Measurement())
    private let lines: CompareLines
    private let progress = Progress()

    init(layers: [ComparedLayer], contenders: [Contender], told: Told) {
        self.layers = layers
        self.contenders = contenders
        self.told = told
        lines = CompareLines(contenders)
    }

    /// Compares on every one of `subjects`; the results, and the tables of all of them. Where one is no tensor for
    /// a layer, that is said, and the others go on.
    func results(on subjects: [Subject]) throws -> (results: [EngineResult], tables: String) {
        defer { progress.clear() }
        var found = Found()
        let mayRefuse = subjects.count > 1 || layers.count > 1
        for (index, subject) in subjects.enumerated() {
            let name = "\(index + 1) of \(subjects.count): \(subject.name)"
            progress.show(name)
            switch try subject.array() {
            case .float16(let x): try compare(subject, x, name, mayRefuse, into: &found)
            case .float32(let x): try compare(subject, x, name, mayRefuse, into: &found)
            case .float64(let x): try compare(subject, x, name, mayRefuse, into: &found)
            case let other: throw subject.tensorName.wrongType(other, .floatingPoint)
            }
        }
        try tell("\n\(report.conclusion(found.cases))\n", &found)
        return (found.cases.flatMap(\.self), found.text)
    }

    /// Adds a text to the tables, and prints it, or another in its place.
    private func tell(_ text: String, _ found: inout Found, inLines line: String? = nil) throws {
        found.text += text
        switch told {
        case .nothing: break
        case .lines: try StandardOutput.write(line ?? text)
        case .tables: try StandardOutput.write(text)
        }
    }

    /// Adds one case for each layer and operation: what every contender did.
    ///
    /// - Throws: ``Failure`` where the tensor is none for a layer, unless layers may be refused.
    private func compare<Element: ComparedElement & NpyElement>(
        _ subject: Subject, _ x: NpyArray<Element>, _ name: String, _ mayRefuse: Bool,
        into found: inout Found
    ) throws {
        var comparison: TensorComparison<Element>
        do throws(NormalizationError) {
            let geometry = try Geometry(x.shape, channelAxis: subject.channelAxis)
            comparison = try TensorComparison(x.values, geometry: geometry)
        } catch { throw subject.tensorName.failure(error) }
        if !mayRefuse { for layer in layers { try expect(layer, of: comparison, subject) } }
        if found.text.isEmpty {
            try tell(
                report.header + "\n", &found, inLines: report.machine + "\n" + lines.header)
        }
        let title = subject.title(x.header)
        for layer in layers {
            let calls: any ComparedCalls<Element>
            do throws(ComparisonRefusal) {
                calls = try comparison.calls(of: layer)
            } catch {
                let reason = "\(title), \(layer.rawValue) layer: not compared: \(error)\n"
                try tell("\n" + reason, &found, inLines: reason)
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
            try tell(
                "\n\(report.table(section, tensor: title))\n", &found,
                inLines: lines.lines(section, tensor: title))
            found.cases += section
        }
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
