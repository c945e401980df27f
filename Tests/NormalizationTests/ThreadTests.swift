import Dispatch
import Normalization
import SeededRandom
import Synchronization
import Testing

/// One layer in many threads. `make sanitize` runs this under the thread sanitizer.
@Suite("Threads")
struct ThreadTests {
    @Test(
        "many threads share a layer in inference while another trains its copy",
        arguments: Subject.all)
    func inferenceIsShared(_ subject: Subject) throws {
        func check<Scalar: NormalizationScalar>(_: Scalar.Type) throws {
            var generator = SplitMix64(seed: 41)
            // Above the size from which one call uses several threads itself.
            let shape = [16, 8, 32, 32]
            let geometry = try Geometry(shape)
            let x = generator.values(geometry.count).map { Scalar($0) }
            var shared = try BatchNorm<Scalar>.standard(channels: 8)
            shared.engine = subject.engine
            try shared.forwardAndCommit(x, shape: shape)
            let layer = shared
            let expected = try layer.inference(x, shape: shape)
            let running = layer.runningStatistics

            let failures = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 8) { thread in
                do {
                    if thread == 0 {
                        var copy = layer
                        for _ in 0..<4 {
                            let (_, statistics) = try copy.forwardAndCommit(x, shape: shape)
                            _ = try copy.backward(
                                x, input: x, normalizedBy: .batch(statistics), shape: shape)
                        }
                        if copy.runningStatistics == running {
                            failures.withLock { $0.append("the copy did not train") }
                        }
                    } else {
                        for _ in 0..<4 where try layer.inference(x, shape: shape) != expected {
                            failures.withLock { $0.append("thread \(thread) read other numbers") }
                        }
                    }
                } catch { failures.withLock { $0.append("thread \(thread): \(error)") } }
            }
            #expect(failures.withLock { $0 }.isEmpty)
            #expect(layer.runningStatistics == running)
        }
        try check(subject.element.scalar)
    }
}
