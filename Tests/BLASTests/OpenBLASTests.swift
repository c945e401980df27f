import BLAS
import Testing

@Suite struct OpenBLASTests {
    @Test func factsAreReadable() {
        #expect(OpenBLAS.configuration.contains("OpenBLAS"))
        #expect(!OpenBLAS.coreName.isEmpty)
        #expect(OpenBLAS.threadCount >= 1)
    }
}
