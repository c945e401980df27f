#if _endian(big)
    #error("The elements of files are read as they lie, which needs a little-endian machine.")
#endif

/// Bytes that can be read at any offset: an open file, or memory.
protocol ByteSource: Sendable {
    /// What errors call it.
    var name: String { get }

    /// The number of bytes.
    var size: Int { get }

    /// Fills `buffer` with the bytes from `offset` on, or throws ``FileError``.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError)
}

extension ByteSource {
    /// Reads `count` elements from `offset` on, as they lie there on a little-endian machine.
    ///
    /// Every bit pattern must be a value of `Element`. The caller has checked that the elements
    /// lie inside the source, so that the memory taken is bounded by its size.
    func elements<Element: BitwiseCopyable>(
        _ type: Element.Type, count: Int, at offset: Int
    ) throws(FileError) -> [Element] {
        if count == 0 { return [] }
        let bytes = count * MemoryLayout<Element>.stride
        guard canAllocate(bytes: bytes) else {
            throw .outOfMemory(file: name, bytes: bytes)
        }
        return try unsafe [Element](unsafeUninitializedCapacity: count) {
            buffer, initialized throws(FileError) in
            let target = unsafe UnsafeMutableRawBufferPointer(
                start: buffer.baseAddress, count: bytes)
            try unsafe read(into: target, at: offset)
            initialized = count
        }
    }

    /// Reads `count` bytes from `offset` on, which the caller has checked to be there.
    func bytes(count: Int, at offset: Int) throws(FileError) -> [UInt8] {
        try elements(UInt8.self, count: count, at: offset)
    }

    /// Throws unless the source has exactly `expected` bytes.
    func checkEnd(at expected: Int) throws(FileError) {
        if size < expected {
            throw .truncated(file: name, part: .data, expected: expected, found: size)
        }
        if size > expected {
            throw .trailingBytes(file: name, expected: expected, found: size)
        }
    }
}

/// A file held in memory.
struct MemorySource: ByteSource {
    let name: String
    let contents: [UInt8]

    var size: Int { contents.count }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
        guard offset >= 0, offset <= size, buffer.count <= size - offset else {
            throw .truncated(
                file: name, part: .data, expected: offset.addingReportingOverflow(buffer.count).0,
                found: size)
        }
        unsafe contents.withUnsafeBytes { source in
            unsafe buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: source[offset..<(offset + buffer.count)]))
        }
    }
}
