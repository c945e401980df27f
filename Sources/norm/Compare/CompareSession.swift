import Normalization
import NormalizationFiles
import TrainingStudy

/// The comparisons that were asked for, tensor by tensor, told as they are done.
struct CompareSession {
    let layers: [NormalizationKind]
    let contenders: [Contender]
    /// Whether tables are printed.
    let isForPeople: Bool

    private let report = CompareText(measurement: Measurement())
    private let progress = Progress()

    init(layers: [NormalizationKind], contenders: [Contender], isForPeople: Bool) {
        self.layers = layers
        self.contenders = contenders
        self.isForPeople = isForPeople
    }

    /// Compares on every one of `subjects`.
    func results(on subjects: [Subject]) throws -> [EngineResult] {
        defer { progress.clear() }
        var cases: [[EngineResult]] = []
        for (index, subject) in subjects.enumerated() {
            let name = "\(index + 1) of \(subjects.count): \(subject.name)"
            progress.show(name)
            switch try subject.array() {
            case .float16(let x):
                cases += try self.cases(subject, x, name, isFirst: index == 0)
            case .float32(let x): cases += try self.cases(subject, x, name, isFirst: index == 0)
            case .float64(let x): cases += try self.cases(subject, x, name, isFirst: index == 0)
            case let other: throw subject.tensorName.wrongType(other, .floatingPoint)
            }
        }
        if isForPeople { try StandardOutput.write("\n\(report.conclusion(cases))\n") }
        return cases.flatMap(\.self)
    }

    /// One case for each layer and operation: what every contender did.
    private func cases<Element: ComparedElement & NpyElement>(
        _ subject: Subject, _ x: NpyArray<Element>, _ name: String, isFirst: Bool
    ) throws -> [[EngineResult]] {
        var comparison: TensorComparison<Element>
        do throws(NormalizationError) {
            let geometry = try Geometry(x.shape, channelAxis: subject.channelAxis)
            comparison = try TensorComparison(x.values, geometry: geometry)
        } catch { throw subject.tensorName.failure(error) }
        if isForPeople, isFirst { try StandardOutput.write(report.header + "\n") }
        var cases: [[EngineResult]] = []
        for layer in layers {
            var section: [[EngineResult]] = []
            for operation in Engine.Operation.allCases {
                progress.show("\(name), \(layer.rawValue) layer, \(operation.rawValue)")
                section.append(
                    try comparison.results(
                        of: operation, layer: layer, contenders: contenders,
                        measurement: report.measurement))
            }
            progress.clear()
            if isForPeople {
                let table = report.table(section, tensor: subject.title(x.header))
                try StandardOutput.write("\n\(table)\n")
            }
            cases += section
        }
        return cases
    }
}
