public import COpenBLAS

/// Whether a matrix operand enters as it is stored or transposed.
@frozen
public enum Transpose: Sendable {
    /// The matrix as stored.
    case none
    /// Its transpose.
    case transposed

    @inlinable
    var cblas: CBLAS_TRANSPOSE { self == .none ? CblasNoTrans : CblasTrans }
}

/// The triangle of a symmetric or triangular matrix that is read or written. The other is left
/// alone.
@frozen
public enum Triangle: Sendable {
    /// Elements (i, j) with i ≤ j.
    case upper
    /// Elements (i, j) with i ≥ j.
    case lower

    @inlinable
    var cblas: CBLAS_UPLO { self == .upper ? CblasUpper : CblasLower }

    var lapack: CChar { CChar(bitPattern: UInt8(ascii: self == .upper ? "U" : "L")) }
}
