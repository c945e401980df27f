#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that appears whole or not at all.
///
/// What is written goes to a temporary file in the folder of the target; ``commit()`` brings it to
/// the disk and renames it over the target. Whatever happens before that rename (an error, a full
/// disk, a kill, a power cut) the old file stays as it was. A writer that goes away without
/// committing takes its temporary file along; only the sudden end of its process leaves that behind,
/// under the name `.norm-….tmp`.
///
/// A new file gets the permissions of the process's umask, a replaced one keeps those it had. A
/// symbolic link stays, and the file it leads to is replaced. What is no regular file (a folder, a
/// pipe, a device) or may not be written is never replaced.
public struct AtomicFile: ~Copyable {
    /// The path as the caller gave it.
    public let path: String

    private let folder: Int32
    private let target: String
    private let temporary: String
    private var descriptor: Int32
    private let calls: FileCalls
    private var isTemporaryPresent = true

    /// Creates the temporary file beside `path`.
    ///
    /// - Throws: ``FileError`` naming `path`, which stays as it was.
    public init(_ path: String) throws(FileError) {
        try self.init(path, calls: .system)
    }

    package init(_ path: String, calls: FileCalls) throws(FileError) {
        let target = try AtomicTarget(path)
        let folder = retrying {
            unsafe open(target.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        if folder < 0 {
            throw .system(file: path, operation: .create, code: errno)
        }
        var temporary = ""
        var descriptor: Int32 = -1
        // A name that is taken, which is next to impossible, makes for another try.
        for _ in 0..<8 where descriptor < 0 {
            temporary = ".norm-" + String(UInt64.random(in: .min ... .max), radix: 16) + ".tmp"
            descriptor = Temporaries.create(in: folder, temporary) {
                retrying {
                    unsafe openat(
                        folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                        target.permissions ?? 0o666)
                }
            }
            if descriptor < 0, errno != EEXIST { break }
        }
        if descriptor < 0 {
            let code = errno
            _ = close(folder)
            throw .system(file: path, operation: .create, code: code)
        }
        // The umask may have taken bits that the replaced file had; without them it is still safe.
        if let permissions = target.permissions { _ = fchmod(descriptor, permissions) }
        self.path = path
        self.folder = folder
        self.target = target.name
        self.temporary = temporary
        self.descriptor = descriptor
        self.calls = calls
    }

    deinit {
        if descriptor >= 0 { _ = close(descriptor) }
        if isTemporaryPresent { Temporaries.remove(in: folder, temporary) }
        _ = close(folder)
    }

    /// Appends `elements` as they lie in memory; their type must have no padding.
    ///
    /// - Throws: ``FileError`` naming the target, which stays as it was.
    public mutating func write<Element: BitwiseCopyable>(
        _ elements: [Element]
    ) throws(FileError) {
        let bytes = unsafe elements.span.bytes
        var done = 0
        while done < bytes.byteCount {
            let rest = bytes.extracting(done..<min(bytes.byteCount, done + largestTransfer))
            let count = retrying { calls.append(descriptor, rest) }
            if count < 0 { throw failure(.write) }
            // Neither progress nor an error would go on for ever.
            if count == 0 { throw .system(file: path, operation: .write, code: ENOSPC) }
            done += count
        }
    }

    /// Brings the bytes to the disk, so that ``commit()`` has next to nothing left to do.
    ///
    /// - Throws: ``FileError`` naming the target, which stays as it was.
    public mutating func synchronize() throws(FileError) {
        if retrying({ calls.synchronize(descriptor) }) != 0 { throw failure(.synchronize) }
    }

    /// Brings the bytes to the disk and puts the file in the place of the target.
    ///
    /// - Throws: ``FileError`` naming the target. It stays as it was, except where the operation
    ///   is ``FileOperation/synchronizeFolder``: then the new file is in place and whole, but
    ///   might be the old one again after a power cut.
    public consuming func commit() throws(FileError) {
        try synchronize()
        let closed = calls.finish(descriptor)
        descriptor = -1
        // An interrupted close has closed; what a disk refused shows at the synchronization.
        if closed != 0, errno != EINTR { throw failure(.close) }
        let replaced = Temporaries.replace(in: folder, temporary) {
            calls.replace(folder, temporary, folder, target)
        }
        if replaced != 0 { throw failure(.replace) }
        isTemporaryPresent = false
        // Some file systems cannot synchronize folders and say EINVAL.
        if retrying({ calls.synchronizeFolder(folder) }) != 0, errno != EINVAL {
            throw failure(.synchronizeFolder)
        }
    }

    private func failure(_ operation: FileOperation) -> FileError {
        .system(file: path, operation: operation, code: errno)
    }
}
