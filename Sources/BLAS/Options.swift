public import COpenBLAS

/// Whether a matrix is used as it lies, or transposed.
@frozen
public enum Transpose: Sendable {
    /// op(A) = A
    case no
    /// op(A) = Aᵀ
    case yes

    @inlinable
    var cblas: CBLAS_TRANSPOSE { self == .no ? CblasNoTrans : CblasTrans }
}

/// The half of a symmetric matrix that is read and written.
@frozen
public enum Triangle: Sendable {
    /// The diagonal and what lies above it.
    case upper
    /// The diagonal and what lies below it.
    case lower

    @inlinable
    var cblas: CBLAS_UPLO { self == .upper ? CblasUpper : CblasLower }
    @inlinable
    var lapack: CChar { CChar(UInt8(ascii: self == .upper ? "U" : "L")) }
}
