#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where a written file shall stand, and what stands there now.
struct AtomicTarget {
    /// The folder, which must exist.
    let folder: String

    /// The last component of the path.
    let name: String

    /// The permissions of the file that stands there, nil where there is none.
    let permissions: mode_t?

    /// Follows a symbolic link to the file it leads to, and refuses what may not be replaced.
    init(_ path: String) throws(FileError) {
        if path.utf8.contains(0) {
            throw .system(file: path, operation: .create, code: EINVAL)
        }
        var location = path
        var status = stat()
        var found = unsafe lstat(path, &status)
        if found == 0, status.st_mode & S_IFMT == S_IFLNK {
            guard let resolved = unsafe realpath(path, nil) else {
                throw .system(file: path, operation: .create, code: errno)
            }
            defer { unsafe free(resolved) }
            location = unsafe String(cString: resolved)
            found = unsafe lstat(location, &status)
        }
        if found == 0 {
            if let kind = kindUnlessRegular(status) {
                throw .notRegularFile(file: path, kind: kind)
            }
            // A rename would replace a write-protected file all the same.
            if unsafe access(location, W_OK) != 0 {
                throw .system(file: path, operation: .replace, code: errno)
            }
            permissions = status.st_mode & 0o777
        } else if errno == ENOENT {
            permissions = nil
        } else {
            throw .system(file: path, operation: .create, code: errno)
        }
        if let slash = location.utf8.lastIndex(of: UInt8(ascii: "/")) {
            folder = slash == location.startIndex ? "/" : String(location[..<slash])
            name = String(location[location.utf8.index(after: slash)...])
        } else {
            folder = "."
            name = location
        }
        if name.isEmpty {
            throw .system(file: path, operation: .create, code: ENOENT)
        }
    }
}
