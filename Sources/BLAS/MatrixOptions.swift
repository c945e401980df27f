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

/// The side of a product on which the special (symmetric or triangular) matrix A stands.
@frozen
public enum Side: Sendable {
    /// A · B.
    case left
    /// B · A.
    case right

    @inlinable
    var cblas: CBLAS_SIDE { self == .left ? CblasLeft : CblasRight }
}

/// What the diagonal of a triangular matrix holds.
@frozen
public enum Diagonal: Sendable {
    /// The stored numbers.
    case stored
    /// Ones, whatever is stored; the diagonal is not read.
    case unit

    @inlinable
    var cblas: CBLAS_DIAG { self == .stored ? CblasNonUnit : CblasUnit }
}
