#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The names in a folder, in no order, but those that are not UTF-8; nil where there is no folder.
func folderContents(_ path: String) throws(FileError) -> [String]? {
    if path.utf8.contains(0) { return nil }
    guard let folder = unsafe opendir(path) else {
        let code = errno
        if code == ENOTDIR || code == ENOENT { return nil }
        throw .system(file: path, operation: .open, code: code)
    }
    defer { _ = unsafe closedir(folder) }
    var names: [String] = []
    while true {
        errno = 0
        guard let entry = unsafe readdir(folder) else { break }
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
            unsafe name.withMemoryRebound(
                to: CChar.self, capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)
            ) { unsafe String(validatingCString: $0) }
        }
        if let name { names.append(name) }
    }
    if errno != 0 { throw .system(file: path, operation: .read, code: errno) }
    return names
}
