import Testing

@testable import TrainingStudy

/// A table is the same cells in every form.
@Suite struct TableTests {
    @Test func columnsAreAlignedAndAsWideAsTheirWidestCell() {
        var table = Table([("engine", .left), ("ms", .right), ("note", .left)])
        table.add(["blas", "10.5", "µ"])
        table.add(["reference", "1.25", ""])
        #expect(
            table.lines == [
                "  engine       ms  note",
                "  blas       10.5  µ",
                "  reference  1.25",
            ])
    }
}
