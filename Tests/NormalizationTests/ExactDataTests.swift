import Normalization
import Testing

/// Every engine, with zero tolerance, on data whose sums are exact in any order (`ExactData`).
@Suite struct ExactDataTests {
    /// Full shapes, among them every one that once failed, and the layers of real networks with
    /// small batches; `make test-long` walks all of them.
    static let shapes =
        Fixtures.shapes("regression") + Fixtures.shapes("smoke") + Fixtures.shapes("primes")
        + Fixtures.shapes("sequences", batch: 2) + Fixtures.shapes("resnet50", batch: 1)
        + (Effort.isLong
            ? Fixtures.shapes("densenet121", batch: 2) + Fixtures.shapes("googlenet", batch: 2)
                + Fixtures.shapes("volumes", batch: 2) + Fixtures.shapes("resnet50", batch: 8)
            : [])

    @Test("statistics, y and gradients of exact data are exact", arguments: shapes)
    func exactDataGivesExactNumbers(_ layout: Layout) throws {
        for element in ElementType.allCases {
            let exact = try ExactData(layout, element, exponent: element == .float ? 0 : -20)
            for engine in Engine.allCases {
                for threads in [1, 3] {
                    try expectExact(exact, Subject(engine: engine, element: element), threads)
                }
            }
        }
    }

    @Test("channels last, the same data is as exact", arguments: Fixtures.shapes("smoke"))
    func channelsLastIsExact(_ layout: Layout) throws {
        var last = layout
        last.shape.append(last.shape.remove(at: 1))
        last.axis = -1
        for subject in Subject.all {
            try expectExact(ExactData(last, subject.element, exponent: 3), subject, 2)
        }
    }

    private func expectExact(
        _ exact: ExactData, _ subject: Subject, _ threads: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        func expectSame(_ name: String, _ actual: [Double]?, _ expected: [Double]?) {
            guard let expected else { return }
            let index = firstDifference(actual ?? [], expected)
            #expect(
                index == nil,
                """
                \(name): \(index.flatMap { actual?[$0] } as Any), exactly \
                \(index.map { expected[$0] } as Any), \(subject.testDescription), \
                \(exact.data.problem.testDescription), \(threads) threads
                """, sourceLocation: sourceLocation)
        }
        let layer = try exact.data.layer(subject.engine, threadLimit: threads)
        let m = exact.data.geometry.valuesPerChannel
        let answer = try Answer(layer, exact.data, given: m > 1 ? exact.statistics : nil)
        expectSame("inference y", answer.inference, exact.inference)
        expectSame("∂γ in inference", answer.inferenceBackward.gamma, exact.gamma)
        expectSame("∂β in inference", answer.inferenceBackward.beta, exact.beta)
        guard m > 1 else { return }
        expectSame("mean", answer.statistics?.mean, exact.statistics.mean)
        expectSame(
            "M2", answer.statistics?.sumOfSquaredDeviations,
            exact.statistics.sumOfSquaredDeviations)
        expectSame("training y", answer.training, exact.training)
        expectSame("∂β", answer.backward?.beta, exact.beta)
        expectSame("∂γ", answer.backward?.gamma, exact.training == nil ? nil : exact.gamma)
        expectSame("∂x", answer.backward?.input, exact.inputGradient)
    }
}
