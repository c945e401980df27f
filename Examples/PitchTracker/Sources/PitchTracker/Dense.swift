internal import BLAS

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A dense layer and a sigmoid: y = 1 / (1 + exp(−(W · x + bias))).
struct Dense: Sendable {
    let inputs: Int
    let outputs: Int
    /// (outputs, inputs), as PyTorch has it.
    let weight: [Float]
    let bias: [Float]

    /// y, (rows, outputs), of x, (rows, inputs).
    func probabilities(_ x: UnsafePointer<Float>, rows: Int) -> [Float] {
        var y = [Float]()
        y.reserveCapacity(rows * outputs)
        for _ in 0..<rows { y.append(contentsOf: bias) }
        unsafe y.withUnsafeMutableBufferPointer { y in
            unsafe weight.withUnsafeBufferPointer { weight in
                guard let y = y.baseAddress, let weight = weight.baseAddress else { return }
                unsafe Float.gemm(
                    transB: .transposed, m: rows, n: outputs, k: inputs, x, lda: inputs, weight,
                    ldb: inputs, beta: 1, y, ldc: outputs)
            }
        }
        for index in y.indices { y[index] = 1 / (1 + exp(-y[index])) }
        return y
    }
}
