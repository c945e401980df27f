import NormalizationFiles

extension SafetensorsFile {
    /// Calls `body` with the bytes of a tensor in order, a few megabytes at a time, and where each piece begins.
    ///
    /// - Throws: ``Failure`` where the system refuses to read.
    func forEachPiece(
        of entry: SafetensorsEntry, _ body: (_ start: Int, _ bytes: [UInt8]) throws -> Void
    ) throws {
        let (size, pieceSize) = (entry.byteRange.count, 4 << 20)
        for start in stride(from: 0, to: size, by: pieceSize) {
            let bytes: [UInt8]
            do { bytes = try self.bytes(of: entry, start..<min(size, start + pieceSize)) } catch {
                throw Failure.data("\(error)")
            }
            try body(start, bytes)
        }
    }
}
