internal import COpenBLAS

/// Facts about the OpenBLAS that is loaded. All are read; this module changes none of them.
public enum OpenBLAS {
    /// The version and options OpenBLAS was built with, in its own words, such as
    /// `OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Cooperlake MAX_THREADS=64`.
    public static var configuration: String { unsafe text(openblas_get_config()) }

    /// The kind of processor whose kernels OpenBLAS chose to run, such as `Haswell` or
    /// `Cooperlake`.
    public static var coreName: String { unsafe text(openblas_get_corename()) }

    /// How many threads OpenBLAS may use for one large call.
    public static var threadCount: Int { Int(openblas_get_num_threads()) }

    /// A copy of a C string that OpenBLAS owns.
    private static func text(_ string: UnsafeMutablePointer<CChar>?) -> String {
        guard let string = unsafe string else { return "unknown" }
        return unsafe String(cString: string)
    }
}
