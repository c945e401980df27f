#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Short texts in which the system tells about itself.
enum SystemFile {
    /// The longest that is read.
    private static let longest = 1 << 20

    /// The text of a file; `nil` where it cannot be read, or is longer than any of the system's.
    static func text(_ path: String) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= longest {
            let count = unsafe read(file, &part, part.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil
            }
            bytes += part.prefix(count)
        }
        return nil
    }
}
