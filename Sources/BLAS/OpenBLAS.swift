internal import COpenBLAS

/// What OpenBLAS says of itself. Nothing here changes it: its number of threads belongs to the host
/// program.
public enum OpenBLAS {
    /// The version and build options.
    public static var configuration: String { unsafe String(cString: openblas_get_config()) }
    /// The processor whose kernels it chose at run time.
    public static var core: String { unsafe String(cString: openblas_get_corename()) }
    /// The most threads a call of its own may use.
    public static var threads: Int { Int(openblas_get_num_threads()) }
}
