#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The system's calls that a write consists of, one by one, so that tests can make each fail.
package struct FileCalls: Sendable {
    /// `write`; returns how many bytes of the span it took.
    package var append: @Sendable (Int32, RawSpan) -> Int = { file, bytes in
        unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
    }
    /// `fsync` of the file.
    package var synchronize: @Sendable (Int32) -> Int32 = { fsync($0) }
    /// `close` of the file.
    package var finish: @Sendable (Int32) -> Int32 = { close($0) }
    /// `renameat`: old folder and name, new folder and name.
    package var replace: @Sendable (Int32, String, Int32, String) -> Int32 = {
        unsafe renameat($0, $1, $2, $3)
    }
    /// `fsync` of the folder.
    package var synchronizeFolder: @Sendable (Int32) -> Int32 = { fsync($0) }

    package static let system = FileCalls()
}
