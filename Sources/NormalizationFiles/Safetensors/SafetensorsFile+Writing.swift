extension SafetensorsFile {
    /// Writes a file of `tensors` and `metadata` to `path`.
    ///
    /// The order of the tensors in the file is that of the reference implementation: the widest
    /// types first, then by name. The file appears whole or not at all; see ``AtomicFile``.
    ///
    /// - Throws: ``FileError/invalidTensorName(file:tensor:)`` where two tensors have one name or
    ///   one is called `__metadata__`, or what the system refuses; the file then stays as it was.
    public static func write(
        _ tensors: [SafetensorsTensor], metadata: [String: String] = [:], to path: String
    ) throws(FileError) {
        let (header, tensors) = try arranged(tensors, metadata, name: path)
        var file = try AtomicFile(path)
        try file.write(header)
        for tensor in tensors { try file.write(tensor.bytes) }
        try file.commit()
    }

    /// The bytes of the file that ``write(_:metadata:to:)`` writes; errors call it `name`.
    ///
    /// - Throws: ``FileError/invalidTensorName(file:tensor:)``,
    ///   ``FileError/headerTooLarge(file:limit:found:)``.
    public static func encoded(
        _ tensors: [SafetensorsTensor], metadata: [String: String] = [:], name: String = "bytes"
    ) throws(FileError) -> [UInt8] {
        let (header, tensors) = try arranged(tensors, metadata, name: name)
        return tensors.reduce(into: header) { $0 += $1.bytes }
    }

    /// The bytes before the data, and the tensors in the order of their data.
    private static func arranged(
        _ tensors: [SafetensorsTensor], _ metadata: [String: String], name: String
    ) throws(FileError) -> ([UInt8], [SafetensorsTensor]) {
        let layout = try SafetensorsLayout(
            tensors.map { ($0.name, $0.type, $0.shape) }, metadata: metadata, file: name)
        return (layout.header, layout.order.map { tensors[$0] })
    }
}
