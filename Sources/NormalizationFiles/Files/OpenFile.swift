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
