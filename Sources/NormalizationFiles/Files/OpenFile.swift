#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A regular file, open for reading until its last owner lets go.
///
/// The size is taken once, when the file is opened. A file that is replaced by a rename goes on
/// being read as it was; one that shrinks is reported as truncated.
final class OpenFile: ByteSource {
    let name: String
    let size: Int
    private let descriptor: Int32

    init(_ path: String) throws(FileError) {
        if path.utf8.contains(0) {
            throw .system(file: path, operation: .open, code: EINVAL)
        }
        // Without O_NONBLOCK the opening of a named pipe would wait for a writer.
        let descriptor = retrying {
            unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        }
        if descriptor < 0 {
            throw .system(file: path, operation: .open, code: errno)
        }
        var status = stat()
        var failure: FileError?
        if unsafe fstat(descriptor, &status) != 0 {
            failure = .system(file: path, operation: .inspect, code: errno)
        } else if let kind = kindUnlessRegular(status) {
            failure = .notRegularFile(file: path, kind: kind)
        }
        if let failure {
            _ = close(descriptor)
            throw failure
        }
        name = path
        size = Int(status.st_size)
        self.descriptor = descriptor
    }

    deinit {
        _ = close(descriptor)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
        var done = 0
        while done < buffer.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = retrying {
                unsafe pread(
                    descriptor, rest.baseAddress, min(rest.count, largestTransfer),
                    off_t(offset + done))
            }
            if count < 0 {
                throw .system(file: name, operation: .read, code: errno)
            }
            if count == 0 {
                throw .truncated(
                    file: name, part: .data, expected: offset + buffer.count, found: offset + done)
            }
            done += count
        }
    }
}

/// The most bytes to read or write in one call; Linux moves at most 2 GiB less a page.
let largestTransfer = 1 << 30

/// Calls again while a signal interrupts.
func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}

/// What a path leads to, where that is not a regular file.
func kindUnlessRegular(_ status: stat) -> String? {
    switch status.st_mode & S_IFMT {
    case S_IFREG: nil
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    case S_IFLNK: "a symbolic link"
    default: "something else"
    }
}

/// Whether an allocation of `bytes` can be had.
///
/// A Swift array that gets no memory ends the process, and a sparse file may claim any size. So
/// large amounts are held against the machine's memory, and asked of the system, beforehand.
func canAllocate(bytes: Int) -> Bool {
    if bytes < 1 << 20 { return true }
    let (physical, overflow) = sysconf(Int32(_SC_PHYS_PAGES))
        .multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    if !overflow, physical > 0, bytes > physical { return false }
    let trial = unsafe mmap(
        nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    if unsafe trial == MAP_FAILED { return false }
    _ = unsafe munmap(trial, bytes)
    return true
}
