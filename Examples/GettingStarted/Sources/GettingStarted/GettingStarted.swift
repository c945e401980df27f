/// Every piece of Swift in README.md and in docs/getting-started.md, docs/layers.md,
/// docs/conventions.md, compiled and run; `make examples` also checks that they are the same.
@main
enum GettingStarted {
    static func main() throws {
        let pages: [(String, () throws -> Void)] = [
            ("README", readMe), ("first layer", firstLayer), ("training step", trainingStep),
            ("spans", spans), ("layouts", layouts), ("parallel statistics", parallelStatistics),
            ("files", files), ("errors", errors), ("layers", layers),
            ("conventions", conventions), ("cumulative", cumulative),
        ]
        for (title, page) in pages {
            print("== \(title)")
            try page()
        }
    }
}

/// Numbers from −1 to 1, the same in every run.
func randomNumbers(_ count: Int) -> [Float] {
    var state: UInt64 = 2026
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
    }
}
